"""FRQ-04: group disclosure: everyone of a row in one cell."""

from collections.abc import Iterator

from tre.egress.checks.buckets import bucket, percent
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.words import Words


def scan(part: Table, scene: Scene) -> Iterator[Hit]:
    """Where a margin is printed and proved: all of it in one cell is for a reviewer; the policy's share of it is a note."""
    frame = frame_of(part, scene.policy)
    margin = [column for column in frame.of(Role.COUNT) if column.total]
    inner = [column for column in frame.of(Role.COUNT, Role.MAYBE) if not column.total]
    if len(margin) != 1 or len(inner) < 2:
        return
    all_in_one: list[tuple[int, int]] = []
    most: list[tuple[int, int]] = []
    for row in range(frame.height):
        total, cells = margin[0].cells[row], [column.cells[row] for column in inner]
        if (
            total.kind not in (Kind.NUMBER, Kind.PAIR)
            or total.value <= 0
            or any(c.kind not in (Kind.NUMBER, Kind.PAIR) for c in cells)
        ):
            continue
        if abs(sum(cell.value for cell in cells) - total.value) > 0.5:
            continue
        for column, cell in zip(inner, cells, strict=True):
            if cell.value >= total.value:
                all_in_one.append((row, column.index))
            elif cell.value >= scene.policy.cell_share * total.value:
                most.append((row, column.index))
    if all_in_one:
        words = Words(
            f"{bucket(len(all_in_one))} ligne(s) entièrement dans une case.",
            f"{bucket(len(all_in_one))} row(s) entirely in one cell.",
        )
        yield Hit(words, Severity.REVIEW, frame.place(all_in_one))
    if most:
        share = percent(scene.policy.cell_share)
        words = Words(
            f"{bucket(len(most))} case(s) font au moins {share} de leur ligne.",
            f"{bucket(len(most))} cell(s) make at least {share} of their row.",
        )
        yield Hit(words, Severity.INFO, frame.place(most))


RULE = Rule(
    id="FRQ-04",
    version=1,
    statbarn="Frequencies",
    severity=Severity.REVIEW,
    title=Words("Case unanime", "Unanimous cell"),
    explanation=Words(
        "Si tous les membres d'un groupe sont dans la même case, on sait tout de chacun.",
        "When all members of a group are in one cell, each is known.",
    ),
    mend=Words(
        "Regroupez la ligne avec une autre, ou justifiez (zéro structurel).",
        "Merge the row with another, or justify (structural zero).",
    ),
    sources=("DwB guidelines, 90 %", "CASD §2.2.3"),
    scan=scan,
    parts=(Table,),
)

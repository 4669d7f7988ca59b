"""FRQ-01: counts between 1 and the threshold."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.buckets import bucket
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Log, Part, Table, Text
from tre.egress.checks.policy import Policy
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Column, Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import says_count, tokens
from tre.egress.checks.tables.rowlevel import is_row_level
from tre.egress.checks.words import Words


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Block for counts, the policy's choice for counts rounded to an accepted base, review where the role is uncertain."""
    if isinstance(part, BigTable):
        yield from _big(part, scene.policy)
        return
    if isinstance(part, Text | Log):
        yield from _prose(part, scene.policy)
        return
    assert isinstance(part, Table)
    frame = frame_of(part, scene.policy)
    if is_row_level(frame, scene.policy):
        return  # MIC-02 says more than each cell would
    for severity, cells in _small(frame, scene.policy).items():
        places = [(row, column.index) for row, column in cells]
        yield Hit(_words(len(cells), scene.policy.threshold, severity), severity, frame.place(places))


def small_cells(frame: Frame, policy: Policy, *roles: Role) -> list[tuple[int, Column, float]]:
    """Cells of ``roles`` with 1 <= n < threshold."""
    return [
        (row, column, cell.value)
        for row, column, cell in frame.count_cells(*roles)
        if 0 < cell.value < policy.threshold and cell.integer
    ]


def _small(frame: Frame, policy: Policy) -> dict[Severity, list[tuple[int, Column]]]:
    found: dict[Severity, list[tuple[int, Column]]] = {}
    for row, column, _ in small_cells(frame, policy, Role.COUNT):
        rounded = column.rounded_to in policy.rounding.accepted_bases
        found.setdefault(policy.rounding.small_cell if rounded else Severity.BLOCK, []).append((row, column))
    for row, column, _ in small_cells(frame, policy, Role.MAYBE):
        rounded = column.rounded_to in policy.rounding.accepted_bases
        found.setdefault(min(policy.rounding.small_cell, Severity.REVIEW) if rounded else Severity.REVIEW, []).append(
            (row, column)
        )
    zeros = {"ignore": None, "review": Severity.REVIEW, "block": Severity.BLOCK}[policy.zeros]
    if zeros is not None:
        cells = [(row, column) for row, column, cell in frame.count_cells() if cell.value == 0]
        if cells:
            found.setdefault(zeros, []).extend(cells)
    return found


def _words(count: int, threshold: int, severity: Severity) -> Words:
    top = threshold - 1
    if severity is Severity.BLOCK:
        return Words(
            f"{bucket(count)} cellule(s) d'effectif entre 1 et {top}.", f"{bucket(count)} count cell(s) in 1..{top}."
        )
    return Words(
        f"{bucket(count)} cellule(s) entre 1 et {top}, arrondies ou dont le rôle d'effectif n'est pas certain.",
        f"{bucket(count)} cell(s) in 1..{top}, rounded or not certain to be counts.",
    )


_PEOPLE = re.compile(
    r"(?<![\d.,])\b(\d{1,3})\s+(?:patients?|cas|d[ée]c[èe]s|deaths?|personnes?|people|individus?|individuals?|s[ée]jours?|femmes?|hommes?|women|men|subjects?|participants?)\b",
    re.I,
)
_LABELLED = re.compile(r"^[ \t]*([^:=\n\d]{1,60}?)[ \t]*[:=][ \t]*(\d{1,3})[ \t]*$", re.M)  # "Deaths: 4"
_LIMIT = re.compile(
    r"(?:[<>≤≥=~]|than|moins de|plus de|least|most|under|over|up to|jusqu'à|every|per|for|pour|seuil|threshold|minimum|maximum|top|first|chaque|sur|out of|[\d/–-])\s*$",
    re.I,
)


def _prose(part: Text | Log, policy: Policy) -> Iterator[Hit]:
    """ "3 patients died" in a sentence: for a reviewer, since a sentence may speak of a threshold."""
    if isinstance(part, Text) and part.role not in ("prose", "comment", "ocr", "error"):
        return
    found = [
        match.start()
        for match in _PEOPLE.finditer(part.text)
        if 0 < int(match[1]) < policy.threshold
        and not _LIMIT.search(part.text[max(match.start() - 24, 0) : match.start()])
    ]
    found += [
        match.start()
        for match in _LABELLED.finditer(part.text)
        if 0 < int(match[2]) < policy.threshold and says_count(match[1]) == 2 and len(tokens(match[1])) <= 6
    ]
    if found:
        line = part.text.count("\n", 0, found[0]) + max(part.origin.line, 1)
        words = Words(
            f"{bucket(len(found))} petit(s) effectif(s) dans le texte.",
            f"{bucket(len(found))} small count(s) in the text.",
        )
        yield Hit(words, Severity.REVIEW, replace(part.origin, line=line))


def _big(part: BigTable, policy: Policy) -> Iterator[Hit]:
    from tre.egress.checks.tables.big import small_counts  # noqa: PLC0415

    if part.sample is None:
        return
    frame = frame_of(part.sample, policy)
    if is_row_level(frame, policy):
        return
    names = {column.index: column for column in frame.of(Role.COUNT, Role.MAYBE)}
    for index, count in small_counts(part, list(names), policy.threshold):
        column = names[index]
        rounded = column.rounded_to in policy.rounding.accepted_bases
        sure = column.role is Role.COUNT and not rounded
        severity = Severity.BLOCK if sure else Severity.REVIEW
        yield Hit(
            _words(count, policy.threshold, severity), severity, replace(part.origin, pointer=f"/column/{index + 1}")
        )


RULE = Rule(
    id="FRQ-01",
    version=1,
    statbarn="Frequencies",
    severity=Severity.BLOCK,
    title=Words("Petits effectifs", "Small counts"),
    explanation=Words(
        "Une case qui compte moins de personnes que le seuil peut en désigner une.",
        "A cell that counts fewer people than the threshold may single one out.",
    ),
    mend=Words(
        "Regroupez des modalités, ou masquez la case et une autre de la même ligne et de la même colonne : « tre protect » le propose.",
        "Merge categories, or suppress the cell and a second one in its row and column: `tre protect` proposes how.",
    ),
    sources=(
        "CASD, Règles de confidentialité des sorties (06/2022) §5.23",
        "ATIH ScanSanté",
        "OpenSAFELY, statistical disclosure control",
    ),
    scan=scan,
    parts=(Table, BigTable, Text, Log),
)

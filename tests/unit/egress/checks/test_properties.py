"""Properties of the engine that hold for every table."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.build import variants
from tests.unit.egress.checks.conftest import rules
from tests.unit.egress.checks.samples import RANDOM_RATIOS
from tre.egress.checks import Policy
from tre.egress.checks.examine import Subject, examine
from tre.egress.checks.parts import Table
from tre.egress.checks.protect import protect_file
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.margins import system_of
from tre.egress.checks.tables.ratios import Ratio, denominator
from tre.egress.checks.tables.solve import bounds, determined

POLICY = Policy.load("snds-default")
RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
tables = st.integers(3, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 400), min_size=width, max_size=width), min_size=3, max_size=6)
)


def margins(inner: list[list[int]]) -> str:
    columns = len(inner[0])
    lines = [",".join(["groupe", *(f"modalite{j}" for j in range(columns)), "Total"])]
    lines += [",".join(map(str, [f"g{i}", *row, sum(row)])) for i, row in enumerate(inner)]
    lines.append(
        ",".join(map(str, ["Total", *(sum(row[j] for row in inner) for j in range(columns)), sum(map(sum, inner))]))
    )
    return "\n".join(lines) + "\n"


@RELAXED
@given(tables)
def test_a_protected_table_passes(tmp_path: Path, inner: list[list[int]]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(margins(inner))
    outcome = protect_file(str(path), str(tmp_path / "p.csv"), POLICY, sandbox=False)
    blocked = examine(Subject("p.csv", outcome.path), POLICY)
    assert "block" not in {finding.severity.label for finding in blocked.findings}, (
        margins(inner),
        Path(outcome.path).read_text(),
    )


@RELAXED
@given(tables, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(tmp_path: Path, inner: list[list[int]], rng: random.Random) -> None:
    head, *body = margins(inner).strip().split("\n")
    shuffled = body[:-1]
    rng.shuffle(shuffled)
    found = []
    for lines in (body[:-1], shuffled):
        path = tmp_path / "t.csv"
        path.write_text("\n".join([head, *lines]) + "\n")
        report = examine(Subject("t.csv", str(path)), POLICY)
        found.append({(finding.rule, finding.severity) for finding in report.findings})
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "content",
    ["sexe,effectif\nF,3\nM,412\n", "sexe,effectif\nF,388\nM,412\n", "g,n,mean,sd\na,8,4.2,1.1\nb,900,5.1,1.3\n"],
)
def test_format_changes_nothing(tmp_path: Path, content: str) -> None:
    expected = None
    for name, data in {"t.csv": content.encode(), **variants(content)}.items():
        path = tmp_path / name
        path.write_bytes(data)
        report = examine(Subject(name, str(path)), POLICY)
        found = rules(report, "block"), rules(report, "review")
        expected = expected or found
        assert found == expected, name


@RELAXED
@given(tables, st.data())
def test_bounds_hold_the_truth(inner: list[list[int]], data: st.DataObject) -> None:
    rows = [line.split(",") for line in margins(inner).strip().split("\n")]
    truth: dict[tuple[int, int], int] = {}
    for i in range(1, len(rows) - 1):
        for j in range(1, len(rows[0]) - 1):
            if data.draw(st.booleans()):
                truth[(i - 1, j)] = int(rows[i][j])
                rows[i][j] = "*"
    table = Table(
        rows=tuple(map(tuple, rows)),
        origin=examine(Subject("x", "/nonexistent"), POLICY).findings[0].location,
        total_rows=len(rows),
    )
    system = system_of(frame_of(table, POLICY))
    for index, value in determined(system).items():
        assert abs(value - truth.get(system.unknowns[index], value)) < 1e-6
    for index, (low, high) in bounds(system).items():
        value = truth.get(system.unknowns[index])
        assert value is None or low - 1e-6 <= value <= high + 1e-6


@pytest.mark.parametrize("n", [57, 140, 311, 499])
def test_denominators_are_found(n: int) -> None:
    rng = random.Random(n)
    ratios = [Ratio(round(rng.randint(1, n - 1) / n, 6), 5e-7) for _ in range(25)]
    found = denominator(ratios)
    assert found is not None
    assert n % found == 0


def test_random_ratios_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(RANDOM_RATIOS)
    assert "FRQ-03" not in rules(examine(Subject("r.csv", str(path)), POLICY))
    for seed in range(60):
        rng = random.Random(seed)
        assert denominator([Ratio(round(rng.random(), 6), 5e-7) for _ in range(20)]) is None

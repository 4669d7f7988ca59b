"""Helpers of the engine's tests: a file in, its report out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tre.egress.checks import FileReport, Policy
from tre.egress.checks.examine import Subject, examine

Check = Callable[..., FileReport]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy.load("snds-default")


@pytest.fixture
def check_text(tmp_path: Path, policy: Policy) -> Check:
    """Examine text (or bytes) as a file of the given name, without the sandbox."""

    def run(content: str | bytes, name: str = "table.csv", under: Policy | None = None) -> FileReport:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return examine(Subject(name, str(path)), under or policy)

    return run


def rules(report: FileReport, severity: str = "") -> set[str]:
    """Ids of the rules found, of one severity if asked."""
    return {f.rule for f in report.findings if not severity or f.severity.label == severity}

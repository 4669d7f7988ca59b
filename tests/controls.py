"""Which acceptance checks the last run showed: `--controls FILE` writes the table from the tests' requirement markers.

A check is met when at least one test carries its number and all that do have passed; a skipped test shows nothing.
"""

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

_CATALOGUE = Path(__file__).parents[1] / "docs/security/requirements.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that names the file."""
    parser.addoption("--controls", default=None, help="write the table of acceptance checks that this run showed")


class Controls:
    """Collects outcomes by requirement while the tests run."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._ids: dict[str, list[str]] = {}
        self._seen: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember which test carries which numbers."""
        for item in items:
            self._ids[item.nodeid] = [str(mark.args[0]) for mark in item.iter_markers("requirement")]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test's outcome is its call's, or its set-up's when that is where it ended."""
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            for number in self._ids.get(report.nodeid, ()):
                self._seen[number].append((report.nodeid.split("[")[0], report.outcome))

    def pytest_sessionfinish(self) -> None:
        """Write the table."""
        self._target.write_text(self._page())

    def _page(self) -> str:
        rows = [self._row(number, entry) for number, entry in yaml.safe_load(_CATALOGUE.read_text()).items()]
        head = "# Controls\n\nMade from the last run of `make test`; do not edit. Numbers: requirements.yaml.\n\n"
        return head + "| check | what | status | tests |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"

    def _row(self, number: str, entry: dict[str, str]) -> str:
        found = self._seen.get(number, [])
        tests = sorted({name for name, _ in found})
        shown = ", ".join(f"`{name}`" for name in tests[:3]) + (f" and {len(tests) - 3} more" if len(tests) > 3 else "")
        return f"| {number} | {entry['title']} | {self._status(entry, found)} | {shown} |"

    @staticmethod
    def _status(entry: dict[str, str], found: list[tuple[str, str]]) -> str:
        if entry["by"] == "organisation":
            return "not the software's"
        outcomes = {outcome for _, outcome in found}
        if "failed" in outcomes:
            return "**not met**"
        return "met" if "passed" in outcomes else "not shown by a test"


def pytest_configure(config: pytest.Config) -> None:
    """Collect only when asked."""
    if config.getoption("--controls"):
        config.pluginmanager.register(Controls(Path(config.getoption("--controls"))), "tre-controls")

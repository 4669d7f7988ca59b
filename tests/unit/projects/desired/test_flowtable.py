"""The page on network flows is the table."""

from pathlib import Path

from tre.projects.desired.flows import FLOWS
from tre.projects.desired.flowtable import page


def test_the_page_is_up_to_date() -> None:
    written = Path(__file__).parents[4] / "docs/security/network.md"
    assert written.read_text() == page(), "python -m tre.projects.desired.flowtable > docs/security/network.md"


def test_every_flow_says_why_and_none_is_written_twice() -> None:
    assert all(flow.why for flow in FLOWS)
    assert len({(f.source, f.destination, f.port, f.protocol) for f in FLOWS}) == len(FLOWS)

"""docs/export.md, drawn from the transition tables: ``python -m tre.egress.document > docs/export.md``."""

from tre.datasets import states as datasets
from tre.egress.states import FILE, REQUEST, Table, mermaid

_HEAD = """# Exports and extracts: states

Drawn from `tre/egress/states.py` and `tre/datasets/states.py` by `python -m tre.egress.document`; a test compares.
Nothing leaves without: two entitled reviewers who approved exactly these bytes, form, policy and findings; every
blocking finding answered by both (and by the security officer for identifiers and row-level data); the same answer from
the tables and from the sealed log; the same findings in a check run at that moment; an active project.
"""


def _whose(table: Table) -> str:
    rows = "\n".join(f"| {state} | {owner or 'nobody: it has ended'} |" for state, owner in table.owner.items())
    return f"| state | waits on |\n|---|---|\n{rows}"


def _section(title: str, diagram: str, table: str = "") -> str:
    return f"\n## {title}\n\n```mermaid\n{diagram}\n```\n" + (f"\n{table}\n" if table else "")


def page() -> str:
    """The whole page."""
    return (
        _HEAD
        + _section("Request", mermaid(REQUEST), _whose(REQUEST))
        + _section("File of a request", mermaid(FILE), _whose(FILE))
        + _section("Version of a dataset", datasets.mermaid(datasets.VERSION))
        + _section("Extract", datasets.mermaid(datasets.EXTRACT))
        + _section("Attachment to a project", datasets.mermaid(datasets.ATTACHMENT))
    )


if __name__ == "__main__":
    print(page(), end="")

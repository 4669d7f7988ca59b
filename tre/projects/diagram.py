"""`python -m tre.projects.diagram` writes docs/lifecycle.md from the table; a test fails when it was not run."""

from tre.projects.states import TRANSITIONS, mermaid

_HEAD = """# The life of a project

Made from `tre/projects/states.py` by `python -m tre.projects.diagram`. Do not edit.

Freezing is a flag beside the state: it stops sessions, credentials and exports in any state.
Resuming does not clear it; only a security officer together with an agent does.
"""


def page() -> str:
    """The whole page."""
    lines = [
        _HEAD,
        "```mermaid",
        *mermaid(),
        "```",
        "",
        "| from | verb | to | who | needs | brings about |",
        "|---|---|---|---|---|---|",
    ]
    for row in TRANSITIONS:
        cells = (row.source, row.verb.replace("_", " "), row.target, ", ".join(sorted(row.who)))
        lines.append("| " + " | ".join([*cells, ", ".join(row.guards), ", ".join(row.effects)]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())

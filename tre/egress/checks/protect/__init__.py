"""`tre protect`: a protected version of a table or file, what was lost, and the verdict on the result.

Tables (csv, xlsx, ods): primary suppression of small counts, then optimal secondary suppression (`suppress`). Pictures and
drawings: saved again as PNG without metadata. Notebooks: outputs cleared. Workbooks: visible sheets' values only, as csv.
"""

from dataclasses import dataclass, field
from pathlib import Path

from tre.core.errors import Invalid
from tre.egress.checks.engine import Input, check
from tre.egress.checks.identify import identify
from tre.egress.checks.model import Verdict
from tre.egress.checks.parts import Blob
from tre.egress.checks.policy import Policy
from tre.egress.checks.report.text import VERDICTS
from tre.egress.checks.words import Language, Words


@dataclass(frozen=True)
class Outcome:
    """What was written, what was done to it, and what the engine says of the result."""

    path: str
    done: tuple[Words, ...] = ()
    verdict: Verdict = Verdict.REVIEW
    extra: tuple[str, ...] = field(default=())

    def lines(self, language: str) -> list[str]:
        """For a terminal."""
        chosen: Language = "fr" if language == "fr" else "en"
        return [*(words.in_(chosen) for words in self.done), self.path, VERDICTS[self.verdict.label].in_(chosen)]


def protect_file(path: str, output: str | None, policy: Policy, *, sandbox: bool = True) -> Outcome:
    """Write the protected version of ``path``; raises Invalid ``protect-unsupported`` for a type that cannot be mended."""
    blob = Blob(path, path)
    kind = identify(blob).kind
    if kind in ("csv", "text", "xlsx", "xls", "ods"):
        from tre.egress.checks.protect.tables import protect_table  # noqa: PLC0415

        suffix, data, done = protect_table(blob, kind, policy)
    elif kind in ("png", "jpeg", "gif", "tiff", "webp", "bmp", "pdf", "ipynb"):
        from tre.egress.checks.protect.files import protect_other  # noqa: PLC0415

        suffix, data, done = protect_other(blob, kind, policy)
    else:
        raise Invalid(
            "protect-unsupported",
            f"A file of type {kind} cannot be mended by the tool.",
            "Export a csv table, a PNG picture or a notebook, and try again.",
        )
    target = output or str(Path(path).with_suffix("")) + f".protected{suffix}"
    Path(target).write_bytes(data)
    report = check([Input(Path(target).name, target)], policy, sandbox=sandbox)
    return Outcome(target, tuple(done), report.verdict)

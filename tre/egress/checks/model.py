"""What a check says: verdicts, places, findings, reports (design §7). Plain frozen data; no reading, no rules.

Nothing here may carry a value read from a file: evidence is bucketed ("3 cells in 1..10"), places are coordinates.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from tre.egress.checks.words import Words


class Severity(IntEnum):
    """How grave one finding is. Policies may change it per rule (`Policy.overrides`)."""

    INFO = 0
    REVIEW = 1
    BLOCK = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Verdict(IntEnum):
    """What follows for a file: the worst of its findings. ``PASS`` never releases anything by itself (MR-005)."""

    PASS = 0
    REVIEW = 1
    BLOCK = 2

    @property
    def label(self) -> str:
        return self.name.lower()


def worst(severities: Iterable[Severity]) -> Verdict:
    """The verdict that a set of severities gives."""
    return Verdict(max((int(severity) for severity in severities), default=0))


@dataclass(frozen=True, order=True)
class Location:
    """Where: coordinates only. Unused coordinates are empty."""

    file: str = ""
    member: str = ""  # path inside an archive or container, nested with "!"
    sheet: str = ""
    cells: str = ""  # A1 ranges, comma separated
    line: int = 0  # 1-based
    page: int = 0  # 1-based
    pointer: str = ""  # RFC 6901 pointer in JSON, or a path inside a model or document


@dataclass(frozen=True)
class Hit:
    """What a rule returns: a place and bucketed evidence; the engine makes it a `Finding`."""

    evidence: Words
    severity: Severity | None = None  # None: the rule's own
    location: Location = field(default_factory=Location)


@dataclass(frozen=True)
class Finding:
    """One finding of one rule. ``fingerprint`` is stable for the same bytes, rule version and place."""

    rule: str
    version: int
    statbarn: str
    severity: Severity
    location: Location
    evidence: Words
    fingerprint: str = ""

    def sort_key(self) -> tuple[object, ...]:
        return (-int(self.severity), self.rule, self.location, self.evidence.en)


@dataclass(frozen=True)
class CellTable:
    """A table of counts reduced to what differencing needs: hashed keys and values (rules DIF-01..03).

    ``signature`` names the shape of the table (its dimensions, hashed), ``cells`` maps hashed labels to counts.
    Kept inside the environment: it goes to the project's ledger, never into a report.
    """

    signature: str
    location: Location
    cells: tuple[tuple[str, float], ...]
    rounded_to: int = 1
    totals: tuple[float, ...] = ()


@dataclass(frozen=True)
class FileReport:
    """The verdict on one file."""

    name: str
    sha256: str
    size: int
    kind: str  # media type found in the content
    findings: tuple[Finding, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()  # kind of part -> how many were read
    tables: tuple[CellTable, ...] = field(default=(), repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        return worst(finding.severity for finding in self.findings)

    def with_findings(self, more: Iterable[Finding]) -> "FileReport":
        merged = sorted({*self.findings, *more}, key=Finding.sort_key)
        return replace(self, findings=tuple(merged))


@dataclass(frozen=True)
class Report:
    """The result of a check: deterministic, byte for byte, for the same files, policy, context and ledger."""

    policy_id: str
    policy_version: str
    policy_hash: str
    engine: str
    context_hash: str
    ledger_hash: str
    files: tuple[FileReport, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return Verdict(max((file.verdict for file in self.files), default=Verdict.PASS))

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for file in self.files for finding in file.findings)

    def to_json(self) -> bytes:
        """Canonical JSON that follows ``schema/report-1.json``."""
        from tre.egress.checks.report.codec import report_to_json  # noqa: PLC0415

        return report_to_json(self)

    @staticmethod
    def from_json(data: bytes) -> "Report":
        """A report read back; raises ValueError when it does not follow the schema."""
        from tre.egress.checks.report.codec import report_from_json  # noqa: PLC0415

        return report_from_json(data)

    def tables_json(self) -> bytes:
        """The reduced tables, for the ledger; never leaves the environment."""
        from tre.egress.checks.report.codec import tables_to_json  # noqa: PLC0415

        return tables_to_json(self)

    def with_tables(self, data: bytes) -> "Report":
        """This report with the tables that ``tables_json`` wrote."""
        from tre.egress.checks.report.codec import with_tables  # noqa: PLC0415

        return with_tables(self, data)

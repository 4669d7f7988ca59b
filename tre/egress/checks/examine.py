"""One file: identify, read, apply the rules of scope part and file. Runs inside the sandbox; knows no other file."""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tre.egress.checks.context import FileContext
from tre.egress.checks.identify import identify
from tre.egress.checks.model import FileReport, Finding, Hit, Location, Severity
from tre.egress.checks.parts import Blob, Child, Limits, Part, Trait
from tre.egress.checks.policy import Policy
from tre.egress.checks.reader import reader_for
from tre.egress.checks.rule import Rule, Scene, all_rules
from tre.egress.checks.tables.reduce import cell_tables
from tre.egress.checks.words import Words

_HASH_CHUNK = 1 << 20


@dataclass(frozen=True)
class Subject:
    """The file to examine: what findings call it, and where its bytes are."""

    name: str
    path: str
    context: FileContext | None = None


def examine(subject: Subject, policy: Policy, limits: Limits | None = None) -> FileReport:
    """The report on one file, without the findings that need other files. Never raises for the file's content."""
    problem = _not_readable(subject)
    if problem is not None:
        return _report(subject, policy, _Content("unknown", "", 0), [problem])
    digest, size = _hash(subject.path)
    blob = Blob(subject.name, subject.path, None, Location(file=subject.name), limits or Limits())
    kind = identify(blob).kind
    parts = list(_read(blob, blob.limits.max_parts))
    return _report(subject, policy, _Content(kind, digest, size), parts)


@dataclass(frozen=True)
class _Content:
    kind: str
    digest: str
    size: int


def _report(subject: Subject, policy: Policy, content: _Content, parts: list[Part]) -> FileReport:
    scene = Scene(policy, subject.name, content.size, subject.context, tuple(parts))
    findings = sorted(set(_findings(scene, content.digest)), key=Finding.sort_key)
    counted = Counter(part.kind for part in parts)
    return FileReport(
        name=subject.name,
        sha256=content.digest,
        size=content.size,
        kind=content.kind,
        findings=tuple(findings),
        parts=tuple(sorted(counted.items())),
        tables=tuple(cell_tables(parts, policy)),
    )


def _not_readable(subject: Subject) -> Trait | None:
    origin = Location(file=subject.name)
    try:
        mode = os.lstat(subject.path).st_mode
        if not stat.S_ISREG(mode):
            return Trait(origin, "not-regular")
        with open(subject.path, "rb"):
            return None
    except OSError:
        return Trait(origin, "unreadable")


def _hash(path: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as stream:
        while chunk := stream.read(_HASH_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _read(blob: Blob, budget: int, depth: int = 0) -> Iterator[Part]:
    """Parts of ``blob`` and of everything inside it; problems become traits."""
    identity = identify(blob)
    if identity.claimed and identity.claimed != identity.kind:
        yield Trait(blob.origin, "type-mismatch", {"claimed": identity.claimed, "found": identity.kind})
    if identity.kind == "empty":
        yield Trait(blob.origin, "empty")
        return
    reader = reader_for(identity.kind)
    if reader is None:
        yield Trait(blob.origin, "unknown-type", {"kind": identity.kind})
        return
    yielded = 0
    try:
        for part in reader.read(blob):
            yielded += 1
            if yielded > budget:
                yield Trait(blob.origin, "cap", {"what": "parts"})
                return
            yield part
            if isinstance(part, Child):
                yield from _child(part, blob, budget - yielded, depth + 1)
    except MemoryError:
        yield Trait(blob.origin, "cap", {"what": "memory"})
    except Exception as error:  # a reader may fail in any way on hostile bytes; all of them fail closed
        yield Trait(blob.origin, "parse-error", {"what": type(error).__name__})
    if not yielded:
        yield Trait(blob.origin, "empty")


def _child(part: Child, parent: Blob, budget: int, depth: int) -> Iterator[Part]:
    if depth > parent.limits.max_depth:
        yield Trait(part.origin, "archive-depth")
        return
    if len(part.data) > parent.limits.max_child_bytes:
        yield Trait(part.origin, "cap", {"what": "size"})
        return
    yield from _read(Blob(part.name, "", part.data, part.origin, parent.limits), budget, depth)


def _findings(scene: Scene, digest: str) -> Iterator[Finding]:
    for rule in all_rules():
        if rule.scope == "batch":
            continue
        try:
            for hit in _hits(rule, scene):
                finding = as_finding(rule, hit, scene.policy, digest)
                if finding is not None:
                    yield finding
        except Exception as error:  # fail closed: a rule that crashes is a finding, never a pass
            yield crashed(rule, scene, digest, type(error).__name__)


def _hits(rule: Rule, scene: Scene) -> Iterator[Hit]:
    if rule.scope == "file":
        yield from _placed(rule.scan(scene), Location(file=scene.file_name))
        return
    for part in scene.parts:
        if isinstance(part, rule.parts):
            yield from _placed(rule.scan(part, scene), part.origin)


def _placed(hits: Iterable[Hit], default: Location) -> Iterator[Hit]:
    for hit in hits:
        yield hit if hit.location.file else replace(hit, location=default)


def as_finding(rule: Rule, hit: Hit, policy: Policy, digest: str) -> Finding | None:
    """The finding of a hit after the policy's overrides; None when the policy turns the rule off."""
    found = rule.severity if hit.severity is None else hit.severity
    severity = policy.severity(rule.id, found)
    if severity is None:
        return None
    finding = Finding(rule.id, rule.version, rule.statbarn, severity, hit.location, hit.evidence)
    return replace(finding, fingerprint=fingerprint(finding, digest))


def fingerprint(finding: Finding, digest: str) -> str:
    """Stable for the same bytes, rule version, place and evidence; the severity is left out, so that policies may change it."""
    place = finding.location
    body = "\x1f".join(
        map(
            str,
            (
                digest,
                finding.rule,
                finding.version,
                place.member,
                place.sheet,
                place.cells,
                place.line,
                place.page,
                place.pointer,
                finding.evidence.en,
            ),
        )
    )
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def crashed(rule: Rule, scene: Scene, digest: str, kind: str) -> Finding:
    """The finding RUN-01 for a rule that failed on this file."""
    finding = Finding(
        "RUN-01",
        1,
        "",
        Severity.REVIEW,
        Location(file=scene.file_name),
        Words(f"La règle {rule.id} n'a pas pu aller au bout ({kind}).", f"Rule {rule.id} could not finish ({kind})."),
    )
    return replace(finding, fingerprint=fingerprint(finding, digest))

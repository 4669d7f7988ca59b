"""Verification, offline, with the public key alone: what is whole, and the first place that is not.

A checkpoint's signature vouches for its root; leaves that lead to the root are vouched for by it; an event is whole
when it hashes to its leaf. So the first event that differs from the vouched leaves is named exactly, and without
leaves the span between the last good and the first bad checkpoint is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tre.audit.bundle import Bundle
from tre.audit.checkpoint import Checkpoint, open_checkpoint, signed_by
from tre.audit.days import Manifest, open_manifest
from tre.audit.purged import Tombstone, read_tombstone, unauthorised
from tre.audit.timing import Late, check_days, check_times
from tre.audit.tree import Frontier, leaf_hash
from tre.core.errors import Invalid


@dataclass(frozen=True)
class Problem:
    """Why a log is not whole, or, as a notice, what is worth knowing of one that is.

    ``kind`` of problems: signature, malformed, fork, changed, missing, inserted, reordered, tail, span, none-signed,
    purge, day-signature, day-malformed, day-missing, day-changed, day-joint; of notices: clock, gap, day-late,
    no-witness. ``position`` is the first event concerned (0-based), ``name`` the checkpoint or day, where one is.
    """

    kind: str
    message: str
    position: int | None = None
    name: str | None = None


@dataclass
class Verdict:
    """``sealed`` events are vouched for by signatures, ``unsigned`` follow the last checkpoint, ``unsealed`` have no
    place yet, ``purged`` are among the sealed. ``witnessed`` tells how many events each witness co-signed."""

    sealed: int = 0
    unsigned: int = 0
    unsealed: int = 0
    purged: int = 0
    checkpoints: int = 0
    days: int = 0
    witnessed: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """True when nothing was found."""
        return not self.problems

    def tell(self, late: Late) -> None:
        """Take up a finding of time where it belongs."""
        found = Problem(late.kind, late.message, late.position, late.name)
        (self.problems if late.broken else self.notices).append(found)


Keys = Sequence[tuple[str, bytes]]


def verify(bundle: Bundle, keys: Keys, witnesses: Keys = ()) -> Verdict:
    """Verify a whole bundle; never raises for what the bundle holds."""
    verdict = Verdict(unsealed=len(bundle.unsealed))
    signed = _checkpoints(bundle, keys, verdict)
    if not signed:
        verdict.problems.append(Problem("none-signed", "No valid signature of this key: nothing vouches for the log."))
        return verdict
    stones = [stone for i, line in enumerate(bundle.events) if (stone := read_tombstone(i, line))]
    hashes = _hashes(bundle.events, stones)
    roots = _roots(hashes, {point.size for point in signed})
    bad = next((point for point in signed if roots.get(point.size) != point.root), None)
    if bad is None:
        verdict.sealed, verdict.unsigned = signed[-1].size, max(0, len(hashes) - signed[-1].size)
    else:
        good = max((p.size for p in signed if roots.get(p.size) == p.root), default=0)
        verdict.sealed = min(good, bad.size)
        verdict.problems.append(_locate(bundle, hashes, signed, bad))
    _purges(bundle, stones, verdict)
    _times(bundle, keys, signed, verdict)
    _witnesses(bundle, witnesses, signed, verdict)
    return verdict


def _checkpoints(bundle: Bundle, keys: Keys, verdict: Verdict) -> list[Checkpoint]:
    """The validly signed ones, by size; bad ones and forks are noted."""
    points: dict[int, Checkpoint] = {}
    for name, note in bundle.checkpoints.items():
        try:
            point = open_checkpoint(note, keys)
        except Invalid as error:
            verdict.problems.append(Problem(error.code.removeprefix("checkpoint-"), error.message, name=name))
            continue
        verdict.checkpoints += 1
        if point.size in points and points[point.size].root != point.root:
            message = f"Two signed roots for {point.size} events: the log was forked."
            verdict.problems.append(Problem("fork", message, point.size, name))
        points.setdefault(point.size, point)
    return [points[size] for size in sorted(points)]


def _hashes(events: Sequence[bytes], stones: Sequence[Tombstone]) -> list[bytes]:
    purged = {stone.position: stone.leaf for stone in stones}
    return [purged.get(i) or leaf_hash(event) for i, event in enumerate(events)]


def _roots(hashes: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    tree, roots = Frontier(), {}
    for leaf in hashes:
        tree.append(leaf)
        if tree.size in sizes:
            roots[tree.size] = tree.root()
    return roots


def _locate(bundle: Bundle, hashes: list[bytes], signed: list[Checkpoint], bad: Checkpoint) -> Problem:
    """The first place where the events leave what was signed."""
    vouched = _vouched_leaves(bundle, signed)
    if len(vouched) >= bad.size:
        return _difference(hashes, vouched)
    if len(hashes) < bad.size:
        message = f"{bad.size - len(hashes)} events or more are missing: {len(hashes)} here, {bad.size} were signed."
        return Problem("tail", message, len(hashes))
    start = max((p.size for p in signed if p.size < bad.size), default=0)
    return Problem(
        "span", f"Between event {start} and event {bad.size - 1} something was changed, added or removed.", start
    )


def _vouched_leaves(bundle: Bundle, signed: list[Checkpoint]) -> list[bytes]:
    """The leaves up to the last checkpoint whose root they lead to."""
    roots = _roots(bundle.leaves, {point.size for point in signed})
    size = max((p.size for p in signed if roots.get(p.size) == p.root), default=0)
    return bundle.leaves[:size]


def _difference(hashes: list[bytes], vouched: list[bytes]) -> Problem:
    at = next(
        (i for i, (a, b) in enumerate(zip(hashes, vouched, strict=False)) if a != b), min(len(hashes), len(vouched))
    )
    if at == len(hashes):
        return Problem("tail", f"The last {len(vouched) - at} signed events are missing.", at)
    if hashes[at + 1 : at + 2] == vouched[at : at + 1]:
        return Problem("inserted", f"Event {at} was inserted.", at)
    if hashes[at : at + 1] == vouched[at + 1 : at + 2]:
        return Problem("missing", f"Event {at} is missing.", at)
    if hashes[at] in set(vouched[at:]):
        return Problem("reordered", f"From event {at} on the order was changed.", at)
    return Problem("changed", f"Event {at} was changed.", at)


def _purges(bundle: Bundle, stones: list[Tombstone], verdict: Verdict) -> None:
    verdict.purged = len(stones)
    for position, why in unauthorised(stones, bundle.events[: verdict.sealed]):
        verdict.problems.append(Problem("purge", f"Event {position} is gone as if purged, but {why}.", position))


def _times(bundle: Bundle, keys: Keys, signed: list[Checkpoint], verdict: Verdict) -> None:
    manifests: list[Manifest] = []
    for name, note in sorted(bundle.days.items()):
        try:
            manifests.append(open_manifest(note, keys))
        except Invalid as error:
            verdict.problems.append(Problem(error.code, error.message, name=name))
    verdict.days = len(manifests)
    purged = frozenset(i for i, line in enumerate(bundle.events) if read_tombstone(i, line))
    for late in (*check_times(signed, bundle.events), *check_days(manifests, signed, bundle.events, purged)):
        verdict.tell(late)


def _witnesses(bundle: Bundle, witnesses: Keys, signed: list[Checkpoint], verdict: Verdict) -> None:
    sizes = {point.body(): point.size for point in signed}
    for name, key in witnesses:
        notes = (note for note in bundle.checkpoints.values() if signed_by(note, name, key))
        verdict.witnessed[name] = max((sizes.get(note.split("\n\n", 1)[0] + "\n", 0) for note in notes), default=0)
        if verdict.witnessed[name] == 0:
            verdict.notices.append(Problem("no-witness", f"The witness {name} signed nothing of this log.", name=name))
    if not witnesses:
        message = "No witness was asked: only the log's own key vouches that nobody was shown another log."
        verdict.notices.append(Problem("no-witness", message))

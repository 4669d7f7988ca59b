"""Verification, offline, with the public key alone: what is whole, and the first place that is not.

A checkpoint's signature vouches for its root; leaves that lead to the root are vouched for by it; an event is whole
when it hashes to its leaf. So the first event that differs from the vouched leaves is named exactly, and without
leaves the span between the last good and the first bad checkpoint is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tre.audit.bundle import Bundle
from tre.audit.checkpoint import Checkpoint, open_checkpoint
from tre.audit.tree import Frontier, leaf_hash
from tre.core.errors import Invalid


@dataclass(frozen=True)
class Problem:
    """``kind`` is one of: signature, malformed, fork, leaves, changed, missing, inserted, reordered, tail,
    span, none-signed. ``position`` is the first event concerned (0-based), ``name`` the checkpoint, where one is."""

    kind: str
    message: str
    position: int | None = None
    name: str | None = None


@dataclass
class Verdict:
    """``sealed`` events are vouched for by signatures, ``unsigned`` follow the last checkpoint, ``unsealed``
    have no place yet."""

    sealed: int = 0
    unsigned: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """True when nothing was found."""
        return not self.problems


Keys = Sequence[tuple[str, bytes]]


def verify(bundle: Bundle, keys: Keys) -> Verdict:
    """Verify a whole bundle; never raises for what the bundle holds."""
    verdict = Verdict(unsealed=len(bundle.unsealed))
    signed = _checkpoints(bundle, keys, verdict)
    if not signed:
        verdict.problems.append(
            Problem("none-signed", "No checkpoint with a valid signature: nothing vouches for the log.")
        )
        return verdict
    hashes = [leaf_hash(event) for event in bundle.events]
    roots = _roots(hashes, {point.size for point in signed})
    last = signed[-1].size
    bad = next((point for point in signed if roots.get(point.size) != point.root), None)
    if bad is None:
        verdict.sealed, verdict.unsigned = last, max(0, len(hashes) - last)
    else:
        good = max((p.size for p in signed if roots.get(p.size) == p.root), default=0)
        verdict.sealed = min(good, bad.size)
        verdict.problems.append(_locate(bundle, hashes, signed, bad))
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


def _roots(hashes: list[bytes], sizes: set[int]) -> dict[int, bytes]:
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

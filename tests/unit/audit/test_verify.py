"""Mutations of a signed log: whatever is changed is found, and its place named (acceptance check 28)."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tre.audit.bundle import Bundle
from tre.audit.checkpoint import Checkpoint, cosign, parse_verifier_key, sign_checkpoint, signed_by, verifier_key
from tre.audit.tree import Frontier, leaf_hash
from tre.audit.verify import verify
from tre.core.errors import Invalid

ORIGIN = "tre.example/log"


class Key:
    """A signing key in memory."""

    def __init__(self, seed: int) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.public_keys = [self.public_key]

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


KEY = Key(1)
KEYS = [(ORIGIN, KEY.public_key)]


def signed_log(count: int = 1000, every: int = 100) -> Bundle:
    events, tree, notes = [f'{{"n":{i}}}'.encode() for i in range(count)], Frontier(), {}
    for i, event in enumerate(events, 1):
        tree.append(leaf_hash(event))
        if i % every == 0:
            point = Checkpoint(ORIGIN, i, tree.root(), f"2026-01-01T00:00:{i % 60:02d}.000000Z")
            notes[f"{i:020d}.txt"] = sign_checkpoint(point, KEY)
    return Bundle(events, [leaf_hash(event) for event in events], notes)


LOG = signed_log()


@pytest.mark.requirement("E28")
def test_an_untouched_log_is_whole() -> None:
    verdict = verify(LOG, KEYS)
    assert verdict.whole
    assert (verdict.sealed, verdict.unsigned, verdict.checkpoints) == (1000, 0, 10)


@pytest.mark.requirement("E28")
@given(st.integers(0, 999), st.integers(0, 7))
@settings(max_examples=200)
def test_every_changed_bit_is_found_at_its_place(position: int, bit: int) -> None:
    events = list(LOG.events)
    events[position] = bytes([events[position][0] ^ (1 << bit)]) + events[position][1:]
    (problem,) = verify(replace(LOG, events=events), KEYS).problems
    assert (problem.kind, problem.position) == ("changed", position)


@pytest.mark.requirement("E28")
@given(st.integers(0, 998))
def test_a_removed_event_is_named(position: int) -> None:
    (problem,) = verify(replace(LOG, events=LOG.events[:position] + LOG.events[position + 1 :]), KEYS).problems
    assert (problem.kind, problem.position) == ("missing", position)


@pytest.mark.requirement("E28")
@given(st.integers(0, 999))
def test_an_inserted_event_is_named(position: int) -> None:
    (problem,) = verify(replace(LOG, events=[*LOG.events[:position], b"{}", *LOG.events[position:]]), KEYS).problems
    assert (problem.kind, problem.position) == ("inserted", position)


@pytest.mark.requirement("E28")
@given(st.integers(0, 997), st.integers(2, 50))
def test_a_swap_is_named(position: int, distance: int) -> None:
    other = min(position + distance, 999)
    events = list(LOG.events)
    events[position], events[other] = events[other], events[position]
    (problem,) = verify(replace(LOG, events=events), KEYS).problems
    assert problem.position == position
    assert problem.kind in {"reordered", "missing", "inserted"}


@pytest.mark.requirement("E28")
@given(st.integers(1, 999))
def test_a_cut_tail_is_named(cut: int) -> None:
    (problem,) = verify(replace(LOG, events=LOG.events[:-cut]), KEYS).problems
    assert (problem.kind, problem.position) == ("tail", 1000 - cut)


@pytest.mark.requirement("E28")
@given(st.integers(0, 999))
def test_events_and_leaves_changed_together_are_still_found(position: int) -> None:
    events, leaves = list(LOG.events), list(LOG.leaves)
    events[position] = b'{"n":"other"}'
    leaves[position] = leaf_hash(events[position])
    (problem,) = verify(replace(LOG, events=events, leaves=leaves), KEYS).problems
    assert problem.kind == "span"
    assert problem.position == position // 100 * 100


def test_a_fork_is_found() -> None:
    other = sign_checkpoint(Checkpoint(ORIGIN, 500, b"\0" * 32, "2026-01-01T00:00:00.000000Z"), KEY)
    assert "fork" in {
        p.kind for p in verify(replace(LOG, checkpoints={**LOG.checkpoints, "x.txt": other}), KEYS).problems
    }


def test_a_checkpoint_signed_by_somebody_else_vouches_for_nothing() -> None:
    verdict = verify(LOG, [(ORIGIN, Key(2).public_key)])
    assert {p.kind for p in verdict.problems} == {"signature", "none-signed"}
    assert verdict.sealed == 0


def test_a_witness_signs_beside_the_log() -> None:
    note = cosign(next(iter(LOG.checkpoints.values())), "witness.example", Key(3))
    assert signed_by(note, ORIGIN, KEY.public_key)
    assert signed_by(note, "witness.example", Key(3).public_key)
    assert not signed_by(note, "witness.example", KEY.public_key)


def test_verifier_keys_read_back_and_damaged_ones_do_not() -> None:
    text = verifier_key(ORIGIN, KEY.public_key)
    assert parse_verifier_key(text) == (ORIGIN, KEY.public_key)
    with pytest.raises(Invalid):
        parse_verifier_key(text.replace("+", "+0", 1))

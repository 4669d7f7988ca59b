"""The Merkle tree: RFC 6962's vectors, proofs that verify, wrong proofs that never do."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tre.audit.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    TILE_WIDTH,
    Frontier,
    Nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    perfect_root,
    verify_consistency,
    verify_inclusion,
)

# the inputs of Certificate Transparency's reference tests, and the roots published with them
RFC_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
RFC_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def memory(leaves: list[bytes]) -> Nodes:
    """Leaves in memory, with the full tiles that a sealer would have written."""

    def tile(level: int, index: int) -> bytes | None:
        width = TILE_WIDTH**level
        start, end = index * TILE_WIDTH * width, (index + 1) * TILE_WIDTH * width
        if end > len(leaves):
            return None
        return b"".join(perfect_root(leaves[i : i + width]) for i in range(start, end, width))

    return Nodes(lambda start, count: leaves[start : start + count], tile)


def frontier(leaves: list[bytes]) -> Frontier:
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree


def numbered(count: int) -> list[bytes]:
    return [leaf_hash(str(i).encode()) for i in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_of_the_reference_implementation(size: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in RFC_INPUTS[:size]]
    assert frontier(leaves).root().hex() == RFC_ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()


sizes = st.one_of(st.integers(1, 40), st.integers(250, 260), st.integers(510, 515))


@given(sizes, st.data())
def test_inclusion_is_shown_and_nothing_else_is(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    position = data.draw(st.integers(0, size - 1))
    root, proof = frontier(leaves).root(), inclusion_proof(memory(leaves), position, size)
    assert verify_inclusion(leaves[position], position, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"other"), position, size, proof, root)
    wrong = data.draw(st.integers(0, size - 1).filter(lambda other: other != position)) if size > 1 else size
    assert not verify_inclusion(leaves[position], wrong, size, proof, root)
    assert not verify_inclusion(leaves[position], position, size, [*proof, root], root)
    if proof:
        assert not verify_inclusion(leaves[position], position, size, proof[:-1], root)
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, HASH_SIZE * 8 - 1))
        flipped = (int.from_bytes(proof[at]) ^ (1 << bit)).to_bytes(HASH_SIZE)
        assert not verify_inclusion(leaves[position], position, size, [*proof[:at], flipped, *proof[at + 1 :]], root)


@given(sizes, st.data())
def test_consistency_is_shown_and_a_changed_past_is_not(new: int, data: st.DataObject) -> None:
    leaves = numbered(new)
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(memory(leaves), old, new)
    old_root, new_root = frontier(leaves[:old]).root(), frontier(leaves).root()
    assert verify_consistency(old, new, old_root, new_root, proof)
    changed = data.draw(st.integers(0, old - 1))
    other = frontier([*leaves[:changed], leaf_hash(b"changed"), *leaves[changed + 1 : old]]).root()
    assert not verify_consistency(old, new, other, new_root, proof)
    if proof:
        assert not verify_consistency(old, new, old_root, new_root, proof[:-1])


@given(sizes)
def test_a_frontier_read_from_tiles_is_the_one_that_grew(size: int) -> None:
    leaves = numbered(size)
    assert memory(leaves).frontier(size) == frontier(leaves)


def test_two_children_are_not_mistaken_for_a_leaf() -> None:
    left, right = numbered(2)
    assert node_hash(left, right) != leaf_hash(left + right)

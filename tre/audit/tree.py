"""The Merkle tree of RFC 6962 (hashes) and RFC 9162 §2.1 (proofs), over tiles of 256 hashes.

Pure: a `Nodes` reader gives leaves and full tiles; nothing here knows where they are kept. Hashes are 32 bytes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
HASH_SIZE = 32


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256 over 0x00 and the data."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256 over 0x01 and the two children."""
    return sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = sha256(b"").digest()


@dataclass
class Frontier:
    """The roots of the perfect subtrees of a tree of ``size`` leaves, largest first: all that appending needs."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        carry, bits = leaf, self.size
        while bits & 1:
            carry, bits = node_hash(self.roots.pop(), carry), bits >> 1
        self.roots.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """The tree's root now."""
        return fold(self.roots)

    def copy(self) -> "Frontier":
        """An independent frontier of the same tree."""
        return Frontier(self.size, list(self.roots))


def fold(roots: Iterable[bytes]) -> bytes:
    """Join perfect subtrees, largest first, into one root."""
    rest = list(roots)
    if not rest:
        return EMPTY_ROOT
    result = rest.pop()
    while rest:
        result = node_hash(rest.pop(), result)
    return result


def perfect_root(hashes: list[bytes]) -> bytes:
    """The root over 2^k hashes of one level."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


@dataclass
class Nodes:
    """Reads nodes of a tree from leaves and full tiles.

    ``leaves(start, count)`` gives leaf hashes; ``tile(level, index)`` the 256 hashes of a full tile joined, or None.
    """

    leaves: Callable[[int, int], list[bytes]]
    tile: Callable[[int, int], bytes | None]
    _seen: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def node(self, height: int, index: int) -> bytes:
        """The root of the perfect subtree of 2^height leaves that starts at leaf index·2^height."""
        key = (height, index)
        if key not in self._seen:
            level, rest = divmod(height, TILE_HEIGHT)
            self._seen[key] = perfect_root(self._row(level, index << rest, 1 << rest))
        return self._seen[key]

    def _row(self, level: int, start: int, count: int) -> list[bytes]:
        """``count`` neighbouring nodes of height 8·level, all in one tile: both are aligned powers of two."""
        tile = self.tile(level, start // TILE_WIDTH)
        if tile is not None:
            offset = start % TILE_WIDTH * HASH_SIZE
            return [tile[offset + i * HASH_SIZE : offset + (i + 1) * HASH_SIZE] for i in range(count)]
        if level == 0:
            return self.leaves(start, count)
        return [perfect_root(self._row(level - 1, (start + i) * TILE_WIDTH, TILE_WIDTH)) for i in range(count)]

    def range_root(self, start: int, end: int) -> bytes:
        """The RFC 6962 hash over leaves [start, end), where start is aligned as subtrees of the tree are."""
        return fold(self.node(height, index) for height, index in decompose(start, end))

    def frontier(self, size: int) -> Frontier:
        """The frontier of the tree of the first ``size`` leaves."""
        return Frontier(size, [self.node(height, index) for height, index in decompose(0, size)])


def decompose(start: int, end: int) -> list[tuple[int, int]]:
    """The perfect subtrees (height, index) that make up leaves [start, end), left to right."""
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        parts.append((height, start >> height))
        start += 1 << height
    return parts


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, position: int, size: int) -> list[bytes]:
    """The audit path of leaf ``position`` in the tree of ``size`` leaves, from the leaf up (RFC 9162 §2.1.3)."""
    if not 0 <= position < size:
        raise ValueError("the leaf is not in a tree of that size")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if position < middle:
            path.append(nodes.range_root(middle, end))
            end = middle
        else:
            path.append(nodes.range_root(start, middle))
            start = middle
    return path[::-1]


def verify_inclusion(leaf: bytes, position: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """True when ``proof`` shows that ``leaf`` stands at ``position`` of the tree with that size and root."""
    if not 0 <= position < size:
        return False
    index, last, result = position, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            result = node_hash(sibling, result)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and result == root


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """The proof that the tree of ``old`` leaves is the beginning of the tree of ``new`` leaves (RFC 9162 §2.1.4)."""
    if not 0 < old <= new:
        raise ValueError("sizes must be 0 < old <= new")
    path: list[bytes] = []
    start, end, complete = 0, new, True
    size = old
    while size != end - start:
        middle = start + _split(end - start)
        if size <= middle - start:
            path.append(nodes.range_root(middle, end))
            end = middle
        else:
            path.append(nodes.range_root(start, middle))
            size, start, complete = size - (middle - start), middle, False
    if not complete:
        path.append(nodes.range_root(start, end))
    return path[::-1]


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """True when ``proof`` shows that the newer tree only appended to the older one."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    left = right = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            left, right = node_hash(sibling, left), node_hash(sibling, right)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            right = node_hash(right, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and left == old_root and right == new_root

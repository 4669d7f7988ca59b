#!/usr/bin/env python3
"""Verifies a copy of the audit log without any program of the platform: `python verify.py FOLDER KEY`.

FOLDER is what `tre audit export` wrote; KEY the published verifier key (name+hash+base64). Needs only Python and the
package `cryptography`. It was written from the formats alone: RFC 6962 §2.1 (Merkle tree), C2SP signed-note and
tlog-checkpoint. Exit 0: every event is what was signed. Exit 1: it says what is not.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def parse_key(text):
    """A verifier key -> (name, 4 bytes of key id, public key)."""
    name, key_hash, encoded = text.strip().split("+", 2)
    data = base64.b64decode(encoded)
    key_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if data[0] != 1 or key_id.hex() != key_hash:
        sys.exit("this is no Ed25519 verifier key")
    return name, key_id, Ed25519PublicKey.from_public_bytes(data[1:])


def signed_text(note, keys):
    """The text of a note when one of the keys signed it, else None."""
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        dash, signer, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        for name, key_id, key in keys:
            if dash == "\u2014" and signer == name and raw[:4] == key_id:
                try:
                    key.verify(raw[4:], text.encode())
                    return text
                except InvalidSignature:
                    pass
    return None


def hash_leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


def hash_children(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows a leaf at a time; keeps one hash for each set bit of its size."""

    def __init__(self):
        self.size, self.stack = 0, []

    def add(self, leaf):
        self.stack.append(leaf)
        self.size += 1
        rest = self.size
        while rest % 2 == 0:
            right, left = self.stack.pop(), self.stack.pop()
            self.stack.append(hash_children(left, right))
            rest //= 2

    def root(self):
        if not self.stack:
            return hashlib.sha256(b"").digest()
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = hash_children(left, node)
        return node


def leaf_of(line):
    """The leaf of a line: the event's hash, or what a purged event left of itself."""
    if line.startswith(b'{"leaf":'):
        return bytes.fromhex(json.loads(line)["leaf"])
    return hash_leaf(line)


def read_checkpoints(folder, keys):
    """{size: set of roots} of the checkpoints that one of the keys signed, and how many were not."""
    signed, refused = {}, 0
    for line in (folder / "checkpoints.jsonl").read_bytes().splitlines():
        text = signed_text(json.loads(line)["note"], keys)
        if text is None:
            refused += 1
            continue
        origin, size, root = text.split("\n")[:3]
        if origin != keys[0][0]:
            refused += 1
            continue
        signed.setdefault(int(size), set()).add(base64.b64decode(root))
    return signed, refused


def compare(folder, signed, problems):
    """Walk the events; what leaves the signed roots is added to problems. Answers the tree and the last good size."""
    leaves = (folder / "leaves.bin").read_bytes()
    tree, good, different = Tree(), 0, None
    with (folder / "events.jsonl").open("rb") as events:
        for position, line in enumerate(events):
            leaf = leaf_of(line.rstrip(b"\n"))
            tree.add(leaf)
            if different is None and leaves[position * 32 : position * 32 + 32] not in (b"", leaf):
                different = position
            if tree.size in signed:
                if tree.root() not in signed[tree.size]:
                    where = f"event {different}" if different is not None else f"between event {good} and {position}"
                    problems.append(f"not what was signed: {where}")
                    break
                good = tree.size
    if signed and good < max(signed) and tree.size < max(signed):
        problems.append(f"the log ends at event {tree.size}, {max(signed)} were signed")
    return tree, good


def main(folder, keys):
    problems = []
    signed, refused = read_checkpoints(folder, keys)
    if refused:
        problems.append(f"{refused} checkpoints are not signed by this key")
    forks = sorted(size for size, roots in signed.items() if len(roots) > 1)
    if forks:
        problems.append(f"the log was forked: two roots of {forks[0]} events are signed")
    tree, good = compare(folder, signed, problems)
    if not signed:
        problems.append("no checkpoint is signed by this key")
    for problem in problems:
        print("NOT WHOLE:", problem)
    if not problems:
        print(f"WHOLE: {good} events, {sum(map(len, signed.values()))} signed roots, {tree.size - good} not signed yet")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    given = Path(sys.argv[2]).read_text() if Path(sys.argv[2]).exists() else sys.argv[2]
    sys.exit(main(Path(sys.argv[1]), [parse_key(line) for line in given.splitlines() if line.strip()]))

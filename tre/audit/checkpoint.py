"""Signed checkpoints: the text form of C2SP `tlog-checkpoint` inside a C2SP `signed-note` (Ed25519).

origin
size
base64(root)
time 2026-01-01T00:00:00.000000Z      <- an extension line: when it was signed
<empty line>
— origin base64(key id || signature)
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tre.core.errors import Invalid

_ED25519 = 0x01
_DASH = "\u2014"


class Signer(Protocol):
    """Signs with a key that nobody here can read (Vault transit)."""

    def sign(self, data: bytes) -> bytes: ...

    @property
    def public_key(self) -> bytes:
        """The key of the newest signature."""
        ...

    @property
    def public_keys(self) -> list[bytes]:
        """Every key that ever signed, the newest first."""
        ...


@dataclass(frozen=True)
class Checkpoint:
    """The log at one moment: ``size`` leaves, their ``root``, RFC 3339 ``at``."""

    origin: str
    size: int
    root: bytes
    at: str

    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\ntime {self.at}\n"


def key_id(name: str, public_key: bytes) -> bytes:
    """The first four bytes of SHA-256(name, newline, algorithm, key): tells keys of one name apart."""
    return sha256(name.encode() + b"\n" + bytes([_ED25519]) + public_key).digest()[:4]


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note of a checkpoint."""
    return sign_note(checkpoint.body(), checkpoint.origin, signer)


def sign_note(body: str, name: str, signer: Signer) -> str:
    """A C2SP signed note: ``body`` (ending in a newline), an empty line, one signature line."""
    return f"{body}\n{_signature_line(body, name, signer)}"


def _signature_line(body: str, name: str, signer: Signer) -> str:
    made = signer.sign(body.encode())  # first: after a rotation it decides which key is the newest
    return f"{_DASH} {name} {base64.b64encode(key_id(name, signer.public_key) + made).decode()}\n"


def cosign(note: str, name: str, signer: Signer) -> str:
    """The note with a witness's signature added."""
    body = note.split("\n\n", 1)[0] + "\n"
    return note + _signature_line(body, name, signer)


def verifier_key(name: str, public_key: bytes) -> str:
    """The key as other programs of this format read it: ``name+hash+base64(algorithm || key)``."""
    encoded = base64.b64encode(bytes([_ED25519]) + public_key).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{encoded}"


def parse_verifier_key(text: str) -> tuple[str, bytes]:
    """Name and raw Ed25519 key of a verifier key; raises Invalid ``audit-key-invalid``."""
    try:
        name, hashed, encoded = text.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if raw[0] != _ED25519 or len(raw) != 33 or key_id(name, raw[1:]).hex() != hashed:
            raise ValueError("not an Ed25519 key, or its hash is wrong")
    except (ValueError, IndexError) as error:
        raise Invalid(
            "audit-key-invalid", "This is not a verifier key.", "Give name+hash+base64 as published."
        ) from error
    return name, raw[1:]


def signed_by(note: str, name: str, public_key: bytes) -> bool:
    """True when the note carries a valid signature of that key."""
    body, _, signatures = note.partition("\n\n")
    text = (body + "\n").encode()
    return any(_valid(line, text, name, public_key) for line in signatures.splitlines())


def _valid(line: str, text: bytes, name: str, public_key: bytes) -> bool:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or parts[1] != name:
        return False
    try:
        raw = base64.b64decode(parts[2], validate=True)
        if raw[:4] != key_id(name, public_key):
            return False
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw[4:], text)
    except (ValueError, InvalidSignature):
        return False
    return True


def open_checkpoint(note: str, keys: Sequence[tuple[str, bytes]]) -> Checkpoint:
    """The checkpoint of a note signed by one of ``keys``.

    Raises Invalid ``checkpoint-signature`` or ``checkpoint-malformed``.
    """
    if not any(signed_by(note, name, key) for name, key in keys):
        raise Invalid("checkpoint-signature", "No signature of a known key is valid on this checkpoint.")
    lines = note.split("\n\n", 1)[0].split("\n")
    try:
        origin, size, root, *extensions = lines
        at = next(line.removeprefix("time ") for line in extensions if line.startswith("time "))
        return Checkpoint(origin, int(size), base64.b64decode(root, validate=True), at)
    except (ValueError, StopIteration) as error:
        raise Invalid("checkpoint-malformed", "This is not a checkpoint of this log.") from error

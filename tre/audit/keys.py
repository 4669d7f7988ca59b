"""The log's public keys: where they come from, how they are published, how a file of them is read."""

from typing import TYPE_CHECKING, Protocol

from tre.audit.checkpoint import parse_verifier_key, verifier_key
from tre.core.errors import Invalid

if TYPE_CHECKING:  # verification starts without the platform's settings
    from tre.core.settings import Settings

CHECKPOINT_KEY = "checkpoint"


class PublicKeys(Protocol):
    """Gives every version of a signing key (Vault transit)."""

    def public_keys(self, key: str) -> list[bytes]: ...


def log_origin(settings: "Settings") -> str:
    """The name under which the log's checkpoints are signed."""
    return f"{settings.domain}/log"


def published_keys(vault: PublicKeys, origin: str) -> list[str]:
    """The log's verifier keys as published, the newest first. Old ones stay: they vouch for old checkpoints."""
    return [verifier_key(origin, key) for key in vault.public_keys(CHECKPOINT_KEY)]


def read_keys(text: str) -> list[tuple[str, bytes]]:
    """Verifier keys, one a line; empty lines and ``#`` comments are skipped.

    Raises Invalid ``audit-key-invalid`` when there is none or one is damaged.
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = [parse_verifier_key(line) for line in lines if line and not line.startswith("#")]
    if not keys:
        raise Invalid("audit-key-invalid", "There is no verifier key here.", "Give name+hash+base64 as published.")
    return keys

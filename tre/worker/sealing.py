"""The sealer's beat: once a second, on a connection that may do nothing else."""

import threading
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from prometheus_client import Counter, Gauge

from tre.audit.archive import Archiver
from tre.audit.keys import CHECKPOINT_KEY, log_origin
from tre.audit.retention import load_retention, purge
from tre.audit.seal import Sealer
from tre.core.errors import TreError
from tre.db.session import Database, make_engine
from tre.platform.vault import Vault
from tre.worker.process import Process

log = structlog.get_logger("tre.worker")
SEALED = Counter("tre_log_sealed_total", "Events given their place in the log")
ARCHIVED = Counter("tre_log_days_sealed_total", "Days of the log sealed in the locked bucket")
PURGED = Counter("tre_log_purged_total", "Events purged after their term")
BROKEN = Gauge("tre_log_broken", "1 while the sealer refuses to go on because the past changed")


class VaultSigner:
    """Signs checkpoints with a key that stays in Vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: list[bytes] = []

    def sign(self, data: bytes) -> bytes:
        """Sign by the newest version, which may be newer than at the last call."""
        signature = self._vault.sign(CHECKPOINT_KEY, data)
        if not _fits(self.public_key, signature, data):
            self._keys = self._vault.public_keys(CHECKPOINT_KEY)
        return signature

    @property
    def public_key(self) -> bytes:
        return self.public_keys[0]

    @property
    def public_keys(self) -> list[bytes]:
        if not self._keys:
            self._keys = self._vault.public_keys(CHECKPOINT_KEY)
        return self._keys


def _fits(key: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def build_sealer(process: Process) -> Sealer:
    """The one sealer, as role ``tre_sealer``."""
    settings = process.services.settings
    database = Database(make_engine(settings.sealer_database_url.get_secret_value()))
    return Sealer(database, VaultSigner(process.services.vault), process.services.store, log_origin(settings))


def beat(sealer: Sealer, stopping: threading.Event, every: float = 1.0) -> None:
    """Seal until told to stop. A failure is logged and tried again; a changed past is shouted and never signed over."""
    while not stopping.wait(every):
        try:
            SEALED.inc(sealer.tick())
            BROKEN.set(0)
        except TreError as error:
            BROKEN.set(1 if error.code == "log-changed" else 0)
            log.error("seal-failed", code=error.code)
        except Exception as error:
            log.error("seal-crashed", cause=type(error).__name__)


def build_archiver(process: Process) -> Archiver:
    """Seals past days, as the application's role: it reads events and records that a day was sealed."""
    services = process.services
    origin = log_origin(services.settings)
    return Archiver(services.db, VaultSigner(services.vault), services.store, origin, services.clock)


def archive(archiver: Archiver, policies: Path, stopping: threading.Event, every: float = 60.0) -> None:
    """Seal past days, purge what is over its term, until told to stop; a failure is logged and tried again."""
    while not stopping.is_set():
        try:
            ARCHIVED.inc(len(archiver.tick()))
            PURGED.inc(purge(archiver.database, load_retention(policies), archiver.clock))
        except TreError as error:
            log.error("archive-failed", code=error.code)
        except Exception as error:
            log.error("archive-crashed", cause=type(error).__name__)
        stopping.wait(every)

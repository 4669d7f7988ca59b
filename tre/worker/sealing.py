"""The sealer's beat: once a second, on a connection that may do nothing else."""

import threading

import structlog
from prometheus_client import Counter, Gauge

from tre.audit.keys import CHECKPOINT_KEY, log_origin
from tre.audit.seal import Sealer
from tre.core.errors import TreError
from tre.db.session import Database, make_engine
from tre.platform.vault import Vault
from tre.worker.process import Process

log = structlog.get_logger("tre.worker")
SEALED = Counter("tre_log_sealed_total", "Events given their place in the log")
BROKEN = Gauge("tre_log_broken", "1 while the sealer refuses to go on because the past changed")


class VaultSigner:
    """Signs checkpoints with a key that stays in Vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._public: bytes | None = None

    def sign(self, data: bytes) -> bytes:
        return self._vault.sign(CHECKPOINT_KEY, data)

    @property
    def public_key(self) -> bytes:
        if self._public is None:
            self._public = self._vault.public_key_bytes(CHECKPOINT_KEY)
        return self._public


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

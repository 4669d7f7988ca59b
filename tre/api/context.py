"""What every call may use: the parts of the platform, handed over once at start."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tre.core.clock import Clock, system_clock
from tre.core.settings import Settings
from tre.db.session import Database

if TYPE_CHECKING:
    from tre.platform.cluster import Cluster
    from tre.platform.objectstore import ObjectStore
    from tre.platform.vault import Vault


@dataclass(frozen=True)
class Services:
    """The composition root of one process; tests build one with the parts they need."""

    db: Database
    store: "ObjectStore"
    vault: "Vault"
    cluster: "Cluster"
    settings: Settings
    clock: Clock = system_clock

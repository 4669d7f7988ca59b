"""What the platform needs before its first project: Vault's mounts, keys, policies and roles; the locked buckets.

Everything is idempotent. Vault comes first: the KES bridge signs in with a role made here, and MinIO needs the bridge.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hvac

from tre.core.errors import Temporary, TreError, Unavailable
from tre.platform.bucketadmin import BucketSettings
from tre.platform.objectstore import ObjectStore
from tre.platform.vault import KEYS, KV, SESSION_ROLE, SIGN, Vault, translated

ARCHIVE_KEY = "archive"
SIGNERS = ("checkpoint", "certificate")
SETUP_ROLE = "tre-setup"
SERVICE_ROLES = ("tre-control", "tre-worker", "tre-kes-bridge", SETUP_ROLE)
_YEAR = 365


@dataclass(frozen=True)
class SetupOptions:
    """Where things are. ``lock_days``: how long audit and archive are locked, never under a year (design §8)."""

    policies: Path
    namespace: str = "tre-system"
    api_server: str = "https://kubernetes.default.svc"
    lock_days: int = _YEAR
    compliance: bool = True


def setup_vault(vault: Vault, options: SetupOptions) -> Iterator[str]:
    """Yields what it did, a line a step."""
    client = vault.client()
    yield from _mounts(client)
    yield from _keys(client)
    for name in SERVICE_ROLES:
        vault.ensure_policy(name, (options.policies / "vault" / f"{name}.hcl").read_text())
        yield f"vault policy {name}"
    with translated("write the session token role"):
        client.write_data(
            f"auth/token/roles/{SESSION_ROLE}",
            data={
                "orphan": True, "renewable": False, "allowed_policies_glob": ["tre-p-*-session"],
                "disallowed_policies": ["root", "default"], "token_no_default_policy": True,
                "token_explicit_max_ttl": "24h", "token_type": "service",
            },
        )  # fmt: skip
    yield f"vault token role {SESSION_ROLE}"


def setup_kubernetes_auth(vault: Vault, options: SetupOptions) -> Iterator[str]:
    """Binds the platform's service accounts to their policies; Vault checks their tokens with its own account."""
    client = vault.client()
    with translated("set up the Kubernetes auth method"):
        if "kubernetes/" not in client.sys.list_auth_methods()["data"]:
            client.sys.enable_auth_method("kubernetes")
        client.auth.kubernetes.configure(kubernetes_host=options.api_server)
        for name in SERVICE_ROLES:
            client.auth.kubernetes.create_role(
                name=name, bound_service_account_names=[name], bound_service_account_namespaces=[options.namespace],
                policies=[name], ttl="1h",
            )  # fmt: skip
    yield "vault auth kubernetes: " + ", ".join(SERVICE_ROLES)


def _mounts(client: hvac.Client) -> Iterator[str]:
    with translated("list mounts"):
        present = client.sys.list_mounted_secrets_engines()["data"]
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        (KV, "kv", {"version": "2"}), (KEYS, "transit", {}), (SIGN, "transit", {}),
    ]  # fmt: skip
    for path, engine, mount_options in wanted:
        if f"{path}/" not in present:
            with translated(f"mount {path}"):
                client.sys.enable_secrets_engine(backend_type=engine, path=path, options=mount_options or None)
        yield f"vault mount {path}"


def _keys(client: hvac.Client) -> Iterator[str]:
    with translated("make the platform's keys"):
        client.secrets.transit.create_key(name=ARCHIVE_KEY, key_type="aes256-gcm96", mount_point=KEYS)
        for name in SIGNERS:
            client.secrets.transit.create_key(name=name, key_type="ed25519", mount_point=SIGN)
    yield f"vault keys {ARCHIVE_KEY}, {', '.join(SIGNERS)}"


def setup_buckets(store: ObjectStore, options: SetupOptions) -> Iterator[str]:
    """The audit log's and the archive's buckets, locked, under a key that no project's closing destroys."""
    if options.lock_days < _YEAR:
        raise Unavailable("retention-too-short", "Logs are kept at least a year.", "Set 365 days or more.")
    store.admin.ensure_key(ARCHIVE_KEY)
    for name in ("tre-audit", "tre-archive"):
        store.admin.ensure_bucket(
            BucketSettings(name, versioned=True, key=ARCHIVE_KEY, lock_days=options.lock_days,
                           compliance=options.compliance)
        )  # fmt: skip
        yield f"bucket {name}"


def wait_for(what: str, ready: Callable[[], None], seconds: float = 180, but: type[TreError] | tuple[()] = ()) -> None:
    """Ask until ``ready`` does not raise; raises Temporary ``not-ready`` after ``seconds``, and ``but`` at once."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ready()
        except but:
            raise
        except TreError as error:
            if time.monotonic() > end:
                raise Temporary("not-ready", f"{what} did not become ready: {error.code}.", "Run it again.") from error
            time.sleep(1)

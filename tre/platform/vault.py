"""Vault (OpenBao): session tokens, project secrets, project keys, signatures (design §6, docs/architecture.md)."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hvac
from hvac import exceptions as vault_errors
from requests.exceptions import RequestException

from tre.core.errors import Forbidden, Invalid, NotFound, Temporary, Unavailable
from tre.core.settings import Settings

KV, KEYS, SIGN = "tre-kv", "tre-keys", "tre-sign"
SESSION_ROLE = "tre-session"
_SA_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_RETRY = "It is tried again by itself; if it lasts, look whether Vault is sealed."
_MARGIN = 60  # seconds before its end at which our own token is replaced


@dataclass(frozen=True)
class VaultToken:
    """A session's token; ``accessor`` revokes it without knowing it. The token never shows in a repr."""

    token: str = field(repr=False)
    accessor: str


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise TreError instead of hvac's errors; messages hold no secret."""
    try:
        yield
    except vault_errors.InvalidPath as error:
        raise NotFound("vault-not-found", f"Not in Vault: {what}.", "Check that it was set up.") from error
    except (vault_errors.Forbidden, vault_errors.Unauthorized) as error:
        raise Forbidden("vault-denied", f"Vault refused: {what}.", "Run `tre platform setup` again.") from error
    except (vault_errors.VaultDown, vault_errors.BadGateway, RequestException) as error:
        raise Temporary("vault-unreachable", f"Vault cannot be reached: {what}.", _RETRY) from error
    except vault_errors.InvalidRequest as error:
        raise Invalid("vault-invalid", f"Vault does not accept: {what}.", "") from error
    except vault_errors.VaultError as error:
        raise Unavailable("vault-error", f"Vault refused ({type(error).__name__}): {what}.", _RETRY) from error


class Vault:
    """Vault as the control plane uses it. Raises TreError subclasses only.

    ``login`` is called with a client that has no token and must give it one; it answers the token's seconds to live
    (0: does not end). It is called again before that time is over, and when Vault no longer knows the token.
    """

    def __init__(self, addr: str, login: Callable[[hvac.Client], int], ca_file: Path | None = None) -> None:
        verify = str(ca_file) if ca_file and addr.startswith("https") else True
        self._client = hvac.Client(url=addr, verify=verify, timeout=10)
        self._login = login
        self._until = -1.0

    @classmethod
    def from_settings(cls, settings: Settings, role: str | None = None) -> "Vault":
        """Signed in with this pod's service account, as the role that Vault binds to it."""
        name = role or settings.vault_role

        def login(client: hvac.Client) -> int:
            answer = client.auth.kubernetes.login(role=name, jwt=_SA_TOKEN.read_text())
            return int(answer["auth"]["lease_duration"])

        return cls(settings.vault_addr, login, settings.internal_ca_file)

    @classmethod
    def with_token(cls, addr: str, token: str, ca_file: Path | None = None) -> "Vault":
        """For set-up and tests, which are given a token."""

        def login(client: hvac.Client) -> int:
            client.token = token
            return 0

        return cls(addr, login, ca_file)

    def client(self) -> hvac.Client:
        """A client that is signed in."""
        if time.monotonic() >= self._until:
            with translated("sign in"):
                self._client.token = None
                seconds = self._login(self._client)
            self._until = time.monotonic() + max(seconds - _MARGIN, seconds / 2) if seconds else float("inf")
        return self._client

    def _retried(self, what: str, call: Callable[[hvac.Client], Any]) -> Any:
        """One call; when Vault no longer knows our token (restart, revocation), sign in again and call once more."""
        try:
            with translated(what):
                return call(self.client())
        except Forbidden:
            self._until = -1.0
            with translated(what):
                return call(self.client())

    # --- sessions
    def create_session_token(self, slug: str, session_id: str, ttl_seconds: int) -> VaultToken:
        """An orphan token for one session: reads the project's shared secrets, cannot be renewed or make others."""
        ttl = f"{ttl_seconds}s"
        answer = self._retried(
            "make a session's token",
            lambda client: client.auth.token.create(
                role_name=SESSION_ROLE, policies=[f"tre-p-{slug}-session"], no_default_policy=True, renewable=False,
                ttl=ttl, explicit_max_ttl=ttl, display_name=session_id,
                meta={"tre-project": slug, "tre-session": session_id},
            ),
        )  # fmt: skip
        return VaultToken(answer["auth"]["client_token"], answer["auth"]["accessor"])

    def revoke(self, accessor: str) -> None:
        """Revoke a session's token by its accessor. Idempotent."""
        try:
            self._retried("revoke a token", lambda client: client.auth.token.revoke_accessor(accessor))
        except (NotFound, Invalid):  # an accessor that is not known any more
            return

    def revoke_self(self) -> None:
        """Revoke our own token: for set-up, whose first token must not outlive it."""
        with translated("revoke our own token"):
            self.client().auth.token.revoke_self()

    # --- project secrets
    def write_secret(self, slug: str, name: str, values: Mapping[str, str]) -> None:
        """Store a secret that the project's sessions may read."""
        self._retried(
            "write a project secret",
            lambda client: client.secrets.kv.v2.create_or_update_secret(
                path=f"{slug}/shared/{name}", secret=dict(values), mount_point=KV
            ),
        )

    def read_secret(self, slug: str, name: str) -> dict[str, str]:
        """The newest version of a project secret; raises NotFound."""
        answer = self._retried(
            "read a project secret",
            lambda client: client.secrets.kv.v2.read_secret_version(
                path=f"{slug}/shared/{name}", mount_point=KV, raise_on_deleted_version=True
            ),
        )
        return dict(answer["data"]["data"])

    def secret_names(self, prefix: str) -> list[str]:
        """Every secret under ``prefix/``, folders walked through."""
        found: list[str] = []
        try:
            answer = self._retried(
                "list secrets", lambda client: client.secrets.kv.v2.list_secrets(path=prefix, mount_point=KV)
            )
        except NotFound:
            return found
        for key in answer["data"]["keys"]:
            path = f"{prefix}/{key.rstrip('/')}"
            found.extend(self.secret_names(path) if key.endswith("/") else [path])
        return found

    def destroy_secret(self, path: str) -> None:
        """Remove a secret with all its versions."""
        self._retried(
            "destroy a secret",
            lambda client: client.secrets.kv.v2.delete_metadata_and_all_versions(path=path, mount_point=KV),
        )

    # --- keys
    def ensure_key(self, name: str) -> None:
        """Make the transit key ``name`` in ``tre-keys`` when it is absent."""
        self._retried(
            "make a key",
            lambda client: client.secrets.transit.create_key(name=name, key_type="aes256-gcm96", mount_point=KEYS),
        )

    def key_exists(self, name: str) -> bool:
        """True when ``tre-keys`` holds the key."""
        try:
            self._retried("look at a key", lambda client: client.secrets.transit.read_key(name=name, mount_point=KEYS))
        except NotFound:
            return False
        return True

    def key_names(self, prefix: str = "") -> list[str]:
        """Names of the keys of ``tre-keys`` that begin with ``prefix``."""
        try:
            answer = self._retried("list keys", lambda client: client.secrets.transit.list_keys(mount_point=KEYS))
        except NotFound:
            return []
        return [name for name in answer["data"]["keys"] if name.startswith(prefix)]

    def destroy_key(self, name: str) -> None:
        """Destroy a transit key: what it encrypted can never be read again. Idempotent."""
        if not self.key_exists(name):
            return
        self._retried(
            "allow a key's end",
            lambda client: client.secrets.transit.update_key_configuration(
                name=name, deletion_allowed=True, mount_point=KEYS
            ),
        )
        self._retried("destroy a key", lambda client: client.secrets.transit.delete_key(name=name, mount_point=KEYS))

    def encrypt(self, slug: str, data: bytes) -> str:
        """Encrypt under the project's key: unreadable once the project is closed."""
        return self.encrypt_with(f"p-{slug}", data)

    def decrypt(self, slug: str, text: str) -> bytes:
        """What ``encrypt`` was given."""
        return self.decrypt_with(f"p-{slug}", text)

    def encrypt_with(self, key: str, plaintext: bytes, context: bytes = b"") -> str:
        """Encrypt under a key of ``tre-keys``; ``context`` is bound to the answer as associated data."""
        body = {"plaintext": _b64(plaintext)} | ({"associated_data": _b64(context)} if context else {})
        answer = self._retried("encrypt", lambda client: client.write_data(f"{KEYS}/encrypt/{key}", data=body))
        return str(answer["data"]["ciphertext"])

    def decrypt_with(self, key: str, ciphertext: str, context: bytes = b"") -> bytes:
        """What ``encrypt_with`` was given; raises Invalid for another key or context."""
        body = {"ciphertext": ciphertext} | ({"associated_data": _b64(context)} if context else {})
        answer = self._retried("decrypt", lambda client: client.write_data(f"{KEYS}/decrypt/{key}", data=body))
        return base64.b64decode(answer["data"]["plaintext"])

    # --- signatures
    def sign(self, key: str, data: bytes) -> bytes:
        """The raw Ed25519 signature (64 bytes) by a key of ``tre-sign``."""
        answer = self._retried(
            "sign",
            lambda client: client.secrets.transit.sign_data(name=key, hash_input=_b64(data), mount_point=SIGN),
        )
        return base64.b64decode(str(answer["data"]["signature"]).split(":")[2])

    def public_key(self, key: str) -> str:
        """The newest public key of ``tre-sign/<key>``, PEM."""
        raw = self.public_key_bytes(key)
        prefix = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of Ed25519, RFC 8410
        body = _b64(prefix + raw)
        return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"

    def public_key_bytes(self, key: str) -> bytes:
        """The newest public key of ``tre-sign/<key>``, its 32 raw bytes."""
        return self.public_keys(key)[0]

    def public_keys(self, key: str) -> list[bytes]:
        """Every version's public key, the newest first: what an older one signed stays verifiable."""
        answer = self._retried(
            "read a public key", lambda client: client.secrets.transit.read_key(name=key, mount_point=SIGN)
        )
        versions = answer["data"]["keys"]
        return [base64.b64decode(versions[v]["public_key"]) for v in sorted(versions, key=int, reverse=True)]

    # --- policies
    def ensure_policy(self, name: str, document: str) -> None:
        """Make the named policy hold exactly this document."""
        self._retried(
            "write a policy", lambda client: client.sys.create_or_update_acl_policy(name=name, policy=document)
        )

    def policy(self, name: str) -> str | None:
        """The policy's document, or None."""
        try:
            answer = self._retried("read a policy", lambda client: client.sys.read_acl_policy(name=name))
        except NotFound:
            return None
        return str(answer["data"]["policy"])

    def policies(self, prefix: str) -> list[str]:
        """Names of the policies that begin with ``prefix``."""
        answer = self._retried("list policies", lambda client: client.sys.list_acl_policies())
        return [name for name in answer["data"]["keys"] if name.startswith(prefix)]

    def delete_policy(self, name: str) -> None:
        """Remove a policy. Idempotent."""
        self._retried("remove a policy", lambda client: client.sys.delete_acl_policy(name=name))

    def ready(self) -> None:
        """Raises Temporary unless Vault is initialised, unsealed and knows us."""
        self._retried("sign in", lambda client: client.auth.token.lookup_self())


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()

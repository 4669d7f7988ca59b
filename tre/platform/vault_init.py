"""The first start of Vault: initialise it once, and keep what that answers where set-up can find it again.

Vault unseals itself (static seal, or the operator's KMS). Its first token is in one Secret until `tre platform setup`
has run and revoked it; the recovery key stays there for the operator to take out and keep off-line.
"""

import base64
from pathlib import Path

import hvac
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.config import load_incluster_config

from tre.core.errors import Unavailable
from tre.platform.vault import translated


def first_token(vault: hvac.Client, namespace: str, secret: str) -> str:
    """Vault's first token, initialising Vault when nobody has; "" when set-up has used and removed it.

    Raises Unavailable ``vault-init-lost`` when Vault is initialised and the Secret is gone: the recovery key helps.
    """
    load_incluster_config()  # type: ignore[no-untyped-call]  # the library has no types
    api = client.CoreV1Api()
    with translated("initialise"):
        initialised = vault.sys.is_initialized()
    held = _read(api, namespace, secret)
    if initialised:
        if held is None:
            raise Unavailable(
                "vault-init-lost", f"Vault is initialised, and Secret {secret} that kept its first token is gone.",
                "Make a root token with the recovery key (bao operator generate-root) and give it by --token-file.",
            )  # fmt: skip
        return held.get("token", "")
    return _initialise(vault, api, namespace, secret)


def _initialise(vault: hvac.Client, api: client.CoreV1Api, namespace: str, secret: str) -> str:
    # The Secret is made first: a crash between the two calls must not lose the only token there will ever be.
    if _read(api, namespace, secret) is None:
        api.create_namespaced_secret(namespace, _secret(secret, {}))
    with translated("initialise"):
        answer = vault.sys.initialize(
            secret_shares=None, secret_threshold=None, recovery_shares=1, recovery_threshold=1
        )
    values = {"token": str(answer["root_token"]), "recovery-key": str(answer["recovery_keys_base64"][0])}
    api.patch_namespaced_secret(secret, namespace, _secret(secret, values))
    return values["token"]


def forget_first_token(namespace: str, secret: str) -> None:
    """Empty the Secret's token once set-up has revoked it; the recovery key stays until the operator takes it."""
    load_incluster_config()  # type: ignore[no-untyped-call]  # the library has no types
    client.CoreV1Api().patch_namespaced_secret(secret, namespace, {"data": {"token": None}})


def _secret(name: str, values: dict[str, str]) -> client.V1Secret:
    return client.V1Secret(metadata=client.V1ObjectMeta(name=name), string_data=values)


def _read(api: client.CoreV1Api, namespace: str, secret: str) -> dict[str, str] | None:
    try:
        data = api.read_namespaced_secret(secret, namespace).data or {}
    except ApiException as error:
        if error.status == 404:
            return None
        raise
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def unauthenticated(addr: str, ca_file: Path) -> hvac.Client:
    """A client for the two calls that Vault answers without a token."""
    return hvac.Client(url=addr, verify=str(ca_file), timeout=10)

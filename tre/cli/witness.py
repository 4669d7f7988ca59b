"""`tre witness`: follows a log from outside, signs what it has checked, raises the alarm when shown two logs.

It keeps its key and what it has seen in a folder of its own and needs nothing of the platform but its public addresses.
"""

import base64
import json
import os
import ssl
import time
from pathlib import Path
from typing import Any

import click
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tre.audit.checkpoint import cosign, open_checkpoint, verifier_key
from tre.audit.following import Seen, advance, describe
from tre.audit.keys import read_keys
from tre.audit.verify import Keys
from tre.core.errors import Conflict, TreError

_KEY, _SEEN, _NAME = "key", "seen.json", "name"


class LocalSigner:
    """A witness's key, in a file that only it reads."""

    def __init__(self, folder: Path) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((folder / _KEY).read_text()))
        self.name = (folder / _NAME).read_text().strip()

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @property
    def public_keys(self) -> list[bytes]:
        return [self.public_key]


@click.group("witness")
def witness_group() -> None:
    """Follow a log from outside and sign beside it."""


@witness_group.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the witness, like a host name.")
def init_command(folder: Path, name: str) -> None:
    """Make a witness's key in FOLDER and print the verifier key to give to the platform and to auditors."""
    if "+" in name or " " in name or not name:
        raise click.ClickException("A name has neither spaces nor plus signs.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / _KEY).exists():
        raise click.ClickException(f"{folder} has a key already.")
    with os.fdopen(os.open(folder / _KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    (folder / _NAME).write_text(name + "\n")
    click.echo(verifier_key(name, LocalSigner(folder).public_key))


@witness_group.command("run")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", required=True, help="Address of the platform.")
@click.option("--log-key", required=True, help="The log's published verifier key, or a file.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="Certificate authority of the platform.")
@click.option("--every", default=60.0, show_default=True, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Look once.")
def run_command(folder: Path, url: str, log_key: str, ca: str | None, every: float, once: bool) -> None:  # noqa: PLR0913, PLR0917  # command-line options
    """Follow the log. Exit 2 when it contradicts what it showed before; what it showed is kept in FOLDER."""
    keys = read_keys(Path(log_key).read_text() if Path(log_key).is_file() else log_key)
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca) if ca else True
    with httpx.Client(base_url=url, verify=verify, timeout=30) as client:
        while True:
            _look(folder, client, keys, once)
            if once:
                return
            time.sleep(every)


def _look(folder: Path, client: httpx.Client, keys: Keys, once: bool) -> None:
    try:
        click.echo(follow(folder, client, keys))
    except Conflict as error:
        click.echo(f"ALARM: {error.message} {error.remedy}", err=True)
        raise SystemExit(2) from error
    except (httpx.HTTPError, TreError) as error:
        if once:
            raise click.ClickException(str(error)) from error
        click.echo(f"not reached: {error}", err=True)


def follow(folder: Path, client: httpx.Client, keys: Keys) -> str:
    """Look once: check, sign, remember, hand over. Raises Conflict when the log contradicts itself, and then keeps
    the note that does."""
    seen = _read_seen(folder)
    note = _get(client, "/audit/checkpoints", limit=1)["items"][0]["note"]
    point = open_checkpoint(note, keys)
    proof: list[bytes] = []
    if seen.size and point.size > seen.size:
        answer = _get(client, "/audit/consistency", old=seen.size, new=point.size)
        proof = [base64.b64decode(step) for step in answer["proof"]]
    try:
        now_seen = advance(seen, note, proof, keys)
    except Conflict:
        (folder / f"contradiction-{point.size}.txt").write_text(note)
        raise
    signer = LocalSigner(folder)
    signed = cosign(note, signer.name, signer)
    (folder / f"signed-{point.size}.txt").write_text(signed)
    _write_seen(folder, now_seen)
    client.post("/api/v1/audit/cosignatures", json={"note": signed}).raise_for_status()
    return f"signed {describe(point)}"


def _get(client: httpx.Client, path: str, **query: int) -> Any:
    reply = client.get(f"/api/v1{path}", params=query)
    reply.raise_for_status()
    return reply.json()


def _read_seen(folder: Path) -> Seen:
    if not (folder / _SEEN).exists():
        return Seen()
    data = json.loads((folder / _SEEN).read_text())
    return Seen(data["size"], bytes.fromhex(data["root"]))


def _write_seen(folder: Path, seen: Seen) -> None:
    fresh = folder / f"{_SEEN}.new"
    fresh.write_text(json.dumps({"size": seen.size, "root": seen.root.hex()}))
    fresh.replace(folder / _SEEN)

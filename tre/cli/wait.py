"""`tre wait` and `tre vault-init`: what the chart runs before the control plane starts."""

import time
from pathlib import Path

import click

from tre.core.errors import TreError
from tre.core.settings import settings

_EVERY = 1.0


def _missing() -> str | None:
    """What is not there yet, or None: the schema at its newest revision, and Vault letting this pod sign in."""
    from tre.db.migrate import pending_revision  # noqa: PLC0415  # imported when it runs
    from tre.platform.vault import Vault  # noqa: PLC0415  # imported when it runs

    now = settings()
    if (revision := pending_revision(now.database_url.get_secret_value())) is not None:
        return f"database: {revision}"
    try:
        Vault.from_settings(now).ready()
    except TreError as error:
        return f"Vault: {error.message}"
    return None


@click.command()
@click.option("--timeout", default=600, show_default=True, help="Seconds after which to give up.")
def wait_command(timeout: int) -> None:
    """Wait until database and Vault are set up; exit 1, saying what is missing, when they are not in time."""
    deadline, said = time.monotonic() + timeout, ""
    while (missing := _missing()) is not None:
        if missing != said:
            click.echo(f"waiting for {missing}", err=True)
            said = missing
        if time.monotonic() > deadline:
            raise click.ClickException(f"still missing after {timeout} s: {missing}")
        time.sleep(_EVERY)


@click.command()
@click.option("--secret", required=True, help="Secret that keeps the first token and the recovery key.")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="Where to write the first token.")
def vault_init_command(secret: str, token_file: Path) -> None:
    """Initialise Vault once; write its first token for `tre platform setup`, or an empty file when that has run."""
    from tre.platform.vault_init import first_token, unauthenticated  # noqa: PLC0415  # imported when it runs

    now = settings()
    token = first_token(unauthenticated(now.vault_addr, now.internal_ca_file), now.namespace, secret)
    token_file.write_text(token)
    token_file.chmod(0o600)
    click.echo("Vault is initialised." if token else "Vault was set up before.")

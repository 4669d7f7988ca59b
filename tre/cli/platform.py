"""`tre platform`: what an operator, or the chart's Job, runs once and after each upgrade."""

import json
from collections.abc import Iterable
from pathlib import Path

import click

from tre.audit.events import AuditEvent
from tre.core.errors import Forbidden
from tre.core.people import system
from tre.core.settings import Settings, settings
from tre.db.session import Database, make_engine
from tre.platform.objectstore import ObjectStore
from tre.platform.setup import SETUP_ROLE, SetupOptions, setup_buckets, setup_kubernetes_auth, setup_vault, wait_for
from tre.platform.vault import Vault
from tre.platform.vault_init import forget_first_token
from tre.projects.people.bootstrap import bootstrap, read_grants


@click.group()
def platform_group() -> None:
    """Set up Vault, object store and first roles."""


@platform_group.command()
@click.option("--token-file", type=click.Path(path_type=Path), help="Vault's first token; without: the role tre-setup.")
@click.option("--forget-secret", help="Secret that kept the first token: it is revoked, and removed from there.")
@click.option("--grants-file", type=click.Path(path_type=Path), help="Who holds the first roles (JSON).")
@click.option("--kubernetes-auth/--no-kubernetes-auth", default=True, help="Bind service accounts to Vault roles.")
def setup(token_file: Path | None, forget_secret: str | None, grants_file: Path | None, kubernetes_auth: bool) -> None:
    """Make everything the platform needs before its first project. Run it as often as you like."""
    current = settings()
    options = SetupOptions(policies=_policies(current), namespace=current.namespace)
    token = token_file.read_text().strip() if token_file and token_file.is_file() else ""
    vault, first = _signed_in(current, token)
    _say(setup_vault(vault, options))
    if kubernetes_auth:
        _say(setup_kubernetes_auth(vault, options))
    if first and forget_secret:
        vault.revoke_self()
        forget_first_token(current.namespace, forget_secret)
        click.echo("vault: the first token is revoked")
    store = ObjectStore.from_settings(current)
    wait_for("the object store", store.ready)
    _say(setup_buckets(store, options))
    if grants_file is not None and grants_file.is_file():
        _first_roles(current, grants_file)


def _policies(current: Settings) -> Path:
    checkout = Path(__file__).parents[2] / "policies"
    return current.policies_dir if (current.policies_dir / "vault").is_dir() else checkout


def _signed_in(current: Settings, token: str) -> tuple[Vault, bool]:
    """Vault by its first token, or by the set-up role once that token is gone; says which."""
    if token:
        vault = Vault.with_token(current.vault_addr, token, current.internal_ca_file)
        try:
            wait_for("Vault", vault.ready, but=Forbidden)
        except Forbidden:
            click.echo("vault: the first token was revoked before")  # a former run ended before it was forgotten
        else:
            return vault, True
    vault = Vault.from_settings(current, SETUP_ROLE)
    wait_for("Vault", vault.ready)
    return vault, False


def _first_roles(current: Settings, grants_file: Path) -> None:
    grants = read_grants(json.loads(grants_file.read_text()))
    engine = make_engine(current.database_url.get_secret_value())
    with Database(engine).transaction() as session:
        added = bootstrap(session, current.oidc_issuer, grants, event=AuditEvent("role.bootstrap", system("setup")))
    engine.dispose()
    click.echo(f"first roles: {added} added, {len(grants) - added} already there")


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)

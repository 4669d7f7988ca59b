"""`tre platform`: what an operator, or the chart's Job, runs once and after each upgrade."""

import json
from collections.abc import Iterable
from pathlib import Path

import click

from tre.audit.events import AuditEvent
from tre.core.people import system
from tre.core.settings import Settings, settings
from tre.db.session import Database, make_engine
from tre.platform.objectstore import ObjectStore
from tre.platform.setup import SetupOptions, setup_buckets, setup_kubernetes_auth, setup_vault, wait_for
from tre.platform.vault import Vault
from tre.projects.people.bootstrap import bootstrap, read_grants


@click.group()
def platform_group() -> None:
    """Set up Vault, object store and first roles."""


@platform_group.command()
@click.option("--token-file", type=click.Path(path_type=Path), help="Vault's first token; absent or empty: skip Vault.")
@click.option("--grants-file", type=click.Path(path_type=Path), help="Who holds the first roles (JSON).")
@click.option("--kubernetes-auth/--no-kubernetes-auth", default=True, help="Bind service accounts to Vault roles.")
def setup(token_file: Path | None, grants_file: Path | None, kubernetes_auth: bool) -> None:
    """Make everything the platform needs before its first project. Run it as often as you like."""
    current = settings()
    options = SetupOptions(policies=_policies(current), namespace=current.namespace)
    token = token_file.read_text().strip() if token_file and token_file.is_file() else ""
    if token:
        _vault(current, token, options, kubernetes_auth)
    else:
        click.echo("vault: no token given, left as it is")
    store = ObjectStore.from_settings(current)
    wait_for("the object store", store.ready)
    _say(setup_buckets(store, options))
    if grants_file is not None and grants_file.is_file():
        _first_roles(current, grants_file)


def _policies(current: Settings) -> Path:
    checkout = Path(__file__).parents[2] / "policies"
    return current.policies_dir if (current.policies_dir / "vault").is_dir() else checkout


def _vault(current: Settings, token: str, options: SetupOptions, kubernetes_auth: bool) -> None:
    vault = Vault.with_token(current.vault_addr, token, current.internal_ca_file)
    wait_for("Vault", vault.ready)
    _say(setup_vault(vault, options))
    if kubernetes_auth:
        _say(setup_kubernetes_auth(vault, options))


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

"""`tre db`: the database's schema."""

import click
from alembic import command

from tre.core.settings import settings
from tre.db.migrate import config, pending_revision, upgrade
from tre.db.session import make_engine


@click.group("db")
def db_group() -> None:
    """Migrate the database."""


@db_group.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema, its guards and the rights of each role to this version. Run again, it changes nothing."""
    revision = upgrade(settings().migration_database_url.get_secret_value())
    click.echo(f"database is at revision {revision}")


@db_group.command("status")
def status_command() -> None:
    """Say whether a migration is pending; exit 1 when one is."""
    missing = pending_revision(settings().migration_database_url.get_secret_value())
    click.echo(f"pending: {missing}" if missing else "current")
    raise SystemExit(1 if missing else 0)


@db_group.command("revision")
@click.argument("message")
def revision_command(message: str) -> None:
    """Write a migration from the models (development only: the database must be at the newest revision)."""
    engine = make_engine(settings().migration_database_url.get_secret_value())
    with engine.connect() as connection:
        command.revision(config(connection), message=message, autogenerate=True)

"""Bringing a database to the current schema: tables, job queue, guards, grants."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from tre.db.guards import install_guards
from tre.db.models import load_models
from tre.db.roles import create_roles, grant_roles, own_schema
from tre.db.session import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"
# Two set-up jobs at once must not both migrate.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('tre:migrate', 0))"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


def install_job_queue(connection: Connection) -> None:
    """Create the job queue's tables once (procrastinate's own SQL)."""
    if connection.scalar(text("SELECT to_regclass('public.procrastinate_jobs')")) is None:
        # straight to the driver: the script holds colons and percent signs that are not parameters
        connection.connection.cursor().execute(SchemaManager.get_schema())


def install_schema(connection: Connection) -> None:
    """The whole schema on an empty database without migrations; what tests start from."""
    base = load_models()
    base.metadata.create_all(connection)
    install_job_queue(connection)
    install_guards(connection)
    own_schema(connection)
    grant_roles(connection)


def upgrade(url: str) -> str:
    """Bring the database to the newest revision, in one transaction; idempotent. Returns the revision.

    ``url`` is of the schema's owner. Roles are created when that role may; the deployment usually made them before.
    """
    load_models()
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(_LOCK))
            if _may_create_roles(connection):
                create_roles(connection)
            command.upgrade(config(connection), "head")
            install_job_queue(connection)
            install_guards(connection)
            grant_roles(connection)
    finally:
        engine.dispose()
    return head() or ""


def head() -> str | None:
    """The newest revision that this version of the software brings."""
    return ScriptDirectory.from_config(config()).get_current_head()


def pending_revision(url: str) -> str | None:
    """What the database lacks: a revision, or "not reachable"; None when it is current."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except OperationalError:
        return "not reachable"
    finally:
        engine.dispose()
    wanted = head()
    return None if current == wanted else wanted


def differences(connection: Connection) -> str:
    """Python that would bring the tables to the models, ``pass`` when they agree; tests ask that it is nothing."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _no_queue})
    script = produce_migrations(context, load_models().metadata)
    assert script.upgrade_ops is not None
    return "" if script.upgrade_ops.is_empty() else render_python_code(script.upgrade_ops)


def _no_queue(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def _may_create_roles(connection: Connection) -> bool:
    query = "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(query)))

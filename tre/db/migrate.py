"""Bringing a database to the current schema: tables, job queue, guards, grants."""

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from tre.db.guards import install_guards
from tre.db.models import load_models
from tre.db.roles import grant_roles, own_schema


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

"""The three database roles (docs/architecture.md, "Database roles") and what each may do.

The application cannot change the log, the sealer cannot change decisions; both limits are PostgreSQL's own.
"""

from sqlalchemy import Connection, text

OWNER, APP, SEALER = "tre_owner", "tre_app", "tre_sealer"
LOG_TABLES = ("audit_event", "audit_leaf", "audit_tile", "audit_checkpoint", "audit_tombstone")


def create_roles(connection: Connection) -> None:
    """Create the missing ones of the three roles, able to log in; passwords and host rules are the deployment's."""
    for role in (OWNER, APP, SEALER):
        if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))


def grant_roles(connection: Connection) -> None:
    """Give each role its rights on the tables there are; idempotent, run after every migration."""
    run = connection.exec_driver_sql
    run(f"GRANT USAGE ON SCHEMA public TO {APP}, {SEALER}")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}")
    run(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP}")
    run(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {APP}")
    present = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    for table in present.intersection(LOG_TABLES):
        run(f"REVOKE ALL ON {table} FROM {APP}, {SEALER}")
        run(f"GRANT SELECT ON {table} TO {APP}, {SEALER}")
    for table, role in (
        ("audit_event", APP),
        ("audit_leaf", SEALER),
        ("audit_tile", SEALER),
        ("audit_checkpoint", SEALER),
    ):
        if table in present:
            run(f"GRANT INSERT ON {table} TO {role}")
    if "alembic_version" in present:
        run(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {APP}")


def own_schema(connection: Connection) -> None:
    """Hand every table, sequence and function of the schema to the owner role (tests create them as superuser)."""
    run = connection.exec_driver_sql
    run(f"ALTER SCHEMA public OWNER TO {OWNER}")
    for kind, query in _OWNED.items():
        for name in connection.scalars(text(query)).all():
            run(f"ALTER {kind} {name} OWNER TO {OWNER}")


_OWNED = {
    "TABLE": "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'",
    "TYPE": "SELECT t.oid::regtype::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
    "WHERE n.nspname = 'public' AND t.typtype = 'e'",
    "ROUTINE": "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
    "WHERE n.nspname = 'public'",
}

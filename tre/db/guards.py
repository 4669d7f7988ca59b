"""What the database itself refuses: state without an event, and a changed log.

The rules live here, in SQL, because an application that could be wrong must not be the one that checks.
"""

from sqlalchemy import Connection, text

from tre.db.base import Base

_REQUIRE_EVENT = """
CREATE OR REPLACE FUNCTION tre_require_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_event WHERE txid = pg_current_xact_id()::text::bigint) THEN
    RAISE EXCEPTION 'state of % changed without an audit event', TG_TABLE_NAME USING ERRCODE = 'TRE01';
  END IF;
  RETURN NULL;
END $$
"""
_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION tre_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'TRE02';
END $$
"""
APPEND_ONLY_TABLES = ("audit_event", "audit_leaf", "audit_tile", "audit_checkpoint")


def install_guards(connection: Connection) -> None:
    """Create the triggers; idempotent. State tables are those whose ``info`` says so."""
    connection.execute(text(_REQUIRE_EVENT))
    connection.execute(text(_APPEND_ONLY))
    for table in Base.metadata.sorted_tables:
        if table.info.get("state"):
            _guard_state(connection, table.name)
        if table.name in APPEND_ONLY_TABLES:
            _guard_append_only(connection, table.name)


def _guard_state(connection: Connection, table: str) -> None:
    connection.execute(text(f"DROP TRIGGER IF EXISTS require_event ON {table}"))
    connection.execute(
        text(
            f"CREATE CONSTRAINT TRIGGER require_event AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tre_require_event()"
        )
    )


def _guard_append_only(connection: Connection, table: str) -> None:
    connection.execute(text(f"DROP TRIGGER IF EXISTS append_only ON {table}"))
    connection.execute(
        text(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION tre_append_only()"
        )
    )

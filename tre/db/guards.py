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
  -- Only tre_purge_events (its owner's rights, its own transaction setting) may take events away, after their term.
  IF TG_TABLE_NAME = 'audit_event' AND TG_OP = 'DELETE'
     AND current_setting('tre.purging', true) = pg_current_xact_id()::text
     AND current_user = (SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'audit_event')
  THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'TRE02';
END $$
"""
# The only way an event leaves the database: after a year at least, with the event that tells of it in the same
# transaction, leaving its leaf behind (design §8). ``kinds`` are LIKE patterns of actions.
_PURGE = """
CREATE OR REPLACE FUNCTION tre_purge_events(purge text, before timestamptz, kinds text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE gone bigint;
BEGIN
  IF before > now() - interval '365 days' THEN
    RAISE EXCEPTION 'events are kept for a year at least' USING ERRCODE = 'TRE03';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_event WHERE event_id = purge AND action = 'audit.purge'
                 AND txid = pg_current_xact_id()::text::bigint) THEN
    RAISE EXCEPTION 'a purge is told by an event of its own transaction' USING ERRCODE = 'TRE03';
  END IF;
  INSERT INTO audit_tombstone (position, leaf_hash, purge)
    SELECT l.position, l.leaf_hash, purge FROM audit_event e JOIN audit_leaf l ON l.event_seq = e.seq
    WHERE e.at < before AND e.action LIKE ANY (kinds);
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('tre.purging', pg_current_xact_id()::text, true);
  DELETE FROM audit_event e USING audit_leaf l
    WHERE l.event_seq = e.seq AND e.at < before AND e.action LIKE ANY (kinds);
  PERFORM set_config('tre.purging', '', true);
  RETURN gone;
END $$
"""
APPEND_ONLY_TABLES = (
    "audit_event",
    "audit_leaf",
    "audit_tile",
    "audit_checkpoint",
    "audit_cosignature",
    "audit_tombstone",
)


def install_guards(connection: Connection) -> None:
    """Create the triggers; idempotent. State tables are those whose ``info`` says so."""
    connection.execute(text(_REQUIRE_EVENT))
    connection.execute(text(_APPEND_ONLY))
    connection.exec_driver_sql(_PURGE)
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

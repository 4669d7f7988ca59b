"""Server time of the pages on a full database (design §10), as a ratio to the smallest page of the same run.

    python -m benchmarks.pages [--projects 1000] [--requests 100000] [--events 1000000] [--calls 40]

A real PostgreSQL, rows loaded by COPY, calls through the whole application (access table, session, CSRF, templates) in
one process. The peer is the page "accessibility", which asks the database for the visitor's session and nothing else.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from tests.integration.egress.world import MemoryStore, Signer
from tests.services.databases import Databases
from tests.services.postgres import PostgresServer
from tre.api.app import create_app
from tre.api.auth import COOKIE, open_session
from tre.api.context import Services
from tre.core.people import Role
from tre.core.settings import Settings
from tre.db.session import Database
from tre.platform.oidc import Claims

NOW = datetime.now(UTC)
ROLES = {"agente": "agent", "relectrice": "reviewer", "officiere": "security-officer", "auditrice": "auditor"}
STATES = ("draft", "review", "review", "released", "released", "released", "rejected", "withdrawn")
PEER = "/accessibility"
PAGES = (
    ("agente", "/"), ("agente", "/projects"), ("agente", "/projects/p-000500"), ("relectrice", "/"),
    ("relectrice", "/requests"), ("relectrice", "/requests?state=review"), ("officiere", "/events"),
    ("officiere", "/events?project=p-000007"), ("officiere", "/events?person=per-agente"), ("auditrice", "/log"),
    ("", "/registre"),
)  # fmt: skip


def copy(connection: Connection, table: str, rows: Any) -> None:
    """COPY dictionaries into a table."""
    rows = iter(rows)
    first = next(rows)
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(first)}) FROM STDIN") as stream:
        stream.write_row(list(first.values()))
        for row in rows:
            stream.write_row(list(row.values()))


def fill(database: Database, projects: int, requests: int, events: int) -> None:
    """People, projects with two members each, requests, events; one event lets the state tables change."""
    with database.engine.begin() as connection:
        connection.execute(
            text("SET session_replication_role = replica")
        )  # no trigger, no key check: a benchmark's load
        names = [*ROLES, *(f"membre-{n}" for n in range(200))]
        copy(connection, "person", (
            {"id": f"per-{n}", "slug": n, "display_name": n, "email": "", "created_at": NOW} for n in names
        ))  # fmt: skip
        copy(connection, "role_grant", (
            {"id": f"grt-{n}", "person_id": f"per-{n}", "role": role, "proposed_by": "a", "proposed_at": NOW,
             "confirmed_by": "b", "confirmed_at": NOW} for n, role in ROLES.items()
        ))  # fmt: skip
        slugs = [f"p-{n:06d}" for n in range(projects)]
        copy(connection, "project", (
            {"id": f"prj-{s}", "slug": s, "title": f"Projet {s}", "state": "active", "frozen": False,
             "state_reason": "", "state_since": NOW, "policy_id": "snds-default", "capacity": "{}", "awake": True,
             "created_at": NOW} for s in slugs
        ))  # fmt: skip
        copy(connection, "authorisation", (
            {"id": f"aut-{s}", "project_slug": s, "version": 1, "title": f"Projet {s}", "theme": "Cancérologie",
             "reference": "R", "authority": "A", "legal_basis": "L", "purpose": "P", "controller": "C",
             "public_benefit": "B", "starts_on": NOW.date(), "ends_on": NOW.date() + timedelta(days=400),
             "decision_sha256": "0" * 64, "recorded_by": "per-x", "recorded_at": NOW, "confirmed_by": "per-y",
             "confirmed_at": NOW} for s in slugs
        ))  # fmt: skip
        copy(connection, "authorisation_person", (
            {"authorisation_id": f"aut-{s}", "person_id": f"per-membre-{(number + half) % 200}", "lead": half == 0,
             "ends_on": NOW.date() + timedelta(days=400)} for number, s in enumerate(slugs) for half in (0, 1)
        ))  # fmt: skip
        copy(connection, "egress_request", (
            {"id": f"req-{n:08d}", "slug": slugs[n % projects], "title": f"Demande {n}", "purpose": "p",
             "destination": "d", "requester_id": f"per-membre-{n % projects % 200}",
             "state": "review" if n > requests - 200 else STATES[n % 7 and 3 + n % 5], "round": 1, "revision": 1,
             "created_at": NOW, "submitted_at": NOW, "attempts": 0} for n in range(requests)
        ))  # fmt: skip
        copy(connection, "audit_event", (
            {"event_id": f"evt-{n}", "txid": n + 1, "at": NOW - timedelta(seconds=events - n),
             "action": f"verb.{n % 60}", "outcome": "success", "actor": f"per-membre-{n % 200}",
             "project": slugs[n % projects], "target": f"req-{n % requests:08d}", "body": b"{}"} for n in range(events)
        ))  # fmt: skip
        copy(connection, "audit_leaf", (
            {"position": n, "event_seq": n + 1, "leaf_hash": b"0" * 32} for n in range(events)
        ))  # fmt: skip
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def measure(client: TestClient, path: str) -> tuple[float, float]:
    """Milliseconds of one call: by the clock, and of this process's processors (which a busy machine inflates less)."""
    started, burnt = time.perf_counter(), time.process_time()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return (time.perf_counter() - started) * 1000, (time.process_time() - burnt) * 1000


@dataclass(frozen=True)
class Line:
    """What was measured of one page: its calls and, between them, the peer's."""

    page: list[tuple[float, float]]
    peer: list[tuple[float, float]]

    def __str__(self) -> str:
        clock = sorted(call[0] for call in self.page)
        p50, p95 = statistics.median(clock), clock[int(len(clock) * 0.95) - 1]
        ratio = p50 / statistics.median(call[0] for call in self.peer)
        return f"{p50:.1f} | {p95:.1f} | {statistics.median(c[1] for c in self.page):.1f} | {ratio:.1f} |"


def browse(services: Services, who: str, path: str, calls: int) -> Line:
    """The page as this person's browser gets it, call by call beside the peer; three of each warm up."""
    with TestClient(create_app(services), base_url=services.settings.public_url) as client:
        if who:
            claims = Claims("i", who, who, frozenset(Role), 2**31, 0, True, {})
            with services.db.transaction() as session:
                value = open_session(session, f"per-{who}", claims, services.clock())
            client.cookies.set(COOKIE, value, domain="tre.localhost")
        pairs = [(measure(client, path), measure(client, PEER)) for _ in range(calls + 3)][3:]
        return Line([page for page, _ in pairs], [peer for _, peer in pairs])


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("projects", 1000), ("requests", 100_000), ("events", 1_000_000), ("calls", 40)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    server = PostgresServer().start()
    try:
        databases = Databases(server).prepare()
        name = databases.fresh()
        started = time.perf_counter()
        fill(databases.connect(name, "postgres"), asked.projects, asked.requests, asked.events)
        print(f"loaded in {time.perf_counter() - started:.0f} s\n")
        store: Any = MemoryStore()
        vault: Any = Signer()
        nothing: Any = None
        services = Services(databases.connect(name, "tre_app"), store, vault, nothing, Settings())
        print("| page | person | p50 ms | p95 ms | processor ms | p50 / smallest page |\n|---|---|---|---|---|---|")
        for who, path in PAGES:
            line = browse(services, who, path, asked.calls)
            print(f"| `{path}` | {who or 'public'} | {line}", flush=True)
    finally:
        server.stop()


if __name__ == "__main__":
    main()

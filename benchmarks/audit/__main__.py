"""The log's rates against the bare operations under them, in one run (issue 5).

    python -m benchmarks.audit [--events 20000] [--verify 200000] [--leaves 10000000]

Append: recording (canonical JSON, insert, one transaction each 10 events) and sealing, against inserting the same rows
without anything. Verify: the whole offline verification against one SHA-256 over the same bytes. Proof: size and time
at ``--leaves`` leaves, which are synthetic and copied in; the proven events are real rows. PostgreSQL is real, on this
machine; signing is in memory, the bucket a dictionary: their round trips are not measured here.
"""

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert

from tests.services.databases import Databases
from tests.services.postgres import PostgresServer
from tre.audit import store
from tre.audit.bundle import Bundle
from tre.audit.checkpoint import Checkpoint, sign_checkpoint
from tre.audit.events import AuditEvent
from tre.audit.models import CheckpointRow, EventRow
from tre.audit.prove import prove, verify_proof
from tre.audit.seal import Sealer
from tre.audit.service import record
from tre.audit.tree import HASH_SIZE, TILE_WIDTH, Frontier, consistency_proof, leaf_hash, perfect_root
from tre.audit.verify import verify
from tre.core.clock import iso, system_clock
from tre.core.people import Actor
from tre.db.session import Database

ORIGIN = "benchmark.example/log"
WHO = Actor("system", "gateway:colon", "per-01m86pgwcq5zq89zknshvke6rt", address="192.0.2.1")


class Key:
    """A signing key in memory."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public_key = self._key.public_key().public_bytes_raw()
        self.public_keys = [self.public_key]

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


@dataclass
class Shelf:
    """A bucket in memory."""

    objects: dict[str, int] = field(default_factory=dict)

    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str:  # noqa: ARG002
        self.objects[key] = len(data) if isinstance(data, bytes) else 0
        return "1"


KEY = Key()
KEYS = [(ORIGIN, KEY.public_key)]


def an_event(i: int) -> AuditEvent:
    """Of the size that the gateway's are."""
    detail: dict[str, Any] = {"code_sha256": sha256(str(i).encode()).hexdigest(), "kernel": "python3", "n": i,
                              "source_at": "2026-01-01T00:00:00.000000Z", "trace": f"trc-{i:026d}"}  # fmt: skip
    return AuditEvent("gateway.execute", WHO, "colon", "ses-01m86rc41pjqt682865adcw837", detail=detail)


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


@contextmanager
def databases() -> Iterator[tuple[PostgresServer, Databases]]:
    server = PostgresServer()
    try:
        made = Databases(server.start()).prepare()
        yield server, made
    finally:
        server.stop()


def append(made: Databases, count: int) -> dict[str, float]:
    """Recording and sealing against bare inserts of the same rows."""
    name = made.fresh()
    app, owner = made.connect(name, "tre_app"), made.connect(name, "tre_owner")
    sealer = Sealer(made.connect(name, "tre_sealer"), KEY, Shelf(), ORIGIN)

    def recorded() -> None:
        for start in range(0, count, 10):
            with app.transaction() as session:
                for i in range(start, start + 10):
                    record(session, an_event(i))

    def sealed() -> None:
        while sealer.tick():
            pass

    recording, sealing = timed(recorded), timed(sealed)
    bare = timed(lambda: _bare(app, owner, count))
    made.drop(name)
    return {"record/s": count / recording, "seal/s": count / sealing, "bare insert/s": count / bare,
            "time to record / bare": recording / bare}  # fmt: skip


def _bare(app: Database, owner: Database, count: int) -> None:
    with owner.transaction() as session:
        rows = [{c.key: getattr(row, c.key) for c in EventRow.__table__.columns if c.key != "seq"}
                for row in session.query(EventRow).order_by(EventRow.seq)]  # fmt: skip
    for start in range(0, count, 10):
        with app.transaction() as session:
            for row in rows[start : start + 10]:
                session.execute(insert(EventRow), [row | {"event_id": f"b{row['event_id']}"}])


def verification(count: int) -> dict[str, float]:
    """The whole verification against one hash over the same bytes."""
    from tre.audit.service import canonical  # noqa: PLC0415

    events = [canonical(an_event(i), f"evt-{i:026d}", "2026-01-01T00:00:00.000000Z") for i in range(count)]
    tree, leaves, notes = Frontier(), [leaf_hash(event) for event in events], {}
    for i, leaf in enumerate(leaves, 1):
        tree.append(leaf)
        if i % 1000 == 0:
            notes[str(i)] = sign_checkpoint(Checkpoint(ORIGIN, i, tree.root(), "2026-01-01T00:00:00.000000Z"), KEY)
    bundle = Bundle(events, leaves, notes)
    times, bare = [], []
    for _ in range(3):
        times.append(timed(lambda: verify(bundle, KEYS).problems))
        bare.append(timed(lambda: _hash_all(events)))
    whole = min(times)
    size = sum(map(len, events))
    return {"events/s": count / whole, "MB/s": size / whole / 1e6, "bare SHA-256 MB/s": size / min(bare) / 1e6,
            "time to verify / bare": whole / min(bare), "bytes an event": size / count}  # fmt: skip


def _hash_all(events: list[bytes]) -> None:
    digest = sha256()
    for event in events:
        digest.update(event)


def proofs(server: PostgresServer, made: Databases, leaves: int, asked: int = 200) -> dict[str, float]:
    """Size and time of proofs at ``leaves`` leaves."""
    name = made.fresh()
    app, owner = made.connect(name, "tre_app"), made.connect(name, "tre_owner")
    with app.transaction() as session:
        ids = [record(session, an_event(i)) for i in range(asked)]
    with app.transaction() as session:
        rows = [(row.seq, row.body) for row in session.query(EventRow).order_by(EventRow.seq)]
    places = dict(zip(random.Random(1).sample(range(leaves), asked), rows, strict=True))  # noqa: S311  # positions
    loading = timed(lambda: _load(server.url(name, "tre_owner").replace("+psycopg", ""), leaves, places))
    with owner.transaction() as session:
        point = Checkpoint(ORIGIN, leaves, store.nodes(session).frontier(leaves).root(), iso(system_clock()))
        session.add(CheckpointRow(size=leaves, root=point.root, at=system_clock(), note=sign_checkpoint(point, KEY)))
    times, sizes = [], []
    for event_id in ids:
        with app.transaction() as session:
            begun = time.perf_counter()
            proof = prove(session, event_id)
            times.append(time.perf_counter() - begun)
        verify_proof(proof, KEYS)
        sizes.append(len(json.dumps(proof.to_json(), ensure_ascii=False).encode()))
    with app.transaction() as session:
        consistency = timed(lambda: consistency_proof(store.nodes(session), leaves // 3, leaves))
    made.drop(name)
    return {"leaves": leaves, "loading s": loading, "proof bytes (median)": statistics.median(sizes),
            "proof bytes (max)": max(sizes), "proof ms (p50)": statistics.median(times) * 1e3,
            "proof ms (p99)": sorted(times)[int(asked * 0.99) - 1] * 1e3,
            "consistency proof ms": consistency * 1e3}  # fmt: skip


def _load(url: str, leaves: int, places: dict[int, tuple[int, bytes]]) -> None:
    """Copy leaves and full tiles in, as the sealer would have written them."""
    level: list[bytes] = []
    with psycopg.connect(url) as connection:
        with connection.cursor().copy(
            "COPY audit_leaf (position, event_seq, leaf_hash) FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.set_types(["int8", "int8", "bytea"])
            for position in range(leaves):
                seq, body = places.get(position, (10**9 + position, b""))
                leaf = leaf_hash(body) if body else sha256(position.to_bytes(8, "big")).digest()
                level.append(leaf)
                copy.write_row((position, seq, leaf))
        height = 0
        while len(level) >= TILE_WIDTH:
            _copy_tiles(connection, height, level)
            full = len(level) // TILE_WIDTH
            level = [perfect_root(level[i * TILE_WIDTH : (i + 1) * TILE_WIDTH]) for i in range(full)]
            height += 1


def _copy_tiles(connection: "psycopg.Connection[Any]", height: int, level: list[bytes]) -> None:
    with connection.cursor().copy("COPY audit_tile (level, position, hashes) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "int8", "bytea"])
        for i in range(len(level) // TILE_WIDTH):
            joined = BytesIO(b"".join(level[i * TILE_WIDTH : (i + 1) * TILE_WIDTH])).read(TILE_WIDTH * HASH_SIZE)
            copy.write_row((height, i, joined))


def main() -> None:
    """Print one table for each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--verify", type=int, default=200_000)
    parser.add_argument("--leaves", type=int, default=10_000_000)
    wanted = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    tell("verify", verification(wanted.verify))
    with databases() as (server, made):
        tell("append", append(made, wanted.events))
        tell("proof", proofs(server, made, wanted.leaves))


def tell(name: str, figures: dict[str, float]) -> None:
    """One line a figure."""
    for what, value in figures.items():
        print(f"{name:8} {what:24} {value:14.2f}", flush=True)


if __name__ == "__main__":
    main()

"""A steward's upload against plain S3 multipart of the same bytes, in one run (issue 3).

    python -m benchmarks.upload [--mib 1024] [--runs 3]

Both sides write to the same MinIO, alternating: ours through the verbs that the API calls (manifest, parts of 64 MiB
whose hashes are verified, each with its event in PostgreSQL), the other by the MinIO SDK's multipart upload in one
thread. HTTP before ours is outside, as is hashing the file beforehand. All servers are real and on this machine.
"""

import argparse
import hashlib
import io
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from minio import Minio
from sqlalchemy.orm import Session

from tests.services.databases import Databases
from tests.services.minio import MinioServer
from tests.services.postgres import PostgresServer
from tests.support.projects import active_project, actor, person, team
from tre.audit.events import AuditEvent
from tre.core.clock import system_clock
from tre.core.people import Actor, Role
from tre.datasets import service
from tre.datasets.contracts import Parts, Problem
from tre.datasets.neighbours import FromProjects
from tre.datasets.policies import MAX_PART
from tre.db.session import Database
from tre.platform.objectstore import ObjectStore, S3Access

SLUG = "essai-colon"
_PART = MAX_PART


@dataclass
class Bench:
    """Real servers, one project, one steward."""

    database: Database
    parts: Parts
    client: Minio
    steward: Actor
    version: str

    @property
    def event(self) -> AuditEvent:
        return AuditEvent("bench", self.steward)


def _nothing_found(name: str, path: Path) -> list[Problem]:  # noqa: ARG001  # the checks are not what is measured
    return []


def _bucket(client: Minio, name: str) -> None:
    if not client.bucket_exists(bucket_name=name):
        client.make_bucket(bucket_name=name)


@contextmanager
def _bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        postgres, minio = PostgresServer(), MinioServer()
        stack.callback(postgres.stop)
        stack.callback(minio.stop)
        postgres.start()
        minio.start()
        databases = Databases(postgres).prepare()
        name = databases.fresh()
        stack.callback(databases.drop, name)
        database = databases.connect(name, "tre_app")
        access = S3Access(minio.endpoint, minio.access_key, minio.secret_key, minio.region, secure=False)
        client = Minio(
            endpoint=minio.endpoint, access_key=minio.access_key, secret_key=minio.secret_key, secure=False,
            region=minio.region,
        )  # fmt: skip
        for place in ("quarantine", "plain"):
            _bucket(client, f"tre-{SLUG}-{place}")
        parts = Parts(ObjectStore(access), FromProjects(system_clock), _nothing_found)
        with database.transaction() as session:
            steward, version = _catalogue(session, parts)
        yield Bench(database, parts, client, steward, version)


def _catalogue(session: Session, parts: Parts) -> tuple[Actor, str]:
    staff = team(session)
    lead = person(session, "chercheur-chef", Role.RESEARCHER)
    steward = actor(person(session, "gestionnaire-a", Role.STEWARD), Role.STEWARD)
    active_project(session, staff, SLUG, [lead])
    event = AuditEvent("bench", steward)
    entry = service.Entry("colon", "Essai", "CHU", "Essai", "1985", "Recherche")
    dataset = service.add_dataset(session, parts, entry, event=event)
    row = service.add_version(session, parts, dataset.id, ("1.0", [{"name": "sex"}]), event=event)
    return steward, service.publish(session, parts, row.id, event=event).id


def _ours(bench: Bench, data: bytes, digests: list[str], whole: str) -> float:
    start = time.perf_counter()
    with bench.database.transaction() as session:
        line = service.Declared("c.csv", len(data), whole)
        extract = service.begin(session, bench.parts, (SLUG, bench.version), [line], event=bench.event)
        file = service.files(session, extract.id)[0]
    for number, position in enumerate(range(0, len(data), _PART)):
        chunk = service.Chunk(position, data[position : position + _PART], digests[number])
        with bench.database.transaction() as session:
            service.put_part(session, bench.parts, (extract.id, file.id), chunk, event=bench.event)
    with bench.database.transaction() as session:
        service.complete(session, bench.parts, extract.id, event=bench.event)
    seconds = time.perf_counter() - start
    for item in bench.parts.store.list(f"tre-{SLUG}-quarantine"):  # type: ignore[attr-defined]  # the real store
        bench.parts.store.remove(f"tre-{SLUG}-quarantine", item.key, item.version_id)
    return seconds


def _plain(bench: Bench, data: bytes) -> float:
    start = time.perf_counter()
    bench.client.put_object(
        bucket_name=f"tre-{SLUG}-plain", object_name="c.csv", data=io.BytesIO(data), length=len(data), part_size=_PART,
        num_parallel_uploads=1,
    )  # fmt: skip
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    data = os.urandom(1 << 20) * options.mib
    digests = [hashlib.sha256(data[p : p + _PART]).hexdigest() for p in range(0, len(data), _PART)]
    whole = hashlib.sha256(data).hexdigest()
    with _bench() as bench:
        _plain(bench, data)  # the first write of a fresh server is slower for whoever goes first
        pairs = [(_ours(bench, data, digests, whole), _plain(bench, data)) for _ in range(options.runs)]
    ours, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{options.mib} MiB, median of {options.runs}: tre {options.mib / ours:.0f} MiB/s,", end=" ")
    print(f"plain multipart {options.mib / plain:.0f} MiB/s, ratio of times {ours / plain:.2f}")


if __name__ == "__main__":
    main()

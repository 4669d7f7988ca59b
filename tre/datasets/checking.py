"""Checks of a loaded extract, by the worker: whole, hashes as announced, columns authorised, no identifier in it."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.core.errors import Conflict, TreError
from tre.datasets import policies
from tre.datasets.attach import version_attached
from tre.datasets.catalogue import get_dataset, get_version, stamp
from tre.datasets.columns import columns
from tre.datasets.contracts import Parts, Problem, bucket
from tre.datasets.ingress import clear, file_parts, files, lock_extract
from tre.datasets.models import Extract, ExtractFile
from tre.datasets.states import EXTRACT

_MAX_SHOWN = 50


def check_extract(session: Session, parts: Parts, extract_id: str, *, event: AuditEvent) -> Extract:
    """Put the parts together and check them. The extract becomes ``checked``, or ``refused`` with the reasons.

    Raises what a service raises; then nothing has changed and the worker tries again.
    """
    extract = lock_extract(session, extract_id)
    if extract.state != "checking":
        raise Conflict("extract-state", f"The extract is {extract.state}, not waiting for checks.", "")
    allowed = _allowed(session, parts, extract)
    problems: list[Problem] = []
    with TemporaryDirectory(prefix="tre-ingress-") as folder:
        for file in files(session, extract.id):
            path = Path(folder) / file.id
            problems += _check_file(session, parts, extract, (file, path), allowed)
    extract.problems = [vars(problem) for problem in problems[:_MAX_SHOWN]]
    extract.state = EXTRACT.move(extract.state, "refuse" if problems else "accept")
    if problems:
        clear(session, parts, extract)
    codes = sorted({problem.code for problem in problems})
    stamp(
        session, parts, event, "extract.checked", project=extract.slug, target=extract.id, accepted=not problems,
        codes=[*codes], sha256=[file.sha256 for file in files(session, extract.id)],
    )  # fmt: skip
    return extract


def _allowed(session: Session, parts: Parts, extract: Extract) -> frozenset[str]:
    """Variables that the authorisation and the version both name."""
    version = get_version(session, extract.version_id)
    project = parts.projects.authorised(session, extract.slug)
    return policies.check_authorised(project, get_dataset(session, version.dataset_id)) & version.names


def _check_file(
    session: Session, parts: Parts, extract: Extract, item: tuple[ExtractFile, Path], allowed: frozenset[str]
) -> list[Problem]:
    file, path = item
    if not _assemble(session, parts, extract, item):
        return [Problem("hash-differs", file.name, "The bytes received are not those of the manifest.")]
    try:
        file.columns = columns(file.name, path)
    except TreError as error:
        return [Problem(error.code, file.name, error.message)]
    extra = sorted(set(file.columns) - allowed)
    if extra:
        shown = ", ".join(extra[:20])
        return [Problem("column-not-authorised", file.name, f"Not authorised for this project: {shown}.")]
    problems = parts.searcher(file.name, path)
    if not problems:
        _stage(session, parts, extract, item)
    path.unlink(missing_ok=True)
    return problems


def _assemble(session: Session, parts: Parts, extract: Extract, item: tuple[ExtractFile, Path]) -> bool:
    file, path = item
    digest, place = hashlib.sha256(), bucket(extract.slug, "quarantine")
    with path.open("wb") as out:
        for part in file_parts(session, file.id):
            for chunk in parts.store.stream(place, part.key, part.version):
                digest.update(chunk)
                out.write(chunk)
    return digest.hexdigest() == file.sha256 and path.stat().st_size == file.size


def _stage(session: Session, parts: Parts, extract: Extract, item: tuple[ExtractFile, Path]) -> None:
    """One object of the checked bytes replaces the parts."""
    file, path = item
    place = bucket(extract.slug, "quarantine")
    key = f"ingress/{extract.id}/{file.id}/whole"
    with path.open("rb") as source:
        version = parts.store.put(place, key, source, file.size)
    file.staged_key, file.staged_version = key, version or None
    for part in file_parts(session, file.id):
        parts.store.remove(place, part.key, part.version)
        session.delete(part)


def lock_extract_in_inputs(session: Session, parts: Parts, extract_id: str, *, event: AuditEvent) -> Extract:
    """Copy an approved extract of an attached version into `inputs`, its hashes compared again.

    Raises Conflict ``not-attached`` while the version is not attached, ``staged-changed`` when bytes differ.
    """
    extract = lock_extract(session, extract_id)
    target = EXTRACT.move(extract.state, "lock")
    version = get_version(session, extract.version_id)
    if not version_attached(session, extract.slug, version.id):
        raise Conflict("not-attached", "The version is not attached to the project.", "An agent proposes it.")
    folder = f"{get_dataset(session, version.dataset_id).name}/{version.label}"
    for file in files(session, extract.id):
        _lock_file(parts, extract, file, f"{folder}/{file.name}")
    extract.state, extract.locked_at = target, parts.clock()
    clear(session, parts, extract)
    stamp(
        session, parts, event, "extract.lock", project=extract.slug, target=extract.id,
        sha256=[file.sha256 for file in files(session, extract.id)],
    )  # fmt: skip
    return extract


def _lock_file(parts: Parts, extract: Extract, file: ExtractFile, key: str) -> None:
    source, inputs = bucket(extract.slug, "quarantine"), bucket(extract.slug, "inputs")
    copy = parts.store.pin(source, file.staged_key or "", inputs, key, file.size)
    if copy.sha256 != file.sha256:
        parts.store.remove(inputs, key, copy.version_id or None)
        raise Conflict("staged-changed", "The staged bytes are not those approved.", "Tell the security officer.")
    file.input_key, file.input_version = key, copy.version_id or None

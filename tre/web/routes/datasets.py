"""The catalogue, and the data of one project: attachments, extracts, what is locked in `inputs`."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from tre.api.deps import CurrentActor, Svc, Tx
from tre.core.errors import Invalid
from tre.core.people import Actor
from tre.datasets import permissions
from tre.datasets import service as datasets
from tre.datasets.contracts import Parts
from tre.datasets.models import Dataset, DatasetVersion, Extract
from tre.datasets.neighbours import parts_of
from tre.projects import service as projects
from tre.projects.people import people_by_id
from tre.web.forms import Fields, act, text
from tre.web.render import back, page

router = APIRouter()
# A form carries small extracts; larger ones come by the resumable upload of the API and the command line.
FORM_BYTES = 60_000_000


def get_parts(services: Svc) -> Parts:
    """The adapters of the datasets domain."""
    return parts_of(services)


DataParts = Annotated[Parts, Depends(get_parts)]


@router.get("/datasets", name="web.datasets")
def catalogue(request: Request, session: Tx, q: str = "", after: str = "") -> Response:
    """Search the catalogue by words and variables."""
    rows = datasets.search(session, q, after, 50)
    return page(request, "datasets/list.html", rows=rows, q=q, more=rows[-1].name if len(rows) == 50 else "")


@router.get("/datasets/new", name="web.dataset.new")
def new(request: Request) -> Response:
    """The form of a new entry."""
    return page(request, "datasets/new.html")


@router.post("/datasets/new", name="web.dataset.create")
def create(session: Tx, parts: DataParts, actor: CurrentActor, fields: Fields) -> Response:
    """A new entry and its first version."""
    names = ("name", "title", "owner", "description", "period", "conditions")
    entry = datasets.Entry(**{name: text(fields, name) for name in names})
    made = datasets.add_dataset(session, parts, entry, event=act("dataset.add", actor))
    _add_version(session, parts, actor, made.id, fields)
    return back(f"/datasets/{made.name}", "dataset.create")


def _add_version(session: Session, parts: Parts, actor: Actor, dataset_id: str, fields: FormData) -> DatasetVersion:
    variables = [_variable(line) for line in text(fields, "variables").splitlines() if line.strip()]
    version = (text(fields, "label"), variables)
    return datasets.add_version(session, parts, dataset_id, version, event=act("dataset.version", actor))


def _variable(line: str) -> dict[str, str]:
    name, _, description = line.partition(":")
    return {"name": name.strip(), "description": description.strip()}


@router.get("/datasets/{name}", name="web.dataset")
def dataset(request: Request, name: str, session: Tx) -> Response:
    """One entry: owner, period, conditions, variables, versions."""
    row = datasets.get_dataset(session, name)
    return page(request, "datasets/page.html", row=row, versions=datasets.versions(session, row.id))


@router.post("/datasets/{name}/versions", name="web.dataset.version")
def add_version(name: str, session: Tx, parts: DataParts, actor: CurrentActor, fields: Fields) -> Response:
    """A new draft version."""
    row = datasets.get_dataset(session, name)
    _add_version(session, parts, actor, row.id, fields)
    return back(f"/datasets/{row.name}", "dataset.create")


@router.post("/datasets/{name}/versions/{version_id}/publish", name="web.dataset.publish")
def publish(name: str, version_id: str, session: Tx, parts: DataParts, actor: CurrentActor) -> Response:
    """Make a version attachable; it never changes again."""
    datasets.publish(session, parts, version_id, event=act("dataset.publish", actor))
    return back(f"/datasets/{name}", "dataset.publish")


@router.get("/projects/{slug}/data", name="web.project.data")
def project_data(request: Request, slug: str, session: Tx, parts: DataParts, actor: CurrentActor) -> Response:
    """What a project works on, and what is on its way in."""
    project = projects.visible_project(session, slug, actor)
    authorised = parts.projects.authorised(session, slug)
    sees_extracts = permissions.may_see_extracts(actor, authorised)
    attachments = datasets.attachments(session, slug)
    extracts = datasets.visible_extracts(session, authorised) if sees_extracts else []
    versions = _versions(session, authorised.datasets)
    ids = {row.proposed_by for row in attachments} | {row.loaded_by for row in extracts}
    return page(
        request, "datasets/project.html", project=project, authorised=authorised, attachments=attachments,
        extracts=extracts, versions=versions, inputs=datasets.inputs(session, slug), sees_extracts=sees_extracts,
        names={key: person.display_name for key, person in people_by_id(session, ids).items()},
    )  # fmt: skip


def _versions(session: Session, names: dict[str, frozenset[str]]) -> dict[str, tuple[Dataset, DatasetVersion]]:
    query = (
        select(Dataset, DatasetVersion)
        .join(DatasetVersion, DatasetVersion.dataset_id == Dataset.id)
        .where(Dataset.name.in_(names), DatasetVersion.state != "draft")
        .order_by(Dataset.name, DatasetVersion.label)
    )
    return {version.id: (row, version) for row, version in session.execute(query)}


@router.post("/projects/{slug}/data/attach", name="web.attachment.propose")
def attach(slug: str, session: Tx, parts: DataParts, actor: CurrentActor, fields: Fields) -> Response:
    """Ask for a version in the project."""
    event = act("attachment.propose", actor, slug)
    datasets.propose_attachment(session, parts, slug, text(fields, "version"), event=event)
    return back(f"/projects/{slug}/data", "dataset.attach")


@router.post("/attachments/{attachment_id}", name="web.attachment.decide")
def decide(attachment_id: str, session: Tx, parts: DataParts, actor: CurrentActor, fields: Fields) -> Response:
    """A steward who did not ask approves or refuses."""
    if text(fields, "decision") == "approve":
        event = act("attachment.approve", actor)
        row = datasets.approve_attachment(session, parts, attachment_id, event=event)
    else:
        event = act("attachment.refuse", actor)
        row = datasets.refuse_attachment(session, parts, attachment_id, text(fields, "reason"), event=event)
    return back(f"/projects/{row.slug}/data", "dataset.confirm")


@router.post("/projects/{slug}/data/extracts", name="web.extract.load")
def load(slug: str, session: Tx, parts: DataParts, actor: CurrentActor, fields: Fields) -> Response:
    """Load the files of an extract in one go; the worker checks them, a second steward approves."""
    sent = [
        (f.filename or "", f.file.read(FORM_BYTES + 1)) for f in fields.getlist("files") if isinstance(f, UploadFile)
    ]
    files = [(name, data) for name, data in sent if name]
    if not files or sum(len(data) for _, data in files) > FORM_BYTES:
        raise Invalid(
            "extract-size",
            f"Choose files of {FORM_BYTES:,} bytes at most together.",
            "Use the command for larger ones.",
        )
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files}
    manifest = [datasets.Declared(name, len(data), hashes[name]) for name, data in files]
    event = act("extract.load", actor, slug)
    extract = datasets.begin(session, parts, (slug, text(fields, "version")), manifest, event=event)
    content = dict(files)
    for row in datasets.files(session, extract.id):
        chunk = datasets.Chunk(0, content[row.name], hashes[row.name])
        datasets.put_part(session, parts, (extract.id, row.id), chunk, event=event)
    datasets.complete(session, parts, extract.id, event=event)
    return back(f"/extracts/{extract.id}", "dataset.submit")


@router.get("/extracts/{extract_id}", name="web.extract")
def extract_page(request: Request, extract_id: str, session: Tx, parts: DataParts, actor: CurrentActor) -> Response:
    """One extract: files, what the checks said, who decides."""
    extract = session.get(Extract, extract_id)
    if extract is None:
        raise permissions.unknown("extract")
    if not permissions.may_see_extracts(actor, parts.projects.authorised(session, extract.slug)):
        raise permissions.unknown("extract")
    version = datasets.get_version(session, extract.version_id)
    values = {"files": datasets.files(session, extract.id), "version": version}
    dataset = session.get(Dataset, version.dataset_id)
    moving = extract.state in {"checking", "approved"}
    return page(
        request, "datasets/extract.html", extract=extract, dataset=dataset, refresh=3 if moving else None, **values
    )


@router.post("/extracts/{extract_id}/approve", name="web.extract.approve")
def approve(extract_id: str, session: Tx, parts: DataParts, actor: CurrentActor) -> Response:
    """A steward who did not load it approves."""
    datasets.approve_extract(session, parts, extract_id, event=act("extract.approve", actor))
    return back(f"/extracts/{extract_id}", "dataset.approve")


@router.post("/extracts/{extract_id}/reject", name="web.extract.reject")
def reject(extract_id: str, session: Tx, parts: DataParts, actor: CurrentActor) -> Response:
    """A steward who did not load it refuses."""
    datasets.reject_extract(session, parts, extract_id, event=act("extract.reject", actor))
    return back(f"/extracts/{extract_id}", "dataset.reject")

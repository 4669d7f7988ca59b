"""Recording authorisations: a new project, or a new version of one. The domain says what is missing."""

import hashlib

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from tre.api.context import Services
from tre.api.deps import CurrentActor, Svc, Tx
from tre.core.errors import Invalid, TreError
from tre.datasets import service as datasets
from tre.egress.checks.policy import shipped
from tre.projects import service as projects
from tre.projects.forms import DEFAULT_POLICY, AuthorisationForm, NamedDataset, NamedPerson
from tre.projects.models import Authorisation
from tre.projects.people import Person, people_by_id
from tre.web.forms import Fields, act, as_day, day, text, texts, upload
from tre.web.render import back, page

router = APIRouter()
DECISION_BYTES = 10_000_000
ROWS = {"people": 6, "datasets": 4}
_TEXTS = (
    "slug", "title", "reference", "authority", "legal_basis", "purpose", "controller", "public_benefit", "theme",
)  # fmt: skip


@router.get("/projects/new", name="web.authorisation.new")
def new(request: Request, session: Tx) -> Response:
    """An empty form."""
    return _draw(request, session, {}, [], [])


@router.post("/projects/new", name="web.authorisation.propose")
def propose(request: Request, session: Tx, services: Svc, actor: CurrentActor, fields: Fields) -> Response:
    """Record a new project's authorisation; what is missing is said on the form, which keeps what was typed."""
    try:
        form = read(fields, "")
        keep_decision(services, fields)
        with session.begin_nested():
            projects.propose(session, form, event=act("project.propose", actor, form.slug), clock=services.clock)
    except Invalid as wrong:
        return _again(request, session, fields, wrong)
    return back(f"/projects/{form.slug}", "project.propose")


@router.get("/projects/{slug}/authorisation", name="web.authorisation.version")
def version(request: Request, slug: str, session: Tx, actor: CurrentActor) -> Response:
    """The form of a new version, filled in with the one in force."""
    project = projects.visible_project(session, slug, actor)
    current = project.authorisation or project.proposed
    if current is None:
        return _draw(request, session, {"slug": slug}, [], [], slug)
    known = people_by_id(session, [named.person_id for named in current.people])
    rows = [(known[n.person_id].slug, n.ends_on.isoformat(), n.lead) for n in current.people]
    lines = [(d.dataset, ", ".join(d.variables)) for d in current.datasets]
    return _draw(request, session, _values(current, slug, project.policy_id), rows, lines, slug)


@router.post("/projects/{slug}/authorisation", name="web.authorisation.propose-version")
def propose_version(  # noqa: PLR0913, PLR0917  # what the framework hands over
    request: Request, slug: str, session: Tx, services: Svc, actor: CurrentActor, fields: Fields
) -> Response:
    """Record a new version; the one in force stays so until a second person confirms."""
    projects.visible_project(session, slug, actor)
    try:
        form = read(fields, slug)
        keep_decision(services, fields)
        with session.begin_nested():
            projects.propose_version(session, form, event=act("project.version", actor, slug), clock=services.clock)
    except Invalid as wrong:
        return _again(request, session, fields, wrong, slug)
    return back(f"/projects/{slug}", "project.propose")


def read(fields: FormData, slug: str) -> AuthorisationForm:
    """The form as the domain takes it; raises Invalid for dates that are none and files too large."""
    decision = upload(fields, "decision", DECISION_BYTES)
    sha256 = hashlib.sha256(decision).hexdigest() if decision else text(fields, "decision_sha256")
    leads = set(texts(fields, "lead"))
    people = zip(texts(fields, "person"), texts(fields, "person_ends_on"), strict=False)
    sets = zip(texts(fields, "dataset"), texts(fields, "variables"), strict=False)
    values = {name: text(fields, name) for name in _TEXTS}
    return AuthorisationForm(
        **{**values, "slug": slug or values["slug"]},
        starts_on=day(fields, "starts_on"),
        ends_on=day(fields, "ends_on"),
        decision_sha256=sha256,
        people=tuple(
            NamedPerson(name, as_day(ends_on), str(number) in leads)
            for number, (name, ends_on) in enumerate(people)
            if name
        ),
        datasets=tuple(NamedDataset(name, _names(variables)) for name, variables in sets if name),
        policy_id=text(fields, "policy_id") or DEFAULT_POLICY,
    )


def keep_decision(services: Services, fields: FormData) -> None:
    """The decision itself, in the locked archive under its hash; without it the authorisation is not recorded."""
    decision = upload(fields, "decision", DECISION_BYTES)
    if decision:
        key = f"decisions/{hashlib.sha256(decision).hexdigest()}.pdf"
        services.store.put("tre-archive", key, decision, len(decision))


def _names(variables: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in variables.replace("\n", ",").split(",") if name.strip())


def _values(current: Authorisation, slug: str, policy_id: str) -> dict[str, str]:
    values = {name: str(getattr(current, name)) for name in _TEXTS if name != "slug"}
    dates = {"starts_on": current.starts_on.isoformat(), "ends_on": current.ends_on.isoformat()}
    return {**values, **dates, "slug": slug, "policy_id": policy_id}


def _again(request: Request, session: Session, fields: FormData, wrong: TreError, slug: str = "") -> Response:
    """The form once more, with what was typed and what is wrong."""
    values = {key: value for key, value in fields.items() if isinstance(value, str)}
    leads = set(texts(fields, "lead"))
    people = zip(texts(fields, "person"), texts(fields, "person_ends_on"), strict=False)
    rows = [(name, ends_on, str(number) in leads) for number, (name, ends_on) in enumerate(people)]
    lines = list(zip(texts(fields, "dataset"), texts(fields, "variables"), strict=False))
    return _draw(request, session, values, rows, lines, slug, wrong)


def _draw(  # noqa: PLR0913, PLR0917  # one form, drawn for four occasions
    request: Request,
    session: Session,
    values: dict[str, str],
    rows: list[tuple[str, str, bool]],
    lines: list[tuple[str, str]],
    slug: str = "",
    wrong: TreError | None = None,
) -> Response:
    people = [*rows, *[("", "", False)] * max(0, ROWS["people"] - len(rows))]
    named = [*lines, *[("", "")] * max(0, ROWS["datasets"] - len(lines))]
    known = session.scalars(select(Person).order_by(Person.slug)).all()
    catalogue = datasets.search(session)
    return page(
        request, "projects/authorisation_form.html", values=values, people=people, named=named, slug=slug, wrong=wrong,
        known=known, catalogue=catalogue, policies=shipped(), http_status=wrong.status if wrong else 200,
    )  # fmt: skip

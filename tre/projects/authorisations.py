"""Recording authorisations: complete or refused, versioned, in force when a second person confirms (design §4)."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.clock import Clock, system_clock
from tre.core.errors import Conflict, Invalid
from tre.core.ids import new_id
from tre.projects.forms import AuthorisationForm, check_complete
from tre.projects.models import Authorisation, AuthorisedDataset, AuthorisedPerson, Project
from tre.projects.people.grants import granted_roles
from tre.projects.people.models import Person
from tre.projects.people.permissions import NEVER_MEMBERS
from tre.projects.people.store import find_person
from tre.projects.permissions import check_may_confirm, check_may_record
from tre.projects.policies import check_open_for_versions
from tre.projects.states import State, Verb, transition
from tre.projects.store import get_project


def propose(session: Session, form: AuthorisationForm, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Record a new project's authorisation; the project is a draft until a second person confirms.

    Raises what ``check_complete`` raises, Invalid ``person-unknown``, Conflict ``slug-taken``, ``member-incompatible``.
    """
    check_may_record(event.actor)
    check_complete(form, clock().date())
    people = _resolve(session, form)
    if session.scalar(select(Project.id).where(Project.slug == form.slug)):
        raise _taken(form.slug)
    project = Project(
        id=new_id("prj"), slug=form.slug, title=form.title, state=State.DRAFT, state_since=clock(),
        policy_id=form.policy_id, created_at=clock(),
    )  # fmt: skip
    session.add(project)
    try:
        session.flush()
    except IntegrityError as error:  # somebody took the name between the question and the answer
        raise _taken(form.slug) from error
    _add_version(session, project, form, people, event=event, clock=clock)
    return project


def _taken(slug: str) -> Conflict:
    return Conflict("slug-taken", f"A project named {slug} exists or existed.", "Choose another name.")


def propose_version(
    session: Session, form: AuthorisationForm, *, event: AuditEvent, clock: Clock = system_clock
) -> Authorisation:
    """Record a change of people, dates or datasets as a new version; the one in force stays so until confirmation.

    Raises what ``propose`` raises, Conflict ``project-over``, ``version-waiting``.
    """
    check_may_record(event.actor)
    project = get_project(session, form.slug, lock=True)
    check_open_for_versions(project)
    check_complete(form, clock().date())
    people = _resolve(session, form)
    return _add_version(session, project, form, people, event=event, clock=clock)


def confirm(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Put the waiting version in force and end the one before.

    Raises Forbidden ``role-missing``, ``second-person``, ``own-authorisation``; Conflict ``nothing-proposed``.
    """
    project = get_project(session, slug, lock=True)
    proposed = project.proposed
    if proposed is None:
        raise Conflict("nothing-proposed", "There is no version to confirm.", "Record an authorisation first.")
    named = frozenset(person.person_id for person in proposed.people)
    check_may_confirm(event.actor, proposed.recorded_by, named)
    for person_id in sorted(named):
        _check_may_be_member(session, person_id)
    now = clock()
    if (current := project.authorisation) is not None:
        current.superseded_at = now
    proposed.confirmed_by, proposed.confirmed_at = event.actor.person_id, now
    project.title = proposed.title
    if project.state is State.DRAFT:
        project.state, project.state_since = transition(project.state, Verb.CONFIRM).target, now
    detail = {**event.detail, "version": proposed.version, "authorisation": proposed.id}
    record(session, replace(event, project=slug, target=project.id, detail=detail), clock)
    return project


def withdraw_version(session: Session, slug: str, *, event: AuditEvent, clock: Clock = system_clock) -> Project:
    """Take back the waiting version; the one in force is untouched. Raises Conflict ``nothing-proposed``."""
    check_may_record(event.actor)
    project = get_project(session, slug, lock=True)
    proposed = project.proposed
    if proposed is None:
        raise Conflict("nothing-proposed", "There is no version to withdraw.", "Nothing to do.")
    proposed.withdrawn_at = clock()
    detail = {**event.detail, "version": proposed.version, "authorisation": proposed.id}
    record(session, replace(event, project=slug, target=project.id, detail=detail), clock)
    return project


def _resolve(session: Session, form: AuthorisationForm) -> Mapping[str, Person]:
    """The named people, by what the form calls them."""
    found: dict[str, Person] = {}
    for named in form.people:
        person = find_person(session, named.person)
        if person is None:
            raise Invalid("person-unknown", f"Nobody is known as {named.person[:40]!a}.", "Invite the person first.")
        if any(other.id == person.id for other in found.values()):
            raise Invalid("person-repeated", f"{person.slug} is named twice.", "Name each person once.")
        _check_may_be_member(session, person.id)
        found[named.person] = person
    return found


def _check_may_be_member(session: Session, person_id: str) -> None:
    held = NEVER_MEMBERS & granted_roles(session, person_id)
    if held:
        raise Conflict(
            "member-incompatible", f"A holder of the role {min(held)} cannot be a member of a project.",
            "Name somebody else, or have the role revoked first.",
        )  # fmt: skip


def _add_version(  # noqa: PLR0913  # one place that writes a version, called by two verbs
    session: Session,
    project: Project,
    form: AuthorisationForm,
    people: Mapping[str, Person],
    *,
    event: AuditEvent,
    clock: Clock,
) -> Authorisation:
    starts_on, ends_on = check_complete(form, clock().date())
    number = max((version.version for version in project.authorisations), default=0) + 1
    version = Authorisation(
        id=new_id("aut"), project_slug=project.slug, version=number, title=form.title, theme=form.theme,
        reference=form.reference, authority=form.authority, legal_basis=form.legal_basis, purpose=form.purpose,
        controller=form.controller, public_benefit=form.public_benefit, starts_on=starts_on, ends_on=ends_on,
        decision_sha256=form.decision_sha256, recorded_by=event.actor.person_id or event.actor.label,
        recorded_at=clock(),
    )  # fmt: skip
    version.people = [
        AuthorisedPerson(person_id=people[n.person].id, lead=n.lead, ends_on=n.ends_on or ends_on) for n in form.people
    ]
    version.datasets = [AuthorisedDataset(dataset=d.dataset, variables=list(d.variables)) for d in form.datasets]
    project.authorisations.append(version)
    session.flush()
    detail = {**event.detail, "version": number, "authorisation": version.id, "decision": form.decision_sha256}
    record(session, replace(event, project=project.slug, target=project.id, detail=detail), clock)
    return version

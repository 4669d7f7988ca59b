"""The public register's data: projects, purposes, datasets, dates; never a name of a member (design §1, T38)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.projects.models import Project
from tre.projects.states import State

# Nothing is public before the decision was confirmed and acted upon.
PUBLIC = frozenset({State.ACTIVE, State.SUSPENDED, State.CLOSING, State.CLOSED, State.ARCHIVED})


@dataclass(frozen=True)
class PublicProject:
    """One entry. ``responsible`` is the controller that answers for the project: an organisation, not a person."""

    slug: str
    title: str
    theme: str
    purpose: str
    public_benefit: str
    responsible: str
    authority: str
    reference: str
    legal_basis: str
    starts_on: date
    ends_on: date
    status: str  # running, ended
    datasets: tuple[str, ...]
    embargo_until: date | None


def public_projects(session: Session) -> list[PublicProject]:
    """Every project that the public is told of, past ones included, by title."""
    rows = session.scalars(select(Project).where(Project.state.in_(PUBLIC)).order_by(Project.title, Project.slug))
    return [entry for row in rows if (entry := _entry(row)) is not None]


def public_project(session: Session, slug: str) -> PublicProject | None:
    """One of them, or None."""
    row = session.scalar(select(Project).where(Project.slug == slug, Project.state.in_(PUBLIC)))
    return _entry(row) if row else None


def _entry(row: Project) -> PublicProject | None:
    current = row.authorisation
    if current is None:
        return None
    return PublicProject(
        slug=row.slug, title=current.title, theme=current.theme, purpose=current.purpose,
        public_benefit=current.public_benefit, responsible=current.controller, authority=current.authority,
        reference=current.reference, legal_basis=current.legal_basis, starts_on=current.starts_on,
        ends_on=current.ends_on, status="running" if row.state in (State.ACTIVE, State.SUSPENDED) else "ended",
        datasets=tuple(sorted(dataset.dataset for dataset in current.datasets)), embargo_until=row.embargo_until,
    )  # fmt: skip

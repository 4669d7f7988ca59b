"""What auditors read besides the log: the rules in force, as data (design §1). And what producers are told of."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from tre.api.deps import CurrentActor, Tx
from tre.core.people import Role
from tre.datasets.models import Attachment, Dataset, DatasetVersion
from tre.egress.checks import Policy, all_rules
from tre.egress.checks.policy import shipped
from tre.egress.models import Release
from tre.projects.models import Project
from tre.web.render import page

router = APIRouter()


@router.get("/controls", name="web.controls")
def controls(request: Request) -> Response:
    """Who may call what, the disclosure policies and the rules of the engine."""
    rows = sorted(request.app.state.access.rows.items())
    policies = [Policy.load(name) for name in shipped()]
    rules = sorted(all_rules(), key=lambda rule: rule.id)
    return page(request, "watch/controls.html", rows=rows, roles=list(Role), policies=policies, rules=rules)


@router.get("/uses", name="web.uses")
def uses(request: Request, session: Tx, actor: CurrentActor) -> Response:
    """For a data producer: the projects that use their datasets, and the results that left."""
    query = (
        select(Dataset, DatasetVersion.label, Project, Attachment.decided_at)
        .join(DatasetVersion, DatasetVersion.dataset_id == Dataset.id)
        .join(Attachment, Attachment.version_id == DatasetVersion.id)
        .join(Project, Project.slug == Attachment.slug)
        .where(Dataset.producer_id == actor.person_id, Attachment.state == "approved")
        .order_by(Dataset.name, Project.slug)
    )
    rows = session.execute(query).all()
    slugs = {project.slug for _, _, project, _ in rows}
    released = session.execute(
        select(Release.slug, Release.released_at)
        .where(Release.slug.in_(slugs), Release.revoked_at.is_(None))
        .order_by(Release.released_at.desc())
    ).all()
    return page(request, "datasets/uses.html", rows=rows, released=released)

"""Composition: what the workspace needs of projects, people and the platform, filled in (docs/architecture.md)."""

import json
import time
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tre.api.context import Services
from tre.audit.events import AuditEvent
from tre.audit.service import record
from tre.core.errors import Temporary, TreError
from tre.core.settings import Settings
from tre.platform.cluster import Cluster
from tre.projects.models import AuthorisedPerson, Project
from tre.projects.people import find_person, get
from tre.projects.people.standing import obstacles
from tre.sessions.contracts import Parts, Standing, WorkspaceFacts
from tre.worker.wake import wake

_REACHED = ("minio", "openbao", "tre-workspace")


class Gate:
    """The projects' answer to "may this person work there today?"; reads only the authorisation in force."""

    def standing(self, session: Session, slug: str, person_id: str, on: date) -> Standing | None:
        """None when the project or the person is unknown."""
        project = session.scalar(select(Project).where(Project.slug == slug))
        person = get(session, person_id)
        if project is None or person is None:
            return None
        named = _named(project, person_id, on)
        return Standing(
            person_id=person.id,
            person_slug=person.slug,
            display_name=person.display_name,
            project_state=project.state.value,
            frozen=project.frozen,
            member=named is not None,
            lead=bool(named and named.lead),
            spark=True,
            hindrance=next(iter(obstacles(session, person.id, on)), None),
        )

    def person_id(self, session: Session, person_slug: str) -> str | None:
        """The person of a slug."""
        person = find_person(session, person_slug)
        return person.id if person is not None and person.slug == person_slug else None

    def touch(self, session: Session, slug: str, at: datetime) -> None:
        """Keep the hub awake: the reconciler scales it by these two columns."""
        project = session.scalar(select(Project).where(Project.slug == slug).with_for_update())
        if project is None:
            return
        asleep, project.awake, project.last_used_at = not project.awake, True, at
        if asleep:
            wake(session, "reconcile", slug=slug)  # the visitor is waiting: not at the next round


HUB_SECONDS = 40.0


def rouse(services: Services, slug: str, *, event: AuditEvent, seconds: float = HUB_SECONDS) -> None:
    """Return once the project's hub answers, waking it if it sleeps; the caller has checked that the person may enter.

    Raises Temporary ``hub-starting`` when it takes longer than a person waits for a page.
    """
    with services.db.transaction() as session:
        project = session.scalar(select(Project).where(Project.slug == slug))
        if project is not None and not project.awake:
            Gate().touch(session, slug, services.clock())
            record(session, replace(event, action="workspace.wake", project=slug), services.clock)
    deadline = time.monotonic() + seconds
    while not hub_ready(services.cluster, slug):
        if time.monotonic() > deadline:
            raise Temporary("hub-starting", "The workspace is still starting.", "Try again in a moment.")
        time.sleep(0.5)


def hub_ready(cluster: Cluster, slug: str) -> bool:
    """True when the hub and the gateway of the project have a pod that answers."""
    for name in ("hub", "gateway"):
        deployment = cluster.get("apps/v1", "Deployment", name, f"tre-p-{slug}")
        if deployment is None or not deployment.get("status", {}).get("readyReplicas"):
            return False
    return True


def _named(project: Project, person_id: str, on: date) -> AuthorisedPerson | None:
    """The person's line in the authorisation in force, when the day is within both its dates."""
    current = project.authorisation
    if current is None or not current.starts_on <= on <= current.ends_on:
        return None
    return next((p for p in current.people if p.person_id == person_id and on <= p.ends_on), None)


def facts(settings: Settings, cluster: Cluster) -> WorkspaceFacts:
    """What pods are told; an address that is not there is left out, and the pod that needs it does not come up."""
    try:
        images = json.loads(settings.images_file.read_text("utf-8"))
    except FileNotFoundError:
        images = {}
    return WorkspaceFacts(
        images=images,
        addresses=_addresses(cluster, settings.namespace),
        namespace=settings.namespace,
        s3_endpoint=settings.s3_endpoint,
        s3_region=settings.s3_region,
        vault_addr=settings.vault_addr,
        idle_minutes=settings.idle_minutes,
    )


_known: dict[str, tuple[float, dict[str, str]]] = {}
_KNOWN_SECONDS = 60.0


def _addresses(cluster: Cluster, namespace: str) -> dict[str, str]:
    """Addresses of services, asked for once a minute: gateways call every other second."""
    at, found = _known.get(namespace, (0.0, {}))
    if time.monotonic() - at < _KNOWN_SECONDS and len(found) == len(_REACHED):
        return found
    found = {}
    for name in _REACHED:
        try:
            found[name] = cluster.service_ip(name, namespace)
        except TreError:
            continue
    _known[namespace] = (time.monotonic(), found)
    return found


def parts_of(services: Services) -> Parts:
    """The workspace's adapters of this process."""
    return Parts(
        gate=Gate(),
        store=services.store,
        vault=services.vault,
        pods=services.cluster,
        facts=facts(services.settings, services.cluster),
        clock=services.clock,
    )

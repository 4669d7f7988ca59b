"""What Traefik polls: the hosts of projects. The ingress holds no Kubernetes right, so it cannot read a Secret."""

from typing import Any

from fastapi import APIRouter

from tre.api.deps import Svc, Tx
from tre.projects import store
from tre.projects.desired.hosts import hub_host, notebook_host
from tre.projects.desired.names import PORT, namespace
from tre.projects.people import people_by_id
from tre.projects.states import State

router = APIRouter(tags=["ingress"], include_in_schema=False)

_ROUTED = frozenset({State.ACTIVE, State.SUSPENDED})


@router.get("/traefik", name="ingress.traefik")
def traefik(session: Tx, services: Svc) -> dict[str, Any]:
    """Traefik's dynamic configuration: a host a hub, a host a person, each to the service of its own namespace."""
    routers: dict[str, Any] = {}
    backends: dict[str, Any] = {}
    domain, today = services.settings.work_domain, services.clock().date()
    for project in store.projects_in(session, _ROUTED):
        members = [member.person_id for member in store.members(session, project.slug, today)]
        people = sorted(person.slug for person in people_by_id(session, members).values())
        hosts = {"hub": [hub_host(project.slug, domain)]}
        hosts["gateway"] = [notebook_host(project.slug, person, domain) for person in people]
        for part, names in hosts.items():
            if names:
                key = f"{project.slug}-{part}"
                rule = " || ".join(f"Host(`{name}`)" for name in names)
                routers[key] = {"rule": rule, "service": key, "entryPoints": ["websecure"]}
                url = f"http://{part}.{namespace(project.slug)}.svc:{PORT[part]}"
                backends[key] = {
                    "loadBalancer": {"servers": [{"url": url}], "responseForwarding": {"flushInterval": "1ms"}}
                }
    return {"http": {"routers": routers, "services": backends}} if routers else {}

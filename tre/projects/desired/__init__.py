"""The desired state of a project: a pure function, testable with no cluster and printable offline (design §2)."""

from tre.core.ids import check_slug
from tre.projects.desired.accounts import build_accounts, build_hub_role
from tre.projects.desired.claims import build_homes
from tre.projects.desired.hosts import build_ingresses
from tre.projects.desired.names import CA_CONFIG_MAP, manifest
from tre.projects.desired.netpol import build_network_policies
from tre.projects.desired.servers import GATEWAY, HUB, build_server
from tre.projects.desired.space import build_limits, build_namespace, build_quota
from tre.projects.desired.spec import Desired, Object, PersonSpec, PlatformFacts, ProjectSpec
from tre.projects.desired.storage import build_buckets, build_vault

__all__ = ["Desired", "PersonSpec", "PlatformFacts", "ProjectSpec", "render"]


def render(spec: ProjectSpec, facts: PlatformFacts) -> Desired:
    """Everything the project needs, in the order in which it is applied.

    Equal input gives equal bytes. Policies come before what they confine. Raises Invalid for a slug that cannot be a
    host, or an image without a digest.
    """
    check_slug(spec.slug)
    people = tuple(sorted(spec.people))
    for person in people:
        check_slug(person.slug, "person")
    ordered = ProjectSpec(spec.slug, spec.title, people, spec.capacity, spec.awake)
    return Desired(
        slug=spec.slug,
        objects=tuple(_objects(ordered, facts)),
        buckets=build_buckets(ordered),
        vault=build_vault(ordered),
    )


def _objects(spec: ProjectSpec, facts: PlatformFacts) -> list[Object]:
    return [
        build_namespace(spec),
        *build_network_policies(spec, facts),
        build_quota(spec),
        build_limits(spec),
        *build_accounts(spec),
        *build_hub_role(spec),
        manifest("v1", "ConfigMap", CA_CONFIG_MAP, spec, "policy", data={"ca.crt": facts.internal_ca_pem}),
        *build_homes(spec, facts),
        *build_server(HUB, spec, facts),
        *build_server(GATEWAY, spec, facts),
        *build_ingresses(spec, facts),
    ]

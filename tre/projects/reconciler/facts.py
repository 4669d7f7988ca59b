"""The platform's facts, looked up where they are true: images from the chart, addresses from the cluster."""

import json

from tre.core.errors import NotFound, Unavailable
from tre.core.settings import Settings
from tre.platform.cluster import Cluster
from tre.projects.desired.spec import PlatformFacts

SERVICES = ("minio", "openbao", "tre-workspace", "tre-hubapi")


def platform_facts(settings: Settings, cluster: Cluster) -> PlatformFacts:
    """What projects are rendered with; raises Unavailable ``facts-missing`` when images or the CA are not mounted."""
    try:
        images = json.loads(settings.images_file.read_text())
        internal_ca = settings.internal_ca_file.read_text()
    except (OSError, ValueError) as error:
        raise Unavailable(
            "facts-missing", "The image digests or the internal CA are not mounted.", "Check the chart's ConfigMaps."
        ) from error
    return PlatformFacts(
        work_domain=settings.work_domain,
        namespace=settings.namespace,
        images=images,
        addresses=_addresses(cluster, settings.namespace),
        api_servers=cluster.api_servers(),
        internal_ca_pem=internal_ca,
        storage_class=settings.storage_class,
        ingress_class=settings.ingress_class,
    )


def _addresses(cluster: Cluster, namespace: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in SERVICES:
        try:
            found[name] = cluster.service_ip(name, namespace)
        except NotFound:
            continue  # an existing service outside the cluster: sessions say what they miss
    return found

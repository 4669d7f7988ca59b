"""Names and labels of docs/architecture.md, in one place."""

from typing import Any

from tre.core.errors import Invalid
from tre.projects.desired.spec import Object, PlatformFacts, ProjectSpec

PART_OF = {"app.kubernetes.io/managed-by": "tre"}
CA_CONFIG_MAP = "tre-internal-ca"
SERVICE_SECRET = "tre-service"  # noqa: S105  # the name of an object
PORT = {"hub": 8000, "gateway": 8000, "notebook": 8888, "spark": 15002}


def namespace(slug: str) -> str:
    """The namespace of a project."""
    return f"tre-p-{slug}"


def labels(spec: ProjectSpec, component: str, person: str | None = None) -> dict[str, str]:
    """The labels of a rendered object."""
    found = {**PART_OF, "tre/project": spec.slug, "tre/component": component}
    return {**found, "tre/person": person} if person else found


def manifest(  # the five are what an object is; they are positional so that ``spec=`` can be a field
    api_version: str, kind: str, name: str, project: ProjectSpec, component: str, /, **rest: Any
) -> Object:
    """A namespaced object of ours; ``rest`` are its other top-level fields, ``person`` adds its label."""
    person = rest.pop("person", None)
    metadata = {"name": name, "namespace": namespace(project.slug), "labels": labels(project, component, person)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def image(facts: PlatformFacts, name: str) -> str:
    """The image by digest; raises Invalid ``image-missing`` rather than render a name without one."""
    reference = facts.images.get(name, "")
    if "@sha256:" not in reference:
        raise Invalid("image-missing", f"There is no digest for the image {name}.", "Build the images, then set them.")
    return reference

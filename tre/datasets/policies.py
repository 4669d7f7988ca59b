"""What the state of things allows, as small checks raising typed errors."""

from collections.abc import Sequence

from tre.core.errors import Conflict, Invalid
from tre.datasets.contracts import Authorised
from tre.datasets.models import Dataset, DatasetVersion, ExtractFile, UploadPart

MAX_FILE = 100 * 1024**3
MAX_PART = 64 * 1024**2


def check_text(what: str, value: str, limit: int) -> str:
    clean = value.strip()
    if not clean or len(clean) > limit or "\x00" in clean:
        raise Invalid(f"{what}-missing", f"The {what} must have 1 to {limit} characters.", f"Fill in the {what}.")
    return clean


def check_variables(variables: Sequence[dict[str, object]]) -> list[dict[str, str]]:
    """Named, described once each; raises Invalid ``variables-invalid``."""
    clean = [
        {"name": str(v.get("name", "")).strip(), "description": str(v.get("description", "")).strip()}
        for v in variables
    ]
    names = [variable["name"] for variable in clean]
    if not names or not all(names) or len(set(names)) != len(names):
        raise Invalid("variables-invalid", "Each variable needs a name of its own.", "List every variable once.")
    return clean


def check_published(version: DatasetVersion) -> None:
    if version.state != "published":
        raise Conflict(
            "version-not-published", f"This version is {version.state}.", "A data steward must publish it first."
        )


def check_authorised(project: Authorised, dataset: Dataset) -> frozenset[str]:
    """The variables that the authorisation in force names; raises Conflict ``dataset-not-authorised``."""
    variables = project.datasets.get(dataset.name)
    if variables is None:
        raise Conflict(
            "dataset-not-authorised",
            "The project's authorisation does not name this dataset.",
            "Record a new version of the authorisation that names it, with its variables.",
        )
    return variables


def check_project_takes_data(project: Authorised) -> None:
    if project.state not in {"authorised", "provisioning", "active", "suspended"}:
        raise Conflict("project-not-active", f"The project is {project.state}: it takes no data.", "Ask its agent.")


def check_declared(name: str, size: int, sha256: str) -> None:
    if size <= 0:
        raise Invalid("file-empty", f"'{name}' is empty (0 bytes).", "Leave it out, or extract it again.")
    if size > MAX_FILE:
        raise Invalid("file-too-large", f"'{name}' is over {MAX_FILE} bytes.", "Split it.")
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise Invalid("manifest-invalid", "Each file of the manifest needs its SHA-256.", "Use sha256sum.")


def check_whole(file: ExtractFile, parts: Sequence[UploadPart]) -> None:
    """Parts cover the file from end to end without overlap; raises Conflict ``upload-incomplete``."""
    position = 0
    for part in sorted(parts, key=lambda p: p.start):
        if part.start != position:
            break
        position += part.size
    if position != file.size or sum(part.size for part in parts) != file.size:
        raise Conflict(
            "upload-incomplete", f"'{file.name}' has {position} of {file.size} bytes.", f"Go on from byte {position}."
        )

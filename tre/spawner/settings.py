"""What hub and gateway of one project are told: plain values from the environment, secrets from files."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from tre.core.errors import Invalid
from tre.core.ids import check_slug

SECRETS_DIR = Path("/var/run/secrets/tre")


@dataclass(frozen=True)
class WorkspaceSettings:
    """The same for hub and gateway. ``hub_url`` and ``gateway_url`` are as seen inside the namespace."""

    project: str
    work_domain: str
    public_url: str
    hubapi_url: str
    service_token: str
    gateway_token: str
    namespace: str
    data_dir: Path = Path("/var/lib/tre")
    hub_url: str = "http://hub:8000"
    gateway_url: str = "http://gateway:8000"
    scheme: str = "https"
    notebook_port: int = 8888
    listen_port: int = 8000

    @property
    def hub_origin(self) -> str:
        """Where people see the hub."""
        return f"{self.scheme}://{self.project}.{self.work_domain}"

    def notebook_host(self, person: str) -> str:
        """The host of one person's notebook; the inverse is ``person_of_host``."""
        return f"{self.project}--{person}.{self.work_domain}"

    def notebook_origin(self, person: str) -> str:
        """Where people see one person's notebook."""
        return f"{self.scheme}://{self.notebook_host(person)}"

    def person_of_host(self, host: str) -> str | None:
        """The person whose notebook a host names, or None for any other host."""
        prefix, suffix = f"{self.project}--", f".{self.work_domain}"
        if host.startswith(prefix) and host.endswith(suffix):
            person = host[len(prefix) : -len(suffix)]
            return person if person and "." not in person and "--" not in person else None
        return None

    def client_secret(self, session_id: str) -> str:
        """The OAuth client secret of one session's server: both sides derive it, so that nobody hands it over."""
        return hmac.new(self.gateway_token.encode(), f"oauth:{session_id}".encode(), hashlib.sha256).hexdigest()


def secret(name: str, directory: Path | None = None) -> str:
    """A mounted secret; raises Invalid ``secret-missing`` rather than start without it."""
    directory = directory or Path(os.environ.get("TRE_SECRETS_DIR", str(SECRETS_DIR)))
    try:
        value = (directory / name).read_text("utf-8").strip()
    except OSError as cause:
        raise Invalid("secret-missing", f"The file of the secret {name} cannot be read.", "Mount it.") from cause
    if len(value) < 16:
        raise Invalid("secret-missing", f"The secret {name} is too short.", "Let the reconciler make a new one.")
    return value


def load_settings(directory: Path | None = None) -> WorkspaceSettings:
    """Read the process's settings; raises Invalid for what is missing."""
    try:
        project = check_slug(os.environ["TRE_PROJECT"])
        work_domain, hubapi = os.environ["TRE_WORK_DOMAIN"], os.environ["TRE_HUBAPI_URL"]
        public_url = os.environ["TRE_PUBLIC_URL"]
    except KeyError as missing:
        raise Invalid("setting-missing", f"The variable {missing.args[0]} is not set.", "Set it.") from missing
    return WorkspaceSettings(
        project=project,
        work_domain=work_domain,
        public_url=public_url.rstrip("/"),
        hubapi_url=hubapi.rstrip("/"),
        service_token=secret("service-token", directory),
        gateway_token=secret("gateway-token", directory),
        namespace=os.environ.get("TRE_NAMESPACE", f"tre-p-{project}"),
        data_dir=Path(os.environ.get("TRE_DATA_DIR", "/var/lib/tre")),
        hub_url=os.environ.get("TRE_HUB_URL", f"http://hub.tre-p-{project}.svc:8000"),
        gateway_url=os.environ.get("TRE_GATEWAY_URL", f"http://gateway.tre-p-{project}.svc:8000"),
        scheme=os.environ.get("TRE_SCHEME", "https"),
        notebook_port=int(os.environ.get("TRE_NOTEBOOK_PORT", "8888")),
        listen_port=int(os.environ.get("TRE_LISTEN_PORT", "8000")),
    )

"""What this machine lends to a build: its CA bundle, its mirrors' settings, its download cache, its tools."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from images.errors import MissingTool
from images.paths import build_cache

MOUNT_POINT = "/var/cache/build"
_BUNDLE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_DEFAULT_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# A mirror or a proxy of the house is the machine's business: passed to the build, never written in a Dockerfile.
_PASSED_THROUGH = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
    *(name for proxy in ("http_proxy", "https_proxy", "no_proxy") for name in (proxy, proxy.upper())),
)
_DEBIAN_PACKAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}


def ca_bundle() -> Path | None:
    """The machine's CA bundle, which a TLS-inspecting proxy may have changed; None when it has none."""
    candidates = [os.environ.get(name, "") for name in _BUNDLE_VARIABLES] + [_DEFAULT_BUNDLE]
    return next((Path(name) for name in candidates if name and Path(name).is_file()), None)


def prepare_build_cache() -> Path:
    """Create the directory mounted into every build and put the machine's CA bundle and Maven settings there."""
    cache = build_cache()
    for name in ("apt/partial", "pip", "m2"):
        (cache / name).mkdir(parents=True, exist_ok=True)
    _copy_or_remove(ca_bundle(), cache / "ca.crt")
    settings = Path.home() / ".m2" / "settings.xml"
    _copy_or_remove(settings if settings.is_file() else None, cache / "m2" / "settings.xml")
    exports = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(_lent_environment().items())]
    (cache / "env").write_text("".join(exports), encoding="utf-8")
    return cache


def _lent_environment() -> dict[str, str]:
    """What `build-env` sets inside a build; a file in the mount, because variables given to buildah would stay."""
    environment = {name: os.environ[name] for name in _PASSED_THROUGH if name in os.environ}
    environment |= {"PIP_CACHE_DIR": f"{MOUNT_POINT}/pip", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment |= {"PIP_ROOT_USER_ACTION": "ignore"}
    if ca_bundle() is not None:
        environment |= dict.fromkeys(_BUNDLE_VARIABLES, f"{MOUNT_POINT}/ca.crt")
    return environment


def require_tools(names: tuple[str, ...]) -> None:
    """Install the Debian packages of missing tools. Raises MissingTool where that is impossible."""
    missing = [_DEBIAN_PACKAGES[name] for name in names if shutil.which(name) is None]
    if not missing:
        return
    advice = f"install {' '.join(missing)} (Debian: apt-get install {' '.join(missing)}) and run this again as root"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MissingTool(f"missing: {', '.join(missing)}; {advice}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "--no-install-recommends", *missing]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise MissingTool(f"`{' '.join(command)}` failed: {done.stderr.strip()[-300:]}; {advice}")


def _copy_or_remove(source: Path | None, target: Path) -> None:
    if source is None:
        target.unlink(missing_ok=True)
    elif not target.exists() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)

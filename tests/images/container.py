"""Run a built image as the cluster would: the image's user, read-only root, no capability, and here no network."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from images import record

_NAMESPACES = ("pid", "ipc", "uts", "mount", "network")
_SYSTEM_MOUNTS: list[dict[str, Any]] = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "nodev", "mode=1777"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
]


@dataclass(frozen=True)
class Setting:
    """What one run adds to the image: environment, writable memory volumes, read-only binds (source, target)."""

    env: dict[str, str] = field(default_factory=dict)
    writable: Sequence[str] = ("/tmp",)
    binds: Sequence[tuple[Path, str]] = ()
    host_network: bool = False
    timeout: float = 120


@dataclass(frozen=True)
class Container:
    """An image that is mounted, and its configuration."""

    root: Path
    config: dict[str, Any]

    def run(self, command: Sequence[str], setting: Setting | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in a new container and wait for it."""
        setting = setting or Setting()
        with self.bundle(command, setting) as (arguments, _):
            return subprocess.run(arguments, capture_output=True, text=True, timeout=setting.timeout, check=False)

    def check(self, command: Sequence[str], setting: Setting | None = None) -> str:
        """The standard output of a command that must succeed."""
        done = self.run(command, setting)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def python(self, code: str, setting: Setting | None = None) -> str:
        return self.check(["python", "-c", code], setting)

    @contextmanager
    def bundle(self, command: Sequence[str], setting: Setting) -> Iterator[tuple[list[str], str]]:
        """The arguments that start the container, and its id; whatever still runs of it is ended afterwards."""
        name = f"tre-test-{uuid.uuid4().hex[:12]}"
        with tempfile.TemporaryDirectory() as folder:
            # What the kubelet puts into every pod.
            hosts = Path(folder) / "hosts"
            hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
            specification = self._specification(command, setting, name)
            specification["mounts"].append(_bind(hosts, "/etc/hosts"))
            (Path(folder) / "config.json").write_text(json.dumps(specification), encoding="utf-8")
            runc = ["runc", "--root", f"{folder}/state"]
            try:
                yield [*runc, "run", "--bundle", folder, name], name
            finally:
                subprocess.run([*runc, "delete", "--force", name], capture_output=True, check=False)

    def _specification(self, command: Sequence[str], setting: Setting, name: str) -> dict[str, Any]:
        user, _, group = (self.config.get("User") or "0:0").partition(":")
        ids = {"uid": int(user), "gid": int(group or user)}
        environment = [*self.config.get("Env", []), *(f"{key}={value}" for key, value in setting.env.items())]
        volumes = [_memory_volume(target, ids) for target in setting.writable]
        volumes += [_bind(source, target) for source, target in setting.binds]
        namespaces = [kind for kind in _NAMESPACES if not (kind == "network" and setting.host_network)]
        return {
            "ociVersion": "1.0.2",
            "hostname": "image-test",
            "process": {
                "user": ids,
                "args": list(command),
                "env": environment,
                "noNewPrivileges": True,
                "cwd": self.config.get("WorkingDir") or "/",
                "capabilities": {},
            },
            "root": {"path": str(self.root), "readonly": True},
            "mounts": [*_SYSTEM_MOUNTS, *volumes],
            "linux": {"namespaces": [{"type": kind} for kind in namespaces], "cgroupsPath": f"/{name}"},
        }


@contextmanager
def container(name: str) -> Iterator[Container]:
    """Mount a built image from buildah's store, or from the registry when the store has lost it."""
    built = record.find(name)
    local = f"localhost/tre/{name}:{built.key[:16]}"
    present = subprocess.run(["buildah", "inspect", "--type", "image", local], capture_output=True, check=False)
    reference = local if present.returncode == 0 else built.ref
    working = _buildah("from", "--tls-verify=false", reference)
    try:
        document = json.loads(_buildah("inspect", "--type", "container", working))
        yield Container(Path(_buildah("mount", working)), document["OCIv1"]["config"])
    finally:
        _buildah("rm", working)


def _buildah(*arguments: str) -> str:
    done = subprocess.run(["buildah", *arguments], capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1] if arguments[0] != "inspect" else done.stdout


def _memory_volume(target: str, ids: dict[str, int]) -> dict[str, Any]:
    options = ["nosuid", "nodev", "mode=0770", f"uid={ids['uid']}", f"gid={ids['gid']}"]
    return {"destination": target, "type": "tmpfs", "source": "tmpfs", "options": options}


def _bind(source: Path, target: str) -> dict[str, Any]:
    return {"destination": target, "type": "bind", "source": str(source), "options": ["rbind", "ro"]}

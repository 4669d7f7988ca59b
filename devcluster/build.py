"""Build the programs of the cluster from Go modules, once for each version."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devcluster import versions
from devcluster.paths import SOURCE, Paths
from devcluster.shell import run
from devcluster.toolchain import find_go, go_environment

KUBERNETES_FLAGS = " ".join(
    f"-X {package}.{variable}={value}"
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for variable, value in (
        ("gitVersion", versions.KUBERNETES),
        ("gitMajor", versions.KUBERNETES.lstrip("v").split(".")[0]),
        ("gitMinor", versions.KUBERNETES.split(".")[1]),
        ("gitTreeState", "clean"),
    )
)
MULTI_CALL_NAMES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
    "netpol",
    "provisioner",
)


@dataclass(frozen=True)
class Program:
    """A program to build: from a directory of this package, or from a published Go package."""

    name: str
    version: str
    source: Path | None = None
    package: str = ""
    linker_flags: str = ""
    links: tuple[str, ...] = ()

    def directory(self, paths: Paths) -> Path:
        """Return where this version is kept."""
        suffix = f"-{digest(self.source)}" if self.source else ""
        return paths.builds / f"{self.name}-{self.version}{suffix}"

    def binary(self, paths: Paths) -> Path:
        """Return this version's executable."""
        return self.directory(paths) / self.name


PROGRAMS = (
    Program(
        "tre-kube",
        versions.KUBERNETES,
        source=SOURCE / "kubernetes",
        linker_flags=KUBERNETES_FLAGS,
        links=MULTI_CALL_NAMES,
    ),
    Program("pause", "1", source=SOURCE / "pause"),
    Program("probe", "1", source=SOURCE / "probe"),
    Program("coredns", versions.COREDNS, package="github.com/coredns/coredns"),
    Program("minio", versions.MINIO, package="github.com/minio/minio"),
    Program("helm", versions.HELM, package="helm.sh/helm/v4/cmd/helm"),
)


def program(name: str) -> Program:
    """Return the program of this name."""
    return next(candidate for candidate in PROGRAMS if candidate.name == name)


def digest(directory: Path) -> str:
    """Return a short hash of a directory's Go sources: a change makes a new build."""
    total = hashlib.sha256()
    for file in sorted(directory.iterdir()):
        if file.suffix in (".go", ".mod", ".sum"):
            total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:12]


def missing(paths: Paths) -> list[Program]:
    """Return the programs that are not yet built."""
    return [candidate for candidate in PROGRAMS if not candidate.binary(paths).exists()]


def build(paths: Paths, wanted: Program, find_compiler: Callable[[Paths], Path] = find_go) -> None:
    """Build one program. What is half made never has the final name.

    Raises DevClusterError with the compiler's words.
    """
    paths.builds.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{wanted.name}-", dir=paths.builds))
    try:
        _compile(str(find_compiler(paths)), wanted, work)
        for link in wanted.links:
            (work / link).symlink_to(wanted.name)
        work.chmod(0o755)
        target = wanted.directory(paths)
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compile(go: str, wanted: Program, work: Path) -> None:
    flags = ["-trimpath", "-ldflags", f"-s -w {wanted.linker_flags}".strip()]
    env = go_environment()
    if wanted.source:
        run([go, "build", "-C", wanted.source, *flags, "-o", work / wanted.name, "."], env=env)
    else:
        target = f"{wanted.package}@{wanted.version}"
        run([go, "install", *flags, target], env={**env, "GOBIN": str(work)})


def link_all(paths: Paths) -> None:
    """Make `bin/` name the current version of each program that is built."""
    paths.bin.mkdir(parents=True, exist_ok=True)
    for candidate in PROGRAMS:
        binary = candidate.binary(paths)
        if binary.exists():
            for name in {candidate.name, *candidate.links}:
                _link(paths.bin / name, binary if name == candidate.name else binary.parent / name)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)

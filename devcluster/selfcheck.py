"""`check`: probe the running cluster. Each denial is shown next to the same probe where it must succeed."""

from __future__ import annotations

import contextlib
import http.client
import json
import platform
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devcluster import build, images
from devcluster import selfcheck_objects as objects
from devcluster.addons import kubectl
from devcluster.api import Api
from devcluster.errors import DevClusterError
from devcluster.lifecycle import plan_of
from devcluster.network import machine_routes
from devcluster.network_plan import CLUSTER_DOMAIN, NetworkPlan
from devcluster.paths import Paths
from devcluster.progress import say
from devcluster.selfcheck_objects import HOST_PORT, NAMESPACE_A, NAMESPACE_B, NAMESPACE_HOST, PORT
from devcluster.services import REGISTRY, REGISTRY_ADDRESS
from devcluster.shell import wait_for

REPOSITORY = "devcluster/probe"


@dataclass
class Probe:
    """One run of the checks."""

    paths: Paths
    plan: NetworkPlan
    image: str = ""
    failures: list[str] = field(default_factory=list)

    def expect(self, what: str, holds: bool) -> None:
        """Print and keep one result."""
        say(f"{'ok  ' if holds else 'FAIL'} {what}")
        if not holds:
            self.failures.append(what)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as the administrator."""
        return kubectl(self.paths, *arguments, stdin=stdin)

    def create(self, *made: objects.Object) -> None:
        """Create objects."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(made)}
        self.kubectl("create", "-f", "-", stdin=json.dumps(listed))

    def inside(self, namespace: str, pod: str, *arguments: str) -> tuple[bool, str]:
        """Run the probe's program inside a pod; return whether it succeeded, and its output."""
        try:
            return True, self.kubectl("exec", "-n", namespace, pod, "--", "/probe", *arguments)
        except DevClusterError as error:
            return False, str(error)

    def reaches(self, namespace: str, pod: str, address: str) -> bool:
        """Return whether a connection from a pod is accepted."""
        return self.inside(namespace, pod, "dial", address)[0]

    def address(self, namespace: str, pod: str) -> str:
        """Return a pod's address."""
        return self.kubectl("get", "pod", "-n", namespace, pod, "-o", "jsonpath={.status.podIP}")


def run_all(paths: Paths) -> int:
    """Run every check on the running cluster; return 0 when all hold.

    Raises DevClusterError when the cluster is not there.
    """
    if not Api(paths, plan_of(paths)).ready():
        raise DevClusterError("The cluster does not answer: run `python3 -m devcluster up` first.")
    probe = Probe(paths, plan_of(paths))
    with _namespaces(probe):
        for check in CHECKS:
            try:
                check(probe)
            except DevClusterError as error:
                probe.expect(f"{check.__name__}: {error}", False)
    _volume_is_gone(probe)
    say("All checks hold." if not probe.failures else f"{len(probe.failures)} checks failed.")
    return 1 if probe.failures else 0


@contextlib.contextmanager
def _namespaces(probe: Probe) -> Iterator[None]:
    _delete_namespaces(probe)
    probe.create(*(objects.namespace(name, level) for name, level in objects.NAMESPACES.items()))
    try:
        yield
    finally:
        _delete_namespaces(probe)


def _delete_namespaces(probe: Probe) -> None:
    probe.kubectl("delete", "namespace", "--ignore-not-found", "--timeout=120s", *objects.NAMESPACES)


def image_through_registry(probe: Probe) -> None:
    """Push an image, forget it, and have the kubelet pull it by digest."""
    reference = f"{REGISTRY}/{REPOSITORY}:1"
    binary = build.program("probe").binary(probe.paths)
    archive = probe.paths.run / "probe.tar"
    images.archive(reference, binary, archive, images.ARCHITECTURES[platform.machine()])
    images.ctr(probe.paths, "images", "import", str(archive))
    images.ctr(probe.paths, "images", "push", "--plain-http", reference)
    images.ctr(probe.paths, "images", "rm", reference)
    archive.unlink()
    probe.image = f"{REGISTRY}/{REPOSITORY}@{_digest()}"
    probe.expect("an image is pushed to the registry", bool(_digest()))


def _digest() -> str:
    connection = http.client.HTTPConnection(REGISTRY_ADDRESS, timeout=5)
    accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
    connection.request("HEAD", f"/v2/{REPOSITORY}/manifests/1", headers={"Accept": accept})
    return connection.getresponse().getheader("Docker-Content-Digest") or ""


def pods_start(probe: Probe) -> None:
    """Start pods under Pod Security `restricted`, from the registry, with a volume and a host port."""
    make = objects.pod
    probe.create(
        objects.claim("data", NAMESPACE_A),
        make("server", NAMESPACE_A, probe.image),
        make("friend", NAMESPACE_A, probe.image),
        make("writer", NAMESPACE_A, probe.image, claim="data"),
        make("stranger", NAMESPACE_B, probe.image),
        make("host-port", NAMESPACE_HOST, probe.image, host_port=HOST_PORT),
    )
    for name in objects.NAMESPACES:
        probe.kubectl("wait", "pod", "--all", "-n", name, "--for=condition=Ready", "--timeout=90s")
    probe.expect("pods start in restricted namespaces, pulled by digest", True)


def restricted_is_enforced(probe: Probe) -> None:
    """A privileged pod is refused where Pod Security is restricted, and admitted where it is not."""
    probe.expect("a privileged pod is admitted in a privileged namespace", _admits(probe, NAMESPACE_HOST))
    probe.expect("a privileged pod is refused in a restricted namespace", not _admits(probe, NAMESPACE_A))


def _admits(probe: Probe, namespace: str) -> bool:
    made = json.dumps(objects.privileged_pod(namespace, probe.image))
    try:
        probe.kubectl("create", "--dry-run=server", "-f", "-", stdin=made)
    except DevClusterError:
        return False
    return True


def network_policy(probe: Probe) -> None:
    """Every flow before the policies; only the allowed one after them."""
    server = f"{probe.address(NAMESPACE_A, 'server')}:{PORT}"
    api, kubelet = f"{probe.plan.api_service_ip}:443", f"{probe.plan.node_ip}:10250"
    flows = {
        "another namespace's pod → server": (NAMESPACE_B, "stranger", server),
        "pod → API server's service": (NAMESPACE_A, "friend", api),
        "pod → node's kubelet": (NAMESPACE_A, "friend", kubelet),
        "pod → another namespace's pod": (NAMESPACE_A, "friend", f"{probe.address(NAMESPACE_B, 'stranger')}:{PORT}"),
    }
    for what, flow in {"pod → server": (NAMESPACE_A, "friend", server), **flows}.items():
        probe.expect(f"without policies: {what} answers", probe.reaches(*flow))
    probe.create(*objects.policies())
    with contextlib.suppress(DevClusterError):  # what still answers is reported below
        wait_for("policy", lambda: not any(probe.reaches(*flow) for flow in flows.values()), seconds=20)
    for what, flow in flows.items():
        probe.expect(f"default-deny: {what} does not answer", not probe.reaches(*flow))
    probe.expect("default-deny: the one allowed flow answers", probe.reaches(NAMESPACE_A, "friend", server))


def name_resolution(probe: Probe) -> None:
    """The cluster's names resolve; others do not, because nothing is forwarded."""
    known, unknown = f"kubernetes.default.svc.{CLUSTER_DOMAIN}", "example.org"
    probe.expect("a pod resolves the cluster's names", probe.inside(NAMESPACE_B, "stranger", "resolve", known)[0])
    probe.expect("no other name is forwarded", not probe.inside(NAMESPACE_B, "stranger", "resolve", unknown)[0])


def no_ipv6(probe: Probe) -> None:
    """No IPv6 address but loopback, because no policy is enforced for IPv6."""
    _, text = probe.inside(NAMESPACE_B, "stranger", "interfaces")
    addresses = text.split()
    alien = [address for address in addresses if ":" in address and address != "::1/128"]
    probe.expect("a pod has IPv4 and no IPv6 beyond loopback", len(addresses) > 1 and not alien)


def host_port(probe: Probe) -> None:
    """A pod's host port answers on loopback and not on the machine's outer address."""
    probe.expect("a host port answers on 127.0.0.1", _says_ok("127.0.0.1", HOST_PORT))
    routes = [route for route in json.loads(machine_routes()) if not route["dev"].startswith("tre-")]
    for address in sorted({route["prefsrc"] for route in routes if "prefsrc" in route}):
        probe.expect("it does not answer on the machine's outer address", not _says_ok(address, HOST_PORT))


def _says_ok(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=2) as connection:
            return connection.recv(3) == b"ok\n"
    except OSError:
        return False


def volume(probe: Probe) -> None:
    """A claim on the default StorageClass is bound, and an ordinary user can write to it."""
    phase = probe.kubectl("get", "pvc", "data", "-n", NAMESPACE_A, "-o", "jsonpath={.status.phase}")
    probe.expect("a claim on the default StorageClass is bound", phase == "Bound")
    probe.expect("an ordinary user writes to it", probe.inside(NAMESPACE_A, "writer", "write", "/data/file")[0])


def _volume_is_gone(probe: Probe) -> None:
    def gone() -> bool:
        return not any(probe.paths.volumes.glob("*/file"))

    with contextlib.suppress(DevClusterError):
        wait_for("volume", gone, seconds=30)
    probe.expect("a deleted claim's directory is deleted", gone())


def tokens(probe: Probe) -> None:
    """TokenReview knows a service account's token, as OpenBao's login asks, and refuses a changed one."""
    token = probe.kubectl("create", "token", "default", "-n", NAMESPACE_B).strip()
    probe.expect("TokenReview accepts a service account's token", _review(probe, token))
    probe.expect("TokenReview refuses a changed token", not _review(probe, token[:-6] + "AAAAAA"))
    discovery = json.loads(probe.kubectl("get", "--raw=/.well-known/openid-configuration"))
    probe.expect("OIDC discovery names an issuer and keys", bool(discovery["issuer"] and discovery["jwks_uri"]))


def _review(probe: Probe, token: str) -> bool:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = json.loads(probe.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(review)))
    return bool(answer["status"].get("authenticated"))


def audit(probe: Probe) -> None:
    """The API audit log holds the request of an `exec`, and never a Secret's body."""
    marker = "value-that-no-log-may-hold"
    probe.kubectl("create", "secret", "generic", "canary", "-n", NAMESPACE_A, f"--from-literal=key={marker}")
    wanted = ('"subresource":"exec"', f'"namespace":"{NAMESPACE_A}"', '"name":"canary"')
    log = probe.paths.audit_log

    def recorded() -> bool:
        text = log.read_text(errors="replace")
        return all(part in text for part in wanted)

    wait_for("the audit log did not hold the requests", recorded, seconds=10)
    text = Path(log).read_text(errors="replace")
    encoded = "dmFsdWUtdGhhdC1uby1sb2ctbWF5LWhvbGQ"
    probe.expect("exec and writes are in the API audit log", True)
    probe.expect("a Secret's value is not in it", marker not in text and encoded not in text)


CHECKS: tuple[Callable[[Probe], None], ...] = (
    image_through_registry,
    pods_start,
    restricted_is_enforced,
    name_resolution,
    no_ipv6,
    host_port,
    volume,
    network_policy,
    tokens,
    audit,
)

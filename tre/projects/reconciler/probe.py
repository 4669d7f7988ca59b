"""The live denial probe (design §5): a policy engine may act late, or not exist.

A project becomes active only after a pod with a notebook's labels has failed to reach what must be out of its reach,
and has reached what it needs.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tre.core.errors import Unavailable
from tre.platform.cluster import Cluster
from tre.projects.desired.names import image, namespace
from tre.projects.desired.pods import container_security, pod_security
from tre.projects.desired.spec import Object, PlatformFacts

# Runs inside the probe pod: tries every address until the forbidden are closed and the allowed open, or time is up.
PROGRAM = r"""
import json, os, socket, time
from concurrent.futures import ThreadPoolExecutor
plan = json.loads(os.environ["TRE_PROBE"])
def asks_dns(host, port):
    label = b"probe" + b"x" * 50  # a long label: names can carry data out
    name = b"".join(bytes([len(part)]) + part for part in (label, b"tre", b"invalid")) + b"\0"
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(2)
        udp.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + name + b"\0\x10\0\1", (host, port))
        return bool(udp.recv(512))
def opens(target):
    host = os.environ.get(target["host"][1:], "") if target["host"].startswith("$") else target["host"]
    try:
        if target["protocol"] == "UDP":
            return asks_dns(host, target["port"])
        socket.create_connection((host, target["port"]), timeout=2).close()
        return True
    except OSError:
        return False
def reached(targets):
    with ThreadPoolExecutor(16) as pool:
        return {t["name"] for t, ok in zip(targets, pool.map(opens, targets)) if ok}
end = time.monotonic() + plan["seconds"]
while True:
    leaks = sorted(reached(plan["forbidden"]))
    shut = sorted({t["name"] for t in plan["allowed"]} - reached(plan["allowed"]))
    if not (leaks or shut) or time.monotonic() > end:
        break
    time.sleep(0.5)
ipv6 = []
if os.path.exists("/proc/net/if_inet6"):  # absent where the kernel has no IPv6
    with open("/proc/net/if_inet6") as table:
        ipv6 = sorted(line.split()[0] for line in table if line.split()[-1] != "lo")
with open("/dev/termination-log", "w") as answer:
    json.dump({"leaks": leaks, "shut": shut, "ipv6": ipv6}, answer)
"""


@dataclass(frozen=True)
class Target:
    """An address to try; ``host`` may be ``$NAME`` of a variable that the kubelet gives the pod.

    ``protocol`` UDP asks a DNS question (a long name, of type TXT) and counts any answer.
    """

    name: str
    host: str
    port: int
    protocol: str = "TCP"


FORBIDDEN = (
    Target("API server", "$KUBERNETES_SERVICE_HOST", 443),
    Target("node's kubelet", "$TRE_NODE", 10250),
    Target("cloud metadata", "169.254.169.254", 80),
)
_ALLOWED = {"minio": 9000, "openbao": 8200, "tre-workspace": 8082}


@dataclass(frozen=True)
class ProbePlan:
    """What must fail and what must succeed, within ``seconds``."""

    forbidden: tuple[Target, ...]
    allowed: tuple[Target, ...]
    seconds: int = 30


def plan_for(facts: PlatformFacts) -> ProbePlan:
    """The notebook's forbidden canaries, and the platform's services that it needs."""
    servers = tuple(
        Target(f"API server {server}", server.rpartition(":")[0].strip("[]"), int(server.rpartition(":")[2]))
        for server in facts.api_servers
    )
    allowed = tuple(
        Target(name, facts.addresses[name], port) for name, port in _ALLOWED.items() if name in facts.addresses
    )
    return ProbePlan((*FORBIDDEN, *servers), allowed)


def build_probe(slug: str, facts: PlatformFacts, plan: ProbePlan, labels: Mapping[str, str]) -> Object:
    """The pod: restricted, no token, no volume, ends by itself."""
    environment: list[dict[str, Any]] = [
        {"name": "TRE_PROBE", "value": json.dumps(_plan(plan))},
        {"name": "TRE_NODE", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
    ]
    container = {
        "name": "probe", "image": image(facts, "gateway"), "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", PROGRAM], "env": environment, "securityContext": container_security(),
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
    }  # fmt: skip
    spec = {
        "restartPolicy": "Never", "serviceAccountName": "notebook", "automountServiceAccountToken": False,
        "enableServiceLinks": False, "activeDeadlineSeconds": plan.seconds + 60, "securityContext": pod_security(),
        "dnsPolicy": "None", "dnsConfig": {"nameservers": ["127.0.0.1"]}, "containers": [container],
    }  # fmt: skip
    own = {"app.kubernetes.io/managed-by": "tre", "tre/project": slug, "tre/probe": "true", **labels}
    metadata = {"name": f"probe-{secrets.token_hex(4)}", "namespace": namespace(slug), "labels": own}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _plan(plan: ProbePlan) -> dict[str, Any]:
    return {
        "forbidden": [vars(target) for target in plan.forbidden],
        "allowed": [vars(target) for target in plan.allowed],
        "seconds": plan.seconds,
    }


class DenialProbe:
    """Runs probes; used before activation and by ``tests/cluster``."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def check(self, slug: str, facts: PlatformFacts, seconds: int = 30) -> None:
        """Wait up to ``seconds`` for a project's isolation.

        Raises Unavailable ``isolation-open`` or ``isolation-shut`` naming what could, or could not, be reached.
        """
        answer = self.run(slug, facts, replace(plan_for(facts), seconds=seconds), {"tre/component": "notebook"})
        if answer["leaks"]:
            raise Unavailable(
                "isolation-open", f"A notebook could reach: {', '.join(answer['leaks'])}.",
                "The cluster's network plugin must enforce NetworkPolicy.",
            )  # fmt: skip
        if answer["shut"]:
            raise Unavailable(
                "isolation-shut", f"A notebook cannot reach: {', '.join(answer['shut'])}.",
                "Check that these services run and carry the labels of the flow table.",
            )  # fmt: skip

    def run(self, slug: str, facts: PlatformFacts, plan: ProbePlan, labels: Mapping[str, str]) -> dict[str, list[str]]:
        """``leaks``, ``shut`` and the pod's ``ipv6`` addresses as seen from inside; the pod is always removed."""
        pod = build_probe(slug, facts, plan, labels)
        name, space = pod["metadata"]["name"], namespace(slug)
        self._cluster.create(pod)
        try:
            self._cluster.wait(f"probe of {slug}", lambda: self._ended(name, space), plan.seconds + 90, 0.5)
            return self._answer(name, space)
        finally:
            self._cluster.delete("v1", "Pod", name, space, grace_seconds=0)

    def _ended(self, name: str, space: str) -> bool:
        pod = self._cluster.get("v1", "Pod", name, space) or {}
        return pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}

    def _answer(self, name: str, space: str) -> dict[str, list[str]]:
        pod = self._cluster.get("v1", "Pod", name, space) or {}
        states = pod.get("status", {}).get("containerStatuses") or [{}]
        message = states[0].get("state", {}).get("terminated", {}).get("message", "")
        try:
            answer = json.loads(message)
        except ValueError as error:
            # no answer is not a good answer
            raise Unavailable(
                "probe-failed", "The denial probe ended without an answer.", "Look at its image."
            ) from error
        return {key: list(answer[key]) for key in ("leaks", "shut", "ipv6")}

"""Provisioning against ``kubectl apply --server-side`` of the same rendered objects, in one run (design §10).

    python -m benchmarks.provision [--runs 5]

Both sides make the same objects in namespaces of their own, alternating; both act with the worker's rights. ``ensure``
also makes the project's secret and compares every object afterwards. kubectl's start is part of its time. Nothing is
left behind.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import time
from dataclasses import dataclass

import yaml

from demo import paths
from tre.platform.cluster import Cluster
from tre.platform.kubeapi import KubeApi
from tre.projects.desired import PersonSpec, PlatformFacts, ProjectSpec, render
from tre.projects.desired.spec import Desired
from tre.projects.reconciler.facts import SERVICES
from tre.projects.reconciler.kubernetes import KubernetesProvider

WORKER = "system:serviceaccount:tre-system:tre-worker"


@dataclass(frozen=True)
class Bench:
    """The cluster and what its chart says of itself."""

    provider: KubernetesProvider
    facts: PlatformFacts

    def project(self) -> Desired:
        """A fresh project, asleep: the benchmark is about objects, not about images that start."""
        people = (PersonSpec("anna", lead=True), PersonSpec("bruno"))
        return render(ProjectSpec(f"mesure-{secrets.token_hex(3)}", "Mesure", people, awake=False), self.facts)


def _bench() -> Bench:
    os.environ.setdefault("KUBECONFIG", str(paths.kubeconfig()))
    admin = Cluster()
    images = admin.get("v1", "ConfigMap", "tre-images", "tre-system") or {}
    authority = admin.get("v1", "ConfigMap", "tre-internal-ca", "tre-system") or {}
    facts = PlatformFacts(
        images=json.loads(images["data"]["images.json"]),
        addresses={name: admin.service_ip(name) for name in SERVICES},
        api_servers=admin.api_servers(),
        internal_ca_pem=authority["data"]["ca.crt"],
    )
    return Bench(KubernetesProvider(Cluster(KubeApi(as_user=WORKER))), facts)


def _kubectl(desired: Desired) -> float:
    stream = "---\n".join(yaml.safe_dump(obj) for obj in desired.objects)
    command = [paths.tool("kubectl"), "apply", "--server-side", "--field-manager=tre", f"--as={WORKER}", "-f", "-"]
    start = time.perf_counter()
    subprocess.run(command, input=stream.encode(), check=True, capture_output=True)
    return time.perf_counter() - start


def _ours(bench: Bench, desired: Desired) -> float:
    start = time.perf_counter()
    bench.provider.ensure(desired)
    return time.perf_counter() - start


def _resync(bench: Bench, desired: Desired) -> float:
    start = time.perf_counter()
    assert not bench.provider.drift_all([desired])[desired.slug]
    return time.perf_counter() - start


def main() -> None:
    """Print one JSON line: medians and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    bench = _bench()
    times: dict[str, list[float]] = {"kubectl": [], "tre": [], "resync": []}
    for _ in range(runs):
        theirs, ours = bench.project(), bench.project()
        try:
            times["kubectl"].append(_kubectl(theirs))
            times["tre"].append(_ours(bench, ours))
            times["resync"].append(_resync(bench, ours))
        finally:
            bench.provider.destroy(theirs.slug)
            bench.provider.destroy(ours.slug)
    medians = {name: round(statistics.median(values), 3) for name, values in times.items()}
    objects = len(bench.project().objects)
    print(
        json.dumps(
            {**medians, "ratio": round(medians["tre"] / medians["kubectl"], 2), "objects": objects, "runs": runs}
        )
    )


if __name__ == "__main__":
    main()

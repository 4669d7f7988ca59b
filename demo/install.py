"""Install the chart: namespaces, the ingress certificate, `helm upgrade --install`, and a wait until all is ready."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping

import yaml

from demo import paths, tls

NAMESPACE = "tre-system"
_PEOPLE_IMAGES = ("python", "r", "spark")


def run(*command: str, stdin: str | None = None) -> str:
    """Run a tool on the cluster; its error output is shown when it fails."""
    env = {**os.environ, "KUBECONFIG": str(paths.kubeconfig())}
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stderr.strip()}")
    return done.stdout


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    """`kubectl` on the demonstration's cluster."""
    return run(paths.tool("kubectl"), *arguments, stdin=stdin)


def _apply(*objects: Mapping[str, object]) -> None:
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=yaml.safe_dump_all(list(objects)))


def _namespace(name: str, level: str) -> dict[str, object]:
    labels = {"pod-security.kubernetes.io/enforce": level, "app.kubernetes.io/part-of": "tre"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _owned_by_helm(namespace: dict[str, object]) -> dict[str, object]:
    """The chart makes this namespace; it must exist before, to hold the certificate, so Helm may adopt it."""
    metadata = namespace["metadata"]
    assert isinstance(metadata, dict)
    metadata["labels"]["app.kubernetes.io/managed-by"] = "Helm"
    metadata["annotations"] = {"meta.helm.sh/release-name": "tre", "meta.helm.sh/release-namespace": NAMESPACE}
    return namespace


def _certificate() -> dict[str, object] | None:
    if "tre-ingress-tls" in kubectl("get", "secret", "-n", "tre-ingress", "-o", "name", "--ignore-not-found"):
        return None
    domain = paths.DOMAIN
    certificate, key = tls.issue([domain, f"id.{domain}", f"*.work.{domain}"], *paths.ca())
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "tre-ingress-tls", "namespace": "tre-ingress"},
        "stringData": {"tls.crt": certificate, "tls.key": key},
    }  # fmt: skip


def install() -> None:
    """Install or upgrade the release; idempotent."""
    started = time.monotonic()
    _apply(_namespace(NAMESPACE, "restricted"), _owned_by_helm(_namespace("tre-ingress", "privileged")))
    if (secret := _certificate()) is not None:
        _apply(secret)
    images = paths.images()
    wanted = {name: ref for name, ref in images.items() if name not in ("base", "pybase")}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as values:
        yaml.safe_dump({"domain": paths.DOMAIN, "images": wanted}, values)
        values.flush()
        print("installing the chart", flush=True)
        run(
            paths.tool("helm"), "upgrade", "--install", "--force-conflicts", "tre", str(paths.ROOT / "helm/tre"),
            "--namespace", NAMESPACE,
            "-f", str(paths.ROOT / "demo/values.yaml"), "-f", values.name,
        )  # fmt: skip
    _wait(started)


def _wait(started: float, limit: float = 600) -> None:
    """Wait for every workload of the platform, saying which ones are still awaited."""
    said = ""
    while pending := _pending():
        line = ", ".join(pending)
        if line != said:
            print(f"  {time.monotonic() - started:4.0f} s  waiting for {line}", flush=True)
            said = line
        if time.monotonic() - started > limit:
            raise SystemExit(f"not ready after {limit:.0f} s: {line}\nlook: kubectl -n {NAMESPACE} get pods")
        time.sleep(1)
    print(f"  {time.monotonic() - started:4.0f} s  the platform is ready", flush=True)


def _pending() -> list[str]:
    names = []
    for namespace in (NAMESPACE, "tre-ingress"):
        found = json.loads(kubectl("get", "deployments,statefulsets", "-n", namespace, "-o", "json"))
        for item in found["items"]:
            status, generation = item.get("status", {}), item["metadata"]["generation"]
            ready = status.get("readyReplicas", 0) == item["spec"]["replicas"] == status.get("updatedReplicas", 0)
            if not ready or status.get("observedGeneration") != generation:
                names.append(item["metadata"]["name"])
    return names

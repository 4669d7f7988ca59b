"""Certificates of the cluster, made with the machine's OpenSSL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devcluster.network_plan import CLUSTER_DOMAIN, NODE_NAME, NetworkPlan
from devcluster.paths import Paths
from devcluster.shell import quiet, run

CA_DAYS = 3650
LEAF_DAYS = 397
RENEW_BEFORE_SECONDS = 14 * 24 * 3600
KEY_OPTIONS = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Leaf:
    """A certificate to issue: `group` is the Kubernetes group of a client, `names` the server's addresses."""

    name: str
    common_name: str
    group: str = ""
    names: tuple[str, ...] = ()
    ca: str = "cluster-ca"

    @property
    def subject(self) -> str:
        """Subject as OpenSSL writes it."""
        return (f"/O={self.group}" if self.group else "") + f"/CN={self.common_name}"

    def extensions(self) -> str:
        """OpenSSL configuration with this certificate's extensions."""
        lines = [
            "[req]",
            "distinguished_name=dn",
            "x509_extensions=ext",
            "prompt=no",
            "[dn]",
            f"CN={self.common_name}",
            "[ext]",
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            "subjectKeyIdentifier=hash",
            "authorityKeyIdentifier=keyid",
        ]
        if not self.names:
            return "\n".join([*lines, "extendedKeyUsage=clientAuth", ""])
        alternatives = ",".join(_alternative(name) for name in self.names)
        # etcd's own health check presents the server's certificate as a client
        return "\n".join([*lines, "extendedKeyUsage=serverAuth,clientAuth", f"subjectAltName={alternatives}", ""])


def _alternative(name: str) -> str:
    return f"IP:{name}" if name.replace(".", "").isdigit() else f"DNS:{name}"


def leaves(plan: NetworkPlan) -> list[Leaf]:
    """Return every certificate of the cluster: each component has a name and rights of its own."""
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{CLUSTER_DOMAIN}")
    local = ("localhost", "127.0.0.1")
    return [
        Leaf("apiserver", "kube-apiserver", names=(*service, *local, plan.api_service_ip, plan.node_ip)),
        Leaf("apiserver-kubelet", "kube-apiserver-kubelet-client", "system:masters"),
        Leaf("apiserver-etcd", "kube-apiserver", ca="etcd-ca"),
        Leaf("front-proxy", "front-proxy-client", ca="front-proxy-ca"),
        Leaf("etcd", "etcd", names=local, ca="etcd-ca"),
        Leaf("kubelet-server", f"system:node:{NODE_NAME}", "system:nodes", (NODE_NAME, plan.node_ip)),
        Leaf("kubelet", f"system:node:{NODE_NAME}", "system:nodes"),
        Leaf("controller-manager", "system:kube-controller-manager"),
        Leaf("scheduler", "system:kube-scheduler"),
        Leaf("proxy", "system:kube-proxy"),
        Leaf("netpol", "tre:netpol"),
        Leaf("provisioner", "tre:provisioner"),
        Leaf("admin", "kubernetes-admin", "system:masters"),
    ]


AUTHORITIES = {
    "cluster-ca": "tre devcluster",
    "etcd-ca": "tre devcluster etcd",
    "front-proxy-ca": "tre devcluster front proxy",
    "dev-ca": "tre development CA",
}


def ensure(paths: Paths, plan: NetworkPlan) -> None:
    """Make what is missing, about to expire, or made for other names or by another CA."""
    for name, common_name in AUTHORITIES.items():
        _ensure_authority(paths.ca, name, common_name)
    for leaf in leaves(plan):
        _ensure_leaf(paths, leaf)
    key = paths.certs / "service-account.key"
    if not key.exists():
        run(["openssl", "genrsa", "-out", key, "2048"])
        run(["openssl", "rsa", "-in", key, "-pubout", "-out", paths.certs / "service-account.pub"])


def _ensure_authority(directory: Path, name: str, common_name: str) -> None:
    certificate, key = directory / f"{name}.crt", directory / f"{name}.key"
    if certificate.exists() and key.exists():
        return
    lines = (
        "[req]",
        "distinguished_name=dn",
        "x509_extensions=ext",
        "[dn]",
        "[ext]",
        "basicConstraints=critical,CA:TRUE,pathlen:0",
        "keyUsage=critical,keyCertSign,cRLSign",
        "subjectKeyIdentifier=hash",
    )
    config = directory / f"{name}.cnf"
    config.write_text("\n".join(lines))
    argv = ["openssl", "req", "-x509", "-new", *KEY_OPTIONS, "-config", str(config), "-subj", f"/CN={common_name}"]
    run([*argv, "-days", str(CA_DAYS), "-keyout", key, "-out", certificate])
    key.chmod(0o600)


def _ensure_leaf(paths: Paths, leaf: Leaf) -> None:
    certificate, key = paths.certs / f"{leaf.name}.crt", paths.certs / f"{leaf.name}.key"
    config = paths.certs / f"{leaf.name}.cnf"
    authority = paths.ca / f"{leaf.ca}.crt"
    if _is_current(certificate, config, leaf, authority):
        return
    config.write_text(leaf.extensions())
    argv = ["openssl", "req", "-x509", "-new", *KEY_OPTIONS, "-config", str(config), "-subj", leaf.subject]
    issuer: list[str | Path] = ["-CA", authority, "-CAkey", authority.with_suffix(".key")]
    run([*argv, *issuer, "-days", str(LEAF_DAYS), "-keyout", key, "-out", certificate])
    key.chmod(0o600)


def _is_current(certificate: Path, config: Path, leaf: Leaf, authority: Path) -> bool:
    if not (certificate.exists() and config.exists() and config.read_text() == leaf.extensions()):
        return False
    lasts = quiet(["openssl", "x509", "-in", certificate, "-noout", "-checkend", str(RENEW_BEFORE_SECONDS)])
    return lasts and quiet(["openssl", "verify", "-CAfile", authority, certificate])

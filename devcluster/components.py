"""Command lines and configuration files of the Kubernetes programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from devcluster.files import write
from devcluster.network_plan import CLUSTER_DOMAIN, NODE_NAME, NetworkPlan
from devcluster.paths import CHECKOUT, Paths
from devcluster.processes import Service
from devcluster.services import ETCD_URL

ISSUER = f"https://kubernetes.default.svc.{CLUSTER_DOMAIN}"
AUDIT_POLICY = CHECKOUT / "policies" / "kubernetes-audit.yaml"


def _pair(paths: Paths, name: str) -> tuple[Path, Path]:
    return paths.certs / f"{name}.crt", paths.certs / f"{name}.key"


def apiserver(paths: Paths, plan: NetworkPlan) -> Service:
    """The API server, on the node's own address only."""
    cert, key = _pair(paths, "apiserver")
    etcd_cert, etcd_key = _pair(paths, "apiserver-etcd")
    kubelet_cert, kubelet_key = _pair(paths, "apiserver-kubelet")
    proxy_cert, proxy_key = _pair(paths, "front-proxy")
    cluster_ca = paths.ca / "cluster-ca.crt"
    return _service(
        paths,
        "kube-apiserver",
        f"--bind-address={plan.node_ip}",
        f"--advertise-address={plan.node_ip}",
        "--secure-port=6443",
        f"--service-cluster-ip-range={plan.service_cidr}",
        f"--etcd-servers={ETCD_URL}",
        f"--etcd-cafile={paths.ca / 'etcd-ca.crt'}",
        f"--etcd-certfile={etcd_cert}",
        f"--etcd-keyfile={etcd_key}",
        f"--client-ca-file={cluster_ca}",
        f"--tls-cert-file={cert}",
        f"--tls-private-key-file={key}",
        f"--kubelet-certificate-authority={cluster_ca}",
        f"--kubelet-client-certificate={kubelet_cert}",
        f"--kubelet-client-key={kubelet_key}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={paths.ca / 'front-proxy-ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={proxy_cert}",
        f"--proxy-client-key-file={proxy_key}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-jwks-uri={ISSUER}/openid/v1/jwks",
        f"--service-account-key-file={paths.certs / 'service-account.pub'}",
        f"--service-account-signing-key-file={paths.certs / 'service-account.key'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--anonymous-auth=false",
        "--allow-privileged=true",  # as in ordinary clusters: refusing it is Pod Security's task
        "--profiling=false",
        f"--audit-policy-file={AUDIT_POLICY}",
        f"--audit-log-path={paths.audit_log}",
        "--audit-log-maxsize=100",
        "--audit-log-maxbackup=5",
    )


def controller_manager(paths: Paths, _plan: NetworkPlan) -> Service:
    """The controllers, each with its own service account."""
    ca = paths.ca / "cluster-ca.crt"
    return _service(
        paths,
        "kube-controller-manager",
        *_kubeconfigs(paths, "controller-manager"),
        f"--root-ca-file={ca}",
        f"--cluster-signing-cert-file={ca}",
        f"--cluster-signing-key-file={ca.with_suffix('.key')}",
        f"--service-account-private-key-file={paths.certs / 'service-account.key'}",
        "--use-service-account-credentials=true",
        "--allocate-node-cidrs=false",
        "--profiling=false",
    )


def scheduler(paths: Paths, _plan: NetworkPlan) -> Service:
    """The scheduler."""
    return _service(paths, "kube-scheduler", *_kubeconfigs(paths, "scheduler"), "--profiling=false")


def kubelet(paths: Paths, plan: NetworkPlan) -> Service:
    """The node's agent."""
    return _service(
        paths,
        "kubelet",
        f"--kubeconfig={paths.config / 'kubelet.kubeconfig'}",
        f"--config={paths.config / 'kubelet.json'}",
        f"--root-dir={paths.kubelet}",
        f"--cert-dir={paths.kubelet / 'pki'}",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={plan.node_ip}",
    )


def proxy(paths: Paths, _plan: NetworkPlan) -> Service:
    """Service addresses."""
    return _service(paths, "kube-proxy", f"--config={paths.config / 'proxy.json'}")


def netpol(paths: Paths, plan: NetworkPlan) -> Service:
    """Enforcement of NetworkPolicy."""
    return _service(
        paths,
        "netpol",
        f"--kubeconfig={paths.config / 'netpol.kubeconfig'}",
        f"--node-name={NODE_NAME}",
        f"--service-cidr={plan.service_cidr}",
        # The controller lets every pod reach this machine's own listeners on node ports. kube-proxy turns node ports
        # into pod addresses before that rule, so nothing needs it: the narrowest range that it takes.
        "--node-ports=32766-32767",
    )


def provisioner(paths: Paths, _plan: NetworkPlan) -> Service:
    """Volumes of the StorageClass `tre-local`."""
    return _service(
        paths,
        "provisioner",
        f"--kubeconfig={paths.config / 'provisioner.kubeconfig'}",
        f"--root={paths.volumes}",
        f"--node-name={NODE_NAME}",
    )


CONTROLLERS: tuple[Callable[[Paths, NetworkPlan], Service], ...] = (controller_manager, scheduler)
# They need the rights that the add-ons' manifests give. The kubelet is last: on a restart, policy is enforced before it
# starts the pods that it finds.
NODE: tuple[Callable[[Paths, NetworkPlan], Service], ...] = (netpol, proxy, provisioner, kubelet)
ALL = (apiserver, *CONTROLLERS, *NODE)


def _service(paths: Paths, name: str, *flags: str) -> Service:
    return Service(name, (str(paths.bin / name), *flags))


def _kubeconfigs(paths: Paths, name: str) -> tuple[str, ...]:
    config = paths.config / f"{name}.kubeconfig"
    return (
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    )


def write_configuration(paths: Paths, plan: NetworkPlan) -> None:
    """Write the configuration files of the kubelet and of kube-proxy."""
    write(paths.config / "kubelet.json", json.dumps(kubelet_configuration(paths, plan), indent=1))
    write(paths.config / "proxy.json", json.dumps(proxy_configuration(paths, plan), indent=1))


def kubelet_configuration(paths: Paths, plan: NetworkPlan) -> dict[str, object]:
    """Configuration of the kubelet, for control groups v1 and v2 and with no init system."""
    cert, key = _pair(paths, "kubelet-server")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": plan.node_ip,
        "readOnlyPort": 0,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(paths.ca / "cluster-ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(cert),
        "tlsPrivateKeyFile": str(key),
        "clusterDomain": CLUSTER_DOMAIN,
        "clusterDNS": [plan.dns_ip],
        "resolvConf": "/etc/resolv.conf" if Path("/etc/resolv.conf").exists() else "",
        "containerRuntimeEndpoint": f"unix://{paths.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "featureGates": {"KubeletInUserNamespace": True},  # do not insist on writing the kernel's own settings
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "podPidsLimit": -1,
        "podLogsDir": str(paths.log / "pods"),
        "volumePluginDir": str(paths.kubelet / "volume-plugins"),
        "seccompDefault": True,
        "maxPods": 200,
        "serializeImagePulls": False,
        "maxParallelImagePulls": 2,
        "imageGCHighThresholdPercent": 100,  # images come from the cache, which only the user may empty
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "containerLogMaxSize": "20Mi",
        "runtimeRequestTimeout": "10m",
    }


def proxy_configuration(paths: Paths, plan: NetworkPlan) -> dict[str, object]:
    """Configuration of kube-proxy. Node ports answer on this machine only."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(paths.config / "proxy.kubeconfig")},
        "clusterCIDR": plan.pod_cidr,
        "hostnameOverride": NODE_NAME,
        "nodePortAddresses": [f"{plan.node_ip}/32", "127.0.0.0/8"],
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "conntrack": {"maxPerCore": 0},
    }

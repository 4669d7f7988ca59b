"""The pod of a notebook: a pure function of its plan. Pod Security ``restricted``, no token, no DNS, no secret."""

from typing import Any

from tre.spawner.plan import SessionPlan

USER = 1000
HOME = "/home/researcher"
SECRETS = "/var/run/tre"
PORT = 8888


def pod_name(person: str) -> str:
    """One name a person: two notebooks of one person cannot run at once."""
    return f"nb-{person}"


def build_pod(plan: SessionPlan) -> dict[str, Any]:
    """The manifest, as JSON values."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name(plan.person),
            "namespace": f"tre-p-{plan.project}",
            "labels": labels(plan),
            "annotations": {"tre/profile": plan.profile},
        },
        "spec": _spec(plan),
    }


def labels(plan: SessionPlan) -> dict[str, str]:
    """Ours, and the one by which KubeSpawner watches its pods."""
    return {
        "app.kubernetes.io/managed-by": "tre",
        "tre/project": plan.project,
        "tre/component": "notebook",
        "tre/person": plan.person,
        "tre/session": plan.session_id,
        "component": "singleuser-server",
    }


def _spec(plan: SessionPlan) -> dict[str, Any]:
    return {
        "serviceAccountName": "notebook",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 5,
        "dnsPolicy": "None",
        # A nameserver must be named; this one answers nobody.
        "dnsConfig": {"nameservers": ["127.0.0.1"], "options": [{"name": "attempts", "value": "1"}]},
        "hostAliases": [{"ip": alias.ip, "hostnames": list(alias.hostnames)} for alias in plan.host_aliases],
        "hostname": "workspace",
        "securityContext": {
            "runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [_claim(plan)],
        "containers": [_notebook(plan)],
        "volumes": _volumes(plan),
    }  # fmt: skip


def _security() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _claim(plan: SessionPlan) -> dict[str, Any]:
    """Fetches the credentials once, then holds the pod until the network policy is in force."""
    return {
        "name": "claim",
        "image": plan.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-I", "-m", "tre.spawner.claim"],
        "env": [
            {"name": "TRE_WORKSPACE_URL", "value": plan.workspace_url},
            {"name": "TRE_SESSION", "value": plan.session_id},
            # Not a secret: it is used up by the first claim, and only from this pod's own address.
            {"name": "TRE_NONCE", "value": plan.nonce},
        ],
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"cpu": "500m", "memory": "128Mi"},
        },
        "securityContext": _security(),
        "volumeMounts": [{"name": "session", "mountPath": SECRETS}],
    }


def _notebook(plan: SessionPlan) -> dict[str, Any]:
    return {
        "name": "notebook",
        "image": plan.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["jupyter", "lab", *_arguments(plan)],
        "workingDir": HOME,
        "env": environment(plan),
        "ports": [{"name": "notebook-port", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": f"{int(plan.cpu_request * 1000)}m", "memory": f"{plan.memory_request_mib}Mi"},
            "limits": {
                "cpu": f"{int(plan.cpu * 1000)}m",
                "memory": f"{plan.memory_mib}Mi",
                "ephemeral-storage": "4Gi",
            },
        },
        "securityContext": _security(),
        "volumeMounts": [
            {"name": "home", "mountPath": HOME},
            {"name": "session", "mountPath": SECRETS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # a volume of the pod's own
            {"name": "ca", "mountPath": "/etc/tre/ca", "readOnly": True},
        ],
    }


def _arguments(plan: SessionPlan) -> list[str]:
    """What depends on the session; everything else is the image's root-owned configuration."""
    return [
        "--no-browser",
        "--ServerApp.ip=0.0.0.0",
        f"--ServerApp.port={PORT}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.base_url=/user/{plan.person}/",
        f"--ServerApp.root_dir={HOME}",
        "--ServerApp.allow_remote_access=True",
        "--ServerApp.terminals_enabled=False",
        "--ServerApp.quit_button=False",
        "--ServerApp.trust_xheaders=False",
    ]


def environment(plan: SessionPlan) -> list[dict[str, str]]:
    """Places of files and names of things; never a secret."""
    values = {
        "AWS_CONFIG_FILE": f"{SECRETS}/aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": f"{SECRETS}/aws-credentials",
        "AWS_CA_BUNDLE": "/etc/tre/ca/ca.crt",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": HOME,
        "JUPYTER_TOKEN_FILE": f"{SECRETS}/notebook-token",
        "REQUESTS_CA_BUNDLE": "/etc/tre/ca/ca.crt",
        "SSL_CERT_FILE": "/etc/tre/ca/ca.crt",
        "TRE_PROJECT": plan.project,
        "TRE_WORKSPACE_FILE": f"{SECRETS}/workspace.json",
        "VAULT_CACERT": "/etc/tre/ca/ca.crt",
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def _volumes(plan: SessionPlan) -> list[dict[str, Any]]:
    return [
        {"name": "home", "persistentVolumeClaim": {"claimName": plan.home_claim}},
        {"name": "session", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}},
        {"name": "ca", "configMap": {"name": "tre-internal-ca", "defaultMode": 0o444}},
    ]

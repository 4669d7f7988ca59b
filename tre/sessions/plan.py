"""What a hub is told of a session that it may spawn, and what the session's pod finds in its files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tre.sessions.contracts import Credentials, WorkspaceFacts
from tre.sessions.models import WorkspaceSession
from tre.sessions.profiles import Profile

# Services of the platform's namespace that people's pods may reach (the flow table of the project decides).
_REACHED = ("minio", "openbao", "tre-workspace")


def host_aliases(facts: WorkspaceFacts) -> list[dict[str, Any]]:
    """Names of the few services a pod may reach: it has no DNS (design §5)."""
    return [
        {"ip": facts.addresses[name], "hostnames": [f"{name}.{facts.namespace}.svc", f"{name}.{facts.namespace}", name]}
        for name in _REACHED
        if name in facts.addresses
    ]


def spawn_plan(row: WorkspaceSession, profile: Profile, nonce: str, facts: WorkspaceFacts) -> dict[str, Any]:
    """The answer to the hub (docs/architecture.md, "A session, step by step", 3). The nonce is for one claim."""
    return {
        "session_id": row.id,
        "person": row.person_slug,
        "project": row.slug,
        "profile": profile.name,
        "image": row.image,
        "cpu": profile.cpu,
        "cpu_request": profile.cpu_request,
        "memory_mib": profile.memory_mib,
        "memory_request_mib": profile.memory_request_mib,
        "spark": profile.spark,
        "home_claim": f"home-{row.person_slug}",
        "host_aliases": host_aliases(facts),
        "nonce": nonce,
        "workspace_url": f"http://tre-workspace.{facts.namespace}.svc:8082/workspace/v1",
    }


def spark_files(key: Credentials, facts: WorkspaceFacts) -> dict[str, str]:
    """What a Spark server needs: where the data is, and its own key."""
    return {
        "aws-credentials": (
            f"[default]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret_key}\n"
        ),
        "aws-config": (
            f"[default]\nregion = {facts.s3_region}\nendpoint_url = https://{facts.s3_endpoint}\n"
            "ca_bundle = /etc/tre/ca/ca.crt\ns3 =\n    addressing_style = path\n"
        ),
    }


@dataclass(frozen=True)
class Handover:
    """What a notebook's pod is given, once."""

    key: Credentials
    tokens: Mapping[str, str]
    spark: str | None = None


def credential_files(row: WorkspaceSession, handover: Handover, facts: WorkspaceFacts) -> dict[str, str]:
    """File name -> content, for the pod's memory volume; nothing of it is kept here."""
    key, endpoint = handover.key, f"https://{facts.s3_endpoint}"
    workspace: dict[str, Any] = {
        "project": row.slug,
        "person": row.person_slug,
        "session": row.id,
        "profile": row.profile,
        "s3": {
            "endpoint": endpoint,
            "region": facts.s3_region,
            "inputs": f"tre-{row.slug}-inputs",
            "work": f"tre-{row.slug}-work",
        },
        "vault": {"addr": facts.vault_addr, "path": f"tre-kv/data/{row.slug}/shared"},
        "api": f"http://tre-workspace.{facts.namespace}.svc:8082/workspace/v1",
        "ca": "/etc/tre/ca/ca.crt",
    }
    if handover.spark:
        workspace["spark"] = handover.spark
    s3 = {**workspace["s3"], "access_key": key.access_key, "secret_key": key.secret_key}
    return {
        "workspace.json": json.dumps(workspace, indent=1),
        "s3.json": json.dumps(s3, indent=1),
        **spark_files(key, facts),
        **handover.tokens,
    }

"""A session that the control plane allows: what the hub may spawn. Nothing in it comes from the person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tre.core.errors import Unavailable

_DIGEST = re.compile(r"^[A-Za-z0-9._:/-]+@sha256:[0-9a-f]{64}$")
_ID = re.compile(r"^ses-[0-9a-z]{26}$")


@dataclass(frozen=True)
class HostAlias:
    """One service by name: pods have no DNS."""

    ip: str
    hostnames: tuple[str, ...]


@dataclass(frozen=True)
class SessionPlan:
    """The control plane's answer to "may this person start a notebook?" (docs/architecture.md, step 3)."""

    session_id: str
    person: str
    project: str
    profile: str
    image: str
    cpu: float
    cpu_request: float
    memory_mib: int
    memory_request_mib: int
    home_claim: str
    host_aliases: tuple[HostAlias, ...]
    nonce: str
    workspace_url: str
    spark: bool = False


def read_plan(answer: Mapping[str, Any], project: str, person: str) -> SessionPlan:
    """The plan in an answer; raises Unavailable ``plan-invalid`` for an empty, foreign or incomplete one."""
    try:
        plan = SessionPlan(
            session_id=str(answer["session_id"]),
            person=str(answer["person"]),
            project=str(answer["project"]),
            profile=str(answer["profile"]),
            image=str(answer["image"]),
            cpu=float(answer["cpu"]),
            cpu_request=float(answer["cpu_request"]),
            memory_mib=int(answer["memory_mib"]),
            memory_request_mib=int(answer["memory_request_mib"]),
            home_claim=str(answer["home_claim"]),
            host_aliases=tuple(
                HostAlias(str(a["ip"]), tuple(map(str, a["hostnames"]))) for a in answer["host_aliases"]
            ),
            nonce=str(answer["nonce"]),
            workspace_url=str(answer["workspace_url"]),
            spark=bool(answer.get("spark", False)),
        )
    except (KeyError, TypeError, ValueError) as cause:
        raise _refuse("is incomplete") from cause
    if plan.project != project or plan.person != person or plan.home_claim != f"home-{person}":
        raise _refuse("is for somebody else")
    if not _DIGEST.match(plan.image) or not _ID.match(plan.session_id) or not plan.nonce or not plan.host_aliases:
        raise _refuse("names no digest, session, nonce or services")
    return plan


def _refuse(what: str) -> Unavailable:
    return Unavailable(
        "plan-invalid", f"The control plane's answer {what}; nothing was started.", "Try again, then ask."
    )

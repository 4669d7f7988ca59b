"""The API server's audit log, project namespaces: what the hub made, and what anybody did there directly.

The cluster's own controllers, its nodes and our worker are left out: what they do follows from recorded requests.
"""

import re
from typing import Any

from tre.audit.events import Json, Outcome
from tre.audit.sources.told import SESSION, Told, clean, read_time

_NAMESPACE = re.compile(r"^tre-p-([a-z0-9][a-z0-9-]{0,29})$")
_READS = {"get", "list", "watch"}
_OURS = re.compile(r"^system:serviceaccount:tre-system:")
_CLUSTER = re.compile(r"^(system:node:|system:kube-|system:apiserver|system:serviceaccount:kube-system:|tre:netpol$)")
_PERSON_POD = re.compile(r"^(?:nb|spark)-([a-z0-9-]{1,40})$")


def parse(entry: dict[str, Any]) -> Told | None:
    """Direct access by anyone outside the platform, refused or not, and the hub's changes."""
    reference = entry.get("objectRef") or {}
    namespace = _NAMESPACE.match(str(reference.get("namespace", "")))
    user = str((entry.get("user") or {}).get("username", ""))
    if namespace is None or entry.get("stage") != "ResponseComplete" or _CLUSTER.match(user):
        return None
    if _OURS.match(user) and "impersonatedUser" not in entry:
        return None
    hub = user == f"system:serviceaccount:{namespace.group()}:hub"
    if hub and entry["verb"] in _READS:
        return None
    status = int((entry.get("responseStatus") or {}).get("code", 0))
    detail = _detail(entry, reference, user, status)
    if not hub:
        detail["direct"] = True
    session = _session(entry)
    action = f"k8s.{clean(reference.get('subresource') or entry['verb'], 20)}"
    outcome: Outcome = "success" if status < 400 else "refused"
    sources = entry.get("sourceIPs") or [None]
    at = read_time(entry["requestReceivedTimestamp"])
    return Told(action, at, session, namespace.group(1), outcome, clean(sources[0], 64), detail)


def _detail(entry: dict[str, Any], reference: dict[str, Any], user: str, status: int) -> dict[str, Json]:
    detail: dict[str, Json] = {
        "verb": clean(entry["verb"], 20),
        "resource": clean(reference.get("resource", ""), 60),
        "name": clean(reference.get("name", ""), 120),
        "by": clean(user, 120),
        "status": status,
        "request": clean(entry.get("auditID", ""), 40),
    }
    if person := _PERSON_POD.match(str(reference.get("name", ""))):
        detail["person"] = person.group(1)
    return detail


def _session(entry: dict[str, Any]) -> str | None:
    labels = ((entry.get("requestObject") or {}).get("metadata") or {}).get("labels") or {}
    session = str(labels.get("tre/session", ""))
    return session if SESSION.match(session) else None

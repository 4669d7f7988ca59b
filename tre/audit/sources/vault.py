"""OpenBao's audit file: which secret a session's token read, and who touched a project's secrets without being one.

Vault has hashed every value in it already; the token's session is in the metadata that it was made with.
"""

import re
from typing import Any

from tre.audit.events import Json, Outcome
from tre.audit.sources.told import SESSION, Told, clean, read_time

_SECRET = re.compile(r"^tre-kv/(?:data|metadata)/([a-z0-9-]{1,40})/")
_OURS = {"tre-control", "tre-worker", "tre-setup", "tre-kes-bridge"}


def parse(entry: dict[str, Any]) -> Told | None:
    """Answers are told, questions are not: each call has both."""
    if entry.get("type") != "response":
        return None
    auth, request = entry.get("auth") or {}, entry["request"]
    metadata = auth.get("metadata") or {}
    session = str(metadata.get("tre-session", ""))
    path = _SECRET.match(str(request.get("path", "")))
    if not SESSION.match(session):
        if path is None or metadata.get("role") in _OURS:
            return None
        session = ""
    detail: dict[str, Json] = {"path": clean(request.get("path", ""), 200), "request": clean(request.get("id", ""), 40)}
    if not session:
        detail["by"] = clean(auth.get("display_name", ""), 120)
    project = path.group(1) if path else metadata.get("tre-project")
    outcome: Outcome = "refused" if entry.get("error") else "success"
    action = f"vault.{clean(request.get('operation', 'other'), 20)}"
    address = clean(request["remote_address"], 64) if request.get("remote_address") else None
    return Told(action, read_time(entry["time"]), session or None, project, outcome, address, detail)

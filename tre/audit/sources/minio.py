"""MinIO's audit webhook: which object and version, how many bytes, by which session's key (``s-<session>``)."""

import re
from typing import Any

from tre.audit.events import Json, Outcome
from tre.audit.sources.told import SESSION, Told, clean, read_time

_BUCKET = re.compile(r"^tre-([a-z0-9][a-z0-9-]{0,29})-(inputs|work|quarantine|released)$")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]{1,128})/")
_VERBS = {
    "GetObject": "get", "HeadObject": "head", "PutObject": "put", "CopyObject": "put", "CompleteMultipartUpload": "put",
    "DeleteObject": "delete", "DeleteMultipleObjects": "delete", "ListObjectsV1": "list", "ListObjectsV2": "list",
}  # fmt: skip
_PARTS = {"NewMultipartUpload", "PutObjectPart", "AbortMultipartUpload"}  # told by the upload's completion


def parse(entry: dict[str, Any]) -> Told | None:
    """What a session did, or what anybody but the platform did in a project's buckets."""
    api, key = entry["api"], _key(entry)
    bucket = _BUCKET.match(str(api.get("bucket", "")))
    session = key.removeprefix("s-") if SESSION.match(key.removeprefix("s-")) and key.startswith("s-") else None
    if session is None and (bucket is None or not key.startswith("s-")):
        return None  # the platform's own work is in the log already, by whom it was done for
    if api.get("name") in _PARTS and api.get("statusCode") == 200:
        return None
    status = int(api.get("statusCode", 0))
    project = bucket.group(1) if bucket else None
    outcome: Outcome = "success" if status < 400 else "refused"
    action = f"s3.{_VERBS.get(str(api.get('name')), 'other')}"
    return Told(action, read_time(entry["time"]), session, project, outcome, _address(entry), _detail(entry, api))


def _key(entry: dict[str, Any]) -> str:
    """The access key; of a key that is not known MinIO tells only what the request claimed."""
    claimed = _CREDENTIAL.search(str((entry.get("requestHeader") or {}).get("Authorization", "")))
    return str(entry.get("accessKey") or (claimed.group(1) if claimed else ""))


def _address(entry: dict[str, Any]) -> str | None:
    return clean(entry["remotehost"], 64) if entry.get("remotehost") else None


def _detail(entry: dict[str, Any], api: dict[str, Any]) -> dict[str, Json]:
    headers = entry.get("responseHeader") or {}
    query = entry.get("requestQuery") or {}
    version = headers.get("x-amz-version-id") or headers.get("X-Amz-Version-Id") or query.get("versionId")
    detail: dict[str, Json] = {
        "bucket": clean(api.get("bucket", ""), 80),
        "object": clean(api.get("object", "")),
        "read": int(api.get("tx", 0)),
        "written": int(api.get("rx", 0)),
        "status": int(api.get("statusCode", 0)),
        "request": clean(entry.get("requestID", ""), 40),
    }
    if version:
        detail["version"] = clean(version, 80)
    return detail

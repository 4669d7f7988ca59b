"""What every bucket is set to, from one administration call: MinIO's export of bucket metadata, a zip of small files.

MinIO alone has this call; another S3 server would be asked bucket by bucket behind the same function.
"""

import io
import json
import zipfile
from collections.abc import Callable

from minio.commonconfig import COMPLIANCE, ENABLED
from minio.objectlockconfig import ObjectLockConfig
from minio.sseconfig import SSEConfig
from minio.versioningconfig import VersioningConfig
from minio.xml import unmarshal

# a bucket of ours has none of these: each is a way for objects to leave or to vanish
ABSENT = {"policy": "none", "notification": "none", "lifecycle": "none", "replication": "none"}
State = dict[str, str]


def _versioning(text: str) -> str:
    return "on" if unmarshal(VersioningConfig, text).status == ENABLED else "off"


def _encryption(text: str) -> str:
    return unmarshal(SSEConfig, text).rule.kms_master_key_id or "default key"


def _lock(text: str) -> str:
    config = unmarshal(ObjectLockConfig, text)
    return lock_name(config.mode == COMPLIANCE, config.duration or 0)


def lock_name(compliance: bool, days: int) -> str:
    """One spelling for one lock."""
    return f"{'compliance' if compliance else 'governance'} {days} d" if days else "unset"


def _quota(text: str) -> str:
    held = json.loads(text) or {}
    return str(held.get("quota") or held.get("size") or 0)


def _notification(text: str) -> str:
    marks = ("QueueConfiguration", "TopicConfiguration", "CloudFunctionConfiguration")
    return "present" if any(mark in text for mark in marks) else "none"


def _targets(text: str) -> str:
    # the server names this file .json and writes XML
    return "none" if text.strip() in {"", "<BucketTargets></BucketTargets>"} else "present"


def _present(_text: str) -> str:
    return "present"


_READERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "versioning.xml": ("versioning", _versioning), "bucket-encryption.xml": ("encryption", _encryption),
    "object-lock.xml": ("lock", _lock), "quota.json": ("quota", _quota), "policy.json": ("policy", _present),
    "notification.xml": ("notification", _notification), "lifecycle.xml": ("lifecycle", _present),
    "replication.xml": ("replication", _present), "bucket-targets.json": ("replication", _targets),
}  # fmt: skip


def read_export(archive: bytes) -> dict[str, State]:
    """Bucket → what it is set to."""
    found: dict[str, State] = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        for path in files.namelist():
            bucket, _, name = path.partition("/")
            state = found.setdefault(bucket, {"versioning": "off", "encryption": "none", "lock": "none", "quota": "0",
                                              **ABSENT})  # fmt: skip
            if name in _READERS:
                field, read = _READERS[name]
                value = read(files.read(path).decode())
                if state[field] in {"none", "0", "off"}:  # replication is told by two files
                    state[field] = value
    return found

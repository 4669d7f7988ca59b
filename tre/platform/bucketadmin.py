"""Administration of the object store behind a small interface, so that another S3 server can be added (design §6)."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from minio import Minio, MinioAdmin
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import MinioAdminException, S3Error
from minio.objectlockconfig import DAYS, ObjectLockConfig
from minio.sseconfig import Rule, SSEConfig
from minio.versioningconfig import VersioningConfig

from tre.core.errors import Conflict, Unavailable
from tre.platform.bucketstate import ABSENT, State, lock_name, read_export
from tre.platform.s3errors import translated

Differences = dict[str, tuple[str, str]]
_GONE = ("XMinioAdminNoSuchUser", "XMinioAdminNoSuchPolicy", "404")


class _Export:
    """A command in the shape that the SDK's request method takes."""

    value = "export-bucket-metadata"


@dataclass(frozen=True)
class BucketSettings:
    """What a bucket must be. ``lock_days`` None: no object lock; ``compliance``: a lock that nobody can lift."""

    name: str
    versioned: bool
    key: str
    lock_days: int | None = None
    compliance: bool = False
    quota_bytes: int | None = None


def _says(error: MinioAdminException, *marks: str) -> bool:
    text = " ".join(str(part) for part in error.args) + str(error)
    return any(mark in text for mark in marks)


class BucketAdmin:
    """Buckets, policies, users and keys of the object store. Everything is idempotent."""

    def __init__(self, client: Minio, admin: MinioAdmin) -> None:
        self._client = client
        self._admin = admin

    # --- keys
    def ensure_key(self, name: str) -> None:
        """Make the key that encrypts buckets; the bridge makes it in Vault transit."""
        with translated(f"make key {name}"):
            try:
                self._admin.kms_key_create(key=name)
            except MinioAdminException as error:
                if not _says(error, "AlreadyExists", "already exists", "already exits", "kms:KeyAlreadyExists"):
                    raise

    # --- buckets
    def ensure_bucket(self, wanted: BucketSettings) -> None:
        """Make the bucket and its settings equal to ``wanted``; raises Conflict when the lock cannot be added later."""
        with translated(f"make bucket {wanted.name}"):
            try:
                self._client.make_bucket(bucket_name=wanted.name, object_lock=wanted.lock_days is not None)
            except S3Error as error:
                if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                    raise
        for field_name in self.bucket_differences(wanted):
            self._repair(wanted, field_name)

    def _repair(self, wanted: BucketSettings, field_name: str) -> None:
        name = wanted.name
        with translated(f"set {field_name} of {name}"):
            if field_name == "versioning":
                self._client.set_bucket_versioning(bucket_name=name, config=VersioningConfig(ENABLED))
            elif field_name == "encryption":
                rule = SSEConfig(Rule.new_sse_kms_rule(wanted.key))
                self._client.set_bucket_encryption(bucket_name=name, config=rule)
            elif field_name == "lock":
                mode = COMPLIANCE if wanted.compliance else GOVERNANCE
                config = ObjectLockConfig(mode, wanted.lock_days, DAYS)
                self._client.set_object_lock_config(bucket_name=name, config=config)
            elif field_name == "policy":
                self._client.delete_bucket_policy(bucket_name=name)
            elif field_name == "quota":
                self._admin.bucket_quota_set(bucket=name, size=wanted.quota_bytes or 0)
            elif field_name == "notification":
                self._client.delete_bucket_notification(bucket_name=name)
            elif field_name == "lifecycle":
                self._client.delete_bucket_lifecycle(bucket_name=name)
            elif field_name == "replication":
                self._client.delete_bucket_replication(bucket_name=name)
            else:
                raise Conflict("bucket-absent", f"Bucket {name} is not there.", "Look at the object store.")

    def states(self, bucket: str = "") -> dict[str, State]:
        """What every bucket (or one) is set to, in one call."""
        with translated("look at buckets"):
            # the SDK has no method for this call; its signed request is used as it is
            query: dict[str, Any] | None = {"bucket": bucket} if bucket else None
            answer = self._admin._url_open(method="GET", command=cast(Any, _Export), query_params=query)
        return read_export(answer.data)

    def bucket_differences(self, wanted: BucketSettings, states: dict[str, State] | None = None) -> Differences:
        """Field → (wanted, found) where the bucket is not as wanted; ``{"bucket": …}`` when it is absent."""
        if states is None:
            with translated(f"look at bucket {wanted.name}"):
                there = self._client.bucket_exists(bucket_name=wanted.name)
            states = self.states(wanted.name) if there else {}
        found = states.get(wanted.name)
        if found is None:
            return {"bucket": ("present", "absent")}
        expected = {
            "versioning": "on" if wanted.versioned else "off",
            "encryption": wanted.key,
            "lock": "none" if wanted.lock_days is None else lock_name(wanted.compliance, wanted.lock_days),
            "quota": str(wanted.quota_bytes or 0),
            **ABSENT,
        }
        return {name: (value, found[name]) for name, value in expected.items() if found[name] != value}

    def buckets(self, prefix: str) -> list[str]:
        """Names of the buckets that begin with ``prefix``."""
        with translated("list buckets"):
            return [b.name for b in self._client.list_buckets() if b.name.startswith(prefix)]

    def destroy_bucket(self, name: str) -> None:
        """Remove every version and marker, then the bucket. Governance locks are lifted; compliance locks refuse."""
        with translated(f"destroy bucket {name}"):
            if not self._client.bucket_exists(bucket_name=name):
                return
            versions = self._client.list_objects(bucket_name=name, recursive=True, include_version=True)
            doomed = (DeleteObject(o.object_name, o.version_id) for o in versions)
            errors = list(
                self._client.remove_objects(bucket_name=name, delete_object_list=doomed, bypass_governance_mode=True)
            )
            if errors:
                raise Conflict("bucket-locked", f"{len(errors)} versions of {name} are locked.", "Wait for their term.")
            self._client.remove_bucket(bucket_name=name)

    def versions_left(self, name: str) -> int:
        """How many versions and markers the bucket holds; 0 when it is gone."""
        with translated(f"count {name}"):
            if not self._client.bucket_exists(bucket_name=name):
                return 0
            return sum(1 for _ in self._client.list_objects(bucket_name=name, recursive=True, include_version=True))

    # --- policies
    def ensure_policy(self, name: str, document: str) -> None:
        """Make the named policy hold exactly this document."""
        with translated(f"write policy {name}"):
            self._admin.policy_add(policy_name=name, policy=json.loads(document))

    def policies(self) -> dict[str, Any]:
        """Every policy with its document, in one call."""
        with translated("list policies"):
            return dict(json.loads(self._admin.policy_list() or "{}"))

    def policy(self, name: str) -> Any:
        """The policy's document, or None."""
        with translated(f"read policy {name}"):
            try:
                return json.loads(self._admin.policy_info(policy_name=name))
            except MinioAdminException as error:
                if _says(error, *_GONE):
                    return None
                raise

    def delete_policy(self, name: str) -> None:
        """Remove the policy."""
        with translated(f"remove policy {name}"):
            try:
                self._admin.policy_remove(policy_name=name)
            except MinioAdminException as error:
                if not _says(error, *_GONE):
                    raise

    # --- users
    def create_user(self, name: str, policy: str) -> tuple[str, str]:
        """A new user with a random secret and one policy; raises Conflict ``s3-user-exists``.

        Without its policy the user can do nothing, and it is removed again when the policy cannot be attached.
        """
        if name in self.users():
            raise Conflict("s3-user-exists", "This session has its S3 user already.", "Start a new session.")
        secret = secrets.token_urlsafe(30)
        with translated("make a session's user"):
            self._admin.user_add(access_key=name, secret_key=secret)
        try:
            with translated("attach the session's policy"):
                self._attach(name, policy)
        except Unavailable:
            self.delete_user(name)
            raise
        return name, secret

    def _attach(self, name: str, policy: str) -> None:
        try:
            self._admin.attach_policy(policies=[policy], user=name)
        except MinioAdminException as error:
            if not _says(error, "XMinioAdminPolicyChangeAlreadyApplied"):
                raise

    def delete_user(self, name: str) -> None:
        """Remove a user with every key it may have made."""
        with translated("remove a session's user"):
            try:
                self._admin.user_remove(access_key=name)
            except MinioAdminException as error:
                if not _says(error, *_GONE):
                    raise

    def users(self) -> dict[str, list[str]]:
        """User name → names of its policies."""
        with translated("list users"):
            listed = json.loads(self._admin.user_list() or "{}")
        return {name: _policies(entry) for name, entry in listed.items()}


def _policies(entry: dict[str, Any]) -> list[str]:
    names: Iterable[str] = (entry.get("policyName") or "").split(",")
    return [name for name in names if name]

"""S3 for the control plane: objects here, buckets and users in ``bucketadmin`` (design §6)."""

import builtins
import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import urllib3
from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.deleteobjects import DeleteObject

from tre.core.errors import Conflict, Temporary, TooLarge
from tre.core.settings import Settings
from tre.platform.bucketadmin import BucketAdmin
from tre.platform.s3errors import translated

_CHUNK = 1 << 20
_PART = 16 << 20  # of an upload whose size is not known beforehand


@dataclass(frozen=True)
class ObjectInfo:
    """One object version as a listing shows it."""

    key: str
    size: int
    version_id: str | None
    modified: datetime | None


@dataclass(frozen=True)
class Pinned:
    """The exact bytes that were copied: their hash was taken while they were read, once."""

    sha256: str
    size: int
    version_id: str


@dataclass(frozen=True)
class S3Credentials:
    """A session's key pair. The secret never shows in a repr, so that no log line can hold it."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class S3Access:
    """Where the object store is, and the platform's own key pair."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "eu-local-1"
    secure: bool = True
    ca_file: Path | None = None


class _HashingReader(io.RawIOBase):
    """Hands bytes on and hashes them; refuses to go past ``limit``."""

    def __init__(self, source: Iterator[bytes], limit: int) -> None:
        self._source, self._limit, self._rest = source, limit, b""
        self.digest, self.size = hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, got = [self._rest], len(self._rest)
        while size < 0 or got < size:
            chunk = next(self._source, b"")
            if not chunk:
                break
            parts.append(chunk)
            got += len(chunk)
        data = b"".join(parts)
        out, self._rest = (data, b"") if size < 0 else (data[:size], data[size:])
        self.digest.update(out)
        self.size += len(out)
        if self.size > self._limit:
            raise TooLarge("object-too-large", f"The file is over {self._limit} bytes.", "Export a smaller file.")
        return out


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _at(info: ObjectInfo) -> datetime:
    return info.modified or _LONG_AGO


class ObjectStore:
    """The object store as the control plane uses it. Raises TreError subclasses only.

    ``admin`` makes buckets, policies and session users; they are offered here too, by the names of the contract.
    """

    def __init__(self, access: S3Access, session_policy_for: str = "tre-{slug}-session") -> None:
        timeout = urllib3.Timeout(connect=3, read=30)
        ca_file = str(access.ca_file) if access.ca_file and access.secure else None
        retries = urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504])
        pool = urllib3.PoolManager(
            timeout=timeout, maxsize=16, retries=retries, cert_reqs="CERT_REQUIRED", ca_certs=ca_file
        )
        self._client = Minio(
            endpoint=access.endpoint, access_key=access.access_key, secret_key=access.secret_key,
            secure=access.secure, region=access.region, http_client=pool,
        )  # fmt: skip
        admin = MinioAdmin(
            endpoint=access.endpoint, credentials=StaticProvider(access.access_key, access.secret_key),
            secure=access.secure, region=access.region, http_client=pool,
        )  # fmt: skip
        self.admin = BucketAdmin(self._client, admin)
        self._session_policy = session_policy_for

    @classmethod
    def from_settings(cls, settings: Settings) -> "ObjectStore":
        """The store that the settings name."""
        return cls(
            S3Access(
                settings.s3_endpoint, settings.s3_access_key.get_secret_value(),
                settings.s3_secret_key.get_secret_value(), settings.s3_region, settings.s3_secure,
                settings.internal_ca_file,
            )
        )  # fmt: skip

    # --- a session's user
    def create_session_user(self, slug: str, session_id: str) -> S3Credentials:
        """A user of its own for one session, with the project's session policy; raises Conflict when it exists."""
        access_key, secret = self.admin.create_user(f"s-{session_id}", self._session_policy.format(slug=slug))
        return S3Credentials(access_key, secret)

    def delete_session_user(self, session_id: str) -> None:
        """Remove the user; its key is dead at once. Idempotent."""
        self.admin.delete_user(f"s-{session_id}")

    def session_users(self) -> set[str]:
        """Ids of the sessions that have a user now."""
        return {name[2:] for name in self.admin.users() if name.startswith("s-")}

    # --- objects
    def put(self, bucket: str, key: str, data: bytes | BinaryIO, size: int | None = None) -> str:
        """Store one object; returns its version id ("" in an unversioned bucket)."""
        stream: BinaryIO = io.BytesIO(data) if isinstance(data, bytes) else data
        length = len(data) if isinstance(data, bytes) else size
        with translated(f"write {bucket}"):
            written = self._client.put_object(
                bucket_name=bucket, object_name=key, data=stream, length=-1 if length is None else length,
                part_size=_PART if length is None else 0,
            )  # fmt: skip
        return written.version_id or ""

    def get(self, bucket: str, key: str, version_id: str | None = None, max_bytes: int = 64 << 20) -> bytes:
        """The object's bytes; raises TooLarge rather than read more than ``max_bytes``."""
        reader = _HashingReader(self.stream(bucket, key, version_id), max_bytes)
        return reader.read()

    def stream(self, bucket: str, key: str, version_id: str | None = None) -> Iterator[bytes]:
        """The object's bytes in chunks; the connection is released when the iterator ends."""
        with translated(f"read {bucket}"):
            response = self._client.get_object(bucket_name=bucket, object_name=key, version_id=version_id)
            with closing(response):
                yield from response.stream(_CHUNK)

    def stat(self, bucket: str, key: str, version_id: str | None = None) -> ObjectInfo:
        """Size, version and date of one object."""
        with translated(f"look at {bucket}"):
            found = self._client.stat_object(bucket_name=bucket, object_name=key, version_id=version_id)
        return ObjectInfo(key, found.size or 0, found.version_id, found.last_modified)

    def list(self, bucket: str, prefix: str = "") -> list[ObjectInfo]:
        """Current versions under ``prefix``, by key."""
        with translated(f"list {bucket}"):
            found = self._client.list_objects(bucket_name=bucket, prefix=prefix, recursive=True, include_version=True)
            return [
                ObjectInfo(o.object_name, o.size or 0, o.version_id, o.last_modified)
                for o in found
                if str(o.is_latest).lower() == "true" and not o.is_delete_marker
            ]  # fmt: skip

    def originals(self, bucket: str, prefix: str = "") -> builtins.list[ObjectInfo]:
        """The first version of every key under ``prefix``, by key, whatever was written or "deleted" over it since:
        what a locked bucket was given at first."""
        with translated(f"list {bucket}"):
            found = self._client.list_objects(bucket_name=bucket, prefix=prefix, recursive=True, include_version=True)
            first: dict[str, ObjectInfo] = {}
            for o in found:
                info = ObjectInfo(o.object_name, o.size or 0, o.version_id, o.last_modified)
                known = first.get(info.key)
                if not o.is_delete_marker and (known is None or _at(info) < _at(known)):
                    first[info.key] = info
        return [first[key] for key in sorted(first)]

    def pin(self, src_bucket: str, key: str, dst_bucket: str, dst_key: str, max_bytes: int) -> Pinned:
        """Copy the bytes read once, hashing them on the way, so that what is hashed is what is stored (design §7).

        Raises TooLarge over ``max_bytes`` and Conflict when the file changed while it was read; nothing is kept then.
        """
        size = self.stat(src_bucket, key).size
        if size > max_bytes:
            raise TooLarge("object-too-large", f"The file is over {max_bytes} bytes.", "Export a smaller file.")
        reader = _HashingReader(self.stream(src_bucket, key), max_bytes + 1)
        try:
            version = self.put(dst_bucket, dst_key, reader, size)  # type: ignore[arg-type]  # only read() is used
        except (OSError, Temporary) as error:
            raise Temporary("pin-failed", "The file could not be copied.", "Submit again.") from error
        if reader.size != size or reader.read(1):
            self.remove(dst_bucket, dst_key, version or None)
            raise Conflict("file-changed", "The file changed while it was being copied.", "Submit again.")
        return Pinned(reader.digest.hexdigest(), size, version)

    def remove(self, bucket: str, key: str, version_id: str | None = None) -> None:
        """Remove one object, or one version of it, past a governance lock. Idempotent."""
        with translated(f"remove from {bucket}"):
            errors = list(
                self._client.remove_objects(
                    bucket_name=bucket, delete_object_list=[DeleteObject(key, version_id)], bypass_governance_mode=True
                )
            )
        if errors:
            raise Conflict("object-locked", f"An object of {bucket} is locked.", "Wait for the end of its retention.")

    def ready(self) -> None:
        """Raises Temporary when the object store does not answer."""
        with translated("list buckets"):
            self._client.list_buckets()

"""A log with a real locked bucket, sealed when the test says so."""

from datetime import UTC, datetime, timedelta

from minio import Minio

from tests.services.minio import MinioServer
from tests.unit.audit.test_verify import KEY
from tre.audit.seal import BUCKET
from tre.platform.objectstore import ObjectStore, S3Access


class Keyring:
    """The public half of Vault."""

    def public_keys(self, key: str) -> list[bytes]:
        return [KEY.public_key]


class Ticking:
    """Ten seconds pass between two looks, so that each tick signs."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        return self.now


def empty_audit_bucket(minio: MinioServer) -> ObjectStore:
    """The object store with an empty, lockable audit bucket."""
    client = Minio(
        endpoint=minio.endpoint, access_key=minio.access_key, secret_key=minio.secret_key, secure=False,
        region=minio.region,
    )  # fmt: skip
    if not client.bucket_exists(bucket_name=BUCKET):
        client.make_bucket(bucket_name=BUCKET, object_lock=True)
    for found in client.list_objects(bucket_name=BUCKET, recursive=True, include_version=True):
        client.remove_object(bucket_name=BUCKET, object_name=found.object_name, version_id=found.version_id)
    return ObjectStore(S3Access(minio.endpoint, minio.access_key, minio.secret_key, minio.region, secure=False))

"""The object store's adapter on a real MinIO whose keys are in a real OpenBao."""

import hashlib
import json
import uuid
from pathlib import Path

import pytest
from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.credentials.providers import AssumeRoleProvider, StaticProvider
from minio.error import MinioAdminException, S3Error
from minio.lifecycleconfig import Expiration, LifecycleConfig
from minio.lifecycleconfig import Rule as LifecycleRule

from tests.services.minio import MinioServer
from tre.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, TreError
from tre.platform.bucketadmin import BucketSettings
from tre.platform.objectstore import ObjectInfo, ObjectStore, S3Access
from tre.platform.vault import Vault
from tre.projects.desired.spec import Desired, ProjectSpec
from tre.projects.desired.storage import build_buckets, build_vault
from tre.projects.reconciler.objectstore import ObjectStoreProvider

pytestmark = pytest.mark.integration


@pytest.fixture
def slug(store: ObjectStore, vault: Vault) -> str:
    """A project with its buckets."""
    name = f"p{uuid.uuid4().hex[:8]}"
    ObjectStoreProvider(store).ensure_plan(build_buckets(ProjectSpec(name, "")))
    return name


def session_store(store: ObjectStore, server: MinioServer, slug: str, session: str) -> ObjectStore:
    keys = store.create_session_user(slug, session)
    return ObjectStore(S3Access(server.endpoint, keys.access_key, keys.secret_key, server.region, secure=False))


def test_what_is_written_is_read_back_by_version(store: ObjectStore, slug: str) -> None:
    first = store.put(f"tre-{slug}-quarantine", "a/b.csv", b"one")
    second = store.put(f"tre-{slug}-quarantine", "a/b.csv", b"two")
    assert first != second
    assert store.get(f"tre-{slug}-quarantine", "a/b.csv", first) == b"one"
    assert store.get(f"tre-{slug}-quarantine", "a/b.csv") == b"two"
    listed = store.list(f"tre-{slug}-quarantine", "a/")
    assert [(o.key, o.size, o.version_id) for o in listed] == [("a/b.csv", 3, second)]


def test_pinned_bytes_are_those_that_were_hashed(store: ObjectStore, slug: str) -> None:
    data = bytes(range(256)) * 40_000  # over one part and over one chunk
    store.put(f"tre-{slug}-work", "out.bin", data)
    pinned = store.pin(f"tre-{slug}-work", "out.bin", f"tre-{slug}-quarantine", "req/fil", max_bytes=len(data))
    store.put(f"tre-{slug}-work", "out.bin", b"changed after submission")
    assert pinned.sha256 == hashlib.sha256(data).hexdigest()
    assert store.get(f"tre-{slug}-quarantine", "req/fil", pinned.version_id) == data


def test_a_file_over_the_limit_is_refused_and_nothing_is_kept(store: ObjectStore, slug: str) -> None:
    store.put(f"tre-{slug}-work", "big", b"x" * 101)
    with pytest.raises(TooLarge):
        store.pin(f"tre-{slug}-work", "big", f"tre-{slug}-quarantine", "k", max_bytes=100)
    assert store.list(f"tre-{slug}-quarantine") == []
    with pytest.raises(TooLarge):
        store.get(f"tre-{slug}-work", "big", max_bytes=100)


@pytest.mark.requirement("E20")
@pytest.mark.parametrize("size_seen", [3, 12])
def test_a_file_that_changes_while_it_is_pinned_is_refused_and_nothing_is_kept(
    store: ObjectStore, slug: str, monkeypatch: pytest.MonkeyPatch, size_seen: int
) -> None:
    store.put(f"tre-{slug}-work", "moving", b"now longer")
    monkeypatch.setattr(store, "stat", lambda _bucket, key: ObjectInfo(key, size_seen, None, None))
    with pytest.raises(TreError):
        store.pin(f"tre-{slug}-work", "moving", f"tre-{slug}-quarantine", "k", max_bytes=1000)
    assert store.list(f"tre-{slug}-quarantine") == []


def test_an_absent_object_is_not_found(store: ObjectStore, slug: str) -> None:
    with pytest.raises(NotFound):
        store.get(f"tre-{slug}-work", "nothing")


def test_quota_is_enforced_or_named(store: ObjectStore, slug: str) -> None:
    wanted = BucketSettings(f"tre-{slug}-work", versioned=False, key=f"p-{slug}", quota_bytes=50 << 30)
    assert store.admin.bucket_differences(wanted) == {}
    assert "quota" in store.admin.bucket_differences(BucketSettings(**{**vars(wanted), "quota_bytes": 5}))


def test_ensure_twice_and_drift_and_destroy(store: ObjectStore, slug: str) -> None:
    provider, plan = ObjectStoreProvider(store), build_buckets(ProjectSpec(slug, ""))
    desired = Desired(slug, (), plan, build_vault(ProjectSpec(slug, "")))
    provider.ensure(desired)
    assert provider.drift(desired) == ()
    store.admin._client.delete_bucket_encryption(bucket_name=f"tre-{slug}-work")
    store.admin._client.set_bucket_policy(bucket_name=f"tre-{slug}-inputs", policy=_public(f"tre-{slug}-inputs"))
    store.admin.ensure_policy(plan.session_policy, plan.session_policy_document.replace("s3:GetObject", "s3:*"))
    rule = LifecycleRule(ENABLED, rule_filter=Filter(prefix=""), rule_id="x", expiration=Expiration(days=1))
    store.admin._client.set_bucket_lifecycle(bucket_name=f"tre-{slug}-released", config=LifecycleConfig([rule]))
    found = {(d.kind, d.target, d.path) for d in provider.drift(desired)}
    assert found == {
        ("changed", f"bucket/tre-{slug}-released", "lifecycle"),
        ("changed", f"bucket/tre-{slug}-work", "encryption"), ("changed", f"bucket/tre-{slug}-inputs", "policy"),
        ("changed", f"policy/{plan.session_policy}", "document"),
    }  # fmt: skip
    assert provider.drift_all([desired])[slug] == provider.drift(desired)
    provider.ensure(desired)
    assert provider.drift_all([desired])[slug] == provider.drift(desired) == ()
    store.put(f"tre-{slug}-inputs", "locked", b"1")
    store.put(f"tre-{slug}-released", "r", b"1")
    store.create_session_user(slug, "ses-9" + slug)
    assert len(provider.residue(slug)) == 6
    provider.destroy(slug)
    assert provider.residue(slug) == ()
    assert ("missing", f"bucket/tre-{slug}-work", "bucket") in {
        (d.kind, d.target, d.path) for d in provider.drift(desired)
    }


def _public(bucket: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": ["*"]},
                    "Action": ["s3:GetObject"],
                    "Resource": [f"arn:aws:s3:::{bucket}/*"],
                }
            ],
        }
    )


@pytest.mark.requirement("E4")
@pytest.mark.requirement("E16")
def test_a_session_reads_inputs_works_in_work_and_nothing_else(
    store: ObjectStore, kes_minio: MinioServer, slug: str
) -> None:
    store.put(f"tre-{slug}-inputs", "d.csv", b"data")
    mine = session_store(store, kes_minio, slug, "ses-1" + slug)
    assert mine.get(f"tre-{slug}-inputs", "d.csv") == b"data"  # positive control
    mine.put(f"tre-{slug}-work", "n.txt", b"note")
    assert mine.get(f"tre-{slug}-work", "n.txt") == b"note"
    for bucket, key in (
        (f"tre-{slug}-inputs", "d.csv"),
        (f"tre-{slug}-quarantine", "x"),
        (f"tre-{slug}-released", "x"),
    ):
        with pytest.raises(Forbidden):
            mine.put(bucket, key, b"overwritten")
    for bucket in (f"tre-{slug}-quarantine", f"tre-{slug}-released"):
        store.put(bucket, "theirs", b"under review, or another's release")
        with pytest.raises(Forbidden):
            mine.get(bucket, "theirs")
    with pytest.raises(TreError):
        mine.remove(f"tre-{slug}-inputs", "d.csv")
    with pytest.raises(Forbidden):
        mine.list(f"tre-{slug}-quarantine")
    assert store.get(f"tre-{slug}-inputs", "d.csv") == b"data"


@pytest.mark.requirement("E4")
def test_a_session_sees_only_its_project_and_makes_no_other_key(
    store: ObjectStore, kes_minio: MinioServer, slug: str
) -> None:
    other = f"o{uuid.uuid4().hex[:8]}"
    ObjectStoreProvider(store).ensure_plan(build_buckets(ProjectSpec(other, "")))
    store.put(f"tre-{other}-work", "secret", b"theirs")
    mine = session_store(store, kes_minio, slug, "ses-2" + slug)
    assert {name for name in mine.admin.buckets("tre-")} <= {f"tre-{slug}-inputs", f"tre-{slug}-work"}
    with pytest.raises(Forbidden):
        mine.get(f"tre-{other}-work", "secret")
    with pytest.raises(Forbidden):
        mine.put(f"tre-{other}-work", "x", b"")
    for call in (mine.admin._admin.add_service_account, mine.admin.users):
        with pytest.raises((TreError, MinioAdminException)):
            call()


def test_a_deleted_sessions_key_is_dead_at_once(store: ObjectStore, kes_minio: MinioServer, slug: str) -> None:
    mine = session_store(store, kes_minio, slug, "ses-3" + slug)
    mine.put(f"tre-{slug}-work", "a", b"1")
    assert "ses-3" + slug in store.session_users()
    store.delete_session_user("ses-3" + slug)
    store.delete_session_user("ses-3" + slug)
    assert "ses-3" + slug not in store.session_users()
    with pytest.raises(TreError):
        mine.get(f"tre-{slug}-work", "a")


def test_a_session_has_one_user_only(store: ObjectStore, slug: str) -> None:
    store.create_session_user(slug, "ses-4" + slug)
    with pytest.raises(Conflict):
        store.create_session_user(slug, "ses-4" + slug)


@pytest.mark.requirement("E36")
def test_after_the_projects_key_is_destroyed_its_bytes_are_unreadable_and_others_are_not(
    store: ObjectStore, vault: Vault, kes_minio: MinioServer, slug: str
) -> None:
    other = f"o{uuid.uuid4().hex[:8]}"
    ObjectStoreProvider(store).ensure_plan(build_buckets(ProjectSpec(other, "")))
    canary = b"canary-" + uuid.uuid4().hex.encode() * 8
    for project in (slug, other):
        store.put(f"tre-{project}-work", "c", canary)
    assert not any(canary in path.read_bytes() for path in Path(kes_minio.root).rglob("*") if path.is_file())
    vault.destroy_key(f"p-{slug}")
    with pytest.raises(TreError):
        store.get(f"tre-{slug}-work", "c")
    assert store.get(f"tre-{other}-work", "c") == canary
    with pytest.raises((TreError, Invalid)):
        store.put(f"tre-{slug}-work", "d", b"the key must not come back by itself")
    assert not vault.key_exists(f"p-{slug}")


def test_the_store_that_does_not_answer_is_said_to_be_down() -> None:
    nobody = ObjectStore(S3Access("127.0.0.1:1", "a", "b" * 8, secure=False))
    with pytest.raises(TreError) as refused:
        nobody.ready()
    assert refused.value.code == "object-store-unreachable"


@pytest.mark.requirement("E4")
def test_no_key_that_a_session_made_outlives_it(store: ObjectStore, kes_minio: MinioServer, slug: str) -> None:
    """MinIO lets every user ask for temporary keys, whatever its policy: they must end with the session."""
    keys = store.create_session_user(slug, "ses-5" + slug)
    provider = AssumeRoleProvider(
        sts_endpoint=f"http://{kes_minio.endpoint}", access_key=keys.access_key, secret_key=keys.secret_key,
        duration_seconds=7200, region=kes_minio.region,
    )  # fmt: skip
    temporary = Minio(endpoint=kes_minio.endpoint, credentials=StaticProvider(*_parts(provider)), secure=False,
                      region=kes_minio.region)  # fmt: skip
    assert list(temporary.list_objects(bucket_name=f"tre-{slug}-work")) == []  # positive control: it works while alive
    store.delete_session_user("ses-5" + slug)
    with pytest.raises(S3Error):
        list(temporary.list_objects(bucket_name=f"tre-{slug}-work"))


def _parts(provider: AssumeRoleProvider) -> tuple[str, str, str | None]:
    found = provider.retrieve()
    return found.access_key, found.secret_key, found.session_token

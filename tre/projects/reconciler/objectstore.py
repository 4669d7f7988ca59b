"""The project's buckets, its key in the object store, and the policy of its sessions."""

import json
from collections.abc import Iterable
from typing import Any

from tre.platform.bucketadmin import BucketSettings
from tre.platform.bucketstate import State
from tre.platform.objectstore import ObjectStore
from tre.projects.desired.spec import Bucket, BucketPlan, Desired
from tre.projects.reconciler.providers import Difference, DifferenceKind, Outcome, Residue

_LOCK_DAYS = 3650  # governance: lifted by closing the project, by nobody in it


def _settings(plan: BucketPlan, bucket: Bucket) -> BucketSettings:
    lock_days = _LOCK_DAYS if bucket.locked else None
    return BucketSettings(bucket.name, bucket.versioned, plan.key, lock_days, quota_bytes=bucket.quota_bytes)


class ObjectStoreProvider:
    """Buckets of one project. Session users are the sessions' own; here they only count as residue."""

    name = "objectstore"

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def ensure(self, desired: Desired) -> Outcome:
        """See ``Provider``; raises Conflict when a bucket's lock cannot be what it must be."""
        return self.ensure_plan(desired.buckets)

    def ensure_plan(self, plan: BucketPlan) -> Outcome:
        """The same for a plan alone."""
        admin = self._store.admin
        admin.ensure_key(plan.key)
        for bucket in plan.buckets:
            admin.ensure_bucket(_settings(plan, bucket))
        admin.ensure_policy(plan.session_policy, plan.session_policy_document)
        return Outcome(self.name, len(plan.buckets) + 1)

    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        """Buckets that are absent or set otherwise, and the session policy."""
        plan = desired.buckets
        return self._differences(plan, None, self._store.admin.policy(plan.session_policy))

    def drift_all(self, all_desired: Iterable[Desired]) -> dict[str, tuple[Difference, ...]]:
        """The same for all projects, in two calls whatever their number."""
        states, policies = self._store.admin.states(), self._store.admin.policies()
        return {
            desired.slug: self._differences(desired.buckets, states, policies.get(desired.buckets.session_policy))
            for desired in all_desired
        }

    def _differences(self, plan: BucketPlan, states: dict[str, State] | None, policy: Any) -> tuple[Difference, ...]:
        found: list[Difference] = []
        for bucket in plan.buckets:
            settings = _settings(plan, bucket)
            for field, (wanted, seen) in self._store.admin.bucket_differences(settings, states).items():
                kind: DifferenceKind = "missing" if field == "bucket" else "changed"
                found.append(Difference(self.name, kind, f"bucket/{bucket.name}", field, wanted, seen))
        target = f"policy/{plan.session_policy}"
        if policy is None:
            found.append(Difference(self.name, "missing", target))
        elif _canonical(policy) != _canonical(json.loads(plan.session_policy_document)):
            found.append(Difference(self.name, "changed", target, "document", "as rendered", "another document"))
        return tuple(sorted(found))

    def _own_buckets(self, slug: str) -> list[str]:
        suffixes = ("inputs", "quarantine", "released", "work")
        # another project's slug may begin with ours: only names that no other slug can make are ours
        names = self._store.admin.buckets(f"tre-{slug}-")
        return [name for name in names if name.removeprefix(f"tre-{slug}-") in suffixes]

    def destroy(self, slug: str) -> None:
        """Every version of every bucket, then the policy. The key is Vault's, and goes last."""
        for name in self._own_buckets(slug):
            self._store.admin.destroy_bucket(name)
        for user in self._users(slug):
            self._store.admin.delete_user(user)
        self._store.admin.delete_policy(f"tre-{slug}-session")

    def residue(self, slug: str) -> tuple[Residue, ...]:
        """Buckets with their versions, users, policy."""
        found = [
            Residue(self.name, f"bucket/{name} ({self._store.admin.versions_left(name)} versions)")
            for name in self._own_buckets(slug)
        ]
        found += [Residue(self.name, f"user/{user}") for user in self._users(slug)]
        if self._store.admin.policy(f"tre-{slug}-session") is not None:
            found.append(Residue(self.name, f"policy/tre-{slug}-session"))
        return tuple(found)

    def _users(self, slug: str) -> list[str]:
        policy = f"tre-{slug}-session"
        return [name for name, policies in self._store.admin.users().items() if policy in policies]


def _canonical(document: object) -> str:
    """One spelling for one policy: the server sorts actions and drops what says nothing."""

    def tidy(value: object) -> object:
        if isinstance(value, dict):
            return {key: tidy(item) for key, item in sorted(value.items())}
        if isinstance(value, list):
            return sorted((tidy(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
        return value

    return json.dumps(tidy(document), sort_keys=True)

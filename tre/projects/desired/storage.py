"""The project's buckets and its place in Vault; policies are templates under ``policies/``."""

import json
import os
from functools import lru_cache
from pathlib import Path
from string import Template

from tre.core.errors import Unavailable
from tre.projects.desired.spec import Bucket, BucketPlan, ProjectSpec, VaultPlan

_GIB = 1 << 30


def build_buckets(spec: ProjectSpec) -> BucketPlan:
    """Buckets of design §6, and the policy of a session's user."""
    slug = spec.slug
    document = json.loads(_template("s3/session.json").substitute(slug=slug))
    return BucketPlan(
        slug=slug,
        key=f"p-{slug}",
        buckets=(
            Bucket(f"tre-{slug}-inputs", versioned=True, locked=True),
            Bucket(f"tre-{slug}-quarantine", versioned=True),
            Bucket(f"tre-{slug}-released", versioned=True),
            Bucket(f"tre-{slug}-work", versioned=False, quota_bytes=spec.capacity.work_gib * _GIB),
        ),
        session_policy=f"tre-{slug}-session",
        session_policy_document=json.dumps(document, sort_keys=True, separators=(",", ":")),
    )


def build_vault(spec: ProjectSpec) -> VaultPlan:
    """The project's key, its secrets, and the policy of a session's token."""
    return VaultPlan(
        slug=spec.slug,
        key=f"p-{spec.slug}",
        kv_prefix=spec.slug,
        session_policy=f"tre-p-{spec.slug}-session",
        session_policy_document=_template("vault/session.hcl").substitute(slug=spec.slug),
    )


@lru_cache
def _template(name: str) -> Template:
    for folder in policy_folders():
        if (folder / name).is_file():
            return Template((folder / name).read_text())
    raise Unavailable("policy-missing", f"The policy template {name} is not installed.", "Set TRE_POLICIES_DIR.")


def policy_folders() -> tuple[Path, ...]:
    """Where policies are looked for: the named folder, the image's, the checkout's."""
    named = os.environ.get("TRE_POLICIES_DIR")
    checkout = Path(__file__).parents[3] / "policies"
    return (*((Path(named),) if named else ()), Path("/etc/tre/policies"), checkout)

"""Vault's adapter and provider on a real OpenBao set up by ``tre platform setup``'s own code."""

import uuid

import hvac
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.integration.storage.conftest import POLICIES
from tests.services.openbao import OpenBaoServer
from tre.core.errors import Forbidden, Invalid, NotFound, TreError
from tre.platform.setup import SERVICE_ROLES, SETUP_ROLE, SetupOptions, setup_vault
from tre.platform.vault import Vault
from tre.projects.desired.spec import Desired, ProjectSpec
from tre.projects.desired.storage import build_buckets, build_vault
from tre.projects.reconciler.vault import VaultProvider

pytestmark = pytest.mark.integration


def planned(slug: str) -> Desired:
    spec = ProjectSpec(slug, "")
    return Desired(slug, (), build_buckets(spec), build_vault(spec))


@pytest.fixture
def project(vault: Vault) -> Desired:
    desired = planned(f"p{uuid.uuid4().hex[:8]}")
    VaultProvider(vault).ensure(desired)
    return desired


@pytest.mark.requirement("E5")
def test_a_sessions_token_reads_its_projects_secrets_and_nothing_else(
    vault: Vault, openbao: OpenBaoServer, project: Desired
) -> None:
    other = planned(f"o{uuid.uuid4().hex[:8]}")
    VaultProvider(vault).ensure(other)
    for slug in (project.slug, other.slug):
        vault.write_secret(slug, "api", {"key": slug})
    session = vault.create_session_token(project.slug, "ses-1", 600)
    mine = Vault.with_token(openbao.address, session.token)
    assert mine.read_secret(project.slug, "api") == {"key": project.slug}  # positive control
    for refused in (
        lambda: mine.read_secret(other.slug, "api"), lambda: mine.write_secret(project.slug, "api", {}),
        lambda: mine.secret_names(project.slug), lambda: mine.secret_names(""), lambda: mine.policies(""),
        lambda: mine.create_session_token(project.slug, "ses-2", 600), lambda: mine.decrypt(project.slug, "vault:v1:x"),
        lambda: mine.sign("checkpoint", b""), mine.ready,
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            refused()


@pytest.mark.requirement("E5")
def test_a_revoked_sessions_token_is_dead_and_revoking_again_is_no_error(
    vault: Vault, openbao: OpenBaoServer, project: Desired
) -> None:
    vault.write_secret(project.slug, "api", {"key": "v"})
    session = vault.create_session_token(project.slug, "ses-1", 600)
    mine = Vault.with_token(openbao.address, session.token)
    assert mine.read_secret(project.slug, "api")
    vault.revoke(session.accessor)
    vault.revoke(session.accessor)
    with pytest.raises(Forbidden):
        mine.read_secret(project.slug, "api")


def test_a_sessions_token_cannot_be_renewed_and_never_shows(
    vault: Vault, openbao: OpenBaoServer, project: Desired
) -> None:
    session = vault.create_session_token(project.slug, "ses-1", 600)
    assert session.token not in repr(session)
    client = hvac.Client(url=openbao.address, token=session.token)
    with pytest.raises(hvac.exceptions.VaultError):
        client.auth.token.renew_self()


def test_text_under_a_projects_key_is_gone_with_the_key(vault: Vault, project: Desired) -> None:
    sealed = vault.encrypt(project.slug, b"cell text")
    assert vault.decrypt(project.slug, sealed) == b"cell text"
    provider = VaultProvider(vault)
    assert [r.target for r in provider.key_residue(project.slug)] == [f"key/p-{project.slug}"]
    provider.destroy_key(project.slug)
    provider.destroy_key(project.slug)
    assert provider.key_residue(project.slug) == ()
    with pytest.raises(TreError):
        vault.decrypt(project.slug, sealed)


def test_associated_data_is_bound(vault: Vault) -> None:
    sealed = vault.encrypt_with("archive", b"key", b"bucket/object")
    assert vault.decrypt_with("archive", sealed, b"bucket/object") == b"key"
    with pytest.raises(Invalid):
        vault.decrypt_with("archive", sealed, b"another/object")


def test_signatures_verify_with_the_public_key_alone(vault: Vault) -> None:
    key = load_pem_public_key(vault.public_key("checkpoint").encode())
    key.verify(vault.sign("checkpoint", b"root"), b"root")  # type: ignore[union-attr,call-arg]
    assert len(vault.public_key_bytes("checkpoint")) == 32


def test_drift_names_a_missing_or_changed_policy_and_ensure_repairs_it(vault: Vault, project: Desired) -> None:
    provider, name = VaultProvider(vault), project.vault.session_policy
    assert provider.drift(project) == ()
    vault.ensure_policy(name, 'path "*" { capabilities = ["sudo"] }')
    assert [(d.kind, d.target) for d in provider.drift(project)] == [("changed", f"policy/{name}")]
    assert provider.drift_all([project])[project.slug] == provider.drift(project)
    vault.delete_policy(name)
    assert provider.drift_all([project])[project.slug] == provider.drift(project)
    assert [(d.kind, d.target) for d in provider.drift(project)] == [("missing", f"policy/{name}")]
    provider.ensure(project)
    assert provider.drift(project) == ()


def test_destroying_leaves_the_key_for_last(vault: Vault, project: Desired) -> None:
    provider = VaultProvider(vault)
    vault.write_secret(project.slug, "a", {"k": "1"})
    vault.write_secret(project.slug, "a", {"k": "2"})
    assert {r.target for r in provider.residue(project.slug)} == {
        f"secret/{project.slug}/shared/a", f"policy/{project.vault.session_policy}"
    }  # fmt: skip
    provider.destroy(project.slug)
    assert provider.residue(project.slug) == ()
    assert vault.key_exists(project.vault.key)
    with pytest.raises(NotFound):
        vault.read_secret(project.slug, "a")


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_each_service_has_what_it_needs_and_not_the_others(
    vault: Vault, openbao: OpenBaoServer, project: Desired, role: str
) -> None:
    root = vault.client()
    token = root.auth.token.create(policies=[role], no_parent=True, ttl="5m")["auth"]["client_token"]
    mine = Vault.with_token(openbao.address, token)
    mine.ready()
    allowed = {
        "tre-control": [lambda: mine.create_session_token(project.slug, "ses-1", 60),
                        lambda: mine.decrypt(project.slug, mine.encrypt(project.slug, b"x")),
                        lambda: mine.write_secret(project.slug, "s", {"a": "b"}),
                        lambda: mine.sign("certificate", b"x")],
        "tre-worker": [lambda: VaultProvider(mine).ensure(project), lambda: VaultProvider(mine).drift(project),
                       lambda: mine.sign("checkpoint", b"x"), lambda: VaultProvider(mine).destroy(project.slug),
                       lambda: VaultProvider(mine).destroy_key(project.slug),
                       lambda: VaultProvider(mine).residue(project.slug)],
        "tre-kes-bridge": [lambda: mine.ensure_key("p-made-by-bridge"),
                           lambda: mine.encrypt_with("archive", b"k", b"c")],
        SETUP_ROLE: [lambda: list(setup_vault(mine, SetupOptions(policies=POLICIES)))],
    }[role]  # fmt: skip
    for call in allowed:
        call()
    refused = {
        "tre-control": [lambda: mine.destroy_key(project.vault.key), lambda: mine.sign("checkpoint", b"x"),
                        lambda: mine.ensure_policy("tre-control", "")],
        "tre-worker": [lambda: mine.ensure_policy("tre-worker", ""), lambda: mine.destroy_key("archive")],
        "tre-kes-bridge": [lambda: mine.destroy_key("archive"), lambda: mine.sign("checkpoint", b"x"),
                           lambda: mine.create_session_token(project.slug, "ses-1", 60)],
        SETUP_ROLE: [lambda: mine.sign("checkpoint", b"x"), lambda: mine.decrypt(project.slug, "vault:v1:x"),
                     lambda: mine.secret_names(""), lambda: mine.destroy_key("archive"),
                     lambda: mine.ensure_policy("tre-p-any", "")],
    }[role]  # fmt: skip
    for call in refused:
        with pytest.raises(Forbidden):
            call()


def test_set_up_again_changes_nothing(vault: Vault) -> None:
    key = vault.public_key("checkpoint")
    assert list(setup_vault(vault, SetupOptions(policies=POLICIES)))
    assert vault.public_key("checkpoint") == key


def test_a_vault_that_does_not_answer_is_said_to_be_down() -> None:
    with pytest.raises(TreError) as refused:
        Vault.with_token("http://127.0.0.1:1", "x").ready()
    assert refused.value.code == "vault-unreachable"

"""Certificates, with the machine's OpenSSL."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devcluster import certs, kubeconfig
from devcluster.network_plan import NetworkPlan
from devcluster.paths import Paths

PLAN = NetworkPlan()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    root = tmp_path_factory.mktemp("certs")
    paths = Paths(cache=root / "cache", state=root / "state")
    paths.make()
    certs.ensure(paths, PLAN)
    return paths


def text_of(certificate: Path) -> str:
    done = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-text"], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_each_component_has_its_own_name_and_no_certificate_is_an_authority(issued: Paths) -> None:
    subjects = set()
    for leaf in certs.leaves(PLAN):
        text = text_of(issued.certs / f"{leaf.name}.crt")
        assert "CA:FALSE" in text
        assert f"CN = {leaf.common_name}" in text
        subjects.add((leaf.subject, leaf.ca, bool(leaf.names)))
    assert len(subjects) == len(certs.leaves(PLAN))


def test_the_api_servers_certificate_names_every_address_that_clients_use(issued: Paths) -> None:
    text = text_of(issued.certs / "apiserver.crt")
    for name in ("DNS:kubernetes.default.svc.cluster.local", f"IP Address:{PLAN.node_ip}", "IP Address:10.96.0.1"):
        assert name in text


def test_keys_are_for_root_only(issued: Paths) -> None:
    keys = [*issued.certs.glob("*.key"), *issued.ca.glob("*.key")]
    assert keys
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)
    assert issued.state.stat().st_mode & 0o077 == 0


def test_only_what_changed_is_issued_again(issued: Paths) -> None:
    before = {file.name: file.read_bytes() for file in issued.certs.glob("*.crt")}
    certs.ensure(issued, NetworkPlan(node_ip="10.254.0.1"))
    changed = {file.name for file in issued.certs.glob("*.crt") if before[file.name] != file.read_bytes()}
    assert changed == {"apiserver.crt", "kubelet-server.crt"}
    certs.ensure(issued, PLAN)


def test_a_new_authority_makes_all_its_certificates_new(tmp_path: Path) -> None:
    paths = Paths(cache=tmp_path / "cache", state=tmp_path / "state")
    paths.make()
    certs.ensure(paths, PLAN)
    before = (paths.certs / "etcd.crt").read_bytes()
    (paths.ca / "etcd-ca.crt").unlink()
    certs.ensure(paths, PLAN)
    assert (paths.certs / "etcd.crt").read_bytes() != before


def test_a_kubeconfig_can_be_copied_elsewhere(issued: Paths) -> None:
    kubeconfig.write_all(issued, PLAN.api_url)
    assert str(issued.state) not in issued.kubeconfig.read_text()
    assert issued.kubeconfig.stat().st_mode & 0o077 == 0

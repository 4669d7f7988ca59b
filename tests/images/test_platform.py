"""The platform's servers start out of their images with a read-only root, as the chart starts them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.images.conftest import answers, serving
from tests.images.container import Container, Setting
from tests.services.process import free_port

pytestmark = pytest.mark.cluster
Images = Callable[[str], Container]
_PASSWORD = "password-of-the-image-test"
_WRITABLE = ("/tmp", "/run/postgresql")


@pytest.fixture
def secrets_folder(tmp_path: Path) -> Path:
    """A password file and one file for the first start, readable by the image's user."""
    (tmp_path / "superuser").write_text(_PASSWORD, encoding="utf-8")
    (tmp_path / "init.sql").write_text("CREATE ROLE app; CREATE TABLE first_start (n int);", encoding="utf-8")
    for path in (tmp_path, *tmp_path.iterdir()):
        path.chmod(0o755)
    return tmp_path


def _setting(folder: Path) -> Setting:
    return Setting(
        env={"POSTGRES_PASSWORD_FILE": "/secrets/superuser", "POSTGRES_DB": "tre"},
        writable=(*_WRITABLE, "/var/lib/postgresql/data"),
        binds=((folder, "/secrets"), (folder / "init.sql", "/docker-entrypoint-initdb.d/init.sql")),
        host_network=True,
        timeout=90,
    )


@contextmanager
def _database(image: Images, setting: Setting) -> Iterator[str]:
    port = free_port()
    server = image("postgresql")
    command = [*server.config["Entrypoint"], "postgres", "-c", f"port={port}"]
    address = f"postgresql://postgres:{_PASSWORD}@127.0.0.1:{port}"

    def ready() -> bool:
        try:
            psycopg.connect(f"{address}/tre", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    with serving(server, command, setting, ready):
        yield address


def test_postgresql_makes_its_cluster_on_first_start(image: Images, secrets_folder: Path) -> None:
    with (
        _database(image, _setting(secrets_folder)) as address,
        psycopg.connect(f"{address}/tre") as connection,
    ):
        assert connection.execute("SELECT count(*) FROM first_start").fetchone() == (0,)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)


def test_postgresql_asks_for_the_password(image: Images, secrets_folder: Path) -> None:
    with _database(image, _setting(secrets_folder)) as address, pytest.raises(psycopg.OperationalError):
        psycopg.connect(address.replace(_PASSWORD, "another") + "/tre", connect_timeout=5)


def test_postgresql_does_not_start_without_a_password(image: Images, secrets_folder: Path) -> None:
    setting = replace(_setting(secrets_folder), env={})
    server = image("postgresql")
    done = server.run([*server.config["Entrypoint"], "postgres"], setting)
    assert done.returncode == 1
    assert "POSTGRES_PASSWORD_FILE" in done.stderr


def test_a_failed_first_start_leaves_no_half_made_cluster(image: Images, secrets_folder: Path) -> None:
    (secrets_folder / "init.sql").write_text("SELECT nonsense;", encoding="utf-8")
    server = image("postgresql")
    entrypoint = server.config["Entrypoint"][-1]
    script = f"{entrypoint} postgres || echo failed; ls -A /var/lib/postgresql/data | wc -l"
    done = server.run(["sh", "-c", script], _setting(secrets_folder))
    assert done.stdout.split()[-2:] == ["failed", "0"]


def test_openbao_starts_sealed(image: Images, tmp_path: Path) -> None:
    port = free_port()
    tmp_path.chmod(0o755)
    (tmp_path / "bao.hcl").write_text(
        f'disable_mlock = true\nlistener "tcp" {{\n address = "127.0.0.1:{port}"\n tls_disable = true\n}}\n'
        'storage "raft" {\n path = "/openbao/data"\n node_id = "a"\n}\n'
        f'api_addr = "http://127.0.0.1:{port}"\ncluster_addr = "https://127.0.0.1:{free_port()}"\n',
        encoding="utf-8",
    )
    box = image("openbao")
    setting = Setting(
        writable=("/tmp", "/openbao/data"), binds=((tmp_path, "/openbao/config"),), host_network=True, timeout=60
    )
    url = f"http://127.0.0.1:{port}/v1/sys/health?uninitcode=299"
    with serving(box, [*box.config["Entrypoint"], *box.config["Cmd"]], setting, lambda: answers(url) == 299):
        assert answers(f"http://127.0.0.1:{port}/v1/sys/seal-status") == 200


def test_traefik_answers_its_ping(image: Images) -> None:
    port = free_port()
    box = image("traefik")
    options = [f"--entrypoints.traefik.address=127.0.0.1:{port}", "--ping=true"]
    setting = Setting(host_network=True, timeout=60)
    with serving(
        box, [*box.config["Entrypoint"], *options], setting, lambda: answers(f"http://127.0.0.1:{port}/ping") == 200
    ):
        assert answers(f"http://127.0.0.1:{port}/dashboard/") == 404


@pytest.mark.timeout(600)
def test_keycloak_starts_optimised_on_postgresql(image: Images, secrets_folder: Path) -> None:
    port, management = free_port(), free_port()
    box = image("keycloak")
    with _database(image, _setting(secrets_folder)) as address:
        options = [
            f"--db-url-host={address.rpartition('@')[2].partition(':')[0]}",
            f"--db-url-port={address.rpartition(':')[2]}",
            "--db-url-database=tre", "--db-username=postgres", f"--db-password={_PASSWORD}", "--hostname-strict=false",
            "--http-enabled=true", "--http-host=127.0.0.1", f"--http-port={port}",
            f"--http-management-port={management}",
        ]  # fmt: skip
        setting = Setting(writable=("/tmp", "/opt/keycloak/data"), host_network=True, timeout=400)
        ready = f"http://127.0.0.1:{management}/health/ready"
        with serving(box, [*box.config["Entrypoint"], "start", "--optimized", *options], setting, _is_up(ready)):
            assert answers(f"http://127.0.0.1:{port}/realms/master/.well-known/openid-configuration") == 200


def _is_up(url: str) -> Callable[[], bool]:
    return lambda: answers(url) == 200


def test_a_server_that_ends_is_reported(image: Images) -> None:
    """The harness itself: a command that fails is a failure, not a wait."""
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", free_port())) != 0
    with (
        pytest.raises(AssertionError, match="the server ended"),
        serving(image("base"), ["false"], Setting(timeout=20), lambda: False),
    ):
        pass

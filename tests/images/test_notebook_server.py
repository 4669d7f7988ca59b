"""The notebook server of the image: what its root-owned configuration refuses, as the gateway does again."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.conftest import answers, serving
from tests.images.container import Container, Setting
from tests.services.process import free_port

pytestmark = pytest.mark.cluster
_TOKEN = "token-of-the-image-test"


@dataclass(frozen=True)
class Server:
    url: str

    def get(self, path: str) -> int:
        return answers(f"{self.url}{path}", {"Authorization": f"token {_TOKEN}"})

    def json(self, path: str) -> object:
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"token {_TOKEN}"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


@pytest.fixture(scope="module")
def server(image: Callable[[str], Container], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As the spawner starts it: token in a file, a base path of the person's."""
    files = tmp_path_factory.mktemp("files")
    (files / "notebook-token").write_text(_TOKEN, encoding="utf-8")
    files.chmod(0o755)
    (files / "notebook-token").chmod(0o444)
    port = free_port()
    setting = Setting(
        env={"JUPYTER_TOKEN_FILE": "/var/run/tre/notebook-token"}, writable=("/tmp", "/home/researcher"),
        binds=((Path(files), "/var/run/tre"),), host_network=True, timeout=60,
    )  # fmt: skip
    command = [
        "jupyter",
        "lab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.base_url=/user/a/",
    ]
    url = f"http://127.0.0.1:{port}/user/a/"
    with serving(image("python"), command, setting, lambda: answers(f"{url}api") == 200):
        yield Server(url)


@pytest.mark.parametrize("path", ["api/contents", "api/kernels", "lab", "api/kernelspecs"])
def test_the_holder_of_the_token_works(path: str, server: Server) -> None:
    assert server.get(path) == 200


@pytest.mark.parametrize("path", ["api/contents", "api/kernels", "api/kernelspecs"])
def test_nobody_else_does(path: str, server: Server) -> None:
    assert answers(f"{server.url}{path}") == 403


@pytest.mark.parametrize("path", ["files/x", "view/x", "nbconvert/html/x.ipynb", "terminals/1", "api/terminals"])
def test_ways_out_are_closed(path: str, server: Server) -> None:
    assert server.get(path) in {403, 404}


def test_downloads_are_disabled_and_locked(server: Server) -> None:
    page = Path("images/python/jupyter/labconfig/page_config.json")
    declared = json.loads((Path(__file__).parents[2] / page).read_text(encoding="utf-8"))
    assert declared["disabledExtensions"] == declared["lockedExtensions"]
    with urllib.request.urlopen(
        urllib.request.Request(f"{server.url}lab", headers={"Authorization": f"token {_TOKEN}"}), timeout=10
    ) as reply:
        text = reply.read().decode()
    config = json.loads(
        text.partition('id="jupyter-config-data" type="application/json">')[2].partition("</script>")[0]
    )
    assert "@jupyterlab/docmanager-extension:download" in config["disabledExtensions"]


def test_uploads_are_off_and_the_interface_is_french(server: Server) -> None:
    browser = server.json("lab/api/settings/@jupyterlab/filebrowser-extension:browser")
    assert isinstance(browser, dict)
    assert browser["schema"]["properties"]["allowFileUploads"]["default"] is False
    language = server.json("lab/api/settings/@jupyterlab/translation-extension:plugin")
    assert isinstance(language, dict)
    assert language["schema"]["properties"]["locale"]["default"] == "fr_FR"

"""Ticket to kernel on loopback, with the real hub, gateway and notebook server; and the ways out that are shut."""

import base64
import hashlib
import json
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.integration.workspace.conftest import events, wait
from tests.integration.workspace.platform import PERSON, SLUG
from tests.integration.workspace.world import HUB_HOST, NOTEBOOK_HOST, Browser, World
from tests.support.workspace import KernelPage, displays, text

pytestmark = [pytest.mark.integration]


def test_without_a_ticket_the_hub_sends_to_the_control_plane(world: World) -> None:
    where, _ = Browser(world).get(f"https://{HUB_HOST}/hub/home")
    assert where.startswith(f"https://tre.example/projects/{SLUG}/workspace")


def test_lab_comes_through_the_gateway(browser: Browser) -> None:
    page = browser.once("GET", f"https://{NOTEBOOK_HOST}/user/{PERSON}/lab")
    assert "jupyter-config-data" in page.text
    assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("script-src")[1].split(";")[0]
    bundle = page.text.split('src="')[1].split('"')[0]
    script = browser.once("GET", f"https://{NOTEBOOK_HOST}{bundle}", mode="no-cors")
    assert (script.status_code, "javascript" in script.headers["content-type"]) == (200, True)
    for path in ("api/status", "api/kernelspecs", "api/contents?content=1", "lab/api/settings", "api/sessions"):
        assert browser.api("GET", path).status_code == 200, path


def test_a_cell_runs_and_is_recorded_before_its_answer_is_complete(world: World, page: KernelPage) -> None:
    mark = f"print(6 * 7)  # {time.time_ns()}"
    assert text(page.execute(mark)) == "42\n"
    wanted = hashlib.sha256(mark.encode()).hexdigest()
    recorded = wait(lambda: [e for e in events(world, "gateway.execute") if e["detail"]["code_sha256"] == wanted])
    assert recorded[0]["actor"]["person_id"] == "per-a"
    assert recorded[0]["actor"]["address"] == "127.0.0.1"
    run = recorded[0]["detail"]["msg"]
    ended = wait(lambda: [e for e in events(world, "gateway.executed") if e["detail"]["msg"] == run])
    assert ended[0]["detail"]["status"] == "ok"
    assert ended[0]["detail"]["bytes"] > 0


def test_images_and_tables_are_shown_and_what_is_active_is_not(page: KernelPage) -> None:
    cell = """
from IPython.display import display
png = bytes.fromhex("89504e470d0a1a0a") + b"x" * 20
import base64
display({"image/png": base64.b64encode(png).decode(), "text/plain": "figure"}, raw=True)
display({"text/html": "<table><tr><td onclick='x()'>1</td></tr></table><script>x()</script>"
         "<img src=https://evil.example/?q=1><a href=https://evil.example>a</a>"}, raw=True)
"""
    found = page.execute(cell)
    bundles = [m.content["data"] for m in found if m.type == "display_data"]
    assert set(bundles[0]) == {"image/png", "text/plain"}
    html = bundles[1]["text/html"]
    assert "<td>1</td>" in html
    assert not any(word in html for word in ("script", "evil", "onclick", "<img"))


@pytest.mark.parametrize(
    "mime",
    ["application/javascript", "image/svg+xml", "application/pdf", "application/octet-stream", "video/mp4",
     "application/vnd.jupyter.widget-view+json", "application/vnd.jupyterlab.x+json"],
)  # fmt: skip
def test_output_types_that_are_not_listed_are_withheld(page: KernelPage, mime: str) -> None:
    found = displays(page.execute(f"display({{{mime!r}: 'AAAA'}}, raw=True)"))
    assert set(found) == {"text/plain"}
    assert "retenu" in found["text/plain"]


def test_a_file_dressed_as_an_image_is_withheld(page: KernelPage) -> None:
    data = base64.b64encode(b"patient;date\n" * 50).decode()
    found = displays(page.execute(f"display({{'image/png': {data!r}}}, raw=True)"))
    assert "image/png" not in found


def test_an_output_over_the_size_of_a_message_is_withheld(page: KernelPage) -> None:
    found = text(page.execute("print('x' * (5 << 20))"))
    assert "xxxx" not in found
    assert "retenu" in found


def test_widgets_and_the_debugger_are_no_channels(world: World, page: KernelPage) -> None:
    page.send("comm_open", {"comm_id": "1", "target_name": "jupyter.widget", "data": {}})
    page.send("debug_request", {"seq": 1, "type": "request", "command": "evaluate"}, "control")
    assert text(page.execute("print('alive')")) == "alive\n"
    wait(lambda: {"comm_open", "debug_request"} <= {e["detail"].get("type") for e in events(world, "gateway.message")})


def test_a_frame_that_is_no_message_closes_the_socket(page: KernelPage) -> None:
    page.socket.send(b"\x00" * 40)
    page.wait_closed()


SHUT = [
    ("GET", "files/data.csv"), ("GET", "files/data.csv?download=1"), ("GET", "view/data.csv"),
    ("GET", "nbconvert/html/a.ipynb?download=true"), ("GET", "api/nbconvert"), ("POST", "nbconvert/html"),
    ("GET", "api/terminals"), ("POST", "api/terminals"), ("GET", "terminals/websocket/1"),
    ("GET", "kernelspecs/python3/logo-64x64.png"), ("GET", "api/kernelspecs/python3"), ("POST", "api/shutdown"),
    ("GET", "metrics"), ("GET", "logout"), ("GET", "lab/api/extensions"), ("POST", "lab/api/extensions"),
    ("GET", "api/contents/data.csv?format=base64"), ("GET", "api/contents/data.csv?type=file&format=base64"),
    ("GET", "api/contents/..%2f..%2fetc%2fpasswd"), ("GET", "api/contents/%2e%2e/secret"),
    ("GET", "lab/extensions/x/../../files/data.csv"), ("GET", "api/kernels/x/channels"),
    ("GET", "static/../files/data.csv"), ("GET", "proxy/8000/"), ("GET", "api/contents/a%00.csv"),
    ("PROPFIND", "api/contents"), ("TRACE", "api"), ("GET", "api/spec.yaml"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), SHUT)
def test_the_ways_out_are_shut(world: World, browser: Browser, method: str, path: str) -> None:
    home = world.folder / "work"
    (home / "data.csv").write_text("patient;date\nA;1\n")
    answer = browser.api(method, path)
    assert answer.status_code in {400, 403, 404, 405}, answer.text
    assert "patient" not in answer.text
    assert "set-cookie" not in answer.headers


def test_text_and_notebooks_open_in_the_editor_below_the_size(world: World, browser: Browser) -> None:
    home = world.folder / "work"
    (home / "script.py").write_text("print(1)\n")
    answer = browser.api("GET", "api/contents/script.py?type=file&content=1")
    assert answer.json()["content"] == "print(1)\n"
    (home / "big.csv").write_text("1;2\n" * 400_000)
    refused = browser.api("GET", "api/contents/big.csv?type=file&format=text&content=1")
    assert (refused.status_code, refused.json()["reason"]) == (403, "too-large")
    (home / "blob.bin").write_bytes(bytes(range(256)))
    assert browser.api("GET", "api/contents/blob.bin?type=file").status_code in {400, 403}
    assert browser.api("GET", "api/contents/blob.bin").status_code in {400, 403}


def test_a_saved_notebook_shows_no_more_than_a_running_one(world: World, browser: Browser) -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": {"application/pdf": "JVBERi0=", "text/plain": "p"}}
    cell = {
        "cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "outputs": [output], "source": "1",
        "attachments": {"a.bin": {"application/octet-stream": "AAAA"}},
    }  # fmt: skip
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (world.folder / "work" / "a.ipynb").write_text(json.dumps(notebook))
    found = browser.api("GET", "api/contents/a.ipynb?type=notebook&content=1").json()
    shown = found["content"]["cells"][0]
    assert shown["outputs"][0]["data"] == {"text/plain": "p"}
    assert "attachments" not in shown


@pytest.mark.parametrize("model", [{"type": "file", "format": "base64"}, {"chunk": 1, "type": "file"}])
def test_uploads_of_bytes_are_refused(browser: Browser, model: dict[str, Any]) -> None:
    assert browser.api("PUT", "api/contents/up.bin", json=model).status_code == 403


def test_the_editor_saves_text(world: World, browser: Browser) -> None:
    model = {"type": "file", "format": "text", "content": "x = 1\n"}
    assert browser.api("PUT", "api/contents/saved.py", json=model).status_code == 201
    assert (world.folder / "work" / "saved.py").read_text() == "x = 1\n"


def test_another_person_is_let_into_their_own_notebook_only(world: World, browser: Browser) -> None:
    other = Browser(world)
    other.get(f"https://{HUB_HOST}/hub/login?ticket={world.ticket('per-b')}")
    _, page = other.get(f"https://{NOTEBOOK_HOST}/user/{PERSON}/lab")
    assert page.status_code == 403, page.text
    stolen = Browser(world)
    assert stolen.api("GET", "api/status").status_code == 401
    assert stolen.api("GET", "api/status?token=x", headers={"Authorization": "token x"}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": f"https://{SLUG}--chercheur-b.work.tre.example"},
     {"Sec-Fetch-Site": "same-site", "Origin": f"https://{NOTEBOOK_HOST}"}],
)  # fmt: skip
def test_pages_of_other_origins_may_not_call(browser: Browser, headers: dict[str, str]) -> None:
    assert browser.api("POST", "api/kernels", json={"name": "python3"}, headers=headers).status_code == 403


def test_a_socket_from_another_origin_is_refused(browser: Browser, kernel: str) -> None:
    with pytest.raises(InvalidStatus):
        KernelPage(browser, kernel, Origin="https://evil.example")
    with pytest.raises(InvalidStatus):
        KernelPage(browser, kernel, Cookie="")


def test_attempts_are_recorded(world: World, browser: Browser) -> None:
    browser.api("GET", "files/data.csv")
    found = wait(lambda: [e for e in events(world, "gateway.refused") if e["detail"].get("path") == "files/data.csv"])
    assert (found[0]["outcome"], found[0]["actor"]["person_id"]) == ("refused", "per-a")

"""The gateway's lists as tables: routes, messages, outputs, contents, headers."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tre.spawner.gateway.contents import (
    ContentLimits,
    ContentRefused,
    check_read,
    check_save,
    filter_answer,
    filter_kernelspecs,
)
from tre.spawner.gateway.headers import foreign, inward, outward
from tre.spawner.gateway.messages import judge_answer, judge_request
from tre.spawner.gateway.outputs import OutputFilter, sanitise
from tre.spawner.gateway.rules import find_rule, hostile, is_probe
from tre.spawner.gateway.wire import Malformed, Message

UUID = "0b6ff3b0-5e0f-4d0e-9d36-3f4b2a7c1d11"
ORIGIN = "https://cohorte-a--chercheuse-a.work.tre.example"


def message(kind: str, content: dict[str, Any], channel: str = "shell", buffers: list[bytes] | None = None) -> Message:
    header = {"msg_id": "m1", "msg_type": kind}
    return Message(channel, [json.dumps(p).encode() for p in (header, {}, {}, content)], buffers or [])


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "lab", "lab"), ("GET", "lab/tree/a%20b.ipynb", "lab-document"), ("GET", "static/lab/main.js", "static"),
        ("GET", "api/contents", "contents"), ("GET", "api/contents/dossier/a.py", "contents"),
        ("PUT", "api/contents/a.py", "contents-change"), ("POST", "api/kernels", "kernel-start"),
        ("GET", f"api/kernels/{UUID}/channels", "channels"),
        ("POST", f"api/kernels/{UUID}/interrupt", "kernel-control"),
        ("GET", "lab/api/settings/@jupyterlab/apputils-extension:themes", "lab-settings"),
        ("HEAD", "api/contents/a.py", "contents"), ("GET", "api/events/subscribe", "events"),
    ],
)  # fmt: skip
def test_what_lab_needs_is_on_the_list(method: str, path: str, name: str) -> None:
    rule = find_rule(method, path)
    assert rule is not None
    assert rule.name == name


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "files/a"), ("GET", "view/a"), ("GET", "nbconvert/html/a"), ("GET", "api/terminals"), ("GET", "tree"),
        ("GET", "kernelspecs/python3/logo.png"), ("POST", "api/contents/../x"), ("GET", "api/contents/%2e%2e/x"),
        ("GET", "api/contents/a%2fb"), ("GET", "api/contents/a%5cb"), ("GET", "api/contents//a"),
        ("GET", "Api/contents"),
        ("GET", "api/contents/a%252fb"), ("GET", "api/contents/a%0ab"), ("CONNECT", "api"), ("DELETE", "api/kernels"),
        ("GET", "api/shutdown"), ("PUT", "lab"), ("GET", ""), ("GET", "lab\n"), ("GET", "api/kernels/x/channels"),
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(method: str, path: str) -> None:
    assert find_rule(method, path) is None


@given(st.text(max_size=60))
def test_no_path_escapes(path: str) -> None:
    rule = find_rule("GET", path)
    if rule is not None:
        assert not hostile(path)
        assert ".." not in path.split("/")


@pytest.mark.parametrize("kind", ["comm_open", "comm_msg", "debug_request", "usage_request", "x"])
def test_messages_that_carry_something_else_do_not_cross(kind: str) -> None:
    for channel in ("shell", "control"):
        verdict = judge_request(message(kind, {}, channel))
        assert not verdict.forward
        assert verdict.record is not None
        assert verdict.record.outcome == "refused"


def test_code_is_recorded_with_its_expressions() -> None:
    verdict = judge_request(message("execute_request", {"code": "1", "user_expressions": {"a": "open('x')"}}))
    assert verdict.forward
    assert verdict.record is not None
    assert verdict.record.code == "1\n# user_expression a: open('x')"


def test_code_on_another_channel_does_not_cross() -> None:
    for channel in ("control", "stdin", "iopub"):
        assert not judge_request(message("execute_request", {"code": "1"}, channel)).forward


@pytest.mark.parametrize("content", [{"code": 1}, {"code": "1", "user_expressions": {"a": 1}}, {"code": ["1"]}])
def test_code_that_is_no_text_is_malformed(content: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        judge_request(message("execute_request", content))


def test_buffers_do_not_cross() -> None:
    assert not judge_request(message("execute_request", {"code": "1"}, buffers=[b"x"])).forward
    answer = message("stream", {"name": "stdout", "text": "a"}, "iopub", [b"x"])
    assert judge_answer(answer, OutputFilter()).forward
    assert answer.buffers == []


def test_pager_and_expressions_pass_the_same_list() -> None:
    content = {
        "status": "ok",
        "payload": [
            {"source": "page", "data": {"text/plain": "a", "application/pdf": "b"}, "start": 0},
            {"source": "edit_magic", "filename": "/etc/passwd"},
        ],
        "user_expressions": {"x": {"status": "ok", "data": {"image/svg+xml": "c"}, "metadata": {}}},
    }
    reply = message("execute_reply", content)
    assert judge_answer(reply, OutputFilter()).forward
    assert reply.content["payload"] == [{"source": "page", "data": {"text/plain": "a"}, "start": 0}]
    assert set(reply.content["user_expressions"]["x"]["data"]) == {"text/plain"}


def test_metadata_carries_numbers_only() -> None:
    shown = message(
        "display_data",
        {"data": {"text/plain": "a"}, "metadata": {"text/plain": {"width": 1, "file": "AAAA"}, "x": {"y": 1}}},
        "iopub",
    )
    judge_answer(shown, OutputFilter())
    assert shown.content["metadata"] == {"text/plain": {"width": 1}}


@given(st.text(max_size=200))
def test_sanitised_html_has_nothing_active(text: str) -> None:
    html = sanitise(f"<table><tr><td style='background:url(//e)' onmouseover=x>{text}</td></tr></table>").lower()
    for word in ("<script", "<iframe", "<img", "<style", "<link", "<meta", "<form", "<svg", "<object", "onmouseover=x"):
        assert word not in html or (word in text.lower().replace("&lt;", "<") and "<" not in html.split(word)[0][-1:])


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>", "<img src=//e/?d>", "<a href='//e/?d'>t</a>", "<meta http-equiv=refresh content='0;//e'>",
        "<svg><script>x</script></svg>", "<math><mtext><img src=x onerror=e></mtext></math>", "<form action=//e>",
        "<div style='background:url(//e)'>", "<iframe src=//e>", "<link rel=stylesheet href=//e>", "<base href=//e>",
    ],
)  # fmt: skip
def test_html_that_calls_out_is_cut(html: str) -> None:
    assert "//e" not in sanitise(html)
    assert "script" not in sanitise(html)


@pytest.mark.parametrize("query", [{"format": "base64"}, {"type": "x"}])
def test_bytes_are_not_asked_for(query: dict[str, str]) -> None:
    with pytest.raises(ContentRefused):
        check_read(query)


def test_a_file_is_asked_for_as_text() -> None:
    assert check_read({"type": "file", "content": "1", "token": "x"}) == {
        "type": "file",
        "content": "1",
        "format": "text",
    }


@pytest.mark.parametrize(
    "body", [b"[]", b"x", b'{"format": "base64"}', b'{"chunk": 1}', b'{"type": "x"}', b"x" * (17 << 20)]
)
def test_saves_that_are_uploads_are_refused(body: bytes) -> None:
    with pytest.raises(ContentRefused):
        check_save(body, ContentLimits())


@pytest.mark.parametrize(
    "model",
    [
        {"type": "file", "format": "base64", "content": "AAAA"},
        {"type": "file", "format": "text", "content": "a" * (2 << 20)},
        {"type": "archive"}, {"a": 1}, [],
    ],
)  # fmt: skip
def test_answers_that_are_files_are_refused(model: object) -> None:
    with pytest.raises(ContentRefused):
        filter_answer(json.dumps(model).encode(), ContentLimits(), OutputFilter())


def test_no_cookie_or_token_crosses() -> None:
    headers = {"Cookie": "a=b", "Authorization": "token x", "X-Forwarded-For": "1", "Accept": "*/*", "Origin": "o"}
    assert set(inward(headers, "t" * 20)) == {"Authorization", "Accept-Encoding"}
    assert inward({"accept": "a"}, "t" * 20)["Authorization"] == "token " + "t" * 20
    answer = outward(
        {"Set-Cookie": "a=b", "Location": "x", "Access-Control-Allow-Origin": "*", "content-type": "a/b"}, ORIGIN
    )
    assert not {"Set-Cookie", "Location", "Access-Control-Allow-Origin"} & set(answer)
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "headers", "wanted"),
    [
        ("GET", {}, False), ("GET", {"Origin": ORIGIN}, False), ("POST", {"Origin": ORIGIN}, False),
        ("POST", {}, True), ("POST", {"Origin": "https://evil.example"}, True), ("GET", {"Origin": "null"}, True),
        ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, True),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False),
        ("POST", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": ORIGIN}, True),
    ],
)  # fmt: skip
def test_whose_page_it_is(method: str, headers: dict[str, str], wanted: bool) -> None:
    assert foreign(method, headers, ORIGIN) is wanted


def test_questions_of_labs_own_are_no_attempts() -> None:
    for path in ("lab/api/build", "lsp/status", "api/nbconvert", "kernelspecs/python3/logo-svg.svg"):
        assert is_probe("GET", path)
        assert find_rule("GET", path) is None
    assert not is_probe("POST", "api/terminals")
    assert not is_probe("GET", "kernelspecs/python3/data.csv")
    assert not is_probe("GET", "files/a")


def test_kernels_come_without_files_and_debugger() -> None:
    body = {
        "default": "p",
        "kernelspecs": {
            "p": {"spec": {"metadata": {"debugger": True, "x": "y"}}, "resources": {"logo": "/kernelspecs/p/logo"}}
        },
    }
    found = json.loads(filter_kernelspecs(json.dumps(body).encode()))["kernelspecs"]["p"]
    assert found == {"spec": {"metadata": {"debugger": False}}, "resources": {}}
    with pytest.raises(ContentRefused):
        filter_kernelspecs(b"[]")


def test_what_is_forwarded_is_what_was_recorded() -> None:
    header = b'{"msg_id":"1","msg_type":"execute_request"}'
    sent = Message("shell", [header, b"{}", b"{}", b'{"code":"harmless","code":"real"}'])
    verdict = judge_request(sent)
    assert verdict.record is not None
    assert verdict.record.code == "real"
    assert sent.parts[3] == b'{"code": "real"}'


def test_an_image_begins_like_one() -> None:
    outputs = OutputFilter(image=100)
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 20).decode()
    assert outputs.bundle({"image/png": png})[1] == []
    for other in (
        base64.b64encode(b"patient;1" * 4).decode(),
        "not base64",
        base64.b64encode(b"\x89PNG\r\n\x1a\n" * 50).decode(),
    ):
        kept, dropped = outputs.bundle({"image/png": other})
        assert (dropped, set(kept)) == (["image/png"], {"text/plain"})


def test_a_notebook_carries_no_attachments() -> None:
    cell = {"cell_type": "markdown", "source": "", "attachments": {"a": {"application/pdf": "AAAA"}}}
    model = {"type": "notebook", "format": "json", "content": {"cells": [cell]}}
    found = json.loads(filter_answer(json.dumps(model).encode(), ContentLimits(), OutputFilter()))
    assert "attachments" not in found["content"]["cells"][0]

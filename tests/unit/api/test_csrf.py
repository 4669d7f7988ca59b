"""Where a state-changing call may come from, and the token that it must show."""

import asyncio
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from tre.api import csrf
from tre.core.errors import Forbidden

COOKIE = "a-cookie"
OURS = {"origin": "https://tre.localhost", "sec-fetch-site": "same-origin"}


def request(headers: dict[str, str], form: dict[str, str] | None = None, **more: Any) -> Request:
    body = urlencode(form or {}).encode()
    whole = {"content-type": "application/x-www-form-urlencoded", **headers}
    settings = SimpleNamespace(public_url="https://tre.localhost")
    state = SimpleNamespace(services=SimpleNamespace(settings=settings), no_origin_check=frozenset({"exempt"}))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http", "method": more.get("method", "POST"), "path": "/", "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in whole.items()], "app": SimpleNamespace(state=state),
        "route": SimpleNamespace(name=more.get("name", "web.project.close")),
        "path_params": more.get("path_params", {}), "state": {"web_session": COOKIE},
    }  # fmt: skip
    return Request(scope, receive)


def code(made: Request) -> str:
    try:
        asyncio.run(csrf.check(made))
    except Forbidden as refused:
        return refused.code
    return "passed"


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        (OURS, "passed"),
        ({"origin": "https://tre.localhost"}, "passed"),
        ({"sec-fetch-site": "same-origin"}, "passed"),
        ({}, "cross-site"),
        ({"origin": "https://etude--camille.work.tre.localhost", "sec-fetch-site": "same-site"}, "cross-site"),
        ({"origin": "https://tre.localhost", "sec-fetch-site": "same-site"}, "cross-site"),
        ({"origin": "https://evil.example"}, "cross-site"),
        ({"origin": "null"}, "cross-site"),
        ({"origin": "http://tre.localhost"}, "cross-site"),
        ({"sec-fetch-site": "none"}, "cross-site"),
    ],
)
def test_origin(headers: dict[str, str], answer: str) -> None:
    assert code(request(headers, {"form_token": csrf.form_token(COOKIE)})) == answer


@pytest.mark.parametrize("token", ["", "x", csrf.form_token("another-cookie"), csrf.form_token(COOKIE, "decide:req-1")])
def test_form_needs_the_token_of_its_own_session(token: str) -> None:
    assert code(request(OURS, {"form_token": token})) == "form-token"


def test_decision_needs_the_token_of_its_own_request() -> None:
    review = {"name": "web.review.vote", "path_params": {"request_id": "req-1", "file_id": "fil-1"}}
    assert code(request(OURS, {"form_token": csrf.form_token(COOKIE, "decide:req-1")}, **review)) == "passed"
    for token in (csrf.form_token(COOKIE), csrf.form_token(COOKIE, "decide:req-2")):
        assert code(request(OURS, {"form_token": token}, **review)) == "form-token"


def test_header_serves_for_calls_without_a_form() -> None:
    json = {**OURS, "content-type": "application/json"}
    assert code(request({**json, csrf.HEADER: csrf.form_token(COOKIE)})) == "passed"
    assert code(request(json)) == "form-token"


def test_reading_and_bearer_tokens_need_neither() -> None:
    assert code(request({}, method="GET")) == "passed"
    assert code(request({"authorization": "Bearer x"})) == "passed"
    assert code(request({}, name="exempt")) == "passed"

"""Idle sessions end; busy ones never, whoever watches; one that does not answer is not ended for being idle."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from tre.spawner.gateway.live import Live
from tre.spawner.gateway.sessions import Holding
from tre.spawner.gateway.tasks import look_at

LIVE = Live("ses-1", "chercheuse-a", "127.0.0.1", "t" * 32, idle_minutes=60)


def told(answer: Any, idle_minutes: float) -> list[str]:
    """What the control plane was told after one look at a server that answers ``answer`` (None: nothing listens)."""
    calls: list[str] = []

    async def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
        calls.append(f"{path} {body['reason']}")
        return {}

    async def kernels(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"token {LIVE.notebook_token}"
        return web.json_response(answer)

    async def work() -> None:
        app = web.Application()
        app.router.add_get("/user/chercheuse-a/api/kernels", kernels)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        if answer is None:
            await runner.cleanup()
        holding = Holding()
        holding.of(LIVE.session_id).used_at = time.monotonic() - idle_minutes * 60
        async with aiohttp.ClientSession() as client:
            gateway = SimpleNamespace(
                holding=holding, client=client, control=SimpleNamespace(call=call),
                settings=SimpleNamespace(notebook_port=port),
            )  # fmt: skip
            await look_at(cast(Any, gateway), LIVE)
        if answer is not None:
            await runner.cleanup()

    asyncio.run(work())
    return calls


@pytest.mark.parametrize(
    ("answer", "minutes", "ends"),
    [
        ([], 61, True), ([{"execution_state": "idle"}], 61, True), ([{"execution_state": "idle"}], 59, False),
        ([{"execution_state": "busy"}], 600, False),
        ([{"execution_state": "idle"}, {"execution_state": "busy"}], 600, False),
        ([{"execution_state": "starting"}], 600, False), ({"message": "x"}, 600, False), (None, 600, False),
    ],
)  # fmt: skip
def test_who_is_ended_for_being_idle(answer: Any, minutes: float, ends: bool) -> None:
    assert told(answer, minutes) == (["/sessions/ses-1/ended culled"] if ends else [])

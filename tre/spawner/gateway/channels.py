"""A kernel's websocket: every frame is decoded, judged, recorded where it carries code, and only then goes on."""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from tre.core.errors import TreError
from tre.spawner.gateway.messages import Record, judge_answer, judge_request
from tre.spawner.gateway.state import Visit
from tre.spawner.gateway.wire import PROTOCOL_V1, Malformed, Message, decode, encode

log = logging.getLogger("tre.gateway")

MAX_FRAME = 16 << 20
CLOSE_POLICY, CLOSE_GONE = 1008, 4410


@dataclass
class Run:
    """A cell that is running."""

    started: float
    bytes: int = 0
    status: str = "ok"


@dataclass
class Bridge:
    """One browser's socket and the notebook's behind it."""

    visit: Visit
    browser: web.WebSocketResponse
    kernel: aiohttp.ClientWebSocketResponse
    v1: bool
    runs: dict[str, Run] = field(default_factory=dict)
    writing: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def run(self) -> None:
        """Until one side closes, the session ends, or something is not of the protocol."""
        tasks = [
            asyncio.create_task(self._from_browser()),
            asyncio.create_task(self._from_kernel()),
            asyncio.create_task(self.visit.held.ended.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._close(done)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *self.writing, return_exceptions=True)

    async def _close(self, done: "Iterable[asyncio.Task[Any]]") -> None:
        failure = next((task.exception() for task in done if not task.cancelled() and task.exception()), None)
        code, reason = aiohttp.WSCloseCode.OK.value, "closed"
        if isinstance(failure, Malformed):
            code, reason = CLOSE_POLICY, "malformed"
            await self._note(
                Record("gateway.message", {"type": "malformed", "why": str(failure)[:80]}, outcome="refused")
            )
        elif isinstance(failure, TreError):
            code, reason = CLOSE_POLICY, failure.code
            self.visit.gateway.holding.drop(self.visit.live.session_id, failure.code)
        elif failure is not None:
            log.error("bridge failed: %s", type(failure).__name__)
            code, reason = aiohttp.WSCloseCode.INTERNAL_ERROR.value, "internal"
        elif self.visit.held.ended.is_set():
            code, reason = CLOSE_GONE, self.visit.held.reason
        with suppress(Exception):
            await asyncio.wait_for(self.browser.close(code=code, message=reason.encode()[:100]), 2)
        with suppress(Exception):
            await asyncio.wait_for(self.kernel.close(), 2)

    async def _note(self, record: Record) -> None:
        await self.visit.gateway.journal.append(self.visit.live.session_id, record, self.visit.address)

    async def _from_browser(self) -> None:
        async for frame in self.browser:
            if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            message = decode(frame.data, self.v1)
            verdict = judge_request(message)
            if verdict.record is not None:
                await self._note(verdict.record)
            if not verdict.forward:
                continue
            self.visit.held.touch()
            if message.type == "execute_request":
                self.runs[message.id] = Run(time.monotonic())
            await _send(self.kernel, encode(message, self.v1))

    async def _from_kernel(self) -> None:
        async for frame in self.kernel:
            if frame.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            message = decode(frame.data, self.v1)
            verdict = judge_answer(message, self.visit.gateway.outputs)
            if verdict.record is not None:
                await self._note(verdict.record)
            if not verdict.forward:
                continue
            await self._spend(message.size)
            await _send(self.browser, encode(message, self.v1))
            self._account(message)

    async def _spend(self, size: int) -> None:
        status = self.visit.held.budget.spend(size)
        if status is None:
            return
        used = self.visit.held.budget.used
        await self._note(Record("gateway.budget", {"status": status, "bytes": used}, outcome="refused"))
        if status == "exceeded":
            self.visit.held.stop("budget")
            await asyncio.sleep(3600)  # until the bridge is cancelled: nothing more crosses

    def _note_later(self, record: Record) -> None:
        """For what has happened already: written at once, waited for by nobody; the session stops when it cannot be."""
        task = asyncio.ensure_future(self._note(record))
        self.writing.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: "asyncio.Task[None]") -> None:
        self.writing.discard(task)
        if not task.cancelled() and isinstance(failure := task.exception(), TreError):
            self.visit.held.stop(failure.code)

    def _account(self, message: Message) -> None:
        """Add up what a run shows; its end is when the kernel says it is idle again."""
        run = self.runs.get(message.parent_id)
        if run is None:
            return
        kind = message.type
        if kind in {"stream", "display_data", "execute_result", "update_display_data", "error"}:
            run.bytes += message.size
        if kind == "error":
            run.status = "error"
        elif kind == "status" and message.content.get("execution_state") == "idle":
            self.runs.pop(message.parent_id, None)
            seconds = round(time.monotonic() - run.started, 3)
            detail: dict[str, str | int | float | bool | None] = {
                "msg": message.parent_id[:80],
                "seconds": seconds,
                "status": run.status,
                "bytes": run.bytes,
            }
            self._note_later(Record("gateway.executed", detail))


async def _send(target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse, frame: bytes | str) -> None:
    if isinstance(frame, str):
        await target.send_str(frame)
    else:
        await target.send_bytes(frame)


async def channels(visit: Visit) -> web.StreamResponse:
    """Bridge one kernel socket. The browser gets the binary protocol when it offers it and the notebook agrees."""
    offered = [p.strip() for p in visit.request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    protocols = (PROTOCOL_V1,) if PROTOCOL_V1 in offered else ()
    headers = {"Authorization": f"token {visit.live.notebook_token}"}
    wanted = visit.request.query.get("session_id", "")[:80]
    query = {"session_id": wanted} if wanted.replace("-", "").isalnum() else {}
    kernel = await visit.gateway.client.ws_connect(
        visit.upstream.with_query(query), protocols=protocols, headers=headers, max_msg_size=MAX_FRAME, compress=0,
        autoping=True, timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
    )  # fmt: skip
    v1 = kernel.protocol == PROTOCOL_V1
    browser = web.WebSocketResponse(
        protocols=(PROTOCOL_V1,) if v1 else (), max_msg_size=MAX_FRAME, compress=False, heartbeat=30
    )
    try:
        await browser.prepare(visit.request)
        await visit.record("gateway.connect", kernel=visit.path.split("/")[2][:40], v1=v1)
        await Bridge(visit, browser, kernel, v1).run()
        await visit.record("gateway.disconnect", kernel=visit.path.split("/")[2][:40])
    finally:
        await kernel.close()
    return browser


async def silent(visit: Visit) -> web.StreamResponse:
    """A socket that Lab opens for events: accepted, so that Lab does not try for ever, and carrying nothing."""
    browser = web.WebSocketResponse(max_msg_size=1 << 16, heartbeat=30)
    await browser.prepare(visit.request)
    ended = asyncio.create_task(visit.held.ended.wait())
    try:
        while not ended.done():
            receive = asyncio.create_task(browser.receive())
            await asyncio.wait({receive, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not receive.done():
                receive.cancel()
            elif receive.result().type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR}:
                break
    finally:
        ended.cancel()
        with suppress(Exception):
            await asyncio.wait_for(browser.close(), 2)
    return browser

"""Latency of a kernel message through the trace gateway, against a direct connection to the same echo kernel.

`python -m benchmarks.gateway [messages]` prints p50 and p99 in ms: direct, through, and what is added.
Target (design §10): added p50 < 0.5 ms and p99 < 2 ms; 1 and 5 ms where each run is journalled first.
"""

import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, cast

import aiohttp
from aiohttp import web

from tre.spawner.gateway.app import make_app
from tre.spawner.gateway.assets import Assets
from tre.spawner.gateway.journal import Journal
from tre.spawner.gateway.live import Live
from tre.spawner.gateway.state import Gateway
from tre.spawner.gateway.visitors import Visitor
from tre.spawner.gateway.wire import PROTOCOL_V1, Message, decode, encode
from tre.spawner.settings import WorkspaceSettings

ECHO, THROUGH = 18888, 18000
HOST = "cohorte-a--chercheuse-a.work.tre.example"
KERNEL = str(uuid.UUID(int=7))
PATH = f"/user/chercheuse-a/api/kernels/{KERNEL}/channels"
LIVE = Live("ses-" + "0" * 26, "chercheuse-a", "127.0.0.1", "t" * 32)


async def _echo(request: web.Request) -> web.StreamResponse:
    """Answers every request at once, then says that it is idle."""
    socket = web.WebSocketResponse(protocols=(PROTOCOL_V1,), max_msg_size=0, compress=False)
    await socket.prepare(request)
    async for frame in socket:
        asked = decode(frame.data, True)
        for channel, kind in (("shell", asked.type.replace("_request", "_reply")), ("iopub", "status")):
            content = {"status": "ok"} if channel == "shell" else {"execution_state": "idle"}
            header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "k"}
            parts = [json.dumps(part).encode() for part in (header, asked.part(0), {}, content)]
            await socket.send_bytes(cast(bytes, encode(Message(channel, parts), True)))
    return socket


def serve_echo() -> None:
    """The kernel's side."""
    app = web.Application()
    app.router.add_get(PATH, _echo)
    web.run_app(app, host="127.0.0.1", port=ECHO, print=None, access_log=None)


class _Known:
    """The live session and its owner, known beforehand: what is measured is the message's way."""

    async def of(self, _person: str) -> Live:
        return LIVE

    async def check(self, live: Live, _cookie: str | None) -> Visitor:
        return Visitor(live.person, live.session_id, "t")


def serve_gateway(folder: str) -> None:
    """The gateway, with its real journal on this machine's disk."""

    async def build() -> web.Application:
        settings = WorkspaceSettings(
            "cohorte-a",
            "work.tre.example",
            "https://tre.example",
            "http://x",
            "s" * 32,
            "g" * 32,
            "n",
            notebook_port=ECHO,
        )
        known = cast(Any, _Known())
        client = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        journal = Journal(Path(folder) / "journal.sqlite")
        return make_app(Gateway(settings, known, known, known, journal, Assets(()), client))

    web.run_app(build(), host="127.0.0.1", port=THROUGH, print=None, access_log=None)


async def measure(port: int, kind: str, count: int) -> list[float]:
    """Milliseconds from a request to its reply, one after the other."""
    headers = {"Host": HOST, "Origin": f"https://{HOST}"}
    taken = []
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"http://127.0.0.1:{port}{PATH}", protocols=(PROTOCOL_V1,), headers=headers, compress=0
        ) as socket,
    ):
        for number in range(count + 50):
            header = {"msg_id": str(number), "msg_type": kind, "session": "s"}
            parts = [json.dumps(part).encode() for part in (header, {}, {}, {"code": f"print({number})"})]
            started = time.perf_counter()
            await socket.send_bytes(cast(bytes, encode(Message("shell", parts), True)))
            for _ in range(2):
                frame = await socket.receive_bytes()
                if decode(frame, True).type.endswith("_reply") and number >= 50:
                    taken.append((time.perf_counter() - started) * 1000)
    return taken


def _row(name: str, direct: list[float], through: list[float]) -> str:
    def at(values: list[float], share: int) -> float:
        return statistics.quantiles(values, n=100)[share - 1]

    cells = [f"{at(v, p):.2f}" for p in (50, 99) for v in (direct, through)]
    added = [f"{at(through, p) - at(direct, p):.2f}" for p in (50, 99)]
    return f"| {name} | {cells[0]} | {cells[1]} | {added[0]} | {cells[2]} | {cells[3]} | {added[1]} |"


async def _compare(count: int) -> None:
    print("| message | p50 direct | p50 through | added | p99 direct | p99 through | added |")
    print("|---|---|---|---|---|---|---|")
    for name, kind in (("completion", "complete_request"), ("run (journalled first)", "execute_request")):
        direct, through = await measure(ECHO, kind, count), await measure(THROUGH, kind, count)
        print(_row(name, direct, through), flush=True)


def main() -> None:
    """Start both servers, compare, stop them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder:
        servers = [
            multiprocessing.Process(target=serve_echo, daemon=True),
            multiprocessing.Process(target=serve_gateway, args=(folder,), daemon=True),
        ]
        for server in servers:
            server.start()
        time.sleep(3)
        try:
            asyncio.run(_compare(count))
        finally:
            for server in servers:
                server.terminate()
                server.join()


if __name__ == "__main__":
    main()

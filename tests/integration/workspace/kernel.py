"""A page's kernel connection: speaks both wire formats, as JupyterLab and its predecessors do."""

import json
import socket
import time
import uuid
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.integration.workspace.world import NOTEBOOK_HOST, PERSON, Browser
from tre.spawner.gateway.wire import PROTOCOL_V1, Message, decode, encode


class KernelPage:
    """One websocket to one kernel."""

    def __init__(self, browser: Browser, kernel_id: str, v1: bool = True, **changes: str) -> None:
        self.v1 = v1
        headers = {
            "Origin": f"https://{NOTEBOOK_HOST}",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": "; ".join(f"{k}={v}" for k, v in browser.cookies[NOTEBOOK_HOST].items()),
            **changes,
        }
        self.socket: ClientConnection = connect(
            f"ws://{NOTEBOOK_HOST}:{browser.world.gateway_port}/user/{PERSON}/api/kernels/{kernel_id}/channels",
            sock=socket.create_connection(("127.0.0.1", browser.world.gateway_port)), additional_headers=headers,
            compression=None, max_size=None, proxy=None, legacy=True,
            origin=None, subprotocols=[Subprotocol(PROTOCOL_V1)] if v1 else None,
        )  # fmt: skip

    def send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        """One message; returns its id."""
        identifier = uuid.uuid4().hex
        header = {
            "msg_id": identifier, "msg_type": kind, "username": "", "session": "s", "version": "5.3",
            "date": "2026-11-24T00:00:00Z",
        }  # fmt: skip
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        self.socket.send(encode(Message(channel, parts), self.v1))
        return identifier

    def execute(self, code: str, **more: Any) -> list[Message]:
        """Run a cell; everything that came back for it, up to the kernel's being idle."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        identifier = self.send("execute_request", {**content, **more})
        return self.until_idle(identifier)

    def until_idle(self, identifier: str, seconds: float = 60) -> list[Message]:
        """Messages whose parent is ``identifier``."""
        found: list[Message] = []
        replied = idle = False
        while not (replied and idle):
            message = decode(self.socket.recv(timeout=seconds), self.v1)
            if message.parent_id != identifier:
                continue
            found.append(message)
            replied = replied or message.type.endswith("_reply")
            idle = idle or (message.type == "status" and message.content["execution_state"] == "idle")
        return found

    def wait_closed(self, seconds: float = 10) -> None:
        """Return once the gateway has closed the socket."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.socket.recv(timeout=seconds)
            except ConnectionClosed:
                return
        raise AssertionError("the socket stayed open")

    def close(self) -> None:
        self.socket.close()


def displays(messages: list[Message]) -> dict[str, Any]:
    """The bundle of the cell's result or display."""
    merged: dict[str, Any] = {}
    for message in messages:
        if message.type in {"display_data", "execute_result"}:
            merged |= message.content["data"]
    return merged


def text(messages: list[Message]) -> str:
    """What the cell printed."""
    return "".join(m.content["text"] for m in messages if m.type == "stream")

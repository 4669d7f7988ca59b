"""What a browser does with a workspace: sign in by a ticket, start a notebook, talk to it and to its kernels."""

import json
import time
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tre.spawner.gateway.wire import PROTOCOL_V1, Message, decode, encode


@dataclass(frozen=True)
class Reached:
    """How to reach a host: the address to call, headers that an ingress adds, options of the client."""

    base: str
    headers: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)


class WorkspaceBrowser(ABC):
    """Follows redirects over hosts, with a cookie jar per host."""

    def __init__(self, slug: str, person: str, work_domain: str) -> None:
        self.person = person
        self.hub_host = f"{slug}.{work_domain}"
        self.notebook_host = f"{slug}--{person}.{work_domain}"
        self.ours = f".{work_domain}"
        self.cookies: dict[str, dict[str, str]] = {}
        self.client = httpx.Client(follow_redirects=False, timeout=60, verify=False)

    @abstractmethod
    def reach(self, host: str) -> Reached:
        """Where that host is."""

    @abstractmethod
    def websocket(self, path: str) -> tuple[str, dict[str, Any]]:
        """Address and client options of a websocket on the notebook's host."""

    def once(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One request; ``mode`` is what a browser says of its purpose."""
        target = httpx.URL(url)
        host, reached = target.host, self.reach(target.host)
        headers = {
            "Host": host, "Sec-Fetch-Mode": options.pop("mode", "navigate"), "Sec-Fetch-Site": "same-origin",
            "Accept": "text/html,*/*", "Cookie": self.cookie_header(host), **reached.headers,
        }  # fmt: skip
        if method not in {"GET", "HEAD"}:
            headers["Origin"] = f"https://{host}"
        headers |= options.pop("headers", {})
        response = self.client.request(
            method, reached.base + target.raw_path.decode(), headers=headers, extensions=reached.extensions, **options
        )
        self._keep(host, response)
        return response

    def cookie_header(self, host: str) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.get(host, {}).items())

    def _keep(self, host: str, response: httpx.Response) -> None:
        jar = self.cookies.setdefault(host, {})
        for cookie in response.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            if "expires=Thu, 01 Jan 1970" in cookie or "Max-Age=0" in cookie:
                jar.pop(name, None)
            else:
                jar[name] = rest.partition(";")[0].strip('"')
        self.client.cookies.clear()

    def get(self, url: str, limit: int = 15) -> tuple[str, httpx.Response]:
        """Navigate; returns where it ended. Addresses outside the workspace are not followed."""
        for _ in range(limit):
            response = self.once("GET", url)
            if response.status_code not in {301, 302, 303, 307}:
                return url, response
            url = str(httpx.URL(url).join(response.headers["location"]))
            if not httpx.URL(url).host.endswith(self.ours):
                return url, response
        raise AssertionError(f"too many redirects, last {url}")

    def start(self, ticket: str, profile: str = "python", seconds: float = 120) -> None:
        """Sign in with a ticket, start the notebook, wait until it is up, and open it."""
        _, page = self.get(f"https://{self.hub_host}/hub/login?ticket={ticket}")
        assert "profile" in page.text, page.text[:500]
        xsrf = self.cookies[self.hub_host]["_xsrf"]
        form = {"profile": profile, "_xsrf": xsrf}
        answer = self.once("POST", f"https://{self.hub_host}/hub/spawn?_xsrf={xsrf}", data=form)
        assert answer.status_code == 302, answer.text
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            where, page = self.get(f"https://{self.hub_host}/hub/spawn")
            if httpx.URL(where).host == self.notebook_host:
                assert page.status_code == 200, page.text
                return
            time.sleep(0.3)
        raise AssertionError(f"the notebook did not come up: {page.status_code} {page.text[:2000]}")

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of the notebook's page."""
        return self.once(method, f"https://{self.notebook_host}/user/{self.person}/{path}", mode="cors", **options)

    def kernel(self) -> str:
        """A new kernel's id."""
        answer = self.api("POST", "api/kernels", json={"name": "python3"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


class KernelPage:
    """One websocket to one kernel; speaks both wire formats, as JupyterLab and its predecessors do."""

    def __init__(self, browser: WorkspaceBrowser, kernel_id: str, v1: bool = True, **changes: str) -> None:
        self.v1 = v1
        headers = {
            "Origin": f"https://{browser.notebook_host}",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": browser.cookie_header(browser.notebook_host),
            **changes,
        }
        url, options = browser.websocket(f"/user/{browser.person}/api/kernels/{kernel_id}/channels")
        self.socket: ClientConnection = connect(
            url, additional_headers=headers, compression=None, max_size=None, proxy=None, legacy=True, origin=None,
            subprotocols=[Subprotocol(PROTOCOL_V1)] if v1 else None, **options,
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
        return self.until_idle(self.send("execute_request", {**content, **more}))

    def until_idle(self, identifier: str, seconds: float = 120) -> list[Message]:
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
    """What the cell printed, and the error it ended in."""
    printed = "".join(m.content["text"] for m in messages if m.type == "stream")
    return printed + "".join(f"{m.content['ename']}: {m.content['evalue']}" for m in messages if m.type == "error")

"""The "internet" of the isolation tests: a network namespace with an address of TEST-NET-3 and a listener.

Single addresses are routed, since the rest of the range may mean something on the machine. Never a real address:
what must be shown is that the path exists and that policy closes it.
"""

import socket
import subprocess
import sys
import time
from types import TracebackType

_NAME = "tre-outside"
_PROGRAM = (
    "import socket\n"
    "server = socket.create_server(('203.0.113.242', 8443))\n"
    "while True:\n"
    "    server.accept()[0].close()\n"
)


def _run(*command: str, check: bool = True) -> None:
    subprocess.run(command, check=check, capture_output=True)


class Outside:
    """``with Outside() as network``: ``network.address`` answers on ``network.port``. Needs root on the node."""

    address, port = "203.0.113.242", 8443

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Outside":
        self._clear()
        _run("ip", "netns", "add", _NAME)
        _run("ip", "link", "add", "tre-out", "type", "veth", "peer", "name", "eth0", "netns", _NAME)
        _run("ip", "addr", "add", "203.0.113.241/32", "dev", "tre-out")
        _run("ip", "link", "set", "tre-out", "up")
        _run("ip", "route", "add", "203.0.113.242/32", "dev", "tre-out", "src", "203.0.113.241")
        for command in (
            ("addr", "add", "203.0.113.242/32", "dev", "eth0"), ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"), ("route", "add", "203.0.113.241/32", "dev", "eth0"),
            ("route", "add", "default", "via", "203.0.113.241"),
        ):  # fmt: skip
            _run("ip", "-n", _NAME, *command)
        self._server = subprocess.Popen(["ip", "netns", "exec", _NAME, sys.executable, "-c", _PROGRAM])
        self._wait()
        return self

    def _wait(self) -> None:
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((self.address, self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < end, "the outside network did not answer"
                time.sleep(0.1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._server:
            self._server.terminate()
            self._server.wait(timeout=10)
        self._clear()

    def _clear(self) -> None:
        _run("ip", "link", "del", "tre-out", check=False)
        _run("ip", "netns", "del", _NAME, check=False)

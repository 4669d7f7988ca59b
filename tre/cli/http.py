"""Calls of the command line to the API: a token from a file, problem documents as messages."""

import io
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
import httpx

TOKEN_FILE = Path(os.environ.get("TRE_TOKEN_FILE", "~/.config/tre/token")).expanduser()


class _Chunks(io.RawIOBase):
    """An iterator of bytes, read as a file."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source, self._rest = source, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            if (chunk := next(self._source, None)) is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class Api:
    """The API at ``TRE_URL``; the token is read from the file that ``TRE_TOKEN_FILE`` names, never from an argument."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or _client()

    def get(self, path: str, **query: Any) -> Any:
        """The answer's JSON; raises ClickException with the problem's title, code and remedy."""
        return self._answer(self._client.get(f"/api/v1{path}", params=query))

    def post(self, path: str, body: Any = None) -> Any:
        """The same for a change."""
        return self._answer(self._client.post(f"/api/v1{path}", json=body))

    @contextmanager
    def stream(self, path: str, **query: Any) -> Iterator[IO[bytes]]:
        """The answer's bytes as a file that is read while they come; raises ClickException as ``get`` does."""
        with self._client.stream("GET", f"/api/v1{path}", params=query) as reply:
            if not reply.is_success:
                reply.read()
                self._answer(reply)
            yield io.BufferedReader(_Chunks(reply.iter_bytes()), 1 << 20)

    def _answer(self, reply: httpx.Response) -> Any:
        if reply.is_success:
            return reply.json()
        try:
            problem = reply.json()
        except ValueError:
            raise click.ClickException(f"The server answered {reply.status_code}.") from None
        text = f"{problem.get('title')} [{problem.get('code')}]"
        raise click.ClickException(f"{text}\n{problem.get('remedy', '')}".rstrip())


def _client() -> httpx.Client:
    url = os.environ.get("TRE_URL", "https://tre.localhost")
    try:
        token = TOKEN_FILE.read_text().strip()
    except OSError:
        raise click.ClickException(f"No token: write an access token to {TOKEN_FILE}.") from None
    authority = os.environ.get("TRE_CA_FILE")
    verify: ssl.SSLContext | bool = ssl.create_default_context(cafile=authority) if authority else True
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, verify=verify, timeout=30)

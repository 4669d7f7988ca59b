"""Calls of the command line to the API: a token from a file, problem documents as messages."""

import os
import ssl
from pathlib import Path
from typing import Any

import click
import httpx

TOKEN_FILE = Path(os.environ.get("TRE_TOKEN_FILE", "~/.config/tre/token")).expanduser()


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

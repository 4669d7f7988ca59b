"""A browser as far as forms go: it sends the origin and the form token of its session."""

from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tre.api.csrf import form_token

ORIGIN = {"origin": "https://tre.localhost", "sec-fetch-site": "same-origin"}


@dataclass
class Browser:
    """A signed-in person's browser."""

    client: TestClient
    cookie: str

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def post(self, path: str, token_for: str = "form", **fields: Any) -> Response:
        """Send a form of ours."""
        token = form_token(self.cookie, token_for)
        return self.client.post(path, data={"form_token": token, **fields}, headers={**ORIGIN, "x-form-token": token})

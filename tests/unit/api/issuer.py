"""An identity provider that lives in a test: real keys, real signatures, no network."""

import base64
import hmac
import json
import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER = "https://id.tre.localhost/realms/tre"
INTERNAL = "http://keycloak:8080/realms/tre"
CLIENT = "tre-control"


class Issuer:
    """Serves metadata and keys, and signs whatever a test asks for."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.tokens: dict[str, Any] = {}
        self.calls: list[str] = []
        self.down = False

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        if self.down:
            raise httpx.ConnectError("down")
        if request.url.path.endswith("/.well-known/openid-configuration"):
            base = f"{ISSUER}/protocol/openid-connect"
            names = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "certs"}
            addresses = {key: f"{base}/{name}" for key, name in names.items()}
            return httpx.Response(200, json={**addresses, "end_session_endpoint": f"{base}/logout"})
        if request.url.path.endswith("/certs"):
            return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        return httpx.Response(200, content=json.dumps(self.tokens))

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        whole = {
            "iss": ISSUER, "aud": CLIENT, "sub": "sub-1", "sid": "sid-1", "iat": now, "exp": now + 300,
            "typ": "Bearer", "acr": "mfa", "realm_access": {"roles": ["agent", "offline_access"]},
        }  # fmt: skip
        return {key: value for key, value in {**whole, **changes}.items() if value is not None}

    def sign(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        signer = key or self.key
        return jwt.encode(
            {"alg": "RS256", "kid": "one", **header}, claims, signer, algorithms=["RS256", "HS256", "none"]
        )

    def confused(self, claims: dict[str, Any]) -> str:
        """An HMAC made with the public key, which everybody has."""

        def part(value: bytes) -> bytes:
            return base64.urlsafe_b64encode(value).rstrip(b"=")

        head = part(json.dumps({"alg": "HS256", "kid": "one"}).encode()) + b"." + part(json.dumps(claims).encode())
        secret = self.key.as_pem(private=False)
        return (head + b"." + part(hmac.digest(secret, head, "sha256"))).decode()

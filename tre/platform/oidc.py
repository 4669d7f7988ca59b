"""The identity provider: code flow with PKCE, and validation of every token it issues (requirements T13, A:1.5).

Signatures and claims are checked by joserfc; this module decides which algorithms, types, audiences and strengths of
authentication are accepted. Nothing here keeps a token.
"""

import base64
import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from tre.core.errors import Temporary, Unauthorised
from tre.core.people import Role
from tre.core.settings import Settings

# Asymmetric only: `none` and the HMAC family would let a token be made with what everybody knows (RFC 8725 §3.1).
ALGORITHMS = ["RS256", "ES256", "EdDSA", "Ed25519"]
_KEYS_SECONDS, _REFRESH_SECONDS, _TIMEOUT, _LEEWAY = 600, 30, 5.0, 30
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class Claims:
    """What a valid token tells: who, with which roles, how strongly, until when."""

    issuer: str
    subject: str
    sid: str | None
    roles: frozenset[Role]
    expires_at: int
    issued_at: int
    strong: bool
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class CodeFlow:
    """The secrets of one sign-in, kept on our side until the browser comes back."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


class OidcClient:
    """The control plane's one client at the identity provider (design §2)."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._internal = (settings.oidc_internal_url or settings.oidc_issuer).rstrip("/")
        ca = settings.internal_ca_file
        verify = str(ca) if ca.is_file() and self._internal.startswith("https") else True
        self._http = httpx.Client(timeout=_TIMEOUT, transport=transport, verify=verify)
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")
        self._metadata: dict[str, Any] = {}

    # -- addresses ---------------------------------------------------------------------------------------------

    def _endpoint(self, name: str, *, back_channel: bool) -> str:
        """An address of the provider's metadata, on the host that this caller can reach (browser or cluster)."""
        if not self._metadata:
            self._metadata = self._get(f"{self._internal}/.well-known/openid-configuration")
        address = str(self._metadata[name])
        known = (self._issuer, self._internal)
        base = next((host for host in known if address.startswith(host)), None)
        if base is None:
            raise Unauthorised("idp-metadata", "The identity provider names an address that is not its own.")
        return (self._internal if back_channel else self._issuer) + address[len(base) :]

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = self._http.get(url)
            answer.raise_for_status()
            content: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as failure:
            raise _down() from failure
        return content

    def authorization_url(self, flow: CodeFlow) -> str:
        """Where the browser goes to sign in; the second factor is asked for, and checked again on return."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code", "client_id": self._settings.oidc_client_id, "scope": "openid profile email",
            "redirect_uri": flow.redirect_uri, "state": flow.state, "nonce": flow.nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        if self._settings.oidc_mfa_acr:
            query["acr_values"] = " ".join(sorted(self._settings.oidc_mfa_acr))
        return f"{self._endpoint('authorization_endpoint', back_channel=False)}?{urlencode(query)}"

    def sign_out_url(self, return_to: str) -> str:
        """Where the browser goes to end its session at the provider too."""
        query = {"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": return_to}
        return f"{self._endpoint('end_session_endpoint', back_channel=False)}?{urlencode(query)}"

    # -- tokens ------------------------------------------------------------------------------------------------

    def exchange(self, code: str, flow: CodeFlow) -> Claims:
        """Turn the code into the claims of a verified ID token; raises Unauthorised or Temporary."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.verifier,
        }  # fmt: skip
        secret = self._settings.oidc_client_secret.get_secret_value()
        try:
            answer = self._http.post(
                self._endpoint("token_endpoint", back_channel=True),
                data=form, auth=(self._settings.oidc_client_id, secret),
            )  # fmt: skip
        except httpx.HTTPError as failure:
            raise _down() from failure
        if answer.status_code >= 500:
            raise _down()
        tokens = answer.json() if answer.status_code == 200 else {}
        if "id_token" not in tokens:
            raise Unauthorised(
                "sign-in-refused", "The identity provider did not accept this sign-in.", "Sign in again."
            )
        claims = self.id_token(tokens["id_token"], flow.nonce)
        if not claims.roles and "access_token" in tokens:  # many providers put roles in the access token alone
            claims = _with_roles(claims, self._decode(tokens["access_token"]))
        return claims

    def id_token(self, token: str, nonce: str) -> Claims:
        """Validate an ID token for us, of this sign-in, obtained with a second factor."""
        payload = self._decode(token)
        _check_time_and_issuer(payload, self._issuer)
        _check_audience(payload, self._settings.oidc_client_id)
        if payload.get("typ", "ID") != "ID" or payload.get("nonce") != nonce:
            raise Unauthorised("token-type", "This is not the token of this sign-in.", "Sign in again.")
        return self._strong(payload)

    def access_token(self, token: str) -> Claims:
        """Validate a bearer token meant for this API, obtained with a second factor (RFC 9068 or Keycloak's form)."""
        decoded = self._token(token)
        payload = decoded.claims
        _check_time_and_issuer(payload, self._issuer)
        _check_audience(payload, self._settings.oidc_client_id)
        if payload.get("typ") != "Bearer" and decoded.header.get("typ", "").lower() != "at+jwt":
            raise Unauthorised("token-type", "Only an access token is accepted here.", "Ask for an access token.")
        return self._strong(payload)

    def logout_token(self, token: str) -> Claims:
        """Validate a back-channel logout token (OpenID Connect Back-Channel Logout 1.0 §2.6)."""
        payload = self._decode(token)
        _check_time_and_issuer(payload, self._issuer)
        _check_audience(payload, self._settings.oidc_client_id)
        if _LOGOUT_EVENT not in (payload.get("events") or {}) or "nonce" in payload:
            raise Unauthorised("token-type", "This is not a logout token.")
        if not payload.get("sid") and not payload.get("sub"):
            raise Unauthorised("token-type", "This logout token names no session and no person.")
        return self._claims(payload)

    def _decode(self, token: str) -> dict[str, Any]:
        return self._token(token).claims

    def _token(self, token: str) -> jwt.Token:
        try:
            try:
                return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
            except (InvalidKeyIdError, ValueError):
                return jwt.decode(token, self._key_set(refresh=True), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as failure:
            raise _invalid() from failure

    def _key_set(self, *, refresh: bool = False) -> KeySet:
        """The provider's keys; an unknown key id refreshes them, but not more often than every 30 s."""
        with self._lock:
            age = time.monotonic() - self._keys_at
            if self._keys is None or age > _KEYS_SECONDS or (refresh and age > _REFRESH_SECONDS):
                keys = self._get(self._endpoint("jwks_uri", back_channel=True))["keys"]
                # a provider also publishes encryption keys, of algorithms that we do not use
                signing = [key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
                self._keys, self._keys_at = KeySet.import_key_set({"keys": signing}), time.monotonic()
            return self._keys

    def _strong(self, payload: Mapping[str, Any]) -> Claims:
        claims = self._claims(payload)
        if not claims.strong:
            raise Unauthorised(
                "second-factor-missing",
                "You signed in with one factor; this platform asks for two.",
                "Register a second factor (a one-time code application or a security key), then sign in again.",
            )
        return claims

    def _claims(self, payload: Mapping[str, Any]) -> Claims:
        amr = payload.get("amr") or []
        strong = str(
            payload.get("acr", "")
        ) in self._settings.oidc_mfa_acr or not self._settings.oidc_mfa_amr.isdisjoint(
            amr if isinstance(amr, list) else [amr]
        )
        return Claims(
            issuer=self._issuer, subject=str(payload.get("sub", "")), sid=payload.get("sid"), roles=_roles(payload),
            expires_at=int(payload["exp"]), issued_at=int(payload.get("iat", 0)), strong=strong, raw=payload,
        )  # fmt: skip


def _down() -> Temporary:
    return Temporary("idp-unavailable", "The identity provider did not answer.", "Try again in a minute.")


def _invalid() -> Unauthorised:
    return Unauthorised("token-invalid", "This token is not one that we accept.", "Sign in again to get a new one.")


def _check_time_and_issuer(payload: Mapping[str, Any], issuer: str) -> None:
    registry = jwt.JWTClaimsRegistry(leeway=_LEEWAY, exp={"essential": True}, iss={"essential": True, "value": issuer})
    try:
        registry.validate(dict(payload))
    except ExpiredTokenError as failure:
        raise Unauthorised("token-expired", "This token has expired.", "Sign in again.") from failure
    except JoseError as failure:
        raise _invalid() from failure


def _check_audience(payload: Mapping[str, Any], client_id: str) -> None:
    audience = payload.get("aud", [])
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise Unauthorised(
            "token-audience", "This token was issued for another service.", "Ask for a token for this one."
        )


def _roles(payload: Mapping[str, Any]) -> frozenset[Role]:
    """Realm roles that are ours; the provider's own ("offline_access") mean nothing here."""
    names = (payload.get("realm_access") or {}).get("roles", [])
    return frozenset(Role(name) for name in names if name in set(Role))


def _with_roles(claims: Claims, access: Mapping[str, Any]) -> Claims:
    if access.get("sub") != claims.subject or access.get("iss") != claims.issuer:
        raise _invalid()
    return Claims(
        claims.issuer, claims.subject, claims.sid, _roles(access), claims.expires_at, claims.issued_at, claims.strong,
        claims.raw,
    )  # fmt: skip

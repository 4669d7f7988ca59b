"""What the API takes for a token, and everything that it refuses (checks E10, E13)."""

import base64
import json
import time
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from tests.unit.api.issuer import CLIENT, INTERNAL, ISSUER, Issuer
from tre.core.errors import Temporary, Unauthorised
from tre.core.people import Role
from tre.core.settings import Settings
from tre.platform.oidc import CodeFlow, OidcClient

pytestmark = pytest.mark.requirement("E13")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def client(issuer: Issuer) -> OidcClient:
    settings = Settings(oidc_issuer=ISSUER, oidc_internal_url=INTERNAL, oidc_client_id=CLIENT)
    return OidcClient(settings, httpx.MockTransport(issuer.handle))


def refused(client: OidcClient, token: str) -> str:
    with pytest.raises(Unauthorised) as caught:
        client.access_token(token)
    return caught.value.code


def test_good_token_tells_who_and_which_roles(client: OidcClient, issuer: Issuer) -> None:
    claims = client.access_token(issuer.sign(issuer.claims()))
    assert (claims.subject, claims.sid, claims.roles) == ("sub-1", "sid-1", {Role.AGENT})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "another"}, "token-audience"),
        ({"aud": None}, "token-audience"),
        ({"iss": "https://evil.example"}, "token-invalid"),
        ({"exp": int(time.time()) - 3600}, "token-expired"),
        ({"exp": None}, "token-invalid"),
        ({"typ": "ID"}, "token-type"),
        ({"typ": "Refresh"}, "token-type"),
        ({"acr": "1"}, "second-factor-missing"),
        ({"acr": None}, "second-factor-missing"),
        ({"acr": None, "amr": ["pwd"]}, "second-factor-missing"),
    ],
)
def test_wrong_claims_are_refused(client: OidcClient, issuer: Issuer, changes: dict[str, Any], code: str) -> None:
    assert refused(client, issuer.sign(issuer.claims(**changes))) == code


def test_amr_may_tell_of_the_second_factor(client: OidcClient, issuer: Issuer) -> None:
    assert client.access_token(issuer.sign(issuer.claims(acr="0", amr=["pwd", "otp"]))).strong


def test_another_key_is_refused(client: OidcClient, issuer: Issuer) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    assert refused(client, issuer.sign(issuer.claims(), stranger)) == "token-invalid"
    assert refused(client, issuer.sign(issuer.claims(), stranger, kid="two")) == "token-invalid"


def test_alg_none_is_refused(client: OidcClient, issuer: Issuer) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    assert refused(client, f"{part({'alg': 'none'})}.{part(issuer.claims())}.") == "token-invalid"
    assert refused(client, f"{part({'alg': 'none', 'kid': 'one'})}.{part(issuer.claims())}.") == "token-invalid"


def test_hmac_with_the_public_key_is_refused(client: OidcClient, issuer: Issuer) -> None:
    assert refused(client, issuer.confused(issuer.claims())) == "token-invalid"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 10, "a" * 100_000])
def test_rubbish_is_refused(client: OidcClient, token: str) -> None:
    assert refused(client, token) == "token-invalid"


def test_rotated_key_is_fetched_once(client: OidcClient, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    client.access_token(issuer.sign(issuer.claims()))
    issuer.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    monkeypatch.setattr(client, "_keys_at", time.monotonic() - 60)
    assert client.access_token(issuer.sign(issuer.claims(), kid="two")).subject == "sub-1"
    before = len(issuer.calls)
    refused(client, issuer.sign(issuer.claims(), kid="three"))
    assert len(issuer.calls) == before  # unknown keys do not make us ask again and again


def test_provider_down_is_temporary(client: OidcClient, issuer: Issuer) -> None:
    issuer.down = True
    with pytest.raises(Temporary):
        client.access_token(issuer.sign(issuer.claims()))


def test_id_token_must_carry_the_nonce_of_the_attempt(client: OidcClient, issuer: Issuer) -> None:
    token = issuer.sign(issuer.claims(typ="ID", nonce="mine"))
    assert client.id_token(token, "mine").subject == "sub-1"
    with pytest.raises(Unauthorised):
        client.id_token(token, "another")


def test_code_flow_uses_pkce_and_roles_of_the_access_token(client: OidcClient, issuer: Issuer) -> None:
    flow = CodeFlow("state", "nonce", "verifier", "https://tre.localhost/auth/callback")
    address = httpx.URL(client.authorization_url(flow))
    assert str(address).startswith(ISSUER)
    assert address.params["code_challenge_method"] == "S256"
    assert "verifier" not in str(address)
    identity = issuer.sign(issuer.claims(typ="ID", nonce="nonce", realm_access=None))
    issuer.tokens = {"id_token": identity, "access_token": issuer.sign(issuer.claims())}
    assert client.exchange("code", flow).roles == {Role.AGENT}
    issuer.tokens["access_token"] = issuer.sign(issuer.claims(sub="somebody-else"))
    with pytest.raises(Unauthorised):
        client.exchange("code", flow)


def test_logout_token_is_not_any_token(client: OidcClient, issuer: Issuer) -> None:
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert client.logout_token(issuer.sign(issuer.claims(typ="Logout", events=event))).sid == "sid-1"
    for wrong in ({"events": {}}, {"events": event, "nonce": "n"}, {"events": event, "sid": None, "sub": None}):
        with pytest.raises(Unauthorised):
            client.logout_token(issuer.sign(issuer.claims(**wrong)))

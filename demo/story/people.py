"""Chapter: everybody signs in with a second factor, is trained, and accepts the terms."""

from datetime import date, timedelta
from typing import Any

from demo.personas import Api, Refused
from demo.say import say

NAMES = (
    "agente-a", "agent-b", "intendante-a", "intendant-b", "chercheuse-a", "chercheur-b", "chercheuse-c",
    "relectrice-a", "relecteur-b", "relectrice-c", "securite-a", "auditrice-a",
)  # fmt: skip
_TERMS = "2026.1"
_TEXT = (
    "Conditions d'utilisation (démonstration). Je n'essaie pas de réidentifier une personne. "
    "Je ne sors aucun résultat sans relecture. Mes actions sont tracées et je peux lire mes traces."
)


def sign_in() -> dict[str, Api]:
    """Every persona's API; training and terms are recorded once."""
    cast = {name: Api(name) for name in NAMES}
    first = {name: api.get("/people/me") for name, api in cast.items()}
    say(f"{len(cast)} personas signed in through Keycloak with password and one-time code")
    _publish_terms(cast["agente-a"])
    for name, api in cast.items():
        _ready(name, api, first[name], cast)
    return cast


def _publish_terms(agent: Api) -> None:
    if agent.get("/people/me")["terms"] is None:
        agent.post("/people/terms", {"version": _TERMS, "body": _TEXT, "effective_on": str(date.today())})


def _ready(name: str, api: Api, me: dict[str, Any], cast: dict[str, Api]) -> None:
    if me["training_until"] is None:
        recorder = cast["agent-b" if name == "agente-a" else "agente-a"]
        until = str(date.today() + timedelta(days=365))
        training = {"issuer": "Centre de formation (démonstration)", "reference": f"FORM-{name}", "valid_until": until}
        recorder.post(f"/people/{name}/training", training)
    terms = api.get("/people/me")["terms"]
    try:
        api.post("/people/me/terms", {"version": terms["version"]})
    except Refused as error:
        if error.status != 409:
            raise

"""Chapters: an export is pinned, checked, blocked, corrected, reviewed by two, released, downloaded."""

import hashlib
from typing import Any

from demo.personas import Api, Refused
from demo.say import expect, say
from demo.waiting import until

Cast = dict[str, Api]
MET = {"singling_out": "met", "linkability": "met", "inference": "met"}
REVIEWERS = ("relectrice-a", "relecteur-b")


def form(what: str, names: list[str]) -> dict[str, Any]:
    """A context form."""
    return {"what": what, "population": "Personnes incluses dans l'essai", "n": 929, "variables": names,
            "controls": "Seuil de 11", "relation": "Aucune sortie antérieure"}  # fmt: skip


def request(cast: Cast, slug: str, title: str, name: str, context: dict[str, Any]) -> str:
    """A request of one file, submitted and signed by the lead; its id once it has been checked."""
    lead = cast["chercheuse-a"]
    body = {"project": slug, "title": title, "purpose": "Article", "destination": "Revue (démonstration)",
            "files": [{"name": name, "context": context}]}  # fmt: skip
    made = lead.post("/exports", body)
    place = f"/exports/{made['summary']['id']}"
    lead.post(f"{place}/submit")
    until("the checks", lambda: True if _state(lead, place) not in ("submitted", "checking", "signing") else None)
    return str(made["summary"]["id"])


def _state(api: Api, place: str) -> str:
    return str(api.get(place)["summary"]["state"])


def blocked(cast: Cast, request_id: str) -> None:
    """The small counts are found, and reviewers cannot vote them away."""
    view = cast["chercheuse-a"].get(f"/exports/{request_id}")
    file = view["files"][0]
    rules = sorted({finding["rule"] for finding in file["findings"] if finding["severity"] == "block"})
    expect(file["verdict"] == "block" and "FRQ-01" in rules, f"{file['name']} is blocked by {', '.join(rules)}")
    for name in REVIEWERS:
        cast[name].post(f"/exports/{request_id}/claim", {"no_conflict": True})
    seen = cast[REVIEWERS[0]].get(f"/exports/{request_id}")["files"][0]
    ballot = {"file_id": seen["id"], "binding": seen["binding"], "decision": "approve", "answers": MET}
    try:
        cast[REVIEWERS[0]].post(f"/exports/{request_id}/votes", ballot)
        expect(False, "a block cannot be voted away")
    except Refused as error:
        say(f"an approval of the blocked file is refused ({error.code.rsplit(':', 1)[-1]})")
    cast["chercheuse-a"].post(f"/exports/{request_id}/withdraw", {"reason": "Je regroupe les effectifs."})


def differenced(cast: Cast, request_id: str) -> None:
    """A table that differs from a released one by a few people is caught."""
    file = cast["relectrice-a"].get(f"/exports/{request_id}")["files"][0]
    rules = sorted({finding["rule"] for finding in file["findings"]})
    caught = [rule for rule in rules if rule.startswith("DIF-")]
    expect(
        bool(caught) and file["verdict"] != "pass", f"{file['name']}: {', '.join(caught)}, verdict {file['verdict']}"
    )
    cast["chercheuse-a"].post(f"/exports/{request_id}/withdraw", {"reason": "Trop proche de la première sortie."})


def approve(cast: Cast, request_id: str) -> None:
    """Two reviewers, blind, then the release."""
    place = f"/exports/{request_id}"
    for name in REVIEWERS:
        cast[name].post(f"{place}/claim", {"no_conflict": True})
    for name in REVIEWERS:
        view = cast[name].get(place)
        for file in view["files"]:
            ballot = {"file_id": file["id"], "binding": file["binding"], "decision": "approve", "answers": MET}
            cast[name].post(f"{place}/votes", ballot)
    until("the release", lambda: True if _state(cast["chercheuse-a"], place) == "released" else None)
    say("two reviewers approved without seeing each other's vote; released")


def download(cast: Cast, request_id: str) -> str:
    """The grantee's download equals what was reviewed; nobody else gets it. The release's id."""
    lead = cast["chercheuse-a"]
    view = lead.get(f"/exports/{request_id}")
    release, reviewed = view["release"], view["files"][0]["sha256"]
    place = f"/releases/{release['id']}/files/{release['files'][0]['id']}"
    data = lead.call("GET", place).content
    digest = hashlib.sha256(data).hexdigest()
    expect(digest == reviewed, f"downloaded {len(data)} bytes, SHA-256 equal to the reviewed {reviewed[:16]}…")
    try:
        cast["chercheur-b"].call("GET", place)
        expect(False, "another project's researcher cannot download it")
    except Refused as error:
        expect(error.status in (403, 404), f"another project's researcher gets {error.status}")
    return str(release["id"])

"""Chapters: an authorisation becomes a project; a dataset's extract becomes its locked input."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo.data import variables
from demo.personas import Api
from demo.say import expect, say
from demo.waiting import until

Cast = dict[str, Api]
DATASET = "survie-colon"


@dataclass(frozen=True)
class Plan:
    """What a project of the story is."""

    slug: str
    title: str
    lead: str
    members: tuple[str, ...]
    columns: Sequence[str]


def new_slug(word: str) -> str:
    """A fresh project name: reruns use new projects."""
    return f"{word}-{uuid.uuid4().hex[:6]}"


def catalogue(cast: Cast, table: bytes) -> str:
    """The dataset and its published version; the version's id."""
    steward = cast["intendante-a"]
    known = {item["name"]: item for item in steward.get("/datasets", words=DATASET)["items"]}
    if DATASET not in known:
        entry = {
            "name": DATASET, "title": "Essai d'adjuvant dans le cancer du côlon", "owner": "Producteur A",
            "description": "Données ouvertes du paquet R survival : 929 personnes, récidive et décès.",
            "period": "1984-1991", "conditions": "Données ouvertes, démonstration.", "classification": "high",
        }  # fmt: skip
        known[DATASET] = steward.post("/datasets", entry)
    published = [v for v in known[DATASET]["versions"] if v["state"] == "published"]
    if published:
        return str(published[0]["id"])
    columns = [{"name": name, "label": name} for name in variables(table)]
    version = steward.post(f"/datasets/{DATASET}/versions", {"label": "2026.1", "variables": columns})
    steward.post(f"/versions/{version['id']}/publish")
    return str(version["id"])


def authorise(cast: Cast, plan: Plan) -> None:
    """Recorded by one agent, in force when another confirms."""
    today = date.today()
    decision = hashlib.sha256(plan.slug.encode()).hexdigest()
    people = [{"person": name, "lead": name == plan.lead, "ends_on": str(today + timedelta(days=300))}
              for name in (plan.lead, *plan.members)]  # fmt: skip
    body = {
        "slug": plan.slug, "title": plan.title, "theme": "Oncologie", "reference": f"DEMO-{plan.slug}",
        "authority": "Commission (démonstration)", "legal_basis": "Intérêt public (RGPD art. 6.1.e et 9.2.j)",
        "purpose": "Étudier la survie après chimiothérapie adjuvante.", "controller": "Organisme A (fictif)",
        "public_benefit": "Mieux choisir un traitement.", "starts_on": str(today),
        "ends_on": str(today + timedelta(days=365)), "decision_sha256": decision, "people": people,
        "datasets": [{"dataset": DATASET, "variables": list(plan.columns)}],
    }  # fmt: skip
    cast["agente-a"].post("/projects", body)
    cast["agent-b"].post(f"/projects/{plan.slug}/confirm")
    say(f"{plan.slug}: authorisation recorded by one agent and confirmed by another")


def provision(cast: Cast, slug: str) -> None:
    """Capacity acknowledged, provisioned in steps, active."""
    agent = cast["agente-a"]
    quota = {"cpu": 4, "memory_gib": 8, "pods": 12, "home_total_gib": 10, "work_gib": 5}
    agent.post(f"/projects/{slug}/capacity", quota)
    agent.post(f"/projects/{slug}/provision")
    seen: dict[str, str] = {}

    def active() -> dict[str, Any] | None:
        project = agent.get(f"/projects/{slug}")
        for step in project["steps"]:
            if seen.get(step["name"]) != step["status"]:
                seen[step["name"]] = step["status"]
                if step["status"] in ("done", "failed"):
                    say(f"{slug}: {step['name']}: {step['status']} {step['error'] or ''}")
        expect_not_failed(project)
        return project if project["state"] == "active" else None

    until(f"{slug} to be active", active)
    say(f"{slug}: active")


def expect_not_failed(project: dict[str, Any]) -> None:
    """A failed project ends the story with its reason."""
    if project["state"] == "failed":
        expect(False, f"{project['slug']} was provisioned ({project['state_reason']})")


def load(cast: Cast, plan: Plan, version: str, table: bytes) -> None:
    """One steward loads, the checks run, another approves; the attachment is proposed by an agent and approved."""
    first, second = cast["intendante-a"], cast["intendant-b"]
    digest = hashlib.sha256(table).hexdigest()
    manifest = [{"name": "colon.csv", "size": len(table), "sha256": digest}]
    extract = first.post("/extracts", {"project": plan.slug, "version_id": version, "manifest": manifest})
    place = f"/extracts/{extract['id']}"
    half = len(table) // 2
    for start, part in ((0, table[:half]), (half, table[half:])):
        headers = {"X-Part-SHA256": hashlib.sha256(part).hexdigest(), "Content-Type": "application/octet-stream"}
        first.call("PUT", f"{place}/files/{extract['files'][0]['id']}/parts/{start}", content=part, headers=headers)
    first.post(f"{place}/complete")

    def checked() -> dict[str, Any] | None:
        now: dict[str, Any] = first.get(place)
        if now["problems"]:
            expect(False, f"the extract passed its checks ({now['problems']})")
        return now if "approve" in second.get(place)["allowed_actions"] else None

    until("the extract's checks", checked)
    second.post(f"{place}/approve")
    attachment = cast["agente-a"].post("/attachments", {"project": plan.slug, "version_id": version})
    second.post(f"/attachments/{attachment['id']}/approve")

    def locked() -> bool | None:
        return True if first.get(place)["state"] == "locked" else None

    until("the extract in the inputs", locked)
    say(f"{plan.slug}: extract loaded by one steward, approved by another, locked in the inputs")

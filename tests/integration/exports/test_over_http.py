"""From an empty catalogue to a downloaded result, by HTTP, each person as themselves (issue 3, items 6 and 8)."""

import hashlib
from typing import Any

import pytest

from tests.integration.exports.conftest import SLUG, Stage

pytestmark = pytest.mark.integration
DATA = b"sex,age,status\n1,43,1\n0,63,1\n1,71,0\n0,66,1\n"
GOOD = b"sexe,effectif\nhommes,480\nfemmes,460\n"
SMALL = b"sexe,stade,effectif\nhommes,IV,3\nfemmes,IV,460\nhommes,I,700\nfemmes,I,650\n"
FORM = {
    "what": "Effectifs par sexe",
    "population": "Patients inclus",
    "n": 940,
    "variables": ["sexe"],
    "controls": "Seuil de 11",
    "relation": "Aucune",
}
MET = {"singling_out": "met", "linkability": "met", "inference": "met"}


def version(stage: Stage) -> str:
    entry = {
        "name": "colon", "title": "Essai colon", "owner": "CHU de Démonstration", "period": "1985-1990",
        "description": "Essai de chimiothérapie adjuvante.", "conditions": "Recherche en santé.",
        "producer_id": stage.people["gestionnaire-b"].id,
    }  # fmt: skip
    stage.post("gestionnaire-a", "/datasets", entry, 201)
    variables = [{"name": name, "description": ""} for name in ("sex", "age", "status", "nodes")]
    made = stage.post("gestionnaire-a", "/datasets/colon/versions", {"label": "1.0", "variables": variables}, 201)
    stage.post("gestionnaire-a", f"/versions/{made['id']}/publish")
    return str(made["id"])


def load(stage: Stage, version_id: str, data: bytes, name: str = "colon.csv", part: int = 20) -> str:
    line = {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    body = {"project": SLUG, "version_id": version_id, "manifest": [line]}
    extract = stage.post("gestionnaire-a", "/extracts", body, 201)
    file = extract["files"][0]
    for start in range(0, len(data), part):
        path = f"/extracts/{extract['id']}/files/{file['id']}/parts/{start}"
        stage.put("gestionnaire-a", path, data[start : start + part])
    stage.post("gestionnaire-a", f"/extracts/{extract['id']}/complete")
    stage.work()
    return str(extract["id"])


def attached(stage: Stage, version_id: str) -> None:
    row = stage.post("agente-a", "/attachments", {"project": SLUG, "version_id": version_id}, 201)
    stage.post("gestionnaire-b", f"/attachments/{row['id']}/approve")


def test_extract_is_loaded_checked_approved_attached_and_locked(stage: Stage) -> None:
    version_id = version(stage)
    extract_id = load(stage, version_id, DATA)
    assert stage.get("gestionnaire-b", f"/extracts/{extract_id}")["state"] == "checked"
    problem = stage.post("gestionnaire-a", f"/extracts/{extract_id}/approve", status=403)
    assert problem["code"] == "same-person"
    stage.post("gestionnaire-b", f"/extracts/{extract_id}/approve")
    stage.work()
    assert not stage.services.store.list(f"tre-{SLUG}-inputs")
    attached(stage, version_id)
    stage.work()
    assert stage.services.store.get(f"tre-{SLUG}-inputs", "colon/1.0/colon.csv") == DATA
    assert not stage.services.store.list(f"tre-{SLUG}-quarantine")


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"sex,age,nodes\n1,43,2\n", "t.csv", "column-not-authorised"),
        (b"sex,age\n1,43\n", "t.rds", "columns-unknown"),
        (b"sex,status\nh,1 85 05 78 006 084 91\nf,2 90 10 75 112 045 45\n", "t.csv", "ID-"),
    ],
)
def test_extract_that_must_not_come_in_is_refused(stage: Stage, data: bytes, name: str, code: str) -> None:
    extract_id = load(stage, version(stage), data, name, 1000)
    extract = stage.get("gestionnaire-b", f"/extracts/{extract_id}")
    assert extract["state"] == "refused"
    assert any(problem["code"].startswith(code) for problem in extract["problems"]), extract["problems"]
    assert not stage.services.store.list(f"tre-{SLUG}-quarantine")


def test_upload_resumes_and_damaged_parts_are_refused(stage: Stage) -> None:
    line = {"name": "c.csv", "size": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest()}
    body = {"project": SLUG, "version_id": version(stage), "manifest": [line]}
    extract = stage.post("gestionnaire-a", "/extracts", body, 201)
    base = f"/extracts/{extract['id']}/files/{extract['files'][0]['id']}/parts"
    stage.put("gestionnaire-a", f"{base}/0", DATA[:10])
    stage.put("gestionnaire-a", f"{base}/0", DATA[:10])
    damaged = stage.client("gestionnaire-a").put(
        f"/api/v1{base}/10", content=DATA[10:], headers={"X-Part-SHA256": "0" * 64}
    )
    assert damaged.json()["code"] == "part-hash"
    shown = stage.get("gestionnaire-a", f"/extracts/{extract['id']}")
    assert shown["files"][0]["received"] == 10
    incomplete = stage.post("gestionnaire-a", f"/extracts/{extract['id']}/complete", status=409)
    assert incomplete["remedy"] == "Go on from byte 10."
    stage.put("gestionnaire-a", f"{base}/10", DATA[10:])
    stage.post("gestionnaire-a", f"/extracts/{extract['id']}/complete")


def test_attachment_needs_a_steward_who_did_not_ask(stage: Stage) -> None:
    version_id = version(stage)
    row = stage.post("gestionnaire-a", "/attachments", {"project": SLUG, "version_id": version_id}, 201)
    assert stage.post("gestionnaire-a", f"/attachments/{row['id']}/approve", status=403)["code"] == "same-person"
    assert stage.post("agente-a", f"/attachments/{row['id']}/approve", status=403)["code"] == "role-missing"
    assert stage.post("gestionnaire-b", f"/attachments/{row['id']}/approve")["state"] == "approved"


def draft(stage: Stage, data: bytes, name: str = "t1.csv") -> dict[str, Any]:
    stage.services.store.put(f"tre-{SLUG}-work", name, data)
    body = {
        "project": SLUG, "title": "Tableau 1", "purpose": "Résultat principal", "destination": "Article",
        "files": [{"name": name, "context": FORM}],
    }  # fmt: skip
    made: dict[str, Any] = stage.post("chercheuse-a", "/exports", body, 201)
    return made


def in_review(stage: Stage, data: bytes) -> dict[str, Any]:
    request_id = draft(stage, data)["summary"]["id"]
    view = stage.post("chercheuse-a", f"/exports/{request_id}/submit")
    stage.post("chercheur-chef", f"/exports/{request_id}/sign", {"manifest_sha256": view["manifest_sha256"]})
    stage.work()
    for reviewer in ("relecteur-a", "relectrice-b"):
        view = stage.post(reviewer, f"/exports/{request_id}/claim", {"no_conflict": True})
    return view


def vote(stage: Stage, who: str, view: dict[str, Any], status: int = 200) -> Any:
    file = view["files"][0]
    body = {"file_id": file["id"], "binding": file["binding"], "decision": "approve", "answers": MET}
    return stage.post(who, f"/exports/{view['summary']['id']}/votes", body, status)


@pytest.mark.requirement("E26")
def test_export_by_http(stage: Stage) -> None:
    version_id = version(stage)
    attached(stage, version_id)
    view = in_review(stage, GOOD)
    request_id = view["summary"]["id"]
    assert [item["kind"] for item in stage.get("relecteur-a", "/exports/waiting")] == ["vote"]
    vote(stage, "relecteur-a", view)
    vote(stage, "relectrice-b", view)
    stage.work()
    view = stage.get("chercheuse-a", f"/exports/{request_id}")
    assert view["summary"]["state"] == "released", view
    release = view["release"]
    path = f"/releases/{release['id']}/files/{release['files'][0]['id']}"
    reply = stage.client("chercheuse-a").get(f"/api/v1{path}")
    assert reply.content == GOOD
    assert reply.headers["content-type"] == "application/octet-stream"
    assert stage.get("chercheur-chef", path, 403)["code"] == "not-grantee"
    assert stage.get("auditrice", f"/releases/{release['id']}/record")["datasets"][0]["version"] == "1.0"
    stage.client("relecteur-a").post(f"/api/v1/releases/{release['id']}/revoke", json={"reason": "Erreur constatée."})
    assert stage.get("chercheuse-a", path, 410)["code"] == "release-revoked"


def test_small_counts_are_blocked_with_their_place(stage: Stage) -> None:
    view = in_review(stage, SMALL)
    file = view["files"][0]
    assert file["verdict"] == "block"
    assert any(f["rule"] == "FRQ-01" and f["title"]["fr"] and f["mend"]["fr"] for f in file["findings"])
    assert vote(stage, "relecteur-a", view, 409)["code"] == "block-unanswered"


def test_if_match_and_binding_refuse_a_stale_page(stage: Stage) -> None:
    view = in_review(stage, GOOD)
    file = view["files"][0]
    body = {"file_id": file["id"], "binding": file["binding"], "decision": "approve", "answers": MET}
    path = f"/exports/{view['summary']['id']}/votes"
    assert stage.post("relecteur-a", path, body, 409, **{"If-Match": '"1"'})["code"] == "stale"
    assert stage.post("relecteur-a", path, {**body, "binding": "0" * 64}, 409)["code"] == "stale"


def test_another_projects_ids_answer_like_unknown_ones(stage: Stage) -> None:
    request_id = draft(stage, GOOD)["summary"]["id"]
    known = stage.get("chercheuse-b", f"/exports/{request_id}", 404)
    unknown = stage.get("chercheuse-b", "/exports/req-inconnu", 404)
    assert {k: known[k] for k in ("code", "title")} == {k: unknown[k] for k in ("code", "title")}
    assert stage.get("chercheuse-b", "/exports")["items"] == []


def test_idempotency_key(stage: Stage) -> None:
    body = {"project": SLUG, "title": "Un", "purpose": "Prévu", "destination": "Article", "files": []}
    first = stage.post("chercheuse-a", "/exports", body, 201, **{"Idempotency-Key": "k"})
    again = stage.post("chercheuse-a", "/exports", body, 201, **{"Idempotency-Key": "k"})
    assert first["summary"]["id"] == again["summary"]["id"]


def test_pages_of_a_list(stage: Stage) -> None:
    ids = [draft(stage, GOOD, f"t{n}.csv")["summary"]["id"] for n in range(5)]
    seen, cursor = [], ""
    while True:
        page = stage.get("chercheuse-a", f"/exports?limit=2&cursor={cursor}")
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ids[::-1]


def test_preview_and_candidates(stage: Stage) -> None:
    view = in_review(stage, GOOD)
    path = f"/exports/{view['summary']['id']}/files/{view['files'][0]['id']}/preview"
    assert stage.get("relecteur-a", path)["blocks"][0]["table"][0] == ["sexe", "effectif"]
    assert stage.get("relecteur-c", path)["kind"] == "table"
    assert stage.get("agente-a", path, 403)["code"] == "role-missing"
    assert stage.get("chercheuse-a", f"/exports/candidates?project={SLUG}")[0]["name"] == "t1.csv"
    assert stage.get("chercheuse-b", f"/exports/candidates?project={SLUG}", 404)["code"] == "project-unknown"

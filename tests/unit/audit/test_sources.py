"""Adapters on entries that the real systems wrote."""

import json
from pathlib import Path
from typing import Any

import pytest

from tre.audit.sources import SOURCES, Told
from tre.audit.sources.told import read_time

SAMPLES = Path(__file__).parent / "samples"
SESSION = "ses-01m86rc41pjqt682865adcw837"


def told(source: str) -> list[Told]:
    entries = [json.loads(line) for line in (SAMPLES / f"{source}.jsonl").read_text().splitlines()]
    return [one for entry in entries if (one := SOURCES[source](entry)) is not None]


@pytest.mark.requirement("E30")
def test_minio_tells_objects_versions_bytes_and_refusals_by_session() -> None:
    found = [(t.action, t.outcome, t.session, t.project, t.detail["object"]) for t in told("minio")]
    assert found == [
        ("s3.get", "success", SESSION, "colon", "colon/1/colon.csv"),
        ("s3.put", "success", SESSION, "colon", "table 1.csv"),
        ("s3.list", "success", SESSION, "colon", ""),
        ("s3.put", "refused", SESSION, "colon", "evil\nname.csv"),
        ("s3.get", "refused", SESSION, "other", "a.csv"),
        ("s3.delete", "success", SESSION, "colon", "table 1.csv"),
        ("s3.get", "refused", "ses-unknown", "colon", "colon/1/colon.csv"),
    ]
    first = told("minio")[0]
    assert first.detail["read"] == 800
    assert first.detail["version"]


@pytest.mark.requirement("E30")
def test_vault_tells_secrets_read_and_refused_by_session() -> None:
    found = [(t.action, t.outcome, t.session, t.project, t.detail["path"]) for t in told("vault")]
    assert found == [
        ("vault.read", "success", SESSION, "colon", "tre-kv/data/colon/shared/api"),
        ("vault.read", "refused", SESSION, "other", "tre-kv/data/other/shared/api"),
    ]


@pytest.mark.requirement("E30")
def test_kubernetes_tells_direct_access_to_a_projects_namespace() -> None:
    found = told("kubernetes")
    direct = [t for t in found if t.detail.get("direct")]
    assert {"k8s.exec"} <= {t.action for t in direct}
    assert {t.detail["by"] for t in direct} == {"kubernetes-admin"}
    assert all("tre-worker" not in str(t.detail["by"]) for t in found)


@pytest.mark.requirement("E31")
@pytest.mark.parametrize("source", SOURCES)
def test_no_header_signature_or_hashed_value_is_copied(source: str) -> None:
    text = json.dumps([t.detail for t in told(source)])  # type: ignore[arg-type]
    for forbidden in ("Signature", "AWS4", "hmac-sha256", "client_token", "Bearer"):
        assert forbidden not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T12:38:33.348705237Z", "2026-11-24T12:38:33.348705+00:00"),
        ("2026-11-24T12:38:33Z", "2026-11-24T12:38:33+00:00"),
        ("2026-11-24T12:38:33.5Z", "2026-11-24T12:38:33.500000+00:00"),
    ],
)
def test_times_are_read_with_any_number_of_decimals(text: str, expected: str) -> None:
    assert read_time(text).isoformat() == expected


def test_foreign_text_is_cut() -> None:
    entry: dict[str, Any] = json.loads((SAMPLES / "minio.jsonl").read_text().splitlines()[8])
    entry["api"]["object"] = "x" * 5000
    made = SOURCES["minio"](entry)
    assert made is not None
    assert len(str(made.detail["object"])) == 300

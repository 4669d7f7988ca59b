"""Chapters: the log verifies offline; the project is closed with its certificate."""

import subprocess
import tempfile
from datetime import date
from pathlib import Path

from demo import paths
from demo.install import kubectl
from demo.personas import Api
from demo.say import expect, say
from demo.waiting import until

Cast = dict[str, Api]


def verify_log(cast: Cast) -> None:
    """The auditor takes the log away and verifies it with the public key alone."""
    auditor = cast["auditrice-a"]
    with tempfile.TemporaryDirectory() as folder:
        bundle, key = Path(folder, "log.tar"), Path(folder, "key")
        bundle.write_bytes(auditor.call("GET", "/audit/export", params={"purpose": "audit"}).content)
        key.write_text(auditor.call("GET", "/audit/key").text)
        command = [str(paths.ROOT / ".venv/bin/tre"), "audit", "verify", str(bundle), "--key", str(key)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"tre audit verify: {done.stdout.strip() or done.stderr.strip()}")


def close(cast: Cast, slug: str) -> None:
    """Announce, close, and look again at what is left."""
    agent = cast["agente-a"]
    agent.post(f"/projects/{slug}/announce-closing", {"last_export_on": str(date.today())})
    agent.post(f"/projects/{slug}/close")
    seen: set[str] = set()

    def closed() -> bool | None:
        project = agent.get(f"/projects/{slug}")
        for step in project["steps"]:
            if step["procedure"].startswith("clos") and step["status"] == "done" and step["name"] not in seen:
                seen.add(step["name"])
                say(f"{slug}: {step['name']}: done")
        return True if project["state"] in ("closed", "archived") else None

    until(f"{slug} to be closed", closed, limit=300)
    left = kubectl("get", "namespace", f"tre-p-{slug}", "--ignore-not-found", "-o", "name")
    expect(not left, "its namespace is gone")
    certificate = agent.call("GET", f"/projects/{slug}/certificate")
    expect("Tre-Signature" in certificate.headers, f"deletion certificate, signed, {len(certificate.content)} bytes")

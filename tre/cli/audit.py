"""`tre audit`: verify a copy of the log offline; search, prove and export through the API."""

import json
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import click
import httpx

from tre.audit.bundle import read_bundle, unpack
from tre.audit.keys import read_keys
from tre.audit.prove import read_proof, verify_proof
from tre.audit.verify import Keys, Verdict, verify
from tre.cli.http import Api
from tre.core.errors import TreError

_SHOWN = 20


@click.group("audit")
def audit_group() -> None:
    """Verify and search the audit log."""


# --- offline


@audit_group.command("verify")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--key", "key", required=True, help="The published verifier key, or a file with one a line.")
@click.option("--proof", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Verify one event's proof.")
@click.option("--witness", multiple=True, help="Verifier key of a witness, or a file; may be given again.")
@click.option("--strict", is_flag=True, help="Exit 1 for notices too: late days, waiting events, absent witnesses.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as JSON.")
def verify_command(path: Path | None, key: str, proof: Path | None, **options: Any) -> None:
    """Verify PATH, a copy of the log (folder or tar archive), with the public key alone; needs no network.

    Exit 0 when it is whole; 1 when not, naming the first place that is not as it was signed.
    """
    if (path is None) == (proof is None):
        raise click.UsageError("Give either a copy of the log or --proof FILE.")
    try:
        keys = _keys(key)
        if proof is not None:
            _verify_proof(proof, keys, options["as_json"])
        elif path is not None:
            witnesses = [named for text in options["witness"] for named in _keys(text)]
            verdict = verify(read_bundle(path), keys, witnesses)
            _tell(verdict, options["as_json"], options["strict"])
    except TreError as error:
        raise click.ClickException(f"{error.message} [{error.code}] {error.remedy}".rstrip()) from error


def _keys(text: str) -> list[tuple[str, bytes]]:
    return read_keys(Path(text).read_text() if _is_file(text) else text)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # a key's text may be longer than a file name
        return False


def _verify_proof(path: Path, keys: Keys, as_json: bool) -> None:
    proof = read_proof(path.read_text())
    point = verify_proof(proof, keys)
    if as_json:
        click.echo(json.dumps({"valid": True, "position": proof.position, "size": point.size, "at": point.at}))
        return
    event = json.loads(proof.body)
    click.echo(
        f"Valid: {event['action']} of {event['at']} is event {proof.position} of the {point.size} signed {point.at}."
    )


def _tell(verdict: Verdict, as_json: bool, strict: bool) -> None:
    click.echo(json.dumps(asdict(verdict) | {"whole": verdict.whole}) if as_json else _told(verdict))
    if not verdict.whole or (strict and verdict.notices):
        raise SystemExit(1)


def _told(verdict: Verdict) -> str:
    counts = f"{verdict.sealed} events vouched for by {verdict.checkpoints} signed checkpoints"
    rest = f"{verdict.unsigned} after the last checkpoint, {verdict.unsealed} not sealed yet"
    lines = [f"{'WHOLE' if verdict.whole else 'NOT WHOLE'}: {counts}; {rest}."]
    lines += [f"  {verdict.days} sealed days; {verdict.purged} events purged after their term."]
    lines += [f"  witness {name}: {size} events co-signed" for name, size in verdict.witnessed.items()]
    for problem in verdict.problems[:_SHOWN]:
        where = f" ({problem.name})" if problem.name else ""
        lines.append(f"  {problem.kind}: {problem.message}{where}")
    lines += [f"  note, {notice.kind}: {notice.message}" for notice in verdict.notices[:_SHOWN]]
    if len(verdict.problems) > _SHOWN:
        lines.append(f"  … and {len(verdict.problems) - _SHOWN} more")
    return "\n".join(lines)


# --- over HTTP


@audit_group.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--purpose", default="audit", show_default=True,
              type=click.Choice(["audit", "incident", "data-subject", "court", "backup"]),
              help="Recorded with the taking of this copy.")  # fmt: skip
def export_command(folder: Path, purpose: str) -> None:
    """Copy the whole log into FOLDER, which must be new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise click.ClickException(f"{folder} is not an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with Api().stream("/audit/export", purpose=purpose) as source, tarfile.open(fileobj=source, mode="r|") as archive:
        unpack(archive, folder)
    click.echo(f"Written to {folder}. Verify it with the published key: tre audit verify {folder} --key KEY")


@audit_group.command("key")
def key_command() -> None:
    """Print the published verifier keys, the newest first."""
    with Api().stream("/audit/key") as source:
        click.echo(source.read().decode(), nl=False)


@audit_group.command("events")
@click.option("--person", help="Slug or id of a person, or the name of a part.")
@click.option("--project", help="Slug of a project.")
@click.option("--action", help='An action ("export.submit"), or all of a kind ("session.*").')
@click.option("--outcome", type=click.Choice(["success", "refused", "failed"]))
@click.option("--target", help="Id of the object concerned.")
@click.option("--since", help="ISO time, from.")
@click.option("--until", help="ISO time, to.")
@click.option("--limit", default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, one event each.")
def events_command(limit: int, as_json: bool, **filters: str | None) -> None:
    """Search events, newest first."""
    api, left = Api(), limit
    query: dict[str, Any] = {name: value for name, value in filters.items() if value}
    while left > 0:
        page = api.get("/audit/events", limit=min(left, 500), **query)
        for item in page["items"]:
            click.echo(json.dumps(item, ensure_ascii=True) if as_json else _line(item))
        left -= len(page["items"])
        query["before"] = page["next"]
        if page["next"] is None:
            return


def _line(item: dict[str, Any]) -> str:
    who = item["actor"].get("person_id") or item["actor"]["label"]
    outcome = "" if item["outcome"] == "success" else f" [{item['outcome']}]"
    parts = (
        item["at"],
        item["id"],
        item.get("project") or "-",
        item["action"] + outcome,
        item.get("target") or "-",
        who,
    )
    return "  ".join(part.encode("unicode_escape").decode("ascii") for part in parts)  # hostile text stays inert


@audit_group.command("prove")
@click.argument("event")
def prove_command(event: str) -> None:
    """Print the proof that the log holds EVENT; verify it with `tre audit verify --proof FILE`."""
    click.echo(json.dumps(Api().get(f"/audit/prove/{event}"), ensure_ascii=False))


@audit_group.command("session")
@click.argument("session")
@click.option("--form", type=click.Choice(["text", "json", "jsonl", "csv"]), default="text", show_default=True)
def session_command(session: str, form: str) -> None:
    """Tell one session from the traces alone: what was read, run, refused and asked out."""
    api, path = Api(), f"/audit/sessions/{session}/timeline"
    if form == "text":
        click.echo(api.get(path)["told"])
        return
    with api.stream(path, form=form) as source:
        for line in source:
            click.echo(line.decode(), nl=False)


@audit_group.command("collect")
@click.argument("source", type=click.Choice(["minio", "vault", "kubernetes"]))
@click.argument("file", type=click.File("rb"))
@click.option("--url", required=True, help="Address of the hub API, for example http://tre-hubapi.tre-system.svc:8081")
@click.option("--token-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def collect_command(source: str, file: BinaryIO, url: str, token_file: Path) -> None:
    """Hand over an audit log of another system, by batches; what was handed over before is not recorded twice."""
    headers = {"Authorization": f"Bearer {token_file.read_text().strip()}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        while batch := file.readlines(1 << 20):
            reply = client.post(f"/internal/v1/sources/{source}", content=b"".join(batch))
            if not reply.is_success:
                raise click.ClickException(f"The platform answered {reply.status_code}: {reply.text[:300]}")

"""`tre project`: the verbs of the API, and the offline rendering of what a project is made of."""

import json
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click
import yaml

from tre.cli.http import Api
from tre.core.errors import Invalid
from tre.projects.desired import render
from tre.projects.desired.spec import Capacity, Desired, PersonSpec, PlatformFacts, ProjectSpec

_WAIT_SECONDS = 900


@click.group("project")
def project_group() -> None:
    """Projects: render, show, provision, close."""


def _say(answer: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, indent=2, default=str, ensure_ascii=False))
    else:
        click.echo(yaml.safe_dump(answer, sort_keys=False, allow_unicode=True).rstrip())


# --- offline


def read_spec(text: str) -> tuple[ProjectSpec, PlatformFacts]:
    """A YAML with ``project`` and ``platform``. Raises Invalid ``spec-invalid``."""
    try:
        whole = yaml.safe_load(text)
        project = dict(whole["project"])
        people = tuple(PersonSpec(**person) for person in project.pop("people", []))
        spec = ProjectSpec(people=people, capacity=Capacity(**project.pop("capacity", {})), **project)
        facts = dict(whole.get("platform", {}))
        facts["api_servers"] = tuple(facts.get("api_servers", ()))
        return spec, PlatformFacts(**facts)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("spec-invalid", f"Not a project: {error}.", "Give `project:` and `platform:`.") from error


def write_spec(spec: ProjectSpec, facts: PlatformFacts) -> str:
    """What ``read_spec`` reads."""
    project = asdict(spec) | {"people": [asdict(person) for person in spec.people]}
    platform = asdict(facts) | {"api_servers": list(facts.api_servers)}
    return yaml.safe_dump({"project": project, "platform": platform}, sort_keys=True, allow_unicode=True)


def to_yaml(desired: Desired, plans: bool = False) -> str:
    """The Kubernetes objects in the order of application, then the other plans if asked; equal bytes each time."""
    documents = list(desired.objects)
    if plans:
        buckets = asdict(desired.buckets) | {
            "kind": "BucketPlan",
            "buckets": [asdict(b) for b in desired.buckets.buckets],
        }
        documents += [buckets, asdict(desired.vault) | {"kind": "VaultPlan"}]
    return "".join("---\n" + yaml.safe_dump(d, sort_keys=True, allow_unicode=True, width=120) for d in documents)


@project_group.command("render")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document of everything.")
@click.option("--plans", is_flag=True, help="Also the plans of buckets and Vault.")
def render_command(file: Path, as_json: bool, plans: bool) -> None:
    """Print what a project is made of, for `kubectl apply`; needs no cluster. FILE as `tre project spec` writes it."""
    try:
        desired = render(*read_spec(file.read_text()))
    except Invalid as error:
        raise click.ClickException(f"{error.message} {error.remedy}") from error
    click.echo(json.dumps(asdict(desired), sort_keys=True) if as_json else to_yaml(desired, plans), nl=as_json)


@project_group.command("spec")
@click.argument("slug")
def spec_command(slug: str) -> None:
    """Write the input of `render` for a project as it is now; runs where the worker runs."""
    from tre.core.settings import settings  # noqa: PLC0415  # the offline commands start without them
    from tre.projects.service import project_spec  # noqa: PLC0415
    from tre.worker.process import Process, services_of  # noqa: PLC0415

    process = Process.of(services_of(settings()))
    with process.services.db.transaction() as session:
        spec = project_spec(session, slug)
    click.echo(write_spec(spec, process.facts()), nl=False)


# --- over HTTP


def _json_option(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="JSON instead of YAML.")(command)


@project_group.command("list")
@_json_option
def list_command(as_json: bool) -> None:
    """List the projects that you may know of."""
    api, items, after = Api(), [], ""
    while True:
        page = api.get("/projects", after=after)
        items += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    if as_json:
        _say(items, True)
    for item in () if as_json else items:
        frozen = " (frozen)" if item["frozen"] else ""
        click.echo(f"{item['slug']:30} {item['state']:12}{frozen} {item['title']}")


def _reader(name: str, path: str, text: str) -> None:
    @project_group.command(name, help=text)
    @click.argument("slug")
    @_json_option
    def read(slug: str, as_json: bool) -> None:
        _say(Api().get(f"/projects/{slug}{path}"), as_json)


_reader("show", "", "Show one project: versions, steps, what you may do.")
_reader("steps", "/steps", "Every step of every procedure.")
_reader("drift", "/drift", "Differences found, repaired ones included.")
_reader("certificate", "/certificate", "The deletion certificate.")


@project_group.command("propose")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--version", "version", is_flag=True, help="A new version of an existing project.")
@_json_option
def propose_command(file: Path, version: bool, as_json: bool) -> None:
    """Record an authorisation. FILE is YAML with the fields of the API."""
    body = json.loads(json.dumps(yaml.safe_load(file.read_text()), default=str))
    path = f"/projects/{body.get('slug')}/versions" if version else "/projects"
    _say(Api().post(path, body), as_json)


def _verb(name: str, text: str, wait_for: tuple[str, ...] = ()) -> None:
    @project_group.command(name, help=text)
    @click.argument("slug")
    @click.option("--wait/--no-wait", default=bool(wait_for), help="Follow the steps to their end.")
    @_json_option
    def act(slug: str, wait: bool, as_json: bool) -> None:
        api = Api()
        answer = api.post(f"/projects/{slug}/{name}")
        if wait and wait_for:
            answer = follow(api, slug, wait_for)
        _say(answer, as_json)


_verb("confirm", "Confirm the waiting version, as the second person.")
_verb("withdraw-version", "Take the waiting version back.")
_verb("provision", "Make the project's place in the world.", ("active", "failed"))
_verb("resume", "Let a suspended project go on.")
_verb("close", "Close, once the last-export date has come.", ("closed",))
_verb("abandon", "End a project that was never provisioned.")
_verb("propose-unfreeze", "Ask for the end of a freeze.")
_verb("confirm-unfreeze", "End a freeze, as the other side.")


def follow(api: Api, slug: str, ends: tuple[str, ...]) -> Any:
    """Print each step as it moves until the project is in one of ``ends``; raises ClickException after 15 minutes."""
    said: dict[str, str] = {}
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        project = api.get(f"/projects/{slug}")
        for step in project["steps"]:
            line = f"{step['procedure']}: {step['name']} {step['status']} {step['error']}".rstrip()
            if said.get(step["name"]) != line:
                said[step["name"]] = line
                click.echo(line, err=True)
        if project["state"] in ends:
            return project
        time.sleep(1)
    raise click.ClickException(f"Not {' or '.join(ends)} after {_WAIT_SECONDS} s; see `tre project steps {slug}`.")


@project_group.command("capacity")
@click.argument("slug")
@click.option("--cpu", default=4, show_default=True)
@click.option("--memory-gib", default=16, show_default=True)
@_json_option
def capacity_command(slug: str, cpu: int, memory_gib: int, as_json: bool) -> None:
    """Acknowledge the project's quota."""
    _say(Api().post(f"/projects/{slug}/capacity", {"cpu": cpu, "memory_gib": memory_gib}), as_json)


def _stop(name: str, text: str) -> None:
    @project_group.command(name, help=text)
    @click.argument("slug")
    @click.option("--reason", required=True, help="A code such as incident-2026-04.")
    @_json_option
    def stop(slug: str, reason: str, as_json: bool) -> None:
        _say(Api().post(f"/projects/{slug}/{name}", {"reason": reason}), as_json)


_stop("suspend", "Stop work at once; data is kept.")
_stop("freeze", "Stop sessions, credentials and exports; evidence stays.")


@project_group.command("announce-closing")
@click.argument("slug")
@click.option("--last-export", "last_export", required=True, type=click.DateTime(["%Y-%m-%d"]))
@_json_option
def announce_command(slug: str, last_export: Any, as_json: bool) -> None:
    """Announce the last day for exports."""
    day: date = last_export.date()
    _say(Api().post(f"/projects/{slug}/announce-closing", {"last_export_on": day.isoformat()}), as_json)

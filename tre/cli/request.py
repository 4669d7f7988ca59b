"""`tre request`: export requests from inside a workspace, over the workspace API. Starts fast: stdlib and YAML.

The session's token is read from its file and sent to the address that the platform wrote beside it, nowhere else.
"""

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

_TIMEOUT = 60
_FORM_HELP = "YAML or JSON: {files: {NAME: {what, population, n, variables, controls, relation}}}."


class Workspace:
    """The workspace API as this session sees it."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or Path(os.environ.get("TRE_WORKSPACE_FILE", "/var/run/tre/workspace.json"))

    def get(self, path: str) -> Any:
        """The answer's JSON; raises ClickException with the problem's title, code and remedy."""
        return self._call("GET", path, None, {})

    def post(self, path: str, body: Any = None, key: str = "") -> Any:
        """The same for a change; ``key`` makes it safe to repeat."""
        return self._call("POST", path, body, {"Idempotency-Key": key} if key else {})

    def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        url, token = self._session()
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(f"{url}{path}", data=data, method=method)  # noqa: S310  # the platform's address
        for name, value in {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}.items():
            asked.add_header(name, value)
        try:
            with urllib.request.urlopen(asked, timeout=_TIMEOUT) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise click.ClickException(_problem(error)) from None
        except OSError as error:
            raise click.ClickException(
                f"The platform does not answer ({error.__class__.__name__}). Try again."
            ) from None

    def _session(self) -> tuple[str, str]:
        try:
            url = str(json.loads(self._file.read_text("utf-8"))["api"]).rstrip("/")
            token = (self._file.parent / "session-token").read_text("utf-8").strip()
        except (OSError, ValueError, KeyError):
            raise click.ClickException(
                f"{self._file} cannot be read: `tre request` works inside a project's workspace."
            ) from None
        return url, token


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        body = json.load(error)
        return f"{body['title']} [{body['code']}]\n{body.get('remedy', '')}".rstrip()
    except (ValueError, KeyError):
        return f"The platform answered {error.code}."


def _load_forms(path: str) -> dict[str, Any]:
    import yaml  # noqa: PLC0415

    try:
        data = yaml.safe_load(Path(path).read_text("utf-8"))
        return {str(name): dict(form) for name, form in data["files"].items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError):
        raise click.ClickException(f"The context form cannot be used.\n{_FORM_HELP}") from None


def _work_name(name: str) -> str:
    """A name in `work`: an S3 address of the work bucket is accepted too."""
    if name.startswith("s3://"):
        return name.removeprefix("s3://").split("/", 1)[-1]
    return name


def _say(answer: Any, as_json: bool, words: Callable[[Any], str]) -> None:
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False) if as_json else words(answer))


def _json_option(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        command(*args, **kwargs)

    return click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(run)


@click.group("request")
def request_group() -> None:
    """Export requests from inside a workspace."""


@request_group.command("new")
@click.argument("files", nargs=-1, required=True)
@click.option("--context", required=True, type=click.Path(dir_okay=False), help=_FORM_HELP)
@click.option("--title", required=True, help="What the request is, in a line.")
@click.option("--purpose", required=True, help="The planned output it is, or why it was not planned.")
@click.option("--destination", required=True, help="Where the files will go, for example an article.")
@click.option("--submit", "at_once", is_flag=True, help="Submit at once.")
@_json_option
def new(files: tuple[str, ...], context: str, at_once: bool, as_json: bool, **about: str) -> None:
    """Draft a request for FILES of the work folder, each with its context form."""
    forms, names = _load_forms(context), [_work_name(name) for name in files]
    missing = [name for name in names if name not in forms]
    if missing:
        raise click.ClickException(f"The context form says nothing of: {', '.join(missing)}.\n{_FORM_HELP}")
    body = {**about, "files": [{"name": name, "context": forms[name]} for name in names]}
    key = hashlib.sha256(
        json.dumps([body, os.environ.get("TRE_REQUEST_KEY", os.urandom(8).hex())]).encode()
    ).hexdigest()
    workspace = Workspace()
    view = workspace.post("/requests", body, key)
    if at_once:
        view = workspace.post(f"/requests/{view['summary']['id']}/submit", {})
    _say(view, as_json, _describe)


@request_group.command("list")
@_json_option
def list_(as_json: bool) -> None:
    """The project's requests, newest first."""
    _say(Workspace().get("/requests"), as_json, _lines)


@request_group.command("show")
@click.argument("request_id")
@_json_option
def show(request_id: str, as_json: bool) -> None:
    """One request: state, findings, comments."""
    _say(Workspace().get(f"/requests/{request_id}"), as_json, _describe)


@request_group.command("submit")
@click.argument("request_id")
@_json_option
def submit(request_id: str, as_json: bool) -> None:
    """Copy and pin the files; the project's lead then signs on the web."""
    _say(Workspace().post(f"/requests/{request_id}/submit", {}), as_json, _describe)


def _lines(items: list[dict[str, Any]]) -> str:
    if not items:
        return "No request yet. Start one with: tre request new FILES --context FORM"
    return "\n".join(f"{item['id']}  {item['state']:<10}  {item['title']}" for item in items)


def _describe(view: dict[str, Any]) -> str:
    summary = view["summary"]
    lines = [f"{summary['id']}  {summary['state']}  {summary['title']}"]
    if view["clocks"]["waits_on"]:
        lines.append(f"  waits on: {view['clocks']['waits_on']} since {view['clocks']['since']}")
    if view["queue_position"]:
        lines.append(f"  place in the queue: {view['queue_position']}")
    for file in view["files"]:
        lines.append(f"  {file['name']}  {file['verdict'] or file['state']}  {file['sha256'] or ''}")
        lines += [
            f"    {f['severity']:<6} {f['rule']}  {_place(f['location'])}  {f['evidence']['fr']}"
            for f in file["findings"]
        ]
    lines += [f"  · {comment['body']}" for comment in view["comments"]]
    return "\n".join(lines)


def _place(location: dict[str, Any]) -> str:
    return " ".join(str(value) for value in location.values())

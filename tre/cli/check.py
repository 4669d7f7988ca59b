"""`tre check` and `tre protect`: thin; the engine is imported when a command runs."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tre.core.errors import TreError

if TYPE_CHECKING:
    from tre.egress.checks import Input, Report

EXIT_COULD_NOT_RUN = 3
_MAX_FILES = 100_000


@click.command("check")
@click.argument("paths", nargs=-1, required=True)
@click.option("--policy", default="snds-default", show_default=True, help="Id of a shipped policy, or a YAML file.")
@click.option("--ledger", type=click.Path(), help="Release ledger of the project (JSON lines).")
@click.option(
    "--context", type=click.Path(), help="Context form (YAML): what, population, n, variables, controls, relation."
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "sarif", "html"]), default="text", show_default=True
)
@click.option(
    "--lang",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Language of the text and HTML reports.",
)
@click.option("--output", type=click.Path(dir_okay=False), help="Write the report here instead of on standard output.")
@click.option(
    "--tables", type=click.Path(dir_okay=False), help="Also write the reduced tables for the ledger (stays inside)."
)
@click.option("--no-sandbox", is_flag=True, help="Only inside a pod that already isolates the check.")
@click.pass_context
def check_command(ctx: click.Context, /, paths: tuple[str, ...], **options: str | bool | None) -> None:
    """Check output files for disclosure risk.

    Exit status: 0 pass, 1 review, 2 block, 3 could not run.
    """
    try:
        report = _run(paths, options)
        data = _render(report, str(options["format_"]), str(options["lang"]))
        _write(data, options.get("output"))
        if options.get("tables"):
            Path(str(options["tables"])).write_bytes(report.tables_json())
    except TreError as error:
        click.echo(f"{error.code}: {error.message} {error.remedy}", err=True)
        ctx.exit(EXIT_COULD_NOT_RUN)
    except OSError as error:
        click.echo(f"cannot-write: {error.strerror}", err=True)
        ctx.exit(EXIT_COULD_NOT_RUN)
    ctx.exit(int(report.verdict))


def _run(paths: tuple[str, ...], options: dict[str, str | bool | None]) -> "Report":
    from tre.egress.checks import Context, Ledger, Policy, check  # noqa: PLC0415

    policy = Policy.load(str(options["policy"]))
    context = Context.load(str(options["context"])) if options.get("context") else Context()
    ledger = Ledger.load(str(options["ledger"])) if options.get("ledger") else Ledger()
    inputs = list(_inputs(paths))
    with _progress(len(inputs)) as progress:
        return check(inputs, policy, context, ledger, sandbox=not options.get("no_sandbox"), progress=progress.step)


def _inputs(paths: tuple[str, ...]) -> "Iterator[Input]":
    """Files named, and every file under folders named; links are not followed (they are findings)."""
    from tre.core.errors import Invalid  # noqa: PLC0415
    from tre.egress.checks import Input  # noqa: PLC0415

    count = 0
    for path in paths:
        if not os.path.lexists(path):
            raise Invalid("path-unknown", f"There is no {_printable(path)}.", "Name files or folders that exist.")
        prefix = os.path.basename(os.path.normpath(path)) if len(paths) > 1 and os.path.isdir(path) else ""
        for name, found in _walk(path):
            count += 1
            if count > _MAX_FILES:
                raise Invalid("too-many-files", f"More than {_MAX_FILES} files.", "Check a smaller folder.")
            yield Input(_printable(os.path.join(prefix, name)), found)


def _walk(path: str) -> Iterator[tuple[str, str]]:
    if os.path.islink(path) or not os.path.isdir(path):
        yield os.path.basename(path) if os.path.isabs(path) else path, path
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*files, *links]):
            found = os.path.join(folder, name)
            yield os.path.relpath(found, path), found


def _printable(name: str) -> str:
    """A name without control characters: they could rewrite a terminal or a report."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name.encode("utf-8", "replace").decode("utf-8"))


def _render(report: "Report", format_: str, language: str) -> bytes:
    from importlib import import_module  # noqa: PLC0415

    if format_ == "json":
        return report.to_json() + b"\n"
    render: Callable[[Report, str], bytes] = import_module(f"tre.egress.checks.report.{format_}").render
    return render(report, language)


def _write(data: bytes, output: str | bool | None) -> None:
    if output:
        Path(str(output)).write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


class _progress:
    """A bar on standard error when it is a terminal and the work is long enough to wait for."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.bar = None if total < 5 or not sys.stderr.isatty() else click.progressbar(length=total, file=sys.stderr)

    def __enter__(self) -> "_progress":
        if self.bar:
            self.bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar:
            self.bar.__exit__(None, None, None)

    def step(self, _done: int, _total: int, _name: str) -> None:
        if self.bar:
            self.bar.update(1)


@click.command("protect")
@click.argument("path", type=click.Path(exists=True, dir_okay=False))
@click.option("--policy", default="snds-default", show_default=True, help="Id of a shipped policy, or a YAML file.")
@click.option(
    "--output", type=click.Path(dir_okay=False), help="Where to write the protected file (default: beside, .protected)."
)
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.pass_context
def protect_command(ctx: click.Context, path: str, policy: str, output: str | None, lang: str) -> None:
    """Propose a protected version of a table or file, say what was lost, and check the result.

    Exit status: that of `tre check` on the result.
    """
    from tre.egress.checks import Policy  # noqa: PLC0415
    from tre.egress.checks.protect import protect_file  # noqa: PLC0415

    try:
        outcome = protect_file(path, output, Policy.load(policy))
    except TreError as error:
        click.echo(f"{error.code}: {error.message} {error.remedy}", err=True)
        ctx.exit(EXIT_COULD_NOT_RUN)
    for line in outcome.lines(lang):
        click.echo(line)
    ctx.exit(int(outcome.verdict))

"""Command line: `python3 -m devcluster up|down|status|reset|build|env|check`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from devcluster import build, foreign, lifecycle, packages, selfcheck, status
from devcluster.errors import DevClusterError
from devcluster.paths import Paths
from devcluster.progress import Progress, say


def _up(paths: Paths) -> int:
    foreign_kubeconfig = os.environ.get("TRE_KUBECONFIG")
    if foreign_kubeconfig:
        foreign.check(paths, foreign_kubeconfig)
        return 0
    with lifecycle.locked(paths):
        lifecycle.up(paths)
    return 0


def _down(paths: Paths) -> int:
    with lifecycle.locked(paths):
        lifecycle.down(paths)
    return 0


def _reset(paths: Paths) -> int:
    with lifecycle.locked(paths):
        lifecycle.reset(paths)
    return 0


def _status(paths: Paths) -> int:
    page, whole = status.show(paths)
    say(page)
    return 0 if whole else 1


def _build(paths: Paths) -> int:
    wanted, missing = build.missing(paths), packages.missing()
    with lifecycle.locked(paths):
        lifecycle.prepare(paths, Progress(len(wanted) + bool(missing)), missing, wanted)
    say(f"All programs are in {paths.bin}.")
    return 0


def _env(paths: Paths) -> int:
    say(status.exports(paths, os.environ.get("TRE_KUBECONFIG")))
    return 0


def _check(paths: Paths) -> int:
    return selfcheck.run_all(paths)


COMMANDS: dict[str, tuple[Callable[[Paths], int], str]] = {
    "up": (_up, "start the cluster, or repair it"),
    "down": (_down, "stop it and leave nothing on this machine; data stays"),
    "status": (_status, "show what runs"),
    "reset": (_reset, "stop it and delete its data; images and programs stay"),
    "build": (_build, "build what the cluster needs, without starting it"),
    "env": (_env, 'print shell exports: eval "$(python3 -m devcluster env)"'),
    "check": (_check, "probe the running cluster: policy, ports, volumes, registry, audit"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code (2: this machine cannot run the cluster)."""
    parser = argparse.ArgumentParser(prog="devcluster", description="A real single-machine Kubernetes.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, words) in COMMANDS.items():
        commands.add_parser(name, help=words)
    chosen = parser.parse_args(arguments).command
    try:
        return COMMANDS[chosen][0](Paths.from_environment(os.environ))
    except DevClusterError as error:
        print(f"devcluster: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("devcluster: interrupted; the next `up` continues, `down` clears.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

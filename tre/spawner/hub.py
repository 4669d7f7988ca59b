"""`python -m tre.spawner.hub`: a project's JupyterHub, configured by ``tre.spawner.hub_config`` and nothing else."""

import os
import sys
from importlib.util import find_spec

from tre.core.errors import TreError
from tre.spawner.settings import load_settings


def command() -> list[str]:
    """The hub's command line. Defaults of JupyterHub that look for files in the working directory are switched off."""
    spec = find_spec("tre.spawner.hub_config")
    if spec is None or spec.origin is None:
        raise RuntimeError("the hub's configuration is not installed")
    return [sys.executable, "-m", "jupyterhub", "--config", spec.origin]


def main() -> int:
    """Check the settings first, for a clear message; then become the hub."""
    try:
        settings = load_settings()
    except TreError as problem:
        print(f"{problem.message} {problem.remedy}", file=sys.stderr)
        return 2
    os.chdir(settings.data_dir)
    arguments = command()
    os.execv(arguments[0], arguments)  # noqa: S606  # our own command, no shell
    return 1


if __name__ == "__main__":
    sys.exit(main())

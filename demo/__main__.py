"""`python -m demo install|run`. An installation waits until a story that is being told has ended."""

import base64
import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from demo import paths
from demo.install import install
from demo.personas import fresh_code, persona
from demo.story import tell


@contextmanager
def _locked(mode: int) -> Iterator[None]:
    paths.STATE.mkdir(parents=True, exist_ok=True)
    with (paths.STATE / "demo.lock").open("w") as held:
        fcntl.flock(held, mode)
        yield


def main() -> None:
    """Run one of the demonstration's steps."""
    match sys.argv[1:]:
        case ["install"]:
            with _locked(fcntl.LOCK_EX):
                install()
        case ["run"]:
            with _locked(fcntl.LOCK_SH):
                tell()
        case ["persona", name]:
            who = persona(name)
            secret = base64.b32encode(who.totp.encode()).decode()
            print(f"{name}\n  password: {who.password}\n  one-time codes (base32, for an authenticator): {secret}")
            print(f"  code now: {fresh_code(who)}")
        case _:
            raise SystemExit("usage: python -m demo install|run|persona NAME")


if __name__ == "__main__":
    main()

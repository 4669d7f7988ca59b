"""`python -m demo install|run`."""

import sys

from demo.install import install


def main() -> None:
    """Run one of the demonstration's steps."""
    match sys.argv[1:]:
        case ["install"]:
            install()
        case ["run"]:
            from demo.story import tell

            tell()
        case _:
            raise SystemExit("usage: python -m demo install|run")


if __name__ == "__main__":
    main()

"""Mutates small valid files and examines them: `python -m tests.fuzz.readers --seconds 60 [--reader pdf]`.

A finding is an exception that leaves the engine, or a file that takes longer than ten seconds. The seed makes a run repeatable.
"""
# ruff: noqa: E501

import argparse
import collections
import random
import signal
import tempfile
import time
from pathlib import Path

from tests.fuzz.seeds import seeds
from tre.egress.checks import Policy
from tre.egress.checks.examine import Subject, examine

_PATIENCE = 10


class TooSlow(BaseException):
    """Raised by the alarm; not an Exception, so that the engine cannot swallow it."""


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to eight random edits: flips, cuts, repeats, insertions, big numbers."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if not out:
            return bytes(out)
        at, kind = rng.randrange(len(out)), rng.randrange(6)
        if kind == 0:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del out[at : at + rng.randint(1, 64)]
        elif kind == 2:
            out[at:at] = out[at : at + rng.randint(1, 64)]
        elif kind == 3:
            out[at:at] = rng.randbytes(rng.randint(1, 16))
        elif kind == 4:
            out[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff"))
        else:
            del out[at:]
    return bytes(out)


def _alarm(*_: object) -> None:
    raise TooSlow


def main() -> None:
    """Fuzz, then print what was found by reader."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--reader", default="")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    rng = random.Random(chosen.seed)
    policy, runs = Policy.load("snds-default"), collections.Counter[str]()
    findings: list[str] = []
    samples = [(name, data) for name, data in seeds() if not chosen.reader or name.endswith("." + chosen.reader)]
    signal.signal(signal.SIGALRM, _alarm)
    end = time.monotonic() + chosen.seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            name, data = rng.choice(samples)
            path = Path(folder) / name
            path.write_bytes(mutate(data, rng))
            runs[path.suffix] += 1
            signal.alarm(_PATIENCE)
            try:
                examine(Subject(name, str(path)), policy)
            except (Exception, TooSlow) as error:
                findings.append(f"{name}: {type(error).__name__}")
            signal.alarm(0)
    print(dict(sorted(runs.items())))
    print("\n".join(sorted(set(findings))) or "no finding")


if __name__ == "__main__":
    main()

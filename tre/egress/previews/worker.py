"""The locked-down process that renders one file: ``python -m tre.egress.previews.worker``, started by `client`.

Reads the file's name as one JSON line and its bytes after it from standard input; answers one JSON document. Everything
it needs is imported before the lock; afterwards it has no network, no new program, no file to write, little memory.
"""

import json
import sys

from tre.egress.checks.sandbox.limits import lock_down
from tre.egress.previews.model import Preview, to_body
from tre.egress.previews.readers import read

SECONDS, MEMORY_MB = 20, 1024


def main() -> None:
    """Lock down, read, answer. Any failure ends the process without an answer, and the client says that it failed."""
    lock_down(SECONDS, MEMORY_MB)
    name = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    try:
        preview = read(name, data)
    except (Exception, RecursionError) as error:  # a hostile file may break any reader: what is shown is that it did
        preview = Preview("unknown", note="failed")
        sys.stderr.write(type(error).__name__)
    sys.stdout.buffer.write(json.dumps(to_body(preview)).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

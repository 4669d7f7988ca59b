"""`python -m tre.spawner.claim`: the init container of a notebook's pod. Standard library only.

Fetches the session's credentials, once, into the pod's memory volume; then holds the pod until the canary, an address
that no notebook may reach, has stopped answering: policy engines take effect late, or do not exist (design §5).
"""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

CLAIM_SECONDS = 120.0
CANARY_SECONDS = 60.0
# So many refusals in a row: one alone may be the canary's own hiccup.
SILENT = 3
_NAMES = {
    "workspace.json", "s3.json", "aws-credentials", "aws-config", "vault-token", "notebook-token", "session-token",
}  # fmt: skip


class ClaimFailed(Exception):
    """The pod must not start; the message says why and holds no secret."""


def fetch(url: str, session_id: str, nonce: str, seconds: float = CLAIM_SECONDS) -> dict[str, str]:
    """The session's files. 503 and a network that is not up yet are tried again; a refusal is final."""
    body = json.dumps({"session_id": session_id, "nonce": nonce}).encode()
    deadline, last = time.monotonic() + seconds, "no answer"
    while time.monotonic() < deadline:
        request = urllib.request.Request(f"{url}/claim", body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # the control plane's own address
                files: dict[str, str] = json.load(answer)["files"]
                return files
        except urllib.error.HTTPError as refused:
            last = f"HTTP {refused.code}"
            if refused.code < 500:
                raise ClaimFailed(f"the credentials were refused ({last})") from refused
        except OSError as cause:
            last = type(cause).__name__
        time.sleep(0.3)
    raise ClaimFailed(f"the control plane did not hand out the credentials in {seconds:.0f} s ({last})")


def write(files: dict[str, str], directory: Path) -> None:
    """Each file with mode 0400; raises ClaimFailed for a name that is not one of ours."""
    if not files or not set(files) <= _NAMES:
        raise ClaimFailed("the answer holds no credentials, or files that are not credentials")
    for name, content in files.items():
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(descriptor, "w") as target:
            target.write(content)


def answers(host: str, port: int, timeout: float = 1.0) -> bool:
    """True when somebody accepts a connection there."""
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


def wait_silent(canary: Callable[[], bool], seconds: float = CANARY_SECONDS, pause: float = 0.3) -> None:
    """Return when the canary was silent ``SILENT`` times in a row; raises ClaimFailed when it goes on answering."""
    deadline, silent = time.monotonic() + seconds, 0
    while silent < SILENT:
        if time.monotonic() > deadline:
            raise ClaimFailed("a forbidden address still answers: the network policy is not in force")
        silent = 0 if canary() else silent + 1
        time.sleep(pause)


def main() -> int:
    """Claim, write, wait. Any failure leaves no file behind and ends the pod."""
    directory = Path(os.environ.get("TRE_SESSION_DIR", "/var/run/tre"))
    # The API server's address is put into every container by the kubelet; no notebook may reach it.
    host = os.environ.get("TRE_CANARY_HOST") or os.environ.get("KUBERNETES_SERVICE_HOST", "")
    port = int(os.environ.get("TRE_CANARY_PORT") or os.environ.get("KUBERNETES_SERVICE_PORT", "443"))
    try:
        if not host:
            raise ClaimFailed("no canary address is known")
        files = fetch(os.environ["TRE_WORKSPACE_URL"], os.environ["TRE_SESSION"], os.environ["TRE_NONCE"])
        wait_silent(lambda: answers(host, port))
        write(files, directory)
    except ClaimFailed as failure:
        for left in directory.glob("*"):
            left.unlink(missing_ok=True)
        print(f"not started: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

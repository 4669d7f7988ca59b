"""The sandbox: what a worker cannot do, and what happens when it dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from tre.egress.checks import Input, Policy, check

ACTIONS = {
    "network": "import socket; socket.socket()",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "write": "open('/tmp/tre-sandbox-test', 'w').write('x')",
    "memory": "bytearray(2 << 30)",
    "signal": "os.kill(os.getppid(), 0)",
    "mkdir": "os.mkdir('/tmp/tre-sandbox-test-folder')",
    "fork": "os.fork()",
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS.keys())
def test_refused(action: str) -> None:
    program = f"""
import os, socket, sys
from tre.egress.checks.sandbox.limits import lock_down
lock_down(10, 1024)
try:
    {action}
except (OSError, MemoryError):
    os._exit(7)
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert done.returncode == 7


def test_a_timeout_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("a," * 60_000 + "b\n" + ("1.5," * 60_000 + "2\n") * 20)
    hurried = Policy.parse({"id": "abc", "version": "1", "threshold": 11, "sandbox": {"seconds": 1, "memory_mb": 300}})
    report = check([Input("wide.csv", path)], hurried)
    assert report.verdict.label != "pass"


def test_ten_thousand_columns_and_a_huge_line_end(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(
        ",".join(f"c{i}" for i in range(30_000)) + "\n" + ",".join("5" for _ in range(30_000)) + "\n"
    )
    (tmp_path / "line.csv").write_text("x" * 5_000_000)
    report = check([Input(name, tmp_path / name) for name in ("wide.csv", "line.csv")], Policy.load("snds-default"))
    assert all(file.verdict.label != "pass" for file in report.files), [(f.name, f.findings) for f in report.files]

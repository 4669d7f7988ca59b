"""Runs the fork server and turns its answers into file reports; whatever goes wrong with a file becomes a finding RUN-01."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from tre.core.errors import Unavailable
from tre.egress.checks.engine import Progress
from tre.egress.checks.examine import Subject, fingerprint
from tre.egress.checks.model import FileReport, Finding, Location, Severity
from tre.egress.checks.policy import Policy
from tre.egress.checks.report.codec import dump, file_from_body
from tre.egress.checks.words import Words

_WHY = {
    "timeout": Words("La lecture a dépassé le temps permis.", "Reading took longer than allowed."),
    "memory": Words("La lecture a dépassé la mémoire permise.", "Reading took more memory than allowed."),
    "size": Words("Le résultat de la lecture est trop grand.", "The result of reading is too large."),
    "crash": Words("La lecture s'est interrompue.", "Reading broke off."),
}


def run(subjects: Sequence[Subject], policy: Policy, progress: Progress | None = None) -> list[FileReport]:
    """Examine ``subjects`` in sandboxed processes; raises Unavailable ``sandbox-unavailable`` when none can be made."""
    if not subjects:
        return []
    answers: dict[int, dict[str, Any]] = {}
    with _server(subjects, policy) as server:
        assert server.stdout is not None
        for line in server.stdout:
            answer = json.loads(line)
            answers[answer["index"]] = answer
            if progress:
                progress(len(answers), len(subjects), subjects[answer["index"]].name)
    if not answers or any(answer.get("failed") == "sandbox" for answer in answers.values()):
        raise Unavailable(
            "sandbox-unavailable",
            "The files could not be read in isolation, so none was read.",
            "Check that libseccomp is installed and that the container allows seccomp filters.",
        )
    return [_file_report(subject, answers.get(index)) for index, subject in enumerate(subjects)]


def _server(subjects: Sequence[Subject], policy: Policy) -> "subprocess.Popen[bytes]":
    head = {
        "policy": policy.source,
        "workers": max(1, min(len(subjects), os.cpu_count() or 1, 8)),
        "suffixes": sorted({os.path.splitext(subject.name)[1].lower() for subject in subjects}),
    }
    lines = [dump(head)]
    for index, subject in enumerate(subjects):
        context = asdict(subject.context) if subject.context else None
        lines.append(dump({"index": index, "name": subject.name, "path": subject.path, "context": context}))
    server = subprocess.Popen(
        [sys.executable, "-m", "tre.egress.checks.sandbox.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a library's complaint may quote the file
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
    )
    assert server.stdin is not None
    try:
        server.stdin.write(b"\n".join(lines) + b"\n")
        server.stdin.close()
    except BrokenPipeError:
        server.stdin = None
    return server


def _file_report(subject: Subject, answer: dict[str, Any] | None) -> FileReport:
    if answer is not None and "file" in answer:
        try:
            return replace(file_from_body(answer["file"]), name=subject.name)
        except (KeyError, TypeError, ValueError, AttributeError):
            answer = {"failed": "crash"}
    return failed(subject, (answer or {}).get("failed", "crash"))


def failed(subject: Subject, why: str) -> FileReport:
    """The report on a file that could not be examined: review at least (design §7)."""
    digest, size = _hash(subject.path)
    finding = Finding("RUN-01", 1, "", Severity.REVIEW, Location(file=subject.name), _WHY.get(why, _WHY["crash"]))
    finding = replace(finding, fingerprint=fingerprint(finding, digest))
    return FileReport(subject.name, digest, size, "unknown", (finding,))


def _hash(path: str) -> tuple[str, int]:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest(), os.stat(path).st_size
    except OSError:
        return "", 0

"""What the state of things allows: one small check a rule, raising typed errors. Who may is in `permissions`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tre.core.errors import Conflict, Invalid, TooLarge
from tre.egress import forms
from tre.egress.contracts import ProjectView
from tre.egress.eligibility import Block
from tre.egress.models import File, Request, Seat
from tre.egress.states import REQUEST
from tre.egress.votes import WP29, Decision

MIN_REASON = 10


def check_verb(request: Request, verb: str) -> None:
    """The state table has ``verb`` here."""
    REQUEST.check(request.state, verb)


def check_revision(request: Request, expected: int | None) -> None:
    """``If-Match``: what was decided is about what was shown. Raises Conflict ``stale``."""
    if expected is not None and expected != request.revision:
        raise Conflict("stale", "This request has changed since you opened it.", "Reload it, look again, then decide.")


def check_submissions_open(project: ProjectView) -> None:
    if project.frozen:
        raise Conflict("project-frozen", "The project is frozen: nothing leaves it.", "Ask the security officer.")
    if project.last_export_passed:
        raise Conflict("last-export-passed", "The project closes and its last-export date is over.", "Ask the agent.")
    if not project.submissions_open:
        raise Conflict(
            "project-not-active",
            f"The project is {project.state}: exports are stopped.",
            "The agent in charge of the project can say why and until when.",
        )


def check_releases_open(project: ProjectView) -> None:
    """Nothing is released while the project is suspended, frozen or closed."""
    if project.frozen or not project.releases_open:
        raise Conflict(
            "project-not-active",
            f"The project is {'frozen' if project.frozen else project.state}: nothing is released.",
            "It goes on by itself once the project is active again.",
        )


def check_downloads_open(project: ProjectView) -> None:
    if project.frozen or not project.releases_open:
        raise Conflict(
            "project-not-active",
            f"The project is {'frozen' if project.frozen else project.state}: downloads are stopped.",
            "The agent in charge of the project can say why and until when.",
        )


def check_ready(request_files: Sequence[File], max_files: int) -> None:
    """There is something to submit and every form is complete."""
    if not request_files:
        raise Invalid("request-empty", "This request has no file.", "Choose at least one file of your work folder.")
    if len(request_files) > max_files:
        raise TooLarge(
            "request-too-many-files", f"The policy accepts {max_files} files a request.", "Split the request."
        )
    for file in request_files:
        lacking = forms.missing(file.context)
        if lacking:
            raise Invalid(
                "context-missing", f"The form of '{file.name}' lacks: {', '.join(lacking)}.", "Fill it in, then submit."
            )


def check_size(size: int, max_bytes: int, name: str) -> None:
    if size == 0:
        raise Invalid("file-empty", f"'{name}' is empty (0 bytes).", "Write the file again, then submit.")
    if size > max_bytes:
        raise TooLarge(
            "file-too-large",
            f"'{name}' is larger than the policy's {max_bytes:,} bytes.",
            "Reduce it, or ask for another policy.",
        )


def check_total(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLarge(
            "request-too-large", f"The files together exceed the policy's {max_bytes:,} bytes.", "Split the request."
        )


def check_reason(reason: str) -> str:
    """A reason that says something; raises Invalid ``reason-missing``."""
    clean = reason.strip()
    if len(clean) < MIN_REASON or len(clean) > 4000:
        raise Invalid("reason-missing", f"A reason of {MIN_REASON} to 4,000 characters is needed.", "Say why.")
    return clean


def check_answers(decision: Decision, answers: Mapping[str, Any]) -> dict[str, str]:
    """The three WP29 answers, each ``met`` or ``not-met``; an approval needs all three met (MR-005 §10.3)."""
    clean = {key: str(answers.get(key, "")) for key in WP29}
    if decision is Decision.APPROVE and any(value not in {"met", "not-met"} for value in clean.values()):
        raise Invalid(
            "wp29-missing", "Answer the three questions: singling out, linkability, inference.", "Each is met or not."
        )
    if decision is Decision.APPROVE and "not-met" in clean.values():
        raise Conflict(
            "wp29-not-met",
            "A file that fails one of the three criteria cannot be approved.",
            "Ask for changes, or reject.",
        )
    return {key: value for key, value in clean.items() if value}


def check_answered(blocks: Sequence[Block], person_answers: frozenset[str]) -> None:
    """A `block` is never voted away: whoever approves has answered each one, with a reason."""
    left = [block.rule for block in blocks if block.fingerprint not in person_answers]
    if left:
        raise Conflict(
            "block-unanswered",
            f"{len(left)} blocking finding(s) are unanswered: {', '.join(sorted(set(left)))}.",
            "Dismiss each as false, or grant an exception, with a reason; or ask for changes.",
        )


def check_seat_free(held: Sequence[Seat], request: Request, needed: int) -> bool:
    """Whether the next seat is that of the third reviewer; raises Conflict when none is free."""
    voting = [seat for seat in held if not seat.conflict]
    if request.state == "third":
        if any(seat.third for seat in voting):
            raise Conflict("seat-taken", "A third reviewer already settles this request.", "Choose another request.")
        return True
    if len([seat for seat in voting if not seat.third]) >= needed:
        raise Conflict("seat-taken", f"Its {needed} reviewers are already at work.", "Choose another request.")
    return False


def check_file_open(file: File) -> None:
    if not file.active or file.state != "checked":
        raise Conflict("file-state", f"This file is {file.state}: it is not under review.", "Reload the request.")

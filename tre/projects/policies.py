"""What the state of a project allows. Each guard of the table in ``states`` is one function here.

Guards look and raise; they change nothing. Who may act is in ``permissions``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from tre.core.errors import Conflict, Forbidden
from tre.core.people import Actor
from tre.projects.models import Project


@dataclass(frozen=True)
class Situation:
    """What guards look at besides the project itself."""

    actor: Actor
    today: date
    steps_done: bool = False
    certificate_issued: bool = False
    backups_expire_on: date | None = None


def authorisation_in_force(project: Project, on: date) -> bool:
    """True when the confirmed version covers the day."""
    current = project.authorisation
    return current is not None and current.starts_on <= on <= current.ends_on


def _check_in_force(project: Project, situation: Situation) -> None:
    current = project.authorisation
    if current is None:
        raise Conflict("authorisation-missing", "No confirmed authorisation.", "Have the recorded one confirmed.")
    if situation.today < current.starts_on:
        raise Conflict("authorisation-not-started", f"It starts on {current.starts_on}.", "Wait for that day.")
    if situation.today > current.ends_on:
        raise Conflict("authorisation-ended", f"It ended on {current.ends_on}.", "Record the new decision.")


def _check_not_frozen(project: Project, _: Situation) -> None:
    if project.frozen:
        raise Conflict("project-frozen", "The project is frozen.", "A security officer and an agent must unfreeze it.")


def _check_capacity_acknowledged(project: Project, _: Situation) -> None:
    if project.capacity_acknowledged_by is None:
        raise Conflict("capacity-not-acknowledged", "Nobody acknowledged the quota.", "Acknowledge it first.")


def _check_proposed(project: Project, _: Situation) -> None:
    if project.proposed is None:
        raise Conflict("nothing-proposed", "There is no version to confirm.", "Record an authorisation first.")


def _check_second_person(project: Project, situation: Situation) -> None:
    proposed = project.proposed
    if proposed is not None and situation.actor.person_id in (None, proposed.recorded_by):
        raise Forbidden("second-person", "The one who recorded it cannot confirm it.", "Ask another agent.")


def _check_steps_done(_: Project, situation: Situation) -> None:
    if not situation.steps_done:
        raise Conflict("steps-not-done", "Steps remain to be done.", "Wait until every step is done.")


def _check_last_export(project: Project, situation: Situation) -> None:
    if project.last_export_on is None:
        raise Conflict("last-export-missing", "No last-export date was announced.", "Announce closing first.")
    if situation.today < project.last_export_on:
        raise Conflict(
            "last-export-ahead", f"Exports are promised until {project.last_export_on}.", "Wait for that day."
        )


def _check_certificate(_: Project, situation: Situation) -> None:
    if not situation.certificate_issued:
        raise Conflict("certificate-missing", "No deletion certificate was issued.", "Wait for the last step.")


def _check_backups_expired(_: Project, situation: Situation) -> None:
    expire = situation.backups_expire_on
    if expire is None or situation.today <= expire:
        raise Conflict("backups-remain", f"A backup that holds the key lives until {expire}.", "Wait for that day.")


Guard = Callable[[Project, Situation], None]
GUARDS: Mapping[str, Guard] = {
    "authorisation-in-force": _check_in_force,
    "authorisation-proposed": _check_proposed,
    "backups-expired": _check_backups_expired,
    "capacity-acknowledged": _check_capacity_acknowledged,
    "certificate-issued": _check_certificate,
    "last-export-passed": _check_last_export,
    "not-frozen": _check_not_frozen,
    "second-person": _check_second_person,
    "steps-done": _check_steps_done,
}


def check_open_for_versions(project: Project) -> None:
    """A new version may be recorded until closing starts; raises Conflict ``project-over``, ``version-waiting``."""
    if project.state in ("closing", "closed", "archived"):
        raise Conflict("project-over", "This project is closed.", "Record the authorisation as a new project.")
    if project.proposed is not None:
        raise Conflict("version-waiting", "A version waits already.", "Confirm or withdraw it first.")

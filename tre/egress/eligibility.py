"""Which files may leave: one pure function, fed once from the rows and once from the sealed log (design §7).

The release happens only when both answers are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tre.egress.votes import Ballot, Outcome, approvers, in_force, outcome

# Identifiers and row-level data: an exception also needs the security officer.
OFFICER_FAMILIES = ("ID-", "MIC-")


@dataclass(frozen=True)
class Disposal:
    """A blocking finding answered by one person: dismissed as false, or an exception granted."""

    file_id: str
    person_id: str
    fingerprint: str
    binding: str
    officer: bool = False


@dataclass(frozen=True)
class Block:
    """A blocking finding of the check that the binding names."""

    fingerprint: str
    rule: str

    @property
    def needs_officer(self) -> bool:
        return self.rule.startswith(OFFICER_FAMILIES)


@dataclass(frozen=True)
class FileFacts:
    """What was last checked of one file."""

    file_id: str
    sha256: str
    binding: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that decides about a request: from the rows or from the log."""

    round: int
    files: tuple[FileFacts, ...]
    ballots: tuple[Ballot, ...]
    disposals: tuple[Disposal, ...]
    barred: frozenset[str] = field(default_factory=frozenset)  # requester, members, declared conflicts, given-up seats
    needed: int = 2


def unanswered(file: FileFacts, disposals: Iterable[Disposal], people: Iterable[str]) -> list[Block]:
    """Blocking findings that not all of ``people``, or not the security officer where needed, have answered."""
    valid = [d for d in disposals if d.file_id == file.file_id and d.binding == file.binding]
    answered = {(d.fingerprint, d.person_id) for d in valid if not d.officer}
    by_officer = {d.fingerprint for d in valid if d.officer}
    wanted = list(people)
    return [
        block
        for block in file.blocks
        if any((block.fingerprint, person) not in answered for person in wanted)
        or (block.needs_officer and block.fingerprint not in by_officer)
    ]


def ballots_on(facts: Facts, file: FileFacts) -> dict[str, Ballot]:
    """The ballots in force on a file, without those of people who may not decide."""
    free = [ballot for ballot in facts.ballots if ballot.person_id not in facts.barred]
    return in_force(free, file.file_id, file.binding, facts.round)


def file_outcome(facts: Facts, file: FileFacts) -> Outcome:
    """The outcome of one file by its votes alone."""
    return outcome(ballots_on(facts, file), facts.needed)


def may_leave(facts: Facts, file: FileFacts) -> bool:
    """True when enough different entitled people approved exactly this, each having answered every block."""
    if file_outcome(facts, file) is not Outcome.APPROVED:
        return False
    people = approvers(ballots_on(facts, file))
    return len(people) >= facts.needed and not unanswered(file, facts.disposals, people)


def eligible(facts: Facts) -> dict[str, str]:
    """File id to SHA-256 of what may leave."""
    return {file.file_id: file.sha256 for file in facts.files if may_leave(facts, file)}

"""The verbs of exports, gathered: ``verb(session, parts, …, *, event)``, each in the caller's transaction.

``parts`` comes from `tre.egress.neighbours.parts_of`. Every verb records its event itself, under the verb's own action.
"""

from tre.egress.candidates import Candidate, candidates
from tre.egress.checking import note_failure, run_checks
from tre.egress.comments import Said, comment
from tre.egress.lists import Waiting, Wanted, listed, waiting
from tre.egress.preview import Difference, difference, preview
from tre.egress.releasing import Download, download, grant, release, release_record, revoke
from tre.egress.requests import (
    Chosen,
    Draft,
    add_file,
    create,
    decline,
    describe_file,
    drop_file,
    manifest_hash,
    sign,
    submit,
    submit_unsigned,
    withdraw,
    withdraw_open,
)
from tre.egress.results import PublicResult, public_results
from tre.egress.reviews import (
    Answer,
    Opinion,
    Vacancy,
    claim,
    declare_conflict,
    dispose,
    leave,
    reassign,
    recheck,
    return_,
    vote,
)
from tre.egress.views import RequestView, show
from tre.egress.worker import release_due, run_due_checks, sweep

__all__ = [
    "Answer",
    "Candidate",
    "Chosen",
    "Difference",
    "Download",
    "Draft",
    "Opinion",
    "PublicResult",
    "RequestView",
    "Said",
    "Vacancy",
    "Waiting",
    "Wanted",
    "add_file",
    "candidates",
    "claim",
    "comment",
    "create",
    "declare_conflict",
    "decline",
    "describe_file",
    "difference",
    "dispose",
    "download",
    "drop_file",
    "grant",
    "leave",
    "listed",
    "manifest_hash",
    "note_failure",
    "preview",
    "public_results",
    "reassign",
    "recheck",
    "release",
    "release_due",
    "release_record",
    "return_",
    "revoke",
    "run_checks",
    "run_due_checks",
    "show",
    "sign",
    "submit",
    "submit_unsigned",
    "sweep",
    "vote",
    "waiting",
    "withdraw",
    "withdraw_open",
]

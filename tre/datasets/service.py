"""The verbs of datasets, gathered: ``verb(session, parts, …, *, event)`` (`neighbours.parts_of`)."""

from tre.datasets.attach import (
    Input,
    Use,
    all_uses,
    approve,
    attachments,
    inputs,
    propose,
    refuse,
    uses,
    version_attached,
    waiting_for,
)
from tre.datasets.catalogue import (
    Entry,
    add_dataset,
    add_version,
    get_dataset,
    get_version,
    publish,
    search,
    versions,
    withdraw,
)
from tre.datasets.checking import check_extract, lock_extract_in_inputs
from tre.datasets.ingress import (
    Chunk,
    Declared,
    abandon,
    begin,
    complete,
    file_parts,
    files,
    put_part,
    visible_extracts,
)
from tre.datasets.ingress import approve as approve_extract
from tre.datasets.ingress import reject as reject_extract
from tre.datasets.worker import sweep

approve_attachment, refuse_attachment, propose_attachment = approve, refuse, propose

__all__ = [
    "Chunk",
    "Declared",
    "Entry",
    "Input",
    "Use",
    "abandon",
    "add_dataset",
    "add_version",
    "all_uses",
    "approve_attachment",
    "approve_extract",
    "attachments",
    "begin",
    "check_extract",
    "complete",
    "file_parts",
    "files",
    "get_dataset",
    "get_version",
    "inputs",
    "lock_extract_in_inputs",
    "propose_attachment",
    "publish",
    "put_part",
    "refuse_attachment",
    "reject_extract",
    "search",
    "sweep",
    "uses",
    "version_attached",
    "versions",
    "visible_extracts",
    "waiting_for",
    "withdraw",
]  # fmt: skip

"""The audit event: what every function that changes state takes as an argument (design §3, §8).

Canonical JSON (RFC 8785) is what is stored and hashed; the columns beside it only serve searches.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tre.core.people import Actor

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Outcome = Literal["success", "refused", "failed"]


@dataclass(frozen=True)
class AuditEvent:
    """One thing that happened.

    ``action`` is ``noun.verb`` ("project.provision"); ``project`` a slug; ``target`` the id of the object touched.
    ``detail`` holds ids, hashes, versions and codes: never a patient value, token, key, or text that people wrote
    (give such text's SHA-256 instead).
    """

    action: str
    actor: Actor
    project: str | None = None
    target: str | None = None
    outcome: Outcome = "success"
    detail: Mapping[str, Json] = field(default_factory=dict)

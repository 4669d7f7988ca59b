"""People: who somebody is, which roles are in force, and what stands between them and work today."""

from tre.projects.people.accounts import Identity, invite, sign_in
from tre.projects.people.grants import confirm_role, granted_roles, propose_role, revoke_role, roles_in_force
from tre.projects.people.models import Person
from tre.projects.people.standing import accept_terms, check_may_work, current_terms, publish_terms, record_training
from tre.projects.people.store import find, find_person, get, get_person, people_by_id, person_by_slug

__all__ = [
    "Identity", "Person",
    "accept_terms", "check_may_work", "confirm_role", "current_terms", "find", "find_person", "get",
    "get_person", "granted_roles", "invite", "people_by_id", "person_by_slug", "propose_role", "publish_terms",
    "record_training",
    "revoke_role", "roles_in_force", "sign_in",
]  # fmt: skip

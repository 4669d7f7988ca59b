"""The project's place in Vault: its key, its secrets, the policy of its sessions."""

from collections.abc import Iterable

from tre.platform.vault import Vault
from tre.projects.desired.spec import Desired
from tre.projects.reconciler.providers import Difference, Outcome, Residue

_DOCUMENTS = 25


class VaultProvider:
    """``destroy`` leaves the project's key: it goes last, by ``destroy_key``, when nothing else is left (design §4)."""

    name = "vault"

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._turn = 0

    def ensure(self, desired: Desired) -> Outcome:
        """See ``Provider``."""
        plan = desired.vault
        self._vault.ensure_key(plan.key)
        self._vault.ensure_policy(plan.session_policy, plan.session_policy_document)
        return Outcome(self.name, 2)

    def drift(self, desired: Desired) -> tuple[Difference, ...]:
        """Key and policy; a secret's values are the project's own."""
        plan = desired.vault
        found: list[Difference] = []
        if not self._vault.key_exists(plan.key):
            found.append(Difference(self.name, "missing", f"key/{plan.key}"))
        document = self._vault.policy(plan.session_policy)
        target = f"policy/{plan.session_policy}"
        if document is None:
            found.append(Difference(self.name, "missing", target))
        elif document.strip() != plan.session_policy_document.strip():
            found.append(Difference(self.name, "changed", target, "document", "as rendered", "another document"))
        return tuple(found)

    def drift_all(self, all_desired: Iterable[Desired]) -> dict[str, tuple[Difference, ...]]:
        """The same for all projects: two lists say what is missing, documents are read a few projects a turn.

        Vault has no call that answers all policies, so that a changed document is found within
        projects / ``_DOCUMENTS`` turns; a missing one at once.
        """
        wanted = sorted(all_desired, key=lambda desired: desired.slug)
        keys, policies = set(self._vault.key_names("p-")), set(self._vault.policies("tre-p-"))
        whole = {wanted[(self._turn + i) % len(wanted)].slug for i in range(min(_DOCUMENTS, len(wanted)))}
        self._turn = (self._turn + _DOCUMENTS) % max(len(wanted), 1)
        found: dict[str, tuple[Difference, ...]] = {}
        for desired in wanted:
            plan = desired.vault
            complete = plan.key in keys and plan.session_policy in policies
            # one look at everything of the project where something is missing, or when it is its turn
            found[desired.slug] = () if complete and desired.slug not in whole else self.drift(desired)
        return found

    def destroy(self, slug: str) -> None:
        """Secrets with every version, then the policy."""
        for path in self._vault.secret_names(slug):
            self._vault.destroy_secret(path)
        self._vault.delete_policy(f"tre-p-{slug}-session")

    def destroy_key(self, slug: str) -> None:
        """What was encrypted for the project, backups included, can never be read again."""
        self._vault.destroy_key(f"p-{slug}")

    def key_residue(self, slug: str) -> tuple[Residue, ...]:
        """The key, when it is still there."""
        return (Residue(self.name, f"key/p-{slug}"),) if self._vault.key_exists(f"p-{slug}") else ()

    def residue(self, slug: str) -> tuple[Residue, ...]:
        """Secrets and policy; the key is ``key_residue``."""
        found = [Residue(self.name, f"secret/{path}") for path in self._vault.secret_names(slug)]
        if self._vault.policy(f"tre-p-{slug}-session") is not None:
            found.append(Residue(self.name, f"policy/tre-p-{slug}-session"))
        return tuple(found)

"""The project's place in Vault: its key, its secrets, the policy of its sessions."""

from tre.platform.vault import Vault
from tre.projects.desired.spec import Desired
from tre.projects.reconciler.providers import Difference, Outcome, Residue


class VaultProvider:
    """``destroy`` leaves the project's key: it goes last, by ``destroy_key``, when nothing else is left (design §4)."""

    name = "vault"

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

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

"""Every setting of the control plane, in one place. Secrets are read from mounted files, never from the environment."""

from functools import lru_cache
from pathlib import Path

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS_DIR = Path("/var/run/secrets/tre")
_EXAMPLES = {"changeme", "change-me", "example", "secret", "password", "minioadmin", "admin"}


class Settings(BaseSettings):
    """Read from ``TRE_*`` variables, and from files named ``tre_*`` in ``/var/run/secrets/tre`` for secrets.

    Raises a validation error at start when a secret is one of the well-known examples.
    """

    model_config = SettingsConfigDict(
        env_prefix="TRE_", secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None, extra="ignore"
    )

    # addresses people see
    domain: str = "tre.localhost"
    work_domain: str = "work.tre.localhost"
    public_url: str = "https://tre.localhost"
    support_contact: str = "support@example.org"
    organisation: str = "Plateforme de démonstration"

    # database: three roles, so that the application cannot change the log and the sealer cannot change decisions
    database_url: SecretStr = SecretStr("")
    migration_database_url: SecretStr = SecretStr("")
    sealer_database_url: SecretStr = SecretStr("")

    # identity provider
    oidc_issuer: str = "https://id.tre.localhost/realms/tre"
    oidc_internal_url: str = ""  # same realm as seen from inside the cluster; empty: the issuer
    oidc_client_id: str = "tre-control"
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_mfa_acr: frozenset[str] = frozenset({"mfa", "2"})
    oidc_mfa_amr: frozenset[str] = frozenset({"otp", "mfa", "hwk"})

    # S3, its administration, Vault
    s3_endpoint: str = "minio.tre-system.svc:9000"
    s3_secure: bool = True
    s3_region: str = "eu-local-1"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    vault_addr: str = "https://openbao.tre-system.svc:8200"
    vault_role: str = "tre-control"
    internal_ca_file: Path = Path("/etc/tre/ca/ca.crt")

    # what other systems' audit logs are handed over with (tre/api/routes/sources.py); empty: nothing is taken in
    source_token: SecretStr = SecretStr("")

    # Kubernetes
    namespace: str = "tre-system"
    images_file: Path = Path("/etc/tre/images.json")  # name -> reference by digest
    ingress_class: str = ""  # class of the Ingress objects to make; empty: Traefik asks the control plane instead
    storage_class: str = ""  # empty: the cluster's default

    smtp_host: str = ""
    smtp_port: int = 25
    mail_from: str = "tre@example.org"

    idle_minutes: int = 60
    drift_seconds: int = 20
    policies_dir: Path = Path("/etc/tre/policies")

    @field_validator("oidc_client_secret", "s3_secret_key", "database_url")
    @classmethod
    def _no_example_secret(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().lower() in _EXAMPLES:
            raise ValueError("an example secret is not accepted: generate one and mount it as a file")
        return value


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()

"""Disclosure policies: versioned YAML files with a schema; every number with its source (design §7)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tre.core.errors import Invalid
from tre.egress.checks.model import Severity

_HERE = Path(__file__).parent
# Installed wheels carry the policies inside the package; a checkout keeps them in policies/disclosure/.
_SHIPPED = (_HERE / "policies", _HERE.parents[2] / "policies" / "disclosure")


@dataclass(frozen=True)
class Dominance:
    """Magnitude tables: largest share, (n, k) rules, p % rule. Handbook on SDC 4.2; INSEE; ABS."""

    max_share: float = 0.85
    nk: tuple[tuple[int, float], ...] = ((2, 0.67),)
    p_percent: float = 10.0


@dataclass(frozen=True)
class Rounding:
    """``base`` > 1 when the policy asks for rounding; ``accepted_bases``: bases whose small rounded cells are not blocked."""

    base: int = 0
    midpoint: int = 0
    accepted_bases: tuple[int, ...] = (5, 6, 10, 20, 50, 100)
    small_cell: Severity = Severity.REVIEW


@dataclass(frozen=True)
class Sizes:
    """Caps on what one request may hold (MIC-04)."""

    max_rows: int = 5_000
    max_bytes: int = 16_000_000
    max_files: int = 200


@dataclass(frozen=True)
class Sandbox:
    """Limits of the worker that reads one file."""

    seconds: int = 120
    memory_mb: int = 3_072
    ocr: bool = True


@dataclass(frozen=True, eq=False)
class Policy:
    """The rules' numbers for one project. ``digest`` is cited by every report and release."""

    id: str
    version: str
    title: str = ""
    threshold: int = 11
    zeros: str = "ignore"  # ignore | review | block
    cell_share: float = 0.90
    min_dof: int = 10
    protection_width: int = 3
    dominance: Dominance = field(default_factory=Dominance)
    rounding: Rounding = field(default_factory=Rounding)
    sizes: Sizes = field(default_factory=Sizes)
    sandbox: Sandbox = field(default_factory=Sandbox)
    accepted_types: tuple[str, ...] = ()  # empty: every type that has rules
    allowed_emails: tuple[str, ...] = ()
    local_identifiers: tuple[tuple[str, str], ...] = ()  # (name, RE2 pattern)
    count_headers: tuple[str, ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()  # (rule id, off | info | review | block)
    reviewers: int = 2
    digest: str = ""
    source: str = field(default="", repr=False)  # canonical JSON, so that a worker can be given the same policy

    @classmethod
    def load(cls, which: str | Path) -> "Policy":
        """A shipped policy by id, or a file; raises Invalid ``policy-invalid`` or ``policy-unknown``."""
        path = Path(which)
        trusted = not path.suffix
        if trusted:
            path = next((base / f"{which}.yaml" for base in _SHIPPED if (base / f"{which}.yaml").is_file()), path)
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(
                "policy-unknown", "There is no such policy.", f"Name a file, or one of: {', '.join(shipped())}."
            ) from error
        return cls.parse(text, trusted=trusted)

    @classmethod
    def parse(cls, source: str | Mapping[str, Any], *, trusted: bool = False) -> "Policy":
        """From YAML text or a mapping that follows ``schema/policy-1.json``; raises Invalid ``policy-invalid``.

        ``trusted`` leaves the schema out, for shipped policies (a test validates them) and for the sandbox's own copy.
        """
        data = yaml.safe_load(source) if trusted and isinstance(source, str) else _checked(source)
        fields: dict[str, Any] = {key: data[key] for key in _PLAIN if key in data}
        fields |= {
            key: tuple(data[key]) for key in ("accepted_types", "allowed_emails", "count_headers") if key in data
        }
        fields |= {
            "dominance": _dominance(data.get("dominance", {})),
            "rounding": _rounding(data.get("rounding", {})),
            "sizes": Sizes(**data.get("sizes", {})),
            "sandbox": Sandbox(**data.get("sandbox", {})),
            "local_identifiers": tuple((e["name"], e["pattern"]) for e in data.get("local_identifiers", ())),
            "overrides": tuple(sorted((key, _word(value)) for key, value in data.get("overrides", {}).items())),
        }
        canonical = json.dumps(data, sort_keys=True, ensure_ascii=False).encode()
        return cls(**fields, digest=hashlib.sha256(canonical).hexdigest(), source=canonical.decode())

    def severity(self, rule_id: str, found: Severity) -> Severity | None:
        """The severity after overrides; None when the rule is off."""
        word = dict(self.overrides).get(rule_id)
        if word is None:
            return found
        return None if word == "off" else Severity[word.upper()]


_PLAIN = ("id", "title", "threshold", "zeros", "cell_share", "min_dof", "protection_width", "reviewers", "version")


def shipped() -> list[str]:
    """Ids of the policies that come with the product."""
    return sorted({path.stem for base in _SHIPPED if base.is_dir() for path in base.glob("*.yaml")})


@cache
def policy_schema() -> dict[str, Any]:
    """The JSON Schema of a policy."""
    schema: dict[str, Any] = json.loads((_HERE / "schema" / "policy-1.json").read_text("utf-8"))
    return schema


def _checked(source: str | Mapping[str, Any]) -> dict[str, Any]:
    import jsonschema  # noqa: PLC0415

    try:
        data = yaml.safe_load(source) if isinstance(source, str) else json.loads(json.dumps(dict(source)))
        jsonschema.validate(data, policy_schema())
    except (yaml.YAMLError, TypeError, jsonschema.ValidationError) as error:
        where = "/".join(map(str, getattr(error, "absolute_path", ())))
        raise Invalid(
            "policy-invalid",
            f"The policy does not follow its schema{' at ' + where if where else ''}.",
            "Compare it with policies/disclosure/snds-default.yaml and schema/policy-1.json.",
        ) from error
    result: dict[str, Any] = data
    return result


def _dominance(data: Mapping[str, Any]) -> Dominance:
    base = Dominance()
    return Dominance(
        max_share=data.get("max_share", base.max_share),
        nk=tuple((int(n), float(k)) for n, k in data.get("nk", base.nk)),
        p_percent=data.get("p_percent", base.p_percent),
    )


def _rounding(data: Mapping[str, Any]) -> Rounding:
    base = Rounding()
    return Rounding(
        base=data.get("base", base.base),
        midpoint=data.get("midpoint", base.midpoint),
        accepted_bases=tuple(data.get("accepted_bases", base.accepted_bases)),
        small_cell=Severity[str(data.get("small_cell", base.small_cell.name)).upper()],
    )


def _word(value: object) -> str:
    # YAML 1.1 reads `off` as False
    return "off" if value is False else str(value)

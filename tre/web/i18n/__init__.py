"""The words of the pages: one YAML file a language, French the reference."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("fr", "en")
DEFAULT = "fr"


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        flat |= _flatten(value, f"{name}.") if isinstance(value, dict) else {name: str(value)}
    return flat


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of a language, by dotted key."""
    return _flatten(yaml.safe_load((Path(__file__).parent / f"{language}.yaml").read_text("utf-8")))


@lru_cache(maxsize=1)
def problems() -> Mapping[str, list[str]]:
    """What refusals say in French, by code: what happened, what to do."""
    texts: Mapping[str, list[str]] = yaml.safe_load((Path(__file__).parent / "problems.fr.yaml").read_text("utf-8"))
    return texts


class Translator:
    """Looks a text up; a key that is missing raises, so that a test finds it and not a reader."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else DEFAULT
        self._texts = catalogue(self.language)

    def __call__(self, key: str, **values: object) -> str:
        text = self._texts[key]
        return text.format(**values) if values else text

    def maybe(self, key: str, otherwise: str = "") -> str:
        """The text, or ``otherwise``: for codes that domains may add before the catalogue knows them."""
        return self._texts.get(key, otherwise)

    def problem(self, code: str, what: str, remedy: str) -> tuple[str, str]:
        """What a refusal says to the reader: by its code in French, in the domain's own words otherwise."""
        known = problems().get(code) if self.language == "fr" else None
        return (known[0], known[1]) if known else (what, remedy)

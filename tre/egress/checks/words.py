"""A sentence in the two languages of the product."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["fr", "en"]


@dataclass(frozen=True)
class Words:
    """French and English, written together so that neither is forgotten."""

    fr: str
    en: str

    def in_(self, language: Language) -> str:
        """The sentence in ``language``."""
        return self.fr if language == "fr" else self.en

    def format(self, **values: object) -> "Words":
        """Both sentences with ``values`` filled in. Values are numbers and names of rules, never cell contents."""
        return Words(self.fr.format(**values), self.en.format(**values))

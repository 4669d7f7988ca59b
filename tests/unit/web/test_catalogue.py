"""The catalogue of texts: every language whole, every text that a page asks for there, every slot the same."""

import re
import string
from pathlib import Path

import pytest

import tre.web
from tre.web.i18n import LANGUAGES, catalogue
from tre.web.render import environment

WEB = Path(tre.web.__file__).parent
ASKED = re.compile(r"""\bt\(\s*["']([a-z0-9_.\-]+)["']\s*[,)]""")


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.requirement("EXI-07")
def test_languages_have_the_same_keys() -> None:
    whole = {language: set(catalogue(language)) for language in LANGUAGES}
    assert whole["fr"] == whole["en"]


def test_texts_have_the_same_slots() -> None:
    french, english = catalogue("fr"), catalogue("en")
    differing = {key for key in french if slots(french[key]) != slots(english[key])}
    assert not differing


@pytest.mark.parametrize("template", sorted(WEB.rglob("*.html")), ids=lambda path: path.name)
def test_templates_compile_and_ask_for_known_texts(template: Path) -> None:
    environment().get_template(str(template.relative_to(WEB / "templates")))
    asked = set(ASKED.findall(template.read_text("utf-8")))
    assert asked <= set(catalogue("fr"))


def test_no_text_of_a_page_is_written_in_its_template() -> None:
    """A word outside a tag, an expression or an attribute would be in one language only."""
    for template in WEB.rglob("*.html"):
        bare = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", template.read_text("utf-8"), flags=re.S)
        bare = re.sub(r"<(pre|code|script)[^>]*>.*?</\1>|<[^>]*>", " ", bare, flags=re.S)
        words = {word for word in re.findall(r"[A-Za-zéèàê]{5,}", bare)}
        assert not words, (template.name, words)

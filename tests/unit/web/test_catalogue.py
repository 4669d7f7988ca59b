"""The catalogue of texts: every language whole, every text that a page asks for there, every slot the same."""

import re
import string
from pathlib import Path

import pytest

import tre.web
from tre.web.i18n import LANGUAGES, catalogue, problems
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


# Codes that only parts of ours, the command line or operators meet; nobody reads them on a page.
NOT_ON_PAGES = re.compile(
    r"^(audit|archive|bucket|body|claim|clock|cluster|columns|day|detection|flow|grants|image-missing|incident|alert"
    r"|kes|key|kind|log|mail|no-cluster|not-ready|object|part|pin|pod|policy-missing|purge|record|report|residue|resolution"
    r"|retention|s3|service|session-token|source|staged|terms-published|trace|upload|vault|witness|checkpoint|idp-metadata)"
)


@pytest.mark.requirement("EXI-07")
def test_refusals_of_the_domains_have_french_words() -> None:
    """Every code that a domain or a page raises literally is in the French file, or is not for pages."""
    raised: set[str] = set()
    call = re.compile(r"\b(?:Invalid|Forbidden|NotFound|Conflict|Gone|TooLarge|Unauthorised)\(\s*\"([a-z0-9-]+)\"")
    for folder in ("projects", "datasets", "egress", "sessions", "web", "api"):
        for path in (WEB.parent / folder).rglob("*.py"):
            if "checks" not in path.parts and "reconciler" not in path.parts:
                raised |= set(call.findall(path.read_text("utf-8")))
    unspoken = {code for code in raised - set(problems()) if not NOT_ON_PAGES.match(code)}
    assert not unspoken


def test_french_refusals_say_two_things() -> None:
    assert all(len(texts) == 2 and texts[0] for texts in problems().values())

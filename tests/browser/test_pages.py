"""Every person's pages in a real browser: no serious finding of axe, nothing that the policy of content blocks, no
horizontal scrolling on a phone, and the keyboard reaches the content first (WCAG 2.2 AA)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from tests.browser.story import SLUG, Story

pytestmark = [pytest.mark.browser, pytest.mark.requirement("S40")]
Visit = Callable[..., Page]
SHOTS = Path(os.environ.get("TRE_SCREENSHOTS", ""))

PAGES: dict[str, tuple[str, ...]] = {
    "": ("/", "/registre", f"/register/{SLUG}", "/rights", "/accessibility"),
    "agente-a": ("/", "/projects", "/projects/new", f"/projects/{SLUG}", "/people", "/people/chercheuse-a", "/me"),
    "agent-b": ("/", "/projects/poumon-parcours"),
    "chercheuse-a": (f"/requests/new?project={SLUG}", "/requests", "released", f"/projects/{SLUG}/workspace"),
    "relectrice-a": ("/", "blocked", "blocked/file"),
    "intendante-a": ("/", "/datasets", "/datasets/new", "/datasets/survival-colon", f"/projects/{SLUG}/data"),
    "securite-a": ("/events", "/sessions", "/alerts"),
    "auditrice-a": ("/log", "/controls"),
}


def address(story: Story, path: str) -> str:
    """Paths of requests are named by what happened to them."""
    if path.startswith("/"):
        return path
    name, _, file = path.partition("/")
    request_id = story.requests[name]
    return f"/requests/{request_id}" + (f"/files/{next(iter(story.file_ids(request_id).values()))}" if file else "")


def check(page: Page, where: str) -> list[str]:
    """What is wrong with the page as it is shown."""
    found = Axe().run(page).response["violations"]
    wrong = [f"{where}: {v['id']} {[n['target'] for n in v['nodes']][:3]}" for v in found if v["impact"] != "minor"]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wrong + ([f"{where}: scrolls sideways by {width}"] if width > 0 else [])


def test_pages_of_every_person(visit: Visit, story: Story) -> None:
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(message.text)

    for who, paths in PAGES.items():
        page = visit(who, "/")
        page.on("console", note)
        for path in paths:
            for size in ((1280, 900), (360, 740)):
                page.set_viewport_size({"width": size[0], "height": size[1]})
                page.goto(f"{story.base}{address(story, path)}")
                wrong += check(page, f"{who or 'public'} {path} {size[0]}")
                if SHOTS.name and size[0] == 1280:
                    name = f"{who or 'public'}-{path.strip('/').replace('/', '-').split('?')[0] or 'home'}.png"
                    page.screenshot(path=str(SHOTS / name), full_page=True)
    assert not wrong, "\n".join(wrong)


def test_keyboard_reaches_the_content_first(visit: Visit) -> None:
    page = visit("agente-a", "/projects")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_pages_work_without_script(visit: Visit, story: Story) -> None:
    page = visit("agent-b", "/projects/poumon-parcours", java_script_enabled=False)
    page.click("text=Confirmer cette autorisation")
    assert "L’autorisation est confirmée." in page.content()
    page.goto(f"{story.base}/")
    assert "Mettre en service" in page.content()


def test_language_is_chosen_and_kept(visit: Visit, story: Story) -> None:
    page = visit("", "/")
    assert page.get_attribute("html", "lang") == "fr"
    page.click("text=English")
    assert page.get_attribute("html", "lang") == "en"
    page.goto(f"{story.base}/rights")
    assert page.get_attribute("html", "lang") == "en"

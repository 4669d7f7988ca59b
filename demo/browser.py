"""A real Chromium as one persona: sign-in with a second factor, the workspace, notebooks that really run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from demo import paths
from demo.personas import fresh_code, persona
from demo.say import StoryBroken
from demo.waiting import until

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visit(page: Page, url: str, tries: int = 6) -> None:
    """Go to ``url``; again when Chromium gave up because pods, each a network interface, came or went."""
    for left in reversed(range(tries)):
        try:
            page.goto(url)
            return
        except PlaywrightError as error:
            if "ERR_NETWORK_CHANGED" not in str(error) or not left:
                raise
            page.wait_for_timeout(500)


def signed_in(browser: Browser, username: str) -> Page:
    """A page of that persona, signed in through Keycloak with password and one-time code."""
    who = persona(username)
    # the development authority is not the machine's: its certificates are verified by the API client instead
    window = {"width": 1280, "height": 900}
    page = browser.new_context(ignore_https_errors=True, locale="fr-FR", viewport=window).new_page()  # type: ignore[arg-type]  # a TypedDict by shape
    visit(page, f"https://{paths.DOMAIN}/auth/sign-in")
    page.fill("#username", who.username)
    page.fill("#password", who.password)
    page.click("#kc-login")
    for _ in range(3):
        page.fill("#otp", fresh_code(who))
        page.click("#kc-login")
        page.wait_for_load_state()
        if page.url.startswith(f"https://{paths.DOMAIN}/"):
            return page
    raise StoryBroken(f"the demonstration failed: {username} could not sign in (at {page.url})")


def open_workspace(page: Page, slug: str, profile: str = "python", limit: float = 180) -> str:
    """Open the project's workspace and wait for JupyterLab; the notebook's origin."""
    visit(page, f"https://{paths.DOMAIN}/projects/{slug}/workspace")
    page.click("main form button[type=submit]")
    return _through_hub(page, slug, profile, limit)


def _through_hub(page: Page, slug: str, profile: str, limit: float) -> str:
    def arrived() -> str | None:
        if page.url.startswith("chrome-error:"):
            page.reload()
        if f"{slug}--" in page.url and "/lab" in page.url:
            return page.url.split("/user/")[0]
        choice = page.locator(f"input[name=profile][value={profile}]")
        if choice.count():
            choice.check()
            page.locator("form input[type=submit], form button[type=submit]").first.click()
        page.wait_for_timeout(500)
        return None

    origin = until("JupyterLab", arrived, limit)
    page.wait_for_selector("#jp-main-dock-panel", timeout=90_000)
    return origin


@dataclass(frozen=True)
class Notebook:
    """A notebook to run: code cells in order, for one kernel."""

    name: str
    cells: tuple[str, ...]
    kernel: str = "python3"

    def document(self) -> dict[str, Any]:
        """Its nbformat 4 form."""
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{i}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for i, source in enumerate(self.cells)
        ]
        spec = {"name": self.kernel, "display_name": self.kernel}
        return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": cells}


def run_notebook(page: Page, person: str, notebook: Notebook, limit: float = 180) -> list[str]:
    """Save a notebook through the contents API, open it in JupyterLab, run all of its cells; the cells as saved."""
    name = notebook.name
    _contents(page, person, name, notebook.document())
    visit(page, page.url.split("/user/")[0] + f"/user/{person}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    until(f"a kernel for {name}", lambda: _connected(page, person, name), limit)
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    for number in range(1, len(notebook.cells) + 1):
        page.keyboard.press("Shift+Enter")
        until(f"cell {number} of {name}", partial(_ran, page, name, number), limit)
    return page.locator(".jp-CodeCell .jp-OutputArea").all_inner_texts()


def _connected(page: Page, person: str, name: str) -> bool | None:
    """True once the notebook's kernel runs and this page is connected to it."""
    script = "async url => await (await fetch(url, {credentials: 'same-origin'})).json()"
    sessions = page.evaluate(script, f"/user/{person}/api/sessions")
    kernels = [row["kernel"] for row in sessions if row["path"] == name and row["kernel"]]
    return True if any(k["connections"] and k["execution_state"] == "idle" for k in kernels) else None


def _ran(page: Page, name: str, count: int) -> bool | None:
    """True once ``count`` cells have run; an error in one ends the story."""
    outputs = page.locator(".jp-OutputArea-output")
    if page.locator("[data-mime-type='application/vnd.jupyter.error']").count():
        raise StoryBroken(f"the demonstration failed: {name}: {outputs.all_inner_texts()[-1][-800:]}")
    prompts = page.locator(".jp-CodeCell .jp-InputArea-prompt").all_inner_texts()
    return True if sum(text.strip("[]: \n").isdigit() for text in prompts) >= count else None


def _contents(page: Page, person: str, name: str, notebook: dict[str, Any]) -> None:
    script = """async ([url, body]) => {
        const xsrf = (document.cookie.match(/_xsrf=([^;]+)/) || [])[1] || '';
        const answer = await fetch(url, {method: 'PUT', body: JSON.stringify(body), credentials: 'same-origin',
          headers: {'Content-Type': 'application/json', 'X-XSRFToken': xsrf}});
        return [answer.status, (await answer.text()).slice(0, 300)];
    }"""
    url = f"/user/{person}/api/contents/{name}"
    status, text = page.evaluate(script, [url, {"type": "notebook", "format": "json", "content": notebook}])
    if status not in (200, 201):
        raise StoryBroken(f"the demonstration failed: saving {name} answered {status} {text}")


def screenshot(page: Page, name: str, folder: Path) -> None:
    """A picture for whoever looks later."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(folder / f"{name}.png"))


__all__ = ["Notebook", "chromium", "open_workspace", "run_notebook", "screenshot", "signed_in"]

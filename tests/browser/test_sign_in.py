"""Signing in through the identity provider with a second factor, and out again, on the cluster."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from demo import paths
from demo.personas import fresh_code, persona

pytestmark = [pytest.mark.browser, pytest.mark.cluster]
BASE = f"https://{paths.DOMAIN}"
SignIn = Callable[[str], Page]


@pytest.fixture
def sign_in(chromium: Browser) -> Iterator[SignIn]:
    """Signs a persona in as a person would: password, then a one-time code."""
    opened: list[BrowserContext] = []

    def go(username: str) -> Page:
        context = chromium.new_context(ignore_https_errors=True, locale="fr-FR")
        opened.append(context)
        page, who = context.new_page(), persona(username)
        page.goto(f"{BASE}/auth/sign-in?next=/me")
        page.fill("#username", who.username)
        page.fill("#password", who.password)
        page.click("[type=submit]")
        page.fill("#otp", fresh_code(who))
        page.click("[type=submit]")
        page.wait_for_url(f"{BASE}/**")
        return page

    yield go
    for context in opened:
        context.close()


@pytest.mark.requirement("E13")
def test_second_factor_leads_to_ones_own_page_and_out_again(sign_in: SignIn) -> None:
    page = sign_in("agente-a")
    expect(page).to_have_url(f"{BASE}/me")
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == "__Host-tre")
    assert cookie["httpOnly"]
    assert cookie["secure"]
    serious = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in {"serious", "critical"}]
    assert not serious
    page.goto(f"{BASE}/")
    expect(page.locator("h1")).to_contain_text("Bonjour")
    page.click("text=Se déconnecter")
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # the cookie as the browser gave it: it is worth nothing now
    page.goto(f"{BASE}/projects")
    assert page.url.startswith(f"https://id.{paths.DOMAIN}/")


@pytest.mark.requirement("E13")
def test_password_alone_opens_nothing(chromium: Browser) -> None:
    context = chromium.new_context(ignore_https_errors=True)
    page, who = context.new_page(), persona("relectrice-a")
    page.goto(f"{BASE}/auth/sign-in")
    page.fill("#username", who.username)
    page.fill("#password", who.password)
    page.click("[type=submit]")
    expect(page.locator("#otp")).to_be_visible()
    page.goto(f"{BASE}/projects")
    assert page.url.startswith(f"https://id.{paths.DOMAIN}/")
    context.close()


@pytest.mark.requirement("E10")
def test_researcher_finds_no_page_of_an_agent(sign_in: SignIn) -> None:
    page = sign_in("chercheuse-a")
    answer = page.goto(f"{BASE}/people")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("h1")).to_contain_text("Cette action ne vous est pas ouverte")

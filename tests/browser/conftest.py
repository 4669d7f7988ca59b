"""Chromium, and people's application behind TLS on loopback: real PostgreSQL, buckets and signatures in memory."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.story import Story
from tests.browser.tls import self_signed
from tests.integration.egress.world import MemoryStore, Signer
from tre.api.app import create_app
from tre.api.context import Services
from tre.core.settings import Settings
from tre.db.session import Database

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, for one module: Playwright keeps an event loop running in this thread as long as it lives,
    and a test elsewhere that starts one of its own would fail."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def story(database: Database, sealer_database: Database, tmp_path: Path) -> Iterator[Story]:
    """The application, served, with a project, its people and its requests."""
    port = _free_port()
    settings = Settings(public_url=f"https://localhost:{port}", organisation="Plateforme de démonstration")
    store: Any = MemoryStore()
    vault: Any = Signer()
    services = Services(database, store, vault, None, settings)  # type: ignore[arg-type]  # no page here asks Kubernetes
    certificate, key = self_signed(tmp_path)
    config = uvicorn.Config(
        create_app(services), host="127.0.0.1", port=port, ssl_certfile=certificate, ssl_keyfile=key, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive(), "the application did not start"
    yield Story(services, sealer_database)
    server.should_exit = True
    thread.join(15)


@pytest.fixture
def visit(chromium: Browser, story: Story) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody; ``visit("agente-a", "/")``. Options are those of a browser context."""
    opened: list[BrowserContext] = []

    def go(who: str, path: str, language: str = "fr", **options: Any) -> Page:
        context = chromium.new_context(ignore_https_errors=True, **options)
        opened.append(context)
        context.add_cookies(story.cookies(who, language))  # type: ignore[arg-type]
        page = context.new_page()
        answer = page.goto(f"{story.base}{path}")
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}"
        return page

    yield go
    for context in opened:
        context.close()

"""A researcher's file cannot act with a reviewer's rights: HTML, SVG, PDF and notebook (design §7, threat model)."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request

from tests.browser.story import Story
from tre.egress.models import Vote

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]

ATTACK = """
<script>window.hacked = 1; fetch('VOTE', {method: 'POST', body: new URLSearchParams({decision: 'approve'})})</script>
<img src=x onerror="window.hacked = 1"><img src="https://evil.example/beacon.png">
<form id=f action="VOTE" method=post><input name=decision value=approve></form><svg onload="f.submit()"></svg>
<iframe src="javascript:parent.hacked=1"></iframe><a href="javascript:hacked=1" autofocus onfocus="hacked=1">x</a>
"""


def hostile(address: str) -> dict[str, bytes]:
    """Four files that would vote if anything in them ran."""
    page = ATTACK.replace("VOTE", address)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hacked=1">{page}</svg>'
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": page, "image/svg+xml": svg}}]
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "x", "outputs": outputs}
    markdown = {"cell_type": "markdown", "metadata": {}, "source": page}
    notebook = {"cells": [cell, markdown], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    action = b"<</S/JavaScript/JS(app.launchURL('https://evil.example/'))>>"
    pdf = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction " + action + b">>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    return {
        "page.html": page.encode(),
        "figure.svg": svg.encode(),
        "carnet.ipynb": json.dumps(notebook).encode(),
        "note.pdf": pdf,
    }


@pytest.mark.requirement("E24")
def test_nothing_of_a_hostile_file_runs(visit: Visit, story: Story) -> None:
    request_id = story.submit("Fichiers hostiles", hostile("/requests/x/files/y/vote"))
    story.claim(request_id, "relectrice-a")
    page = visit("relectrice-a", "/")
    sent: list[Request] = []

    def note(request: Request) -> None:
        sent.append(request)

    page.on("request", note)
    for name, file_id in story.file_ids(request_id).items():
        page.goto(f"{story.base}/requests/{request_id}/files/{file_id}")
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").inner_text() == name
        assert page.evaluate("typeof window.hacked") == "undefined", name
        assert (
            page.locator("main iframe, main object, main embed, main script, main [onload], main [onerror]").count()
            == 0
        )
    outside = [request.url for request in sent if not request.url.startswith((story.base, "data:"))]
    changing = [request.url for request in sent if request.method != "GET"]
    assert not outside
    assert not changing
    with story.services.db.transaction() as session:
        assert not session.query(Vote).filter_by(request_id=request_id).all()


@pytest.mark.requirement("E19")
def test_vote_from_another_origin_is_refused(visit: Visit, story: Story) -> None:
    """A form on a notebook's origin, with the reviewer's cookies at hand, casts nothing."""
    request_id = story.requests["blocked"]
    file_id = next(iter(story.file_ids(request_id).values()))
    page = visit("relectrice-a", "/")
    address = f"{story.base}/requests/{request_id}/files/{file_id}/vote"
    page.goto("data:text/html,<body></body>")
    with page.expect_navigation() as landed:
        page.evaluate(
            "address => { document.body.innerHTML = `<form method=post action='${address}'>"
            "<input name=decision value=approve></form>`; document.forms[0].submit() }",
            address,
        )
    assert landed.value is not None
    assert landed.value.status == 403 or "/auth/sign-in" in landed.value.url or landed.value.status == 401
    with story.services.db.transaction() as session:
        assert not session.query(Vote).filter_by(request_id=request_id).all()

"""Drawing a page: one Jinja environment, autoescaped, with what every page needs."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tre import __version__
from tre.api.csrf import form_token
from tre.core.people import ANONYMOUS, Actor, Role
from tre.web.i18n import DEFAULT, LANGUAGES, Translator
from tre.web.views.request import place
from tre.web.words import age, day, moment, size, span

_HERE = Path(__file__).parent
LANGUAGE_COOKIE = "__Host-tre-language"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates are ours alone; everything put into them is escaped."""
    env = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.globals |= {"version": __version__, "tone": tone, "place": place}
    return env


def translator(request: Request) -> Translator:
    """French unless the reader chose otherwise."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, DEFAULT)
    return Translator(chosen if chosen in LANGUAGES else DEFAULT)


def page(request: Request, template: str, **values: Any) -> Response:
    """A page of the application, in the reader's language, with the reader's own form token."""
    words = Translator(values.pop("language")) if "language" in values else translator(request)
    now: datetime = request.app.state.services.clock()
    actor = getattr(request.state, "actor", ANONYMOUS)
    cookie = getattr(request.state, "web_session", None)
    context = {
        "t": words, "lang": words.language, "languages": LANGUAGES, "actor": actor, "now": now,
        "person": getattr(request.state, "person", None), "path": request.url.path,
        "settings": request.app.state.services.settings,
        "form_token": form_token(cookie) if cookie else "",
        "day": lambda value: day(value, words), "moment": lambda value: moment(value, words),
        "age": lambda value: age(value, now, words), "size": lambda value: size(value, words),
        "span": lambda value: span(value, words), "token_for": lambda purpose: form_token(cookie or "", purpose),
        "notice": notice(request), "refresh": None, "can": Can(actor),
    }  # fmt: skip
    return HTMLResponse(
        environment().get_template(template).render({**context, **values}), values.get("http_status", 200)
    )


class Can:
    """What the navigation offers; a shorthand for templates, never a permission."""

    def __init__(self, actor: Actor) -> None:
        self.agent = actor.has(Role.AGENT)
        self.steward = actor.has(Role.STEWARD)
        self.reviewer = actor.has(Role.REVIEWER)
        self.officer = actor.has(Role.SECURITY_OFFICER)
        self.auditor = actor.has(Role.AUDITOR)
        self.producer = actor.has(Role.PRODUCER)
        self.people = self.agent or self.officer
        self.watch = self.officer or self.auditor
        self.requests = actor.person_id is not None and bool(actor.roles)


_TONES = {
    "ok": "active approved released done clean success confirmed live authorised",
    "warn": "suspended closing returned held review open third signature review-needed warning warn refused third",
    "stop": "failed frozen rejected withdrawn block blocked error",
    "info": "provisioning checking draft starting pinned checked",
}
_TONE_OF = {code: tone for tone, codes in _TONES.items() for code in codes.split()}


def tone(code: str) -> str:
    """The colour class of a state's badge; the word carries the meaning."""
    return _TONE_OF.get(str(code), "")


def notice(request: Request) -> str | None:
    """What the last form did, by code (``?done=project.provision``): never a text from the address."""
    code = request.query_params.get("done", "")
    return translator(request).maybe(f"done.{code}") or None


def back(address: str, done: str = "") -> Response:
    """After a form: back to a page, which says what was done (post, redirect, get)."""
    mark = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{mark}done={done}" if done else address, 303)

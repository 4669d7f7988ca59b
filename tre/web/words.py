"""Dates, ages and sizes as people read them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from tre.web.i18n import Translator

PARIS = ZoneInfo("Europe/Paris")
_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"))


def day(value: date | datetime | None, words: Translator) -> str:
    """« 24 novembre 2026 »; a dash when there is none."""
    if value is None:
        return "—"
    local = value.astimezone(PARIS).date() if isinstance(value, datetime) else value
    return str(format_date(local, "long", locale=words.language))


def moment(value: datetime | None, words: Translator) -> str:
    """« 24 nov. 2026, 12:04:31 », Paris time."""
    return "—" if value is None else str(format_datetime(value, "medium", tzinfo=PARIS, locale=words.language))


def age(value: datetime | None, now: datetime, words: Translator) -> str:
    """How long ago, in one unit."""
    if value is None:
        return "—"
    seconds = max(0, int((now - value).total_seconds()))
    for length, unit in _UNITS:
        if seconds >= length:
            count = seconds // length
            return words(f"age.{unit}.{'one' if count == 1 else 'many'}", n=count)
    return words("age.now")


def size(value: int | None, words: Translator) -> str:
    """Bytes in decimal units."""
    if value is None:
        return "—"
    number, unit = float(value), 0
    while number >= 1000 and unit < 4:
        number, unit = number / 1000, unit + 1
    name = words(f"bytes.{unit}")
    return f"{format_decimal(round(number, 1 if unit else 0), locale=words.language)}\u00a0{name}"


def span(value: timedelta, words: Translator) -> str:
    """« 2 h 05 », « 3 j 4 h »: how long something took."""
    minutes = int(value.total_seconds()) // 60
    if minutes < 60:
        return words("span.minutes", n=minutes)
    if minutes < 48 * 60:
        return words("span.hours", h=minutes // 60, m=f"{minutes % 60:02d}")
    return words("span.days", d=minutes // 1440, h=minutes % 1440 // 60)

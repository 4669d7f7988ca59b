"""The public register: projects, datasets, dates, results; never a name, an e-mail or a request (T38, S34-S38)."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tre.datasets.models import Dataset
from tre.egress.models import Release
from tre.projects.register import PublicProject, public_projects

LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
LICENCE_NAME = "Licence Ouverte / Open Licence 2.0"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Entry:
    """A project of the register with its results; ``results`` is None while they are under embargo."""

    project: PublicProject
    datasets: Sequence[tuple[str, str]]
    results: int | None
    last_result: date | None
    address: str

    def document(self) -> dict[str, object]:
        """The entry as JSON."""
        plain = {
            key: value.isoformat() if isinstance(value, date) else value for key, value in asdict(self.project).items()
        }
        named = [{"name": name, "title": title} for name, title in self.datasets]
        last = self.last_result.isoformat() if self.last_result else None
        return {**plain, "datasets": named, "results": self.results, "last_result": last, "address": self.address}


# What the register is made of, in one row: when it is the same, so is the register.
_STATE = text(
    "SELECT (SELECT md5(string_agg(concat(slug, state, embargo_until), ',' ORDER BY slug)) FROM project), "
    "(SELECT concat(count(*), max(confirmed_at), max(superseded_at)) FROM authorisation), "
    "(SELECT concat(count(*), max(released_at), count(revoked_at)) FROM egress_release), "
    "(SELECT md5(string_agg(concat(name, title), ',' ORDER BY name)) FROM dataset)"
)


class Shelf:
    """The register as last made; made again when something that it tells has changed, or the day."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[object, list[Entry]]] = {}

    def entries(self, session: Session, today: date, base: str) -> list[Entry]:
        """Every entry, by title."""
        state = (today, tuple(session.execute(_STATE).one()))
        held = self._held.get(base)
        if held is None or held[0] != state:
            held = self._held[base] = (state, entries(session, today, base))
        return held[1]


def entries(session: Session, today: date, base: str) -> list[Entry]:
    """Every entry, by title, from the tables."""
    titles = {name: title for name, title in session.execute(select(Dataset.name, Dataset.title))}
    query = select(Release.slug, func.count(), func.max(Release.released_at)).where(Release.revoked_at.is_(None))
    released = {slug: (count, last) for slug, count, last in session.execute(query.group_by(Release.slug))}
    found = []
    for project in public_projects(session):
        hidden = project.embargo_until is not None and project.embargo_until > today
        count, last = released.get(project.slug, (0, None))
        found.append(
            Entry(
                project=project,
                datasets=[(name, titles.get(name, name)) for name in project.datasets],
                results=None if hidden else count,
                last_result=None if hidden or last is None else last.date(),
                address=f"{base}/{project.slug}",
            )
        )
    return found


def chosen(found: Sequence[Entry], words: str, theme: str) -> list[Entry]:
    """The entries that hold the words and are of the theme."""
    wanted = words.strip().lower()

    def holds(entry: Entry) -> bool:
        p = entry.project
        words_of = " ".join((p.title, p.purpose, p.responsible, p.theme, *(title for _, title in entry.datasets)))
        return (not theme or p.theme == theme) and wanted in words_of.lower()

    return [entry for entry in found if holds(entry)]


def uses(found: Sequence[Entry]) -> list[tuple[str, int]]:
    """How many projects use each dataset (S39)."""
    return Counter(title for entry in found for _, title in entry.datasets).most_common()


def table(found: Sequence[Entry]) -> str:
    """The register as CSV; cells that a spreadsheet would compute are made text."""
    out = io.StringIO()
    names = list(asdict(found[0].project)) if found else []
    writer = csv.writer(out)
    writer.writerow([*names, "results", "last_result", "address", "licence"])
    for entry in found:
        row = entry.document()
        values = [*(row[name] for name in names if name != "datasets")]
        titles = "; ".join(title for _, title in entry.datasets)
        values.insert(names.index("datasets"), titles)
        writer.writerow([_cell(v) for v in (*values, row["results"], row["last_result"], row["address"], LICENCE)])
    return out.getvalue()


def _cell(value: object) -> str:
    shown = "" if value is None else str(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown

"""ID-05: e-mail, telephone, IBAN, postal address, IP address."""
# ruff: noqa: SIM905

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.buckets import bucket
from tre.egress.checks.ident.columns import values_of
from tre.egress.checks.ident.patterns import EMAIL, IBAN, PHONE, count_in_file, find
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Code, Log, Part, Table, Text
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_ADDRESS = re.compile(
    r"^\s*\d{1,4}\s*(?:bis|ter|quater)?,?\s+(?:rue|avenue|av\.?|boulevard|bd|place|chemin|impasse|all[ée]e|route|quai|cours|square|passage|street|road)\s",
    re.I,
)
_IP = re.compile(r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$")
_SAYS = {
    EMAIL: Words("adresse(s) électronique(s)", "e-mail address(es)"),
    PHONE: Words("numéro(s) de téléphone", "telephone number(s)"),
    IBAN: Words("IBAN", "IBAN(s)"),
    "address": Words("adresse(s) postale(s)", "postal address(es)"),
    "ip": Words("adresse(s) IP", "IP address(es)"),
}
_SURE_RATE = 0.3
_PHONE_WORDS = frozenset("tel telephone phone mobile portable fax".split())


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Block in data cells, review in prose; addresses that the policy allows are left out."""
    allowed = scene.policy.allowed_emails
    if isinstance(part, Table):
        yield from _table(part, scene)
    elif isinstance(part, BigTable):
        for kind, count in sorted(count_in_file(part.path, allowed).items()):
            if kind in _SAYS:
                yield Hit(_words(kind, count), Severity.BLOCK if count >= 20 or kind != PHONE else Severity.REVIEW)
    elif isinstance(part, Text | Log | Code):
        data = part.text.encode("utf-8", "replace")
        hits = [(kind, start) for kind, start in find(data, allowed) if kind in _SAYS]
        for kind, count in sorted(Counter(kind for kind, _ in hits).items()):
            first = min(start for found, start in hits if found == kind)
            line = data.count(b"\n", 0, first) + max(part.origin.line, 1)
            severity = Severity.BLOCK if kind == IBAN else Severity.REVIEW
            yield Hit(
                _words(kind, count),
                Severity.INFO if isinstance(part, Code) and kind == EMAIL else severity,
                replace(part.origin, line=line),
            )


def _table(part: Table, scene: Scene) -> Iterator[Hit]:
    frame = frame_of(part, scene.policy)
    for values in values_of(frame):
        counts: Counter[str] = Counter()
        for text in values.texts:
            counts.update(set(_kinds(text, scene.policy.allowed_emails)))
        for kind, count in sorted(counts.items()):
            rate = count / len(values.texts)
            if kind in (PHONE, "ip") and rate < _SURE_RATE and _PHONE_WORDS.isdisjoint(tokens(values.column.name)):
                continue
            prose = sum(map(len, values.texts)) / len(values.texts) > 60 and rate < _SURE_RATE
            severity = Severity.REVIEW if prose or kind == "ip" else Severity.BLOCK
            yield Hit(_words(kind, count), severity, frame.place([(0, values.column.index)]))


def _kinds(text: str, allowed: tuple[str, ...]) -> Iterator[str]:
    if "@" in text or "+33" in text or sum(char.isdigit() for char in text) >= 9:
        for kind, _ in find(text.encode("utf-8", "replace"), allowed):
            if kind in _SAYS:
                yield kind
    if _ADDRESS.match(text):
        yield "address"
    if _IP.match(text):
        yield "ip"


def _words(kind: str, count: int) -> Words:
    said = _SAYS[kind]
    return Words(f"{bucket(count)} {said.fr}.", f"{bucket(count)} {said.en}.")


RULE = Rule(
    id="ID-05",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Coordonnées d'une personne", "A person's contact details"),
    explanation=Words("Ces données identifient directement une personne.", "These data identify a person directly."),
    mend=Words(
        "Supprimez-les ; les adresses du projet se déclarent dans la politique.",
        "Remove them; the project's own addresses can be declared in the policy.",
    ),
    sources=("RGPD art. 4", "ISO 7064 (IBAN)"),
    scan=scan,
    parts=(Table, BigTable, Text, Log, Code),
)

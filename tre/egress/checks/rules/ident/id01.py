"""ID-01: NIR or INS with its key."""

from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.buckets import bucket
from tre.egress.checks.ident.columns import flat_name, values_of
from tre.egress.checks.ident.keys import is_nir
from tre.egress.checks.ident.patterns import NIR, count_in_file, find
from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Bytes, Code, Log, Part, Table, Text
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import frame_of
from tre.egress.checks.words import Words

_NAMES = ("nir", "ins", "secu", "securite_sociale", "nss", "social")


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Text: one valid number is enough. Columns of bare digits: 30 % valid, since 1 % of random numbers are."""
    if isinstance(part, Table):
        yield from _table(part, scene)
    elif isinstance(part, BigTable):
        count = count_in_file(part.path, scene.policy.allowed_emails)[NIR]
        if count >= 5:
            yield _hit(count)
        elif count:
            yield _hit(count, Severity.REVIEW)
    elif isinstance(part, Bytes):
        yield from _text(part, part.data.decode("latin-1"))
    elif isinstance(part, Text | Log | Code):
        yield from _text(part, part.text)


def _text(part: Part, text: str) -> Iterator[Hit]:
    data = text.encode("utf-8", "replace")
    starts = [start for kind, start in find(data) if kind == NIR]
    if starts:
        line = data.count(b"\n", 0, starts[0]) + max(part.origin.line, 1)
        yield _hit(len(starts), location=line, part=part)


def _table(part: Table, scene: Scene) -> Iterator[Hit]:
    frame = frame_of(part, scene.policy)
    for values in values_of(frame):
        if max(map(len, values.texts)) < 15 and len(values.column.name) < 15:
            continue
        valid = [row for row, text in enumerate(values.column.texts) if is_nir(text.strip().strip('"'))]
        if not valid:
            header = f" {values.column.name} "
            inside = sum(
                1
                for text in (*values.texts, header)
                if len(text) > 16 and any(k == NIR for k, _ in find(text.encode("utf-8", "replace")))
            )
            if inside:
                yield replace(_hit(inside), location=frame.place([(0, values.column.index)]))
            continue
        rate = len(valid) / len(values.texts)
        spaced = any(" " in values.column.texts[row].strip() for row in valid)
        named = any(word in flat_name(values.column.name).split("_") for word in _NAMES)
        sure = named or spaced or (rate >= 0.3 and (len(values.texts) >= 5 or rate == 1.0))
        if sure or (len(valid) >= 2 and rate >= 0.05) or len(values.texts) < 20:
            place = frame.place([(row, values.column.index) for row in valid])
            yield replace(_hit(len(valid), Severity.BLOCK if sure else Severity.REVIEW), location=place)


def _hit(count: int, severity: Severity = Severity.BLOCK, location: int = 0, part: Part | None = None) -> Hit:
    words = Words(
        f"{bucket(count)} numéro(s) de sécurité sociale dont la clé est juste.",
        f"{bucket(count)} social security number(s) with a valid key.",
    )
    hit = Hit(words, severity)
    return replace(hit, location=replace(part.origin, line=location)) if part is not None and location else hit


RULE = Rule(
    id="ID-01",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Numéro de sécurité sociale (NIR, INS)", "Social security number (NIR, INS)"),
    explanation=Words("Un NIR identifie une personne à lui seul.", "A NIR identifies a person by itself."),
    mend=Words("Supprimez la colonne ou le passage.", "Remove the column or the passage."),
    sources=("INSEE, structure du NIR", "python-stdnum stdnum.fr.nir"),
    scan=scan,
    parts=(Table, BigTable, Text, Log, Code, Bytes),
)

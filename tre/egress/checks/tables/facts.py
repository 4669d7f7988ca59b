"""Numbers that programs print about a model: N, residual degrees of freedom, residual standard error, R squared."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tre.egress.checks.parts import Code, Log, Part, Table, Text
from tre.egress.checks.policy import Policy
from tre.egress.checks.tables.cells import Kind
from tre.egress.checks.tables.frame import Role, frame_of
from tre.egress.checks.tables.lexicon import tokens

_INTEGER = r"(\d{1,3}(?:[ ,\u00a0\u202f]\d{3})+|\d+)"
_N = re.compile(
    rf"(?:No\. Observations|Number of (?:obs|observations|subjects|groups used|events)|Num\. ?Obs\.?|Observations|N[ _]?(?:obs|sub)?|nobs|effectif total|nombre d.observations)\s*[:=]?\s*{_INTEGER}\b",
    re.I,
)
_N_PLAIN = re.compile(rf"\bn\s*=\s*{_INTEGER}\b", re.I)
_DOF = re.compile(
    rf"(?:on|Df Residuals\s*:?|Residual df\s*=?|ddl r[ée]siduels\s*:?)\s*{_INTEGER}(?:\s+(?:residual )?degrees of freedom)?",
    re.I,
)
_DOF_R = re.compile(rf"{_INTEGER}\s+(?:residual\s+)?degrees of freedom", re.I)
_RESIDUAL_SE = re.compile(r"(?:Residual standard error|Root MSE)\s*[:=]?\s*([\d.]+(?:e[-+]?\d+)?)", re.I)
_R2 = re.compile(r"(?:Multiple R-squared|R-squared)\s*[:=]?\s*([\d.]+)", re.I)


@dataclass(frozen=True)
class ModelFacts:
    """What a file says about its models; lists in order of appearance."""

    sizes: tuple[int, ...] = ()
    residual_dof: tuple[int, ...] = ()
    residual_se: float | None = None
    r_squared: tuple[float, ...] = ()


def facts_of(parts: Sequence[Part], policy: Policy) -> ModelFacts:
    """Facts from the texts and from tables' rows called N or observations."""
    texts = [part.text for part in parts if isinstance(part, Text | Log) and not isinstance(part, Code)]
    text = "\n".join(texts)
    sizes = [*_integers(_N, text), *_integers(_N_PLAIN, text), *_from_tables(parts, policy)]
    dof = [
        *_integers(_DOF_R, text),
        *(_integers(_DOF, text) if re.search(r"Df Residuals|Residual df|ddl r", text, re.I) else []),
    ]
    error = _RESIDUAL_SE.search(text)
    return ModelFacts(
        sizes=tuple(sizes),
        residual_dof=tuple(dof),
        residual_se=float(error[1]) if error else None,
        r_squared=tuple(float(match) for match in _R2.findall(text) if re.fullmatch(r"\d*\.?\d+", match)),
    )


def _integers(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    for match in pattern.finditer(text):
        yield int(re.sub(r"\D", "", match[1]))


def _from_tables(parts: Sequence[Part], policy: Policy) -> Iterator[int]:
    for part in parts:
        if not isinstance(part, Table):
            continue
        frame = frame_of(part, policy)
        for column in frame.columns:
            if column.denominator:
                yield int(column.denominator)
            if set(tokens(column.name)) & {"n", "nobs", "obs", "observations"} and column.role in (
                Role.COUNT,
                Role.MAYBE,
            ):
                yield from (int(cell.value) for cell in column.cells if cell.kind is Kind.NUMBER)
        for row in range(frame.height):
            if set(tokens(frame.label_of(row))) & {"n", "nobs", "obs", "observations"}:
                yield from (
                    int(c.cells[row].value)
                    for c in frame.columns
                    if c.cells[row].kind is Kind.NUMBER and c.cells[row].integer
                )

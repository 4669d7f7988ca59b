"""MIC-06: one value per record: residuals, predictions, scores, coordinates, cluster labels."""

from collections.abc import Iterator

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import BigTable, Part, Table
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.tables.frame import Column, Frame, Role, frame_of
from tre.egress.checks.tables.lexicon import tokens
from tre.egress.checks.words import Words

_WORDS = frozenset(
    [
        "resid",
        "residual",
        "residuals",
        "residus",
        "fitted",
        "leverage",
        "hat",
        "cooks",
        "cooksd",
        "dfbeta",
        "dfbetas",
        "proba",
        "probas",
        "yhat",
        "ypred",
        "predicted",
        "prediction",
        "predictions",
        "pred",
        "score_patient",
        "propensity",
        "pscore",
        "ps",
        "lp",
        "linpred",
        "linear_predictor",
        "xb",
        "embedding",
        "umap",
        "tsne",
        "pc1",
        "pc2",
        "pca1",
        "pca2",
        "dim1",
        "dim2",
        "factor1",
        "factor2",
        "medoid",
        "cluster_label",
        "martingale",
        "schoenfeld",
        "deviance_resid",
    ]
)
_ROWS = 50


def scan(part: Part, scene: Scene) -> Iterator[Hit]:
    """Fifty rows or more: block; fewer: review. Tables whose text labels name each row once are aggregates or loadings."""
    table = part.sample if isinstance(part, BigTable) else part
    if not isinstance(table, Table):
        return
    frame = frame_of(table, scene.policy)
    columns = [column for column in frame.columns if _per_record(column)]
    if frame.height < 10 or not columns or frame.of(Role.COUNT) or _named(frame):
        return
    words = Words(
        f"{len(columns)} colonne(s) de valeurs par enregistrement, sur {'≥' if frame.height >= _ROWS else '<'} {_ROWS} lignes.",
        f"{len(columns)} column(s) of per-record values, over {'≥' if frame.height >= _ROWS else '<'} {_ROWS} rows.",
    )
    severity = Severity.BLOCK if frame.height >= _ROWS else Severity.REVIEW
    yield Hit(words, severity, frame.place([(0, column.index) for column in columns]))


def _per_record(column: Column) -> bool:
    words = set(tokens(column.name))
    if not words & _WORDS:
        return False
    values = column.numbers()
    return len(values) >= 10 and len(set(values)) > 0.3 * len(values)


def _named(frame: Frame) -> bool:
    """Every row has its own name, or the rows run over a grid with intervals."""
    labels = [column for column in frame.columns if column.role is Role.LABEL]
    keys = {tuple(column.texts[row] for column in labels) for row in range(frame.height)}
    intervals = [
        c for c in frame.columns if {"lower", "upper", "lci", "uci", "conf", "low", "high", "ci"} & set(tokens(c.name))
    ]
    return (bool(labels) and len(keys) >= 0.95 * frame.height) or len(intervals) >= 2


RULE = Rule(
    id="MIC-06",
    version=1,
    statbarn="CorrelationCoefficients",
    severity=Severity.BLOCK,
    title=Words("Une valeur par personne", "One value per person"),
    explanation=Words(
        "Résidus, prédictions, scores et coordonnées suivent chaque personne et rendent ses données.",
        "Residuals, predictions, scores and coordinates follow each person and give their data back.",
    ),
    mend=Words(
        "Résumez-les (quantiles par groupe, figure agrégée).",
        "Summarise them (quantiles by group, an aggregated figure).",
    ),
    sources=("ESSnet guidelines, class 11",),
    scan=scan,
    parts=(Table, BigTable),
)

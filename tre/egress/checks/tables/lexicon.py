"""The words that headers and row labels use, in French and English. Matching is by token, never by substring."""
# ruff: noqa: SIM905

import re
import unicodedata
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]+$)")
_SPLIT = re.compile(r"[^a-z0-9%<>=#]+")

# Words that by themselves say "this is a number of units".
COUNT = frozenset(
    (
        "censored censures removed entrance atrisk excluded included recruited randomised "
        "n nb nbr nbre nombre count counts cnt effectif effectifs eff freq freqs frequency frequencies frequence "
        "frequences nobs numerator denominator num denom patients sejours stays persons people personnes "
        "individuals individus subjects sujets participants beneficiaires assures women men femmes hommes deaths "
        "deces died cases cas events evenements hospitalisations hospitalizations admissions passages visits "
        "consultations atrisk risk_n nrisk n_risk nevent nevents ncensor births naissances residents households "
        "menages users usagers respondents repondants controls temoins exposed unexposed observations obs records "
        "rows missing population pop poptotal subtotal numevents numtreatments dispensations delivrances "
        "prescriptions items practices"
    ).split()
)
# A word here takes a header out of the counts, whatever else it says.
NOT_COUNT = frozenset(
    "% pct percent percentage percentages pourcent pourcentage prop proportion proportions rate rates taux ratio ratios per pour "
    "mean moyenne avg average median mediane med sd std stddev ecart stderr variance hr rr irr shr ahr aor smr asr ci ic "
    "lcl ucl lci uci conf pval pvalue chi2 statistic coef coefficient coeff coefficients estimate estimates beta "
    "years annees months mois weeks semaines los dms iqr q1 q3 p10 p25 p50 p75 p90 p95 quantile decile deciles percentile centile quartile "
    "weighted pondere cost cout costs couts euros eur gbp usd montant depense latitude longitude auc sensitivity specificity ppv npv "
    "vif aic bic loglik r2 rsquared mse rmse mae gini hhi cuminc incidence prevalence efficacy effectiveness smd bmi imc hba1c zscore "
    "seed iter iteration epoch".split()
)
# Words that do so only in a short header: "or" is an odds ratio alone, and a conjunction in "heart or lung".
NOT_COUNT_SHORT = frozenset(
    "share part risk risque or se error var lower upper low high ll ul cl p pr z t exp age year annee date duration duree index indice id code cod "
    "score min max minimum maximum weight poids income salary wage area density lat lon roc adj slope intercept surv survival cumulative ve delta diff "
    "difference change reduction increase bp sbp dbp height taille rank rang level niveau order version df dof group groupe category categorie quintile "
    "variable temperature loss accuracy f1 precision recall threshold cutoff bandwidth days jours".split()
)
# "n_estimators", "number of knots": counts of things that are not people.
NOT_UNITS = frozenset(
    "jobs estimators iter iterations bins clusters folds splits neighbors components layers features trees cores threads epochs imputations bootstraps bootstrap "
    "draws chains simulations sims reps replicates knots params parameters variables vars levels classes steps samples_leaf covariates predictors scoring "
    "decimals digits bytes pages columns files models terms lags".split()
)
PERCENT = frozenset(
    "% pct percent percentage pourcentage pourcent prop proportion proportions share part perc percentages".split()
)
RATE = frozenset("rate rates taux ratio incidence prevalence".split())
MEAN = frozenset("mean moyenne avg average moy means sum somme total_cost".split())
SPREAD = frozenset("sd std stddev ecart variance var skew skewness kurtosis et".split())
EXTREME = frozenset(
    (
        "min max minmax minimum maximum range etendue oldest youngest longest shortest highest lowest largest smallest doyen"
    ).split()
)
POSITION = frozenset(
    ("median mediane med iqr q1 q3 p5 p10 p25 p50 p75 p90 p95 p99 quantile decile percentile centile quartile").split()
)
ESTIMATE = frozenset(
    (
        "coef coefficient coeff coefficients estimate estimates beta hr or rr irr shr ahr aor smr ci ic cl lower "
        "upper lci uci lcl ucl ll ul conf p pval pvalue se stderr std z t chi2 statistic auc rmse aic bic loglik "
        "r2 smd ve effectiveness effect expcoef hazard odds relative log df dof exp"
    ).split()
)
TOTAL = frozenset(
    (
        "total totals totaux ensemble all tous toutes overall sum somme tout both any grand margin margins subtotal"
    ).split()
)
NOBS = frozenset(["n", "nobs", "n_obs", "obs", "observations"])
PLAIN_N = frozenset(
    "n nb no nobs obs observations count counts effectif effectifs total sample patients participants subjects events".split()
)
YEAR = re.compile(r"^(?:19|20)\d{2}$")
# Attributes of one person; many of them side by side look like a person's record.
PERSON = frozenset(
    (
        "age sex sexe gender genre birth dob naissance ddn deces death diagnosis diagnostic diag cim icd height "
        "taille weight poids bmi imc sbp dbp bp pulse cholesterol glucose hba1c creatinine smoker smoking tabac "
        "alcohol ethnicity marital education income salary wage job occupation zip postcode commune admission "
        "discharge entree sortie visit treatment arm traitement outcome status event time survival follow stage "
        "grade tumor tumour nodes ecog patient patid subject sujet pid eid id name nom prenom address hospital los "
        "dms dose drug lab result value date ward charges insured children"
    ).split()
)
ID_WORDS = frozenset(
    (
        "id ids identifier identifiant patient_id patid pid subject_id subjid person_id uid uuid key pseudonym "
        "pseudo nip ipp nda nir ins mrn usubjid eid studyid recordid"
    ).split()
)


@lru_cache(maxsize=16384)
def tokens(text: str) -> tuple[str, ...]:
    """Lower-case words of a label, without accents, split at punctuation, underscores and camel case."""
    text = _CAMEL.sub(" ", text.replace("_", " "))
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = plain.replace("n°", "n").replace("%", " % ")
    return tuple(token for token in _SPLIT.split(plain) if token)


def has(text: str, words: frozenset[str]) -> bool:
    """Whether any token of ``text`` is in ``words``."""
    return not words.isdisjoint(tokens(text))


def says_count(text: str) -> int:  # noqa: PLR0911
    """How clearly a label names a count: 2 clearly, 1 perhaps, 0 no."""
    words = tokens(text)
    if not words or not NOT_UNITS.isdisjoint(words):
        return 0
    if "at" in words and ("risk" in words or "risque" in words):
        return 2
    if _composite_count(words):
        return 2
    if not_count(words) and not _counted_anyway(words):
        return 0
    if words[0] in (
        "n",
        "nb",
        "nbr",
        "nbre",
        "nombre",
        "number",
        "num",
        "no",
        "count",
        "effectif",
        "effectifs",
        "freq",
        "frequency",
        "total",
    ):
        return 2
    if words[-1] in ("n", "count", "counts", "effectif", "effectifs", "freq", "frequency", "nb"):
        return 2
    return 2 if not COUNT.isdisjoint(words) and len(words) <= 4 else int(not COUNT.isdisjoint(words))


def not_count(words: tuple[str, ...]) -> bool:
    """Whether a header's words take it out of the counts."""
    return not NOT_COUNT.isdisjoint(words) or (len(words) <= 2 and not NOT_COUNT_SHORT.isdisjoint(words))


def _composite_count(words: tuple[str, ...]) -> bool:
    # "N (%)", "n, %", "No. (%)": the first number is a count
    return "%" in words and words[max(words.index("%") - 1, 0)] in (
        "n",
        "nb",
        "no",
        "number",
        "effectif",
        "count",
        "freq",
        "cases",
        "patients",
    )


def _counted_anyway(words: tuple[str, ...]) -> bool:
    # "n at risk", "number of days with ..." is still a count of something when it starts so
    return (
        words[0] in ("n", "nb", "nombre", "number", "effectif", "count", "no")
        and words[-1] not in PERCENT | RATE | MEAN | SPREAD
    )


def says_total(text: str) -> bool:
    """Whether a label names a margin."""
    words = tokens(text)
    return bool(words) and len(words) <= 4 and not TOTAL.isdisjoint(words)

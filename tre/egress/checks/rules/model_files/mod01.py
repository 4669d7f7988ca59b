"""MOD-01: models that carry their training rows."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tre.egress.checks.model import Hit, Severity
from tre.egress.checks.parts import Array, Model
from tre.egress.checks.rule import Rule, Scene
from tre.egress.checks.words import Words

# Attributes under which libraries keep rows of their training data.
_ROWS = re.compile(
    r"(?:^|[.$])(?:_fit_X|_y|X_train_?|_X_train|y_train_?|X_fit_?|support_vectors_|dual_coef_full|L_|alpha_full|cluster_centers_indices_|_raw_data|core_sample_indices_|"
    r"components_indices|exemplars?_?|medoids?_?|embedding_|labels_|training_data|train_data|_tree_data|data_?|orig_endog|orig_exog|endog|exog|wendog|wexog|_data|_endog|_exog|"
    r"durations|event_observed|entry|timeline_obs|original_durations|weights_obs|_central_values_obs|predicted_partial_hazards_|baseline_obs|_predicted_|"
    r"resid|residuals|fitted_?values|fitted\.values|fittedvalues|leverage|hat_matrix|model|x|y|qr|effects|linear\.predictors|prior\.weights|plot_env|dataset|_mgr|_block_manager|blocks|block_values)$"
)
_LOOSE = re.compile(r"(?:^|[.$])(?:data_?|labels_|L_|_y|x|y|model|qr|effects|entry|_data|blocks|_mgr)$")
# Columns of a frame kept in an R object: lm$model$age, ggplot$data$age.
_R_FRAME = re.compile(r"(?:^|\$)(?:model|data|x|frame|call_data|plot_data)\$[^$]+$")
_ROWS_MIN = 30


def scan(part: Model, _scene: Scene) -> Iterator[Hit]:
    """An array of at least thirty rows under such a name; an attribute name alone is for a reviewer."""
    found = [array for array in part.arrays if _row_data(array)]
    if found:
        names = sorted({array.path.rsplit(".", 1)[-1] for array in found})[:5]
        words = Words(
            f"Le modèle contient des lignes d'apprentissage ({', '.join(names)}).",
            f"The model holds training rows ({', '.join(names)}).",
        )
        yield Hit(words, location=replace(part.origin, pointer=found[0].path[:200]))
        return
    frames = [
        name
        for name in part.classes
        if name.startswith(("pandas.core.frame", "pandas.DataFrame", "polars.")) or name.endswith(".DataFrame")
    ]
    large = [array for array in part.arrays if array.shape and max(array.shape) >= 50]
    if frames and large:
        yield Hit(
            Words("Le fichier contient un tableau de données enregistré.", "The file holds a saved data frame."),
            location=replace(part.origin, pointer=large[0].path[:200]),
        )


def _row_data(array: Array) -> bool:
    if not array.shape or max(array.shape) < _ROWS_MIN:
        return False
    if _R_FRAME.search(array.path):
        return True
    if not _ROWS.search(array.path):
        return False
    return not _LOOSE.search(array.path) or max(array.shape) >= 50


RULE = Rule(
    id="MOD-01",
    version=1,
    statbarn="",
    severity=Severity.BLOCK,
    title=Words("Données d'apprentissage dans le modèle", "Training data in the model"),
    explanation=Words(
        "Les k plus proches voisins, les SVM, les processus gaussiens et bien des objets R ou Python gardent les patients eux-mêmes.",
        "Nearest neighbours, SVMs, Gaussian processes and many R or Python objects keep the patients themselves.",
    ),
    mend=Words(
        "Exportez les coefficients dans un tableau, ou retirez les données de l'objet avant de l'enregistrer.",
        "Export the coefficients as a table, or strip the data from the object before saving it.",
    ),
    sources=("SACRO-ML, instance-based models",),
    scan=scan,
    parts=(Model,),
)

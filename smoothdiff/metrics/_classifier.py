"""What a classifier of scikit-learn makes of generated rows: tell them apart, learn from them."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import check_scoring, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from .. import _checks as checks
from ._rows import Rows, read
from ._value import Value

__all__ = ["Separation", "c2st", "efficacy", "is_class", "separation", "to_learn"]

TREES = 200
# Whole numbers of so few values are classes.
FEW_CLASSES = 10
# Area under the curve that a column is worth if it gives rows away.
GIVES_AWAY = 0.005
# Unit of a column, as a part of its largest value, in which that is a float of single precision.
SMALLEST_UNIT = 1e-30
# Typical distance of a value from the middle of its column, by itself and as a part of the largest
# value, from which single precision does.
FINE = 1e-3
# Values of rows with a shuffled column that are judged at once (a call costs as much as many).
VALUES_AT_ONCE = 1 << 22


def c2st(
    generated,
    real,
    train=None,
    *,
    classifier=None,
    cv=5,
    max_rows=5000,
    random_state=0,
    kinds=None,
):
    """Classifier two-sample test: area under the ROC curve of a model that tells rows apart.

    0.5 is chance, 1 is told apart every time; copies of ``real`` get less than 0.5. Its natural
    value is 0.5, from which tables of the same law deviate by about 0.5 / sqrt(rows) (standard
    deviation, of as many rows of each). Equal rows within a table are told by each other: rows
    that are drawn again from training rows get 0.7 and more.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    real : array of shape (n, d), or DataFrame
        Held-out rows: beside training rows, copies pass for real.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    classifier : scikit-learn classifier, default=None
        None is a random forest of 200 trees. It gets numbers, and numbers for levels, with NaN
        where a value is missing.
    cv : int, default=5
        Stratified, shuffled folds.
    max_rows : int, default=5000
        As many rows of each as there are of the other are drawn at random, at most so many.
    random_state : int, default=0
        For the rows, the folds and the forest.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value

    Raises
    ------
    TypeError, ValueError
        For what is no table or classifier, other columns, fewer rows than folds, or entries of
        arrays that are not finite.

    References
    ----------
    Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import c2st
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(abs(c2st(new, test, random_state=0) - 0.5) < 0.2)
    True
    """
    cv = checks.count(cv, "cv", least=2)
    checks.count(max_rows, "max_rows", least=cv)
    checks.seed(random_state)
    if classifier is not None and not (hasattr(classifier, "fit") and is_classifier(classifier)):
        checks.refuse(classifier, "classifier", "a classifier of scikit-learn", None, TypeError)
    real, *others = read({"real": real, "generated": generated, "train": train}, kinds, cv)
    options = {"classifier": classifier, "cv": cv, "max_rows": max_rows}
    found = [separation(o, real, **options, random_state=random_state) for o in others]
    return Value(*(one.auc for one in found))


@dataclass(frozen=True, eq=False)
class Separation:
    """How rows were told apart: which were generated, and by how much they were taken for it."""

    label: np.ndarray
    """1 for generated rows, 0 for real ones."""
    score: np.ndarray
    """Held-out probability of being generated."""
    importance: dict
    """From columns to the area under the curve that is lost where they are shuffled; empty if
    that was not asked for."""

    @property
    def auc(self):
        """Area under the ROC curve."""
        return float(roc_auc_score(self.label, self.score))

    @property
    def giveaways(self):
        """The columns without which rows are harder to tell apart, the most telling first."""
        telling = [name for name, lost in self.importance.items() if lost > GIVES_AWAY]
        return sorted(telling, key=lambda name: -self.importance[name])


def separation(
    generated: Rows,
    real: Rows,
    *,
    classifier=None,
    cv=5,
    max_rows=5000,
    random_state=0,
    importance=False,
) -> Separation:
    """Cross-validated probabilities of being generated, of as many rows of each.

    With ``importance`` each column is shuffled among the rows of a fold, and these judged again.
    """
    rng = np.random.default_rng(random_state)
    n = min(len(generated), len(real), max_rows)
    X = np.concatenate([t.features[rng.permutation(len(t))[:n]] for t in (generated, real)])
    if classifier is None:
        classifier = RandomForestClassifier(TREES, random_state=random_state, n_jobs=-1)
        (X,) = _for_trees(X)
    label, score = np.repeat([1, 0], n), np.empty(2 * n)
    shuffled = np.empty((X.shape[1] if importance else 0, 2 * n))
    folds = StratifiedKFold(cv, shuffle=True, random_state=random_state)
    for known, asked in folds.split(X, label):
        model = _fitted(classifier, X[known], label[known])
        score[asked] = _taken_for_generated(model, X[asked])
        together = max(VALUES_AT_ONCE // X[asked].size, 1)
        for j in range(0, len(shuffled), together):
            columns = range(j, min(j + together, len(shuffled)))
            Z = np.tile(X[asked], (len(columns), 1, 1))
            for i, column in enumerate(columns):
                Z[i, :, column] = rng.permutation(Z[i, :, column])
            found = _taken_for_generated(model, Z.reshape(-1, X.shape[1]))
            shuffled[j : j + together, asked] = found.reshape(len(columns), -1)
    auc = roc_auc_score(label, score)
    names = [column.name for column in real.columns]
    lost = {names[j]: float(auc - roc_auc_score(label, s)) for j, s in enumerate(shuffled)}
    return Separation(label, score, lost)


def _for_trees(*tables):
    """Features (n, d) of some tables, in units in which trees tell their values apart.

    They hold them in single precision, and take differences below 1e-7 for none. Columns that are
    far from that stay as they are.
    """
    known = np.concatenate(tables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without any value
        largest = np.nanmax(np.abs(known), axis=0, initial=0.0)
        unit = np.frexp(largest)[1]  # of 2: exactly
        known = np.ldexp(known, -unit)
        center = np.nanmedian(known, axis=0)
        apart = np.abs(known - center)
        typical, mean = np.nanmedian(apart, axis=0), np.nanmean(apart, axis=0)
    scale = np.where(typical > 0, typical, np.where(mean > 0, mean, 1.0))
    fine = (scale > FINE) & (np.ldexp(scale, unit) > FINE) & (largest < 1 / SMALLEST_UNIT)
    unit = np.where(fine, 0, unit)
    center, scale = np.where(fine, 0.0, center), np.where(fine, 1.0, scale)
    return [(np.ldexp(X, -unit) - center) / np.maximum(scale, SMALLEST_UNIT) for X in tables]


def _fitted(model, X, y):
    """A fitted clone, which then adds the votes of its trees in the same order each time."""
    model = clone(model).fit(X, y)
    return model.set_params(n_jobs=1) if "n_jobs" in model.get_params() else model


def _taken_for_generated(model, X):
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)[:, 1]
    return model.decision_function(X)


def efficacy(
    generated,
    train,
    test,
    target,
    *,
    model=None,
    scoring=None,
    random_state=0,
    kinds=None,
):
    """How well a model that was trained on generated rows does on real ones.

    Beside it, the baseline, stands the same model trained on the real training rows.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    train : array of shape (n, d), or DataFrame
        The rows that the generated ones were made from.
    test : array of shape (l, d), or DataFrame
        Held-out rows. Rows without a target are left out of all three.
    target : name or int
        The column to predict; of arrays its number. Categories, texts, truth values, and whole
        numbers of up to ten values, are classes.
    model : scikit-learn classifier or regressor, default=None
        None is a random forest of 200 trees.
    scoring : str or callable, optional
        As in scikit-learn; by default the model's own score (accuracy, R^2).
    random_state : int, default=0
        For the forest.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float, larger being better; the baseline is that of the real training rows.

    Raises
    ------
    TypeError, ValueError
        For what is no table, an unknown target, other columns, too few rows, a model of the wrong
        kind, or entries of arrays that are not finite.

    References
    ----------
    "Train on synthetic, test on real": Esteban, Hyland and Ratsch, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import efficacy
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> for rows in (train, test, new):
    ...     rows[:, 1] = rows[:, 0] > 0  # to be predicted
    >>> bool(efficacy(new, train, test, 1, random_state=0) > 0.8)
    True
    """
    tables = read({"train": train, "generated": generated, "test": test}, kinds, required=3)
    j = tables[0].place_of(target)
    if len(tables[0].columns) < 2:
        raise ValueError("efficacy needs a column besides the target.")
    classes = is_class(tables, j)
    own = model is None
    if own:
        forest = RandomForestClassifier if classes else RandomForestRegressor
        model = forest(TREES, random_state=random_state, n_jobs=-1)
    elif not hasattr(model, "fit") or is_classifier(model) != classes:
        wanted = "a classifier" if classes else "a regressor"
        raise TypeError(f"model must be {wanted}, as {target!r} asks for. Got {model!r} instead.")
    (X, y), (X_new, y_new), (X_test, y_test) = (to_learn(rows, j) for rows in tables)
    for name, part in (("train", y), ("generated", y_new), ("test", y_test)):
        if len(part) == 0:
            raise ValueError(f"{name} has no row with a {target!r}.")
    if own:
        X, X_new, X_test = _for_trees(X, X_new, X_test)
    if own and not classes and scoring is None:  # R^2 has no unit
        columns = _for_trees(y[:, None], y_new[:, None], y_test[:, None])
        y, y_new, y_test = (column[:, 0] for column in columns)
    scorer = check_scoring(model, scoring)

    def score(X, y):
        return float(scorer(_fitted(model, X, y), X_test, y_test))

    return Value(score(X_new, y_new), score(X, y))


def is_class(tables, j):
    """Whether column j is to be classified."""
    columns = [rows.columns[j] for rows in tables]
    if not columns[0].is_number:
        return True
    values = np.concatenate([c.array[~c.missing] for c in columns])
    whole = np.array_equal(values, np.round(values))
    return bool(whole and len(np.unique(columns[0].array)) <= FEW_CLASSES)


def to_learn(rows, j):
    """Features and targets of the rows that have one."""
    known = ~rows.columns[j].missing
    return np.delete(rows.features[known], j, axis=1), rows.columns[j].array[known]

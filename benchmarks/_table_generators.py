"""What new rows are drawn with in `tables`: functions (train, target, is_class, seed) -> rows.

Ours is given no setting but the column to predict, which every rival with classes gets as well.
"""

import warnings
from contextlib import suppress

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from smoothdiff import TableDiffusion

from ._mixed import as_numbers

EPOCHS = 300


def ours(**settings):
    """TableDiffusion, with a model for each class unless ``by`` is among the settings."""

    def draw(train, target, is_class, seed):
        by = target if is_class else None
        model = TableDiffusion(**{"by": by} | settings, random_state=seed)
        return model.fit(train).sample(len(train))

    return draw


def bootstrap(train, target, is_class, seed):
    return train.sample(len(train), replace=True, random_state=seed).reset_index(drop=True)


def smote(train, target, is_class, seed):
    """Each class over-sampled, gaps filled by the median or a level of their own."""
    X = _filled(train)
    y = X[target].astype(str) if is_class else pd.Series("all", index=X.index)
    X = X.drop(columns=target) if is_class else X
    text = [not pd.api.types.is_numeric_dtype(X[name]) for name in X]
    parts = []
    for c, count in y.value_counts().items():
        own, near = X[y == c], min(5, count - 1)
        if near < 1:
            parts.append(own.assign(**{target: c}) if is_class else own)
            continue
        both = pd.concat([own, own[:1]], ignore_index=True)
        label = np.r_[np.zeros(count), 1]
        options = {
            "sampling_strategy": {0: 2 * count},
            "k_neighbors": near,
            "random_state": seed,
        }
        sampler = (
            SMOTEN(**options)
            if all(text)
            else SMOTENC(text, **options)
            if any(text)
            else SMOTE(**options)
        )
        new = sampler.fit_resample(both, label)[0][count + 1 :]
        parts.append(new.assign(**{target: c}) if is_class else new)
    made = pd.concat(parts, ignore_index=True)[list(train.columns)]
    if is_class:
        made[target] = made[target].astype(train[target].dtype)
    return made.replace("?", np.nan)


def cart(train, target, is_class, seed):
    """Sequential trees with donors, as synthpop's default: the target first, then in order."""
    rng = np.random.default_rng(seed)
    names = [target, *[name for name in train if name != target]]
    (known,) = as_numbers(train[names])
    n = len(train)
    made = np.empty(known.shape)
    rows = rng.integers(n, size=n)
    made[:, 0] = known[rows, 0]
    donors = {names[0]: rows}
    for j, name in enumerate(names[1:], 1):
        y = known[:, j]
        tree = DecisionTreeRegressor if pd.api.types.is_numeric_dtype(train[name]) else None
        tree = (tree or DecisionTreeClassifier)(min_samples_leaf=5, random_state=seed)
        tree.fit(known[:, :j], np.nan_to_num(y, nan=-1))
        leaf, at = tree.apply(known[:, :j]), tree.apply(made[:, :j])
        rows = np.empty(n, dtype=int)
        for value in np.unique(at):
            here = np.flatnonzero(at == value)
            rows[here] = rng.choice(np.flatnonzero(leaf == value), size=len(here))
        made[:, j], donors[name] = y[rows], rows
    return pd.DataFrame({name: train[name].to_numpy()[donors[name]] for name in train}).astype(
        train.dtypes.to_dict()
    )


def forest_diffusion(train, target, is_class, seed):
    from ForestDiffusion import ForestDiffusionModel

    np.random.seed(seed)  # it draws from the global generator
    (X,) = as_numbers(train)
    text = [j for j, name in enumerate(train) if not pd.api.types.is_numeric_dtype(train[name])]
    whole = [
        j
        for j, name in enumerate(train)
        if j not in text and np.array_equal(X[:, j], np.round(X[:, j]), equal_nan=True)
    ]
    model = ForestDiffusionModel(
        X, n_t=50, duplicate_K=30, cat_indexes=text, int_indexes=whole, n_jobs=2
    )
    return _whole(_from_numbers(model.generate(len(train)), train), train)


def _from_numbers(X, train):
    made = {}
    for j, name in enumerate(train):
        if pd.api.types.is_numeric_dtype(train[name]):
            made[name] = X[:, j]
            continue
        levels = sorted(set(train[name].dropna().astype(str)))
        code = np.clip(np.nan_to_num(np.round(X[:, j]), nan=-1), -1, len(levels) - 1).astype(int)
        made[name] = np.array([*levels, None], dtype=object)[code]
    return pd.DataFrame(made)


def adversarial_forest(train, target, is_class, seed):
    if not hasattr(np, "in1d"):
        np.in1d = np.isin  # which it calls, and NumPy has no more
    from arfpy import arf

    np.random.seed(seed)
    X = _filled(train)
    model = arf.arf(X, num_trees=30, random_state=seed, verbose=False)
    model.forde()
    return _whole(model.forge(n=len(train))[list(train.columns)], train).replace("?", np.nan)


def _whole(made, train):
    """What draws floats has whole numbers where the table does."""
    whole = [name for name in train if pd.api.types.is_integer_dtype(train[name])]
    return made.assign(**{n: made[n].astype(float).round().astype(train[n].dtype) for n in whole})


def _filled(train):
    """What takes no gaps gets medians and a level of their own."""
    X = train.copy()
    for name in X:
        if pd.api.types.is_numeric_dtype(X[name]):
            X[name] = X[name].fillna(X[name].median())
        else:
            X[name] = X[name].astype(object).where(X[name].notna(), "?")
    return X


def _ctgan(kind):
    def draw(train, target, is_class, seed):
        import ctgan
        import torch

        torch.manual_seed(seed)
        np.random.seed(seed)
        text = [n for n in train if not pd.api.types.is_numeric_dtype(train[n])]
        if is_class and target not in text:
            text.append(target)
        model = getattr(ctgan, kind)(epochs=EPOCHS)
        model.fit(_filled(train), text)
        return model.sample(len(train))[list(train.columns)].replace("?", np.nan)

    return draw


FAST = {
    "smoothdiff": ours(),
    "smoothdiff, independent draws": ours(independent=True),
    "smoothdiff, near copies stay": ours(redraw="equal"),
    "smoothdiff, one model": ours(by=None),
    "training rows, drawn again": bootstrap,
    "SMOTE, SMOTENC": smote,
    "CART with donors": cart,
}
# Minutes a table: one split.
SLOW = {}
with suppress(ImportError), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import arfpy  # noqa: F401

    SLOW["adversarial forest"] = adversarial_forest
with suppress(ImportError), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ctgan  # noqa: F401

    SLOW |= {"TVAE": _ctgan("TVAE"), "CTGAN": _ctgan("CTGAN")}
with suppress(ImportError), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ForestDiffusion  # noqa: F401

    SLOW["ForestDiffusion"] = forest_diffusion

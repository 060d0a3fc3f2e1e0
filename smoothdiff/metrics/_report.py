"""`report`: one table of all that says how good generated rows are, with verdicts in words."""

import inspect
import json
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

import numpy as np

from .. import _checks as checks
from .._files import check_target, write_text
from ._classifier import Separation, separation
from ._measures import Measure, fidelity_and_diversity, novelty, usefulness
from ._novelty import ClosestRecords, distance_to_closest_record
from ._rows import Rows, read
from ._verdicts import Verdict, privacy, verdicts

__all__ = ["Report", "report"]

# Held-out rows below which the report says how uncertain it is.
FEW_ROWS = 300
CLOSE_LEVEL = 0.05
N_PAIRS = 5
WIDTH = 100


@dataclass(eq=False)
class Report:
    """What `report` finds. Prints as a table; `to_html` makes a page with pictures.

    Attributes
    ----------
    measures : list of Measure
        By aspect; ``report["c2st"]`` is the value of one by its name.
    verdicts : dict of str to Verdict
        For fidelity, diversity, novelty and usefulness a word and a sentence.
    privacy : str
        What to know before rows are published.
    notes : list of str
        What the numbers cannot say.
    pairs : list of dict
        The generated rows closest to a training row: both, the distance, and the parents with
        their weights where a model was given.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import report
    >>> new, train, test = np.random.default_rng(0).normal(size=(3, 60, 2))
    >>> found = report(new, train, test)
    >>> sorted(found.verdicts), float(found["copied_rows"])
    (['diversity', 'fidelity', 'novelty'], 0.0)
    """

    generated: Rows
    train: Rows
    test: Rows
    separation: Separation
    distances: ClosestRecords
    measures: list[Measure]
    notes: list[str] = field(default_factory=list)
    pairs: list[dict] = field(default_factory=list)
    target: Any = None

    def __getitem__(self, name):
        for measure in self.measures:
            if measure.name == name:
                return measure.value
        raise KeyError(f"The report has no {name!r}. It has {', '.join(self.names)}.")

    @property
    def names(self):
        """Names of the measures."""
        return [measure.name for measure in self.measures]

    @property
    def close(self):
        """Which generated rows are as close to a training row as the closest 5% held out."""
        return self.distances.distances <= np.quantile(self.distances.baseline, CLOSE_LEVEL)

    @property
    def is_held_out(self):
        """Whether test has no more rows of train than train has repeated ones, but for chance."""
        share, known = self["copied_rows"].baseline, self.train.repeated
        return share <= known + max(0.02, 3 * np.sqrt(known * (1 - known) / len(self.test)))

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """A word and a sentence for each aspect."""
        return verdicts(self)

    @property
    def privacy(self) -> str:
        """What to know before rows are published."""
        return privacy(self)

    @property
    def title(self):
        """What was compared."""
        return (
            f"{len(self.generated)} generated rows of {len(self.train.columns)} columns, beside "
            f"{len(self.train)} training rows and {len(self.test)} held-out ones"
        )

    def __str__(self):
        lines = [self.title, ""]
        for aspect, verdict in self.verdicts.items():
            said = f"{aspect:12}{verdict.grade:11}{verdict.sentence}"
            lines.append(fill(said, WIDTH, subsequent_indent=" " * 23))
        lines += ["", f"{'':38}{'generated':>10}{'real rows':>11}   best"]
        aspect = ""
        for m in self.measures:
            if m.aspect != aspect:
                aspect = m.aspect
                lines.append(aspect)
            base = "" if m.value.baseline is None else f"{m.value.baseline:.3f}"
            lines.append(f"  {m.name:36}{m.value:10.3f}{base:>11}   {m.best}")
        lines += ["", *(fill(text, WIDTH) for text in (*self.notes, self.privacy))]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self):
        from ._page import summary

        return summary(self)

    def to_dict(self):
        """Numbers and words, of types that JSON knows; what is not a number becomes None."""
        from .. import __version__

        return {
            "smoothdiff": __version__,
            "rows": {n: len(getattr(self, n)) for n in ("generated", "train", "test")},
            "columns": [str(column.name) for column in self.train.columns],
            "verdicts": {a: v._asdict() for a, v in self.verdicts.items()},
            "measures": [
                {
                    "aspect": m.aspect,
                    "name": m.name,
                    "value": _plain(m.value),
                    "real_rows": _plain(m.value.baseline),
                    "best": m.best,
                    "meaning": m.meaning,
                    "parts": {_key(k): _plain(v) for k, v in m.value.parts.items()},
                }
                for m in self.measures
            ],
            "columns_that_give_away": [str(name) for name in self.separation.giveaways],
            "closest_pairs": [_plain(pair) for pair in self.pairs],
            "privacy": self.privacy,
            "notes": self.notes,
        }

    def to_json(self, path=None):
        """The report as JSON text; with a path it is written there, whole or not at all."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False)
        if path is not None:
            write_text(path, text)
        return text

    def to_html(self, path=None):
        """One page with all numbers and pictures in it; with a path it is written there.

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        from ._page import page

        if path is not None:
            check_target(path)
        text = page(self)
        if path is not None:
            write_text(path, text)
        return text


def _key(name):
    return " / ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _plain(value):
    """A value of a type that JSON knows."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(v) for v in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    return None if value is None or value != value else str(value)


def report(
    generated,
    train,
    test,
    *,
    target=None,
    parents=None,
    max_rows=5000,
    random_state=0,
    kinds=None,
):
    """All measures that apply to generated rows, with verdicts.

    Parameters
    ----------
    generated : array of shape (m, d), DataFrame, or fitted model
        Best as many rows as train has, which is what a model is asked for.
    train : array of shape (n, d), or DataFrame
        The rows that these were made from.
    test : array of shape (l, d), or DataFrame
        Rows that were held out when the model was fitted.
    target : name or int, optional
        A column to predict; without one there is no verdict on usefulness.
    parents : pair of arrays of shape (m, k), optional
        Training rows that each generated one was made of, and their weights, as `sample` returns
        them; a model is asked for them.
    max_rows : int, default=5000
        Measures whose time grows with the square of the rows, and the classifier, take at most so
        many of each table, drawn at random.
    random_state : int, default=0
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`; that of a model by default.

    Returns
    -------
    Report

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, an unknown target, fewer than 10 rows, or entries of
        arrays that are not finite.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.metrics import report
    >>> train, test = train_test_split(load_iris().data, random_state=0)
    >>> model = SmoothedPLDiffusion(random_state=0).fit(train)
    >>> found = report(model, train, test)
    >>> list(found.verdicts)
    ['fidelity', 'diversity', 'novelty']
    >>> bool(found["copied_rows"] == 0)
    True
    """
    checks.count(max_rows, "max_rows", least=10)
    checks.seed(random_state)
    made, own = generated, None
    if hasattr(generated, "sample") and hasattr(generated, "fit"):
        kinds = getattr(generated, "schema_", None) if kinds is None else kinds
        known, *_ = read({"train": train, "test": test}, kinds, fewest=10)  # before rows are drawn
        own = _fitted_to(generated, train)
        made, *parents = _sampled(generated, len(known), random_state)
        parents = parents if own else None
    tables = {"train": train, "generated": made, "test": test}
    train, new, test = read(tables, kinds, fewest=10, required=3)
    if parents:
        _check_parents(parents, new, train)
    if target is not None:
        train.place_of(target)  # before any work
    n = min(len(new), len(train), len(test), max_rows)
    few = [rows.at_most(n, random_state) for rows in (new, test, train)]
    options = {"max_rows": n, "random_state": random_state}
    apart = separation(few[0], few[1], **options, importance=True)
    distances = distance_to_closest_record(new, train, test)
    measures = [
        *fidelity_and_diversity(new, test, train, few, apart, random_state),
        *novelty(new, train, test, distances, random_state),
    ]
    if target is not None:
        some, known, asked = (rows.at_most(max_rows, random_state) for rows in (new, train, test))
        measures += usefulness(some, known, asked, target, random_state)
    found = Report(new, train, test, apart, distances, measures, target=target)
    found.notes = _notes(found, n, max_rows, own)
    found.pairs = _pairs(found, *(parents or (None, None)))
    return found


def _sampled(model, n, random_state):
    """Rows of a model; where it names them also the parents and their weights."""
    names = inspect.signature(model.sample).parameters
    options = {"random_state": random_state} if "random_state" in names else {}
    if "return_parents" in names:
        try:
            return model.sample(n, return_parents=True, **options)
        except ValueError:  # of a score that names none
            pass
    made = model.sample(n, **options)
    if isinstance(made, tuple):
        raise TypeError(
            f"generated must be rows, or a model that draws them without labels. Got "
            f"{type(model).__name__}; draw rows, and give them with their labels as a column."
        )
    return [made]


def _fitted_to(model, train):
    """Whether a model was fitted to just these rows; None where it cannot tell."""
    tell = getattr(model, "_fitted_to", None)
    return None if tell is None else tell(train)


def _check_parents(pair, new, train):
    parents, weights = (np.asarray(part) for part in pair)
    if parents.ndim != 2 or parents.shape != weights.shape or len(parents) != len(new):
        raise ValueError(
            f"parents must be two arrays of shape ({len(new)}, k). Got shapes {parents.shape} and "
            f"{weights.shape} instead."
        )
    strange = parents[(parents < -1) | (parents >= len(train))]
    if strange.size:
        raise ValueError(
            f"parents must be rows of train, which has {len(train)}, or -1. Got {strange[0]}."
        )


def _notes(found, n, max_rows, own):
    notes = []
    if not found.is_held_out:
        notes.append(
            f"Attention: {found['copied_rows'].baseline:.0%} of the rows in test equal rows in "
            "train. They were not held out, and no verdict here can be trusted."
        )
    if own is False:
        notes.append(
            "The model was fitted to other rows than train, or to these in another order. Parents "
            "are not named; and if it has seen test, no verdict here can be trusted."
        )
    if len(found.test) < FEW_ROWS:
        notes.append(
            f"{len(found.test)} held-out rows are few: an area under the curve is uncertain by "
            f"about {0.6 / np.sqrt(n):.2f}, a fraction by up to {0.5 / np.sqrt(n):.2f}."
        )
    if max(len(found.generated), len(found.train), len(found.test)) > max_rows:
        notes.append(
            f"The classifier, precision to beta-recall and the energy distance go by {n} rows of "
            "each table, drawn at random."
        )
    if found.target is None:
        notes.append("No verdict on usefulness: give target, the column to predict.")
    return notes


def _pairs(found, parents, weights):
    """The generated rows that are closest to a training row."""
    pairs = []
    for i in np.argsort(found.distances.distances, kind="stable")[:N_PAIRS]:
        row = int(found.distances.rows[i])
        pair = {
            "distance": float(found.distances.distances[i]),
            "generated": found.generated.shown(i),
            "closest": found.train.shown(row),
            "generated_row": int(i),
            "training_row": row,
        }
        if parents is not None:
            named = parents[i] >= 0
            pair["parents"] = [
                {"training_row": int(p), "weight": float(w), "values": found.train.shown(int(p))}
                for p, w in zip(parents[i][named], weights[i][named], strict=True)
            ]
        pairs.append(pair)
    return pairs

"""SmoothedPLDiffusionCV: the starting law and the scales chosen by held-out likelihood."""

import re
import warnings
from itertools import product

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ShuffleSplit

from .. import _checks
from .._compute import workers
from .._progress import ColumnWarning, EdgeWarning, Progress, warn
from ..cloud import distinct_rows
from ..starts import Start, stacking_weights
from ..starts._stacked import log_mixture
from . import _validation as checks
from ._docs import documented
from ._scales import LONGEST, SHORTEST, check_extent
from ._search import Fold, map_table, start_table
from ._smoothed import check_shrinkage
from ._smoothed_pl import SmoothedPLDiffusion

__all__ = ["SmoothedPLDiffusionCV"]

# Rows from which one split with a held-out part of so many rows replaces the folds.
ONE_SPLIT_FROM, HELD_OUT = 4_000, 1_000
# Part of the rows that repeat others, or whose neighbors all agree in a column, from which the
# likelihood is said to be without a bound.
ATOMS = 0.05
# Mean log-likelihoods that differ by less are equal: the first candidate is taken.
TIE = 1e-9
# A kappa at which a search may end: none below gains more than 0.02 nats (`docs/defaults.md`).
NARROW = 0.01


@documented
class SmoothedPLDiffusionCV(SmoothedPLDiffusion):
    """SmoothedPLDiffusion whose start, t_min and kappa are chosen by held-out likelihood.

    The density to use: `SmoothedPLDiffusion`'s defaults suit sampling. First the starting law, a
    mixture of "local" laws of several widths and shapes and one Gaussian of the whole cloud, with
    the weights that maximize the likelihood of rows held out. Then t_min and kappa by that of the
    map. All candidates are relative to the data's spacing: one search serves any table.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, test), default=5
        Folds are shuffled. From 4000 rows on an int means one split that holds out 1000.
    start_scales : sequence of float, default=(0.6, 1.0, 1.5)
        Candidates for the start's covariances, in units of t0. Data on a curve want narrower ones,
        such as (0.05, 0.1, 0.2, 0.4, 0.8), and fewer neighbors.
    start_neighbors : sequence of int or int, default=(7, 20, 60)
    start_shrinkages : sequence of (float, float), default=((0.001, 0.0001), (0.01, 0.001), \
(0.1, 0.01), (0.0, 0.3))
        Candidates for w_g and w_s. The least w_s, times the mean square distance to the neighbors,
        is the least variance in any direction.
    t_min_scales : sequence of float, default=(0.03, 0.1, 0.25, 0.5, 1.0)
        Candidates for t_min in units of t0, in (0, 1].
    kappas : sequence of float, default=(0.01, 0.05, 0.2)
    start, kappa, t_min : default="auto"
        "auto" searches; anything else is kept as in `SmoothedPLDiffusion`.
    $t0
    $spacing
    $n_components
    $workers

    Attributes
    ----------
    best_params_ : dict
        What was chosen, as parameters of `SmoothedPLDiffusion`.
    best_score_ : float
        Mean held-out log-likelihood of the choice.
    cv_results_ : dict
        "starts" (list of `Start`, with the weights of the mixture), "start_scores" (mean held-out
        log-likelihood of each alone, in tangent coordinates at t_min = t0), "stacked_score" (of the
        mixture), "gap" (the mixture's is within this of the best possible), "params" (list of dict)
        and "mean_test_score" for t_min_scale and kappa.
    cv_score_samples_ : array of shape (n_samples,)
        Log-density of each training row under the choice fitted without its fold, the mean of
        several; NaN for rows that were never held out. `score_samples` of the training rows is too
        optimistic to compare new rows with.
    best_estimator_ : SmoothedPLDiffusion
        Fitted to all rows with ``best_params_``; methods and the attributes below are its own.
    $subspace
    $covariances
    $points

    Notes
    -----
    Where many rows or values repeat, narrow kernels on them gain likelihood without limit; the
    scales are bounded below, and a warning tells. A choice at an edge of the search is told too.

    References
    ----------
    Smyth and Wolpert, Linearly combining density estimators via stacking, 1999.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from smoothdiff import SmoothedPLDiffusionCV
    >>> X = load_iris().data
    >>> model = SmoothedPLDiffusionCV(cv=3, random_state=0).fit(X)
    >>> bool(model.best_score_ > -2)
    True
    """

    def __init__(
        self,
        *,
        cv=5,
        start_scales=(0.6, 1.0, 1.5),
        start_neighbors=(7, 20, 60),
        start_shrinkages=((0.001, 0.0001), (0.01, 0.001), (0.1, 0.01), (0.0, 0.3)),
        t_min_scales=(0.03, 0.1, 0.25, 0.5, 1.0),
        kappas=(0.01, 0.05, 0.2),
        start="auto",
        kappa="auto",
        t_min="auto",
        t0="auto",
        t0_scale=1.0,
        spacing="auto",
        n_components="auto",
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.cv = cv
        self.start_scales = start_scales
        self.start_neighbors = start_neighbors
        self.start_shrinkages = start_shrinkages
        self.t_min_scales = t_min_scales
        self.kappas = kappas
        self.start = start
        self.kappa = kappa
        self.t_min = t_min
        self.t0 = t0
        self.t0_scale = t0_scale
        self.spacing = spacing
        self.n_components = n_components
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ fitting

    def fit(self, X, y=None, sample_weight=None):
        """Search on held-out rows, and fit the choice to all.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like, optional
            Only for a splitter that stratifies.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For parameters or data that cannot be used; the estimator is then unchanged.

        Warns
        -----
        UserWarning
            Where the choice is at an edge of the candidates, or repeated values make the likelihood
            unbounded.
        """
        checks.check_workers(self)
        with checks.unchanged_on_error(self), workers(self.n_jobs):
            self._check_candidates()
            self._check_plain()
            if not isinstance(self.t_min, str) and self.t_min == 0:
                checks.refuse(self, "t_min", "positive, since at 0 there is no likelihood")
            checks.check_seed(self.random_state)
            data = checks.check_finite_data(self, X, reset=True)
            checks.check_n_components(self, *data.shape)
            check_extent(self, data, data[0], 1.0)
            weights = checks.check_sample_weight(sample_weight, len(data))
            generator = checks.make_generator(self.random_state)
            self._search(data, y, weights, int(generator.integers(2**31)))
            best = self._plain().set_params(**self.best_params_, random_state=generator)
            self.best_estimator_ = best.fit(X, sample_weight=sample_weight)
            self.__dict__.update(
                {name: value for name, value in vars(best).items() if name not in best.get_params()}
            )
        return self

    def _plain(self):
        """A SmoothedPLDiffusion with what is not searched for."""
        names = ["t0", "t0_scale", "spacing", "n_components", "n_jobs", "verbose"]
        names += ["start_neighbors"] if _checks.is_number(self.start_neighbors) else []
        return SmoothedPLDiffusion(
            start="local" if self.start == "auto" else self.start,
            kappa=0.1 if self.kappa == "auto" else self.kappa,
            t_min=self.t_min,
            t_min_scale=1.0 if self.t_min == "auto" else "auto",
            **{name: getattr(self, name) for name in names},
        )

    def _check_plain(self):
        """Refuse what SmoothedPLDiffusion would, in this estimator's name."""
        try:
            self._plain()._check_parameters()
        except (TypeError, ValueError) as error:
            said = str(error).replace("SmoothedPLDiffusion", type(self).__name__)
            if re.match("The '(kappa|start)'", said):
                said = re.sub("must be (a |one of )", r"must be 'auto' or \1", said)
            raise type(error)(said) from None

    def _check_candidates(self):
        for name, zero in (("start_scales", False), ("t_min_scales", False), ("kappas", False)):
            for value in self._listed(name):
                _checks.number(value, name, self, zero=zero)
                if not SHORTEST <= value <= LONGEST:
                    between = f"floats between {SHORTEST:.0e} and {LONGEST:.0e}"
                    checks.refuse(self, name, between)
        if max(self._listed("t_min_scales")) > 1:
            checks.refuse(self, "t_min_scales", "floats in (0, 1]")
        for value in self._neighbors:
            _checks.count(value, "start_neighbors", self)
        for value in self._listed("start_shrinkages"):
            check_shrinkage(value, self, "start_shrinkages")

    def _listed(self, name):
        value = getattr(self, name)
        if not isinstance(value, (list, tuple, np.ndarray)):
            checks.refuse(self, name, "a sequence of candidates", TypeError)
        if not len(value):
            checks.refuse(self, name, "a sequence of at least one candidate")
        return list(value)

    @property
    def _neighbors(self):
        one = _checks.is_number(self.start_neighbors)
        return [self.start_neighbors] if one else self._listed("start_neighbors")

    def _search(self, X, y, weights, seed):
        """Set best_params_, best_score_, cv_results_ and cv_score_samples_."""
        searched = self.start == "auto"
        starts = self._candidates() if searched else self._plain()._starts
        pairs = list(
            product(
                self._listed("t_min_scales") if self.t_min == "auto" else [None],
                self._listed("kappas") if self.kappa == "auto" else [self.kappa],
            )
        )
        folds = self._folds(X, y, weights, seed, max(start.n_neighbors for start in starts))
        held_out = np.concatenate([fold.rows for fold in folds])
        share = weights[held_out] / weights[held_out].sum()
        self._warn_of_atoms(X, weights, folds[0])

        results: dict = {"starts": starts}
        if searched:
            n_shapes = 1 + len(starts) // len(self._listed("start_scales"))
            report = Progress(len(folds) * n_shapes, "starts", self.verbose)
            table = start_table(folds, starts, len(share), report)
            omega, gap = stacking_weights(table, share)
            results["start_scores"] = table @ share
            results["starts"] = starts = [
                Start(s.name, s.scale, s.n_neighbors, s.shrinkage, float(w))
                for s, w in zip(starts, omega, strict=True)
            ]
            results["stacked_score"] = float(log_mixture(table, omega) @ share)
            results["gap"] = gap
            starts = [start for start in starts if start.weight > 0]

        report = Progress(len(folds), "folds", self.verbose)
        table = map_table(folds, starts, pairs, len(share), report)
        reached = np.isfinite(table).any(axis=0)
        if not reached.all() and reached.any():
            self._warn_of_unreached(np.count_nonzero(~reached), len(share))
            means = table[:, reached] @ (share[reached] / share[reached].sum())
        else:
            means = table @ share
        best = int(np.argmax(means >= means.max() - TIE))
        t_min_scale, kappa = pairs[best]
        results["params"] = [{"t_min_scale": t, "kappa": k} for t, k in pairs]
        results["mean_test_score"] = means
        self.cv_results_, self.best_score_ = results, float(means[best])
        times = np.bincount(held_out, minlength=len(X))
        with np.errstate(invalid="ignore"):  # NaN where there are none
            self.cv_score_samples_ = np.bincount(held_out, table[best], len(X)) / times
        self.best_params_ = {"start": starts if searched else self.start, "kappa": float(kappa)}
        if t_min_scale is not None:
            self.best_params_["t_min_scale"] = float(t_min_scale)
        self._warn_of_edges(starts if searched else [])

    def _warn_of_unreached(self, unreached, n):
        have = "have" if unreached > 1 else "has"
        warn(
            f"{unreached} of {n} held-out rows {have} no density under any candidate, being unlike "
            "the rest in a column that is constant there, and no part in the choice.",
            ColumnWarning,
        )

    def _candidates(self):
        """Starts of every scale, neighborhood and shape, those of one shape together."""
        shapes = product(self._neighbors, self._listed("start_shrinkages"))
        local = [
            Start("local", float(scale), int(m), (float(w_g), float(w_s)))
            for m, (w_g, w_s) in shapes
            for scale in self._listed("start_scales")
        ]
        return [*local, Start("gaussian")]

    def _folds(self, X, y, weights, seed, n_neighbors):
        cv = self.cv
        if _checks.is_number(cv):
            _checks.count(cv, "cv", self, least=2)
            if len(X) >= ONE_SPLIT_FROM:
                cv = ShuffleSplit(1, test_size=HELD_OUT, random_state=seed)
            else:
                order = np.random.default_rng(seed).permutation(len(X))
                parts = np.array_split(order, min(cv, len(X)))
                cv = [(np.setdiff1d(order, part), np.sort(part)) for part in parts]
        folds, end = [], 0
        for train, test in _checks.folds(cv, "cv", X, y, self):
            test = test[weights[test] > 0]
            places = slice(end, end := end + len(test))
            self._check_scale_left(X, weights, train)
            model = clone(self._plain()).set_params(start="isotropic", start_neighbors=n_neighbors)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ColumnWarning)  # of noise that is not the choice
                model.fit(X[train], sample_weight=weights[train])
            trained = X[train][model._rows]
            folds.append(Fold(model.diffusion_, model.spacing_, X[test], test, places, trained))
        if not any(len(fold.rows) for fold in folds):
            raise ValueError(
                "SmoothedPLDiffusionCV needs rows to compare candidates by: no split of 'cv' holds "
                "out one of positive weight."
            )
        return folds

    def _check_scale_left(self, X, weights, train):
        """Refuse folds that leave no length scale, in the words of what the user gave."""
        left = X[train[weights[train] > 0]]
        if len(left) == 0 or (self.spacing == "auto" and (left == left[0]).all()):
            distinct = len(distinct_rows(X, weights)[0])
            raise ValueError(
                "SmoothedPLDiffusionCV needs two or more distinct samples besides those that a "
                f"fold holds out. X has {distinct} distinct in {len(X)}."
            )

    def _warn_of_atoms(self, X, weights, fold):
        """Name the columns in which the neighbors of many rows all agree: no width of their own."""
        repeated = 1 - len(distinct_rows(X, weights)[0]) / np.count_nonzero(weights)
        around = fold.trained[fold.diffusion.cloud.neighborhoods(min(self._neighbors))[1]]
        agree = (around == fold.trained[:, None]).all(axis=1).mean(axis=0) * (around.shape[1] > 0)
        columns = np.flatnonzero((agree > ATOMS) & ~fold.diffusion.subspace.constant)
        if repeated > ATOMS or len(columns):
            parts = [f"{repeated:.0%} of the rows repeat others"] if repeated > ATOMS else []
            if len(columns):
                named = checks.name_columns(self, columns)
                named = named[0].lower() + named[1:]
                parts.append(f"many rows share their value with all neighbors in {named}")
            what = " and ".join(parts)
            warn(
                f"{what[0].upper()}{what[1:]}: narrow kernels there gain likelihood without limit, "
                "and the choice may follow that rather than the shape of the data.",
                ColumnWarning,
            )

    def _warn_of_edges(self, starts):
        local = [start for start in starts if start.name == "local"]
        at_edge = []
        # Where all pairs are level nothing was chosen; at t_min = t0 there is no map.
        means = self.cv_results_["mean_test_score"]
        means = means[np.isfinite(means)]
        no_map = not len(means) or np.ptp(means) <= TIE or self.best_params_.get("t_min_scale") == 1
        scales = self._listed("start_scales")
        for edge, side in ((min(scales), "smallest"), (max(scales), "largest")):
            if local and len(scales) > 1 and all(start.scale == edge for start in local):
                at_edge.append(f"the {side} of start_scales")
        for name, chosen, ends in (
            ("t_min_scales", self.best_params_.get("t_min_scale"), (min,)),
            ("kappas", self.best_params_["kappa"], (min, max)),
        ):
            values = self._listed(name)
            if name == "kappas" and min(values) <= NARROW:
                ends = (max,)
            searched = self.t_min == "auto" if name == "t_min_scales" else self.kappa == "auto"
            for end in ends:
                if searched and not no_map and len(values) > 1 and chosen == end(values):
                    at_edge.append(f"the {'smallest' if end is min else 'largest'} of {name}")
        if at_edge:
            chosen = " and ".join(at_edge)
            warn(f"The search chose {chosen}: a wider one may find better.", EdgeWarning)

"""What the estimators share: validation, the subspace, random state, batches of rows."""

import warnings
from functools import cached_property

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from ..cloud import PointCloud, distinct_rows
from ..likelihood import gaussian_log_density, ode_log_density
from ..noise import NoisedLaw, karras_times
from ..ode import FLOWS, METHODS, counted_normals, integrate
from ..subspace import Subspace, fit_subspace
from . import _validation as checks
from ._fields import T_MIN_FRACTION, FieldMethods

__all__ = ["BaseDiffusion"]

# Rows of one task: fixed, so that numbers do not depend on the number of workers.
ROWS_PER_TASK = 65536
# Ratio of the last two variances of a grid beyond which steps are of no use.
LARGEST_STEP = 100.0


class BaseDiffusion(FieldMethods, DensityMixin, BaseEstimator):
    """Base of the estimators; a subclass says what happens in tangent coordinates.

    It implements ``_score_field``, where its starting law is not p_t0 ``_start(generator, n)`` and
    ``_start_log_density(x)``, and where it has solver "exact" also ``_exact_terminal``,
    ``_exact_log_density``, ``_exact_flow`` and ``_parents``.
    """

    SOLVERS: tuple[str, ...] = ("exact", *METHODS)
    # Derived from the fitted attributes when first used, and left out of pickles.
    _derived: tuple[str, ...] = ("_cloud", "_noised_law", "_score_field")

    # ------------------------------------------------------------------ fitting

    def fit(self, X, y=None, sample_weight=None):
        """Learn the subspace, the spacing and the time scale of the data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 2 equals a repeated row, a weight of 0 a missing one.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For parameters or data that cannot be used; the estimator is then unchanged.
        """
        with checks.unchanged_on_error(self):
            for name in self._derived:
                self.__dict__.pop(name, None)
            self._check_parameters()
            checks.check_seed(self.random_state)
            X = checks.check_finite_data(self, X, reset=True)
            weights = checks.check_sample_weight(sample_weight, len(X))
            checks.check_n_components(self, *X.shape)
            self._fit_subspace(X, weights)
            self._fit_scales(np.abs(X).max())
            self._check_last_step()
            self._fit_tangent()
            self._generator = checks.make_generator(self.random_state)
        return self

    def _check_parameters(self):
        checks.check_number(self, "t0", auto=True)
        checks.check_number(self, "t_min", auto=True, zero=True)
        checks.check_number(self, "spacing", auto=True)
        checks.check_choice(self, "solver", self.SOLVERS)
        checks.check_count(self, "n_steps")
        checks.check_number(self, "schedule_rho", infinite=True)
        numeric = not isinstance(self.t_min, str) and not isinstance(self.t0, str)
        if numeric and self.t_min > self.t0:
            raise ValueError(
                f"The 't_min' parameter of {type(self).__name__} must not exceed t0. "
                f"Got t_min={self.t_min!r} and t0={self.t0!r} instead."
            )
        if self.solver != "exact" and self.t_min == 0:
            raise ValueError(
                f"The 't_min' parameter of {type(self).__name__} must be positive with "
                f"solver={self.solver!r}, which steps in t. Got {self.t_min!r} instead"
                + ("; use solver='exact' to end at 0." if "exact" in self.SOLVERS else ".")
            )

    def _fit_subspace(self, X, weights):
        rows, weight, group = distinct_rows(X, weights)
        share = weight / weights.sum()
        subspace = fit_subspace(X[rows], share, self.n_components, weights.sum())
        self.mean_, self.components_, self.explained_variance_, self.noise_variance_ = subspace
        self.n_components_ = len(self.components_)
        self.points_ = subspace.project(X)
        self.weights_ = weights / weights.sum()
        self._cloud_rows, self._cloud_weights, self._cloud_group = rows, share, group

    def _fit_scales(self, magnitude):
        """spacing_, t0_ and t_min_; ``magnitude`` is the size of the numbers in X."""
        if self.spacing == "auto":
            self.spacing_ = self._cloud.spacing(8 * np.finfo(float).eps * magnitude)
        else:
            self.spacing_ = float(self.spacing)
        if self.spacing_ == 0 and (self.t0 == "auto" or self._needs_spacing):
            n = len(self.points_)
            found = "one sample" if n == 1 else f"{n} samples, all of them equal"
            remedy = "set t0 and spacing" if self._needs_spacing else "set t0"
            raise ValueError(
                f"{type(self).__name__} needs distinct samples to take a length scale from, and "
                f"X has {found}; {remedy} to use it all the same."
            )
        self.t0_ = self.spacing_**2 if self.t0 == "auto" else float(self.t0)
        self.t_min_ = T_MIN_FRACTION * self.t0_ if self.t_min == "auto" else float(self.t_min)
        if self.t_min_ > self.t0_:
            raise ValueError(
                f"The 't_min' parameter of {type(self).__name__} must not exceed t0, which is "
                f"{self.t0_:.6g} for these data. Got {self.t_min!r} instead."
            )

    def _check_last_step(self):
        """Warn of a grid whose last step is too large for any solver that steps."""
        if self.solver == "exact":
            return
        before, end = karras_times(self.t0_, self.t_min_, self.n_steps, self.schedule_rho)[-2:]
        if before > LARGEST_STEP * end * (1 + 1e-9):
            warnings.warn(
                f"The last of {self.n_steps} steps falls from t = {before:.3g} to {end:.3g}, "
                f"too far for solver={self.solver!r}, so that samples and densities will be wrong. "
                "Raise t_min or n_steps, or set schedule_rho=inf.",
                stacklevel=3,
            )

    _needs_spacing = False

    def _fit_tangent(self):
        """What a subclass learns besides."""

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in self._derived}

    @cached_property
    def _cloud(self):
        """The distinct training points in tangent coordinates."""
        points = self.points_[self._cloud_rows]
        return PointCloud(points, self._cloud_weights, self._n_neighbors)

    @property
    def _n_neighbors(self):
        """Neighbors of each training point that the model will look up."""
        return 1

    @property
    def _subspace(self):
        return Subspace(
            self.mean_, self.components_, self.explained_variance_, self.noise_variance_
        )

    def _for_training_rows(self, values):
        """Values (m, ...) of the distinct points, for all training rows; NaN for zero weight."""
        values = np.asarray(values)[self._cloud_group]
        values[self._cloud_group < 0] = np.nan
        return values

    @property
    def _n_normal(self):
        return self.n_features_in_ - self.n_components_

    # ------------------------------------------------------------------ starting law

    @property
    def start_covariances_(self):
        """Variance of the starting law at each training point, (n_samples,)."""
        return self._for_training_rows(np.full(len(self._cloud), self.t0_))

    @cached_property
    def _noised_law(self):
        return NoisedLaw(self._cloud)

    def _start(self, generator, n):
        """Draw from p_t0: positions, and the point that each came from."""
        k = self._cloud.draw(generator, n)
        noise = generator.standard_normal((n, self.n_components_))
        return self._cloud.points[k] + np.sqrt(self.t0_) * noise, k

    def _start_log_density(self, x):
        return self._noised_law.log_density(x, self.t0_)

    # ------------------------------------------------------------------ sampling and density

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Draw new points.

        Parameters
        ----------
        n_samples : int, default=1
            0 gives an empty array.
        random_state : int, RandomState, Generator or None
            Overrides the constructor's for this call. By default successive calls continue the
            constructor's sequence, which starts anew with each fit.
        return_parents : bool, default=False
            Also return which training rows each sample was made from.

        Returns
        -------
        X : array of shape (n_samples, n_features), float64
        parents : integer array of shape (n_samples, k)
            Rows of the training data, by decreasing weight; -1 is padding. Only with
            ``return_parents``. Of equal training rows the first is named.
        parent_weights : array of shape (n_samples, k)
            Their weights, of sum 1 in each row; 0 is padding. Only with ``return_parents``.
        """
        check_is_fitted(self)
        n = checks.check_n_samples(n_samples)
        if return_parents and not self._names_parents:
            raise ValueError(
                f"{type(self).__name__} does not make samples from single training rows and has no "
                "parents to return; SmoothedPLDiffusion does."
            )
        generator = self._generator if random_state is None else checks.make_generator(random_state)
        x, near = self._start(generator, n)
        if self.solver == "exact":
            x, parents, weights = self._by_rows(self._exact_terminal, x, near, bool(return_parents))
        else:
            key = None  # without it, all solvers use the same random numbers
            if self.solver == "sde":
                key = generator.integers(2**64, size=2, dtype=np.uint64)
            (end,) = self._by_rows(self._stepped_terminal, x, np.arange(n), key=key)
            parents = weights = None
            if return_parents:
                parents, weights = self._by_rows(self._parents, end)
            x = end
        X = self._subspace.lift(x)
        variance = self.noise_variance_ + self.t_min_
        if self._n_normal and variance > 0:
            noise = generator.standard_normal(X.shape)
            noise -= (noise @ self.components_.T) @ self.components_
            X += np.sqrt(variance) * noise
        return (X, parents, weights) if return_parents else X

    _names_parents = True

    def _stepped_terminal(self, x, rows, *, key):
        """States at t_min of rows that start at t0, by steps."""
        times = karras_times(self.t0_, self.t_min_, self.n_steps, self.schedule_rho)
        noise = None
        if key is not None:
            noise = counted_normals(key, rows[0] if len(rows) else 0, x.shape)
        return (integrate(self._score_field, x, times, self.solver, noise, self.verbose),)

    def score_samples(self, X):
        """Log-density, at the variance ``t_min_``, of the law that `sample` draws from.

        In closed form with solver "exact", else by steps of the ODE. The density that "sde"
        draws from is known only for the exact score, in the limit of many steps.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        array of shape (n,), float64

        Raises
        ------
        ValueError
            If ``t_min_`` is 0: the law then sits on the training points and the faces between
            them and has no density. If a smoothed score is sampled by "sde".
        """
        check_is_fitted(self)
        self._check_has_density()
        X = checks.check_finite_data(self, X, reset=False)
        if self.t_min_ == 0:
            raise ValueError(
                f"score_samples of {type(self).__name__} needs t_min > 0: at t_min=0 the samples "
                "lie on the training points and the faces between them, where there is no density."
            )
        return self._by_rows(self._log_density_rows, X)[0]

    def score(self, X, y=None):
        """Mean log-density of X under the model; larger is better. ``y`` is ignored."""
        return float(np.mean(self.score_samples(X)))

    def _check_has_density(self):
        if self.solver == "sde":
            raise ValueError(
                f"score_samples of {type(self).__name__} has no density with solver='sde': the "
                "equation's noise does not undo that of a smoothed score, and no formula is known "
                "for the law; use 'euler' or 'heun'."
            )

    def _log_density(self, x):
        """Log-density in tangent coordinates at t_min, (n,)."""
        if self.solver not in FLOWS:
            return self._exact_log_density(x)
        times = karras_times(self.t_min_, self.t0_, self.n_steps, self.schedule_rho)
        field, start = self._score_field, self._start_log_density
        log_p, error = ode_log_density(field, start, x, times, self.solver, self._probes)
        if error.any():
            warnings.warn(
                f"The divergence of this score is estimated in {self.n_components_} dimensions: "
                f"log-densities have a standard error of up to {error.max():.2g}.",
                stacklevel=5,
            )
        return log_p

    @property
    def _probes(self):
        """Fixed directions for divergences that are estimated, (16, r)."""
        signs = np.random.default_rng(0).integers(2, size=(16, self.n_components_))
        return 2.0 * signs - 1.0

    def _log_density_rows(self, X):
        subspace = self._subspace
        x = subspace.project(X)
        log_p = self._log_density(x)
        if self._n_normal:
            normal = subspace.normal_part(X, x)
            squared = np.einsum("nd,nd->n", normal, normal)
            variance = self.noise_variance_ + self.t_min_
            log_p = log_p + gaussian_log_density(squared, self._n_normal, variance)
        return (log_p,)

    # ------------------------------------------------------------------ batches

    def _by_rows(self, function, *arrays, **options):
        """Apply a function to fixed blocks of rows, in parallel with joblib, and join them.

        The function returns a tuple of arrays (or None); rows are their first axis, or the
        second of three.
        """
        n = len(arrays[0])
        _ = self._score_field  # derived once, before any thread needs it
        starts = range(0, max(n, 1), ROWS_PER_TASK)
        blocks = [
            [a[i : i + ROWS_PER_TASK] if isinstance(a, np.ndarray) else a for a in arrays]
            for i in starts
        ]
        if len(blocks) == 1:
            return function(*blocks[0], **options)
        parts = Parallel(n_jobs=self.n_jobs, prefer="threads")(
            delayed(function)(*block, **options) for block in blocks
        )
        return tuple(
            None if part[0] is None else np.concatenate(part, axis=int(part[0].ndim == 3))
            for part in zip(*parts, strict=True)
        )

"""The score field of a fitted estimator, and the flow along it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..model import Diffusion
from . import _validation as checks
from ._scales import T_MIN_FRACTION

__all__ = ["FieldMixin"]


class FieldMixin:
    """`score_function`, `denoise`, `flow` and `trajectory` of an estimator that has a diffusion."""

    diffusion_: Diffusion
    spacing_: float
    t0_: float
    t_min_: float
    _check_rows: Callable
    _workers: Callable[[], AbstractContextManager]
    _generator_for: Callable

    def score_function(self, X, t):
        """Score field, the gradient of the log-density at variance t that the model uses.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
        t : float or array of shape (n,)
            Variance, in (0, t0_].

        Returns
        -------
        array of shape (n, n_features)
        """
        X, t = self._check_field(X, t)
        with self._workers():
            return self.diffusion_.score_at(X, t)

    def denoise(self, X, t):
        """Denoiser D_t(x) = x + t score, shape (n, n_features); arguments as `score_function`."""
        X, t = self._check_field(X, t)
        with self._workers():
            return self.diffusion_.denoise(X, t)

    def _check_field(self, X, t):
        check_is_fitted(self)
        X = self._check_rows(X)
        return X, checks.check_times("t", t, self.t0_, shape=(len(X),))

    def flow(self, X, t, s):
        """Carry points along the probability-flow ODE from variance t to variance s.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            States at variance t.
        t, s : float
            Variances; t in (0, t0_], s in [0, t0_] (for a flow that is stepped, s > 0). With
            s > t the flow is inverted.

        Returns
        -------
        array of shape (n, n_features)

        Raises
        ------
        ValueError
            If a row has no origin at s > t (possible only where kappa sqrt(s) >= spacing_).
        """
        check_is_fitted(self)
        X = self._check_rows(X)
        t = float(checks.check_times("t", t, self.t0_))
        s = float(checks.check_times("s", s, self.t0_, zero=self._ends_paths_at_zero))
        with self._workers():
            end = self.diffusion_.path(X, [t, s])[1]
        lost = np.isnan(end).any(axis=1)
        if lost.any():
            raise ValueError(
                f"{int(lost.sum())} of {len(X)} rows have no origin at the larger variance, the "
                f"first is row {int(np.argmax(lost))}: where kappa * sqrt(t) >= spacing_ the flow "
                "is onto shrunken cells around the training points, and these rows lie outside."
            )
        return end

    def trajectory(self, X=None, n_samples=1, times=None, random_state=None):
        """States along the denoising path.

        Parameters
        ----------
        X : array-like of shape (n, n_features), optional
            States at ``t0_``; by default ``n_samples`` draws from the starting law.
        n_samples : int, default=1
        times : array-like of shape (n_times,), optional
            Variances, decreasing; by default the Karras grid of n_steps + 1 variances from
            ``t0_`` to ``t_min_``. Where that is 0 the grid ends at 0.01 t0, and 0 follows if the
            flow is in closed form.
        random_state : as in `sample`

        Returns
        -------
        array of shape (n_times, n, n_features)
        """
        check_is_fitted(self)
        zero = self._ends_paths_at_zero
        if times is None:
            times = self.diffusion_.times(self.t_min_ or T_MIN_FRACTION * self.t0_)
            if zero and self.t_min_ == 0:
                times = np.append(times, 0.0)
        times = np.atleast_1d(np.asarray(times))
        checked = checks.check_times("times", times, self.t0_, zero=zero, shape=times.shape)
        if times.ndim != 1 or (np.diff(checked) > 0).any():
            raise ValueError("times must be a one-dimensional array that does not increase.")
        if X is None:
            n = checks.check_n_samples(n_samples)
            X = self.diffusion_.draw_start(self._generator_for(random_state), n)
        else:
            X = self._check_rows(X)
        with self._workers():
            return self.diffusion_.path(X, [self.t0_, *checked])[1:]

    @property
    def _ends_paths_at_zero(self):
        return self.diffusion_.solver.ends_paths_at_zero

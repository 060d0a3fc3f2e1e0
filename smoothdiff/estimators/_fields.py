"""The score field, its flow and the paths along it, in the user's coordinates.

Tangent directions come from the model's score; along the normal ones the data are
N(0, noise_variance_), whose score and flow are linear.
"""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..noise import karras_times
from ..ode import states
from . import _validation as checks

__all__ = ["T_MIN_FRACTION", "FieldMethods"]

# t_min="auto" as a fraction of t0, and where the default path ends before it falls to t_min = 0.
T_MIN_FRACTION = 0.01


class FieldMethods:
    """Methods of the base estimator that evaluate or follow the score field."""

    # Given by the estimator.
    t0_: float
    t_min_: float
    noise_variance_: float
    components_: np.ndarray
    n_steps: int
    schedule_rho: float
    solver: str
    _subspace: Any
    _score_field: Any
    _generator: Any
    _n_normal: Any
    _by_rows: Any
    _start: Any
    _exact_flow: Any

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
        return (self._denoise(X, t) - X) / t.reshape(-1, 1)

    def denoise(self, X, t):
        """Denoiser D_t(x) = x + t score, shape (n, n_features); arguments as `score_function`."""
        return self._denoise(*self._check_field(X, t))

    def _check_field(self, X, t):
        check_is_fitted(self)
        X = checks.check_finite_data(self, X, reset=False)
        return X, checks.check_times("t", t, self.t0_, shape=(len(X),))

    def _denoise(self, X, t):
        return self._by_rows(self._denoise_rows, X, np.broadcast_to(t, len(X)))[0]

    def _denoise_rows(self, X, t):
        subspace = self._subspace
        x = subspace.project(X)
        shrink = (self.noise_variance_ / (self.noise_variance_ + t)).reshape(-1, 1)
        normal = subspace.normal_part(X, x) * shrink if self._n_normal else 0.0
        return (subspace.lift(self._score_field.denoise(x, t)) + normal,)

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
        X = checks.check_finite_data(self, X, reset=False)
        t = float(checks.check_times("t", t, self.t0_))
        s = float(checks.check_times("s", s, self.t0_, zero=self._flow_method == "exact"))
        return self._by_rows(self._flow_rows, X, times=[t, s])[0][1]

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
        exact = self._flow_method == "exact"
        if times is None:
            end = self.t_min_ or T_MIN_FRACTION * self.t0_
            times = karras_times(self.t0_, end, self.n_steps, self.schedule_rho)
            if exact and self.t_min_ == 0:
                times = np.append(times, 0.0)
        times = np.atleast_1d(np.asarray(times))
        checked = checks.check_times("times", times, self.t0_, zero=exact, shape=times.shape)
        if times.ndim != 1 or (np.diff(checked) > 0).any():
            raise ValueError("times must be a one-dimensional array that does not increase.")
        if X is None:
            n = checks.check_n_samples(n_samples)
            generator = (
                self._generator if random_state is None else checks.make_generator(random_state)
            )
            x, _ = self._start(generator, n)
            X = self._subspace.lift(x)
            if self._n_normal:
                noise = generator.standard_normal(X.shape)
                noise -= (noise @ self.components_.T) @ self.components_
                X += np.sqrt(self.noise_variance_ + self.t0_) * noise
        else:
            X = checks.check_finite_data(self, X, reset=False)
        return self._by_rows(self._flow_rows, X, times=[self.t0_, *checked])[0][1:]

    def _flow_rows(self, X, *, times):
        """States at the variances ``times`` of rows that start at times[0]: (n_times, n, d)."""
        subspace = self._subspace
        x = subspace.project(X)
        normal = subspace.normal_part(X, x)
        if self._flow_method == "exact":
            states = self._exact_flow(x, times)
        else:
            states = self._stepped_flow(x, times)
        variances = self.noise_variance_ + np.asarray(times)
        shrink = np.sqrt(variances / variances[0])
        return (
            np.stack([subspace.lift(y) + c * normal for y, c in zip(states, shrink, strict=True)]),
        )

    def _stepped_flow(self, x, times):
        """States at ``times`` by steps of the ODE, on the Karras grid and the times themselves."""
        grid = karras_times(times[0], times[-1], self.n_steps, self.schedule_rho)
        grid = np.unique(np.concatenate([grid, times]))  # increasing
        grid = grid if times[-1] > times[0] else grid[::-1]
        path = states(self._score_field, x, grid, self._flow_method)
        kept = {t: y for t, y in zip(grid, path, strict=True) if t in times}
        return [kept[t] for t in times]

    @property
    def _flow_method(self):
        """How `flow` and `trajectory` are run: the SDE has no path to follow."""
        return "heun" if self.solver == "sde" else self.solver

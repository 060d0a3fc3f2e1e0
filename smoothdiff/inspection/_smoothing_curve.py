"""SmoothingCurveDisplay: held-out likelihood against the noise left, one curve a kappa."""

import numpy as np

from .. import _checks as checks
from .._pyplot import pyplot

__all__ = ["SmoothingCurveDisplay"]


class SmoothingCurveDisplay:
    """Mean held-out log-likelihood of each pair of t_min and kappa that a search tried.

    Best made with `from_estimator`.

    Parameters
    ----------
    t_min_scales : array of shape (n_pairs,)
        t_min of each pair, in units of t0.
    kappas : array of shape (n_pairs,)
    scores : array of shape (n_pairs,)
        Mean log-likelihood of the held-out rows, in nats; -inf is left out.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, no pair, or what is no number.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One for each kappa, in increasing order.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from smoothdiff import SmoothedPLDiffusionCV
    >>> from smoothdiff.inspection import SmoothingCurveDisplay
    >>> model = SmoothedPLDiffusionCV(cv=3, random_state=0).fit(load_iris().data)
    >>> len(SmoothingCurveDisplay.from_estimator(model).lines_)
    3
    """

    def __init__(self, t_min_scales, kappas, scores):
        self.t_min_scales = checks.positive(t_min_scales, "t_min_scales", None)
        shape = self.t_min_scales.shape
        if len(shape) != 1 or shape == (0,):
            raise ValueError(f"t_min_scales must have shape (n_pairs,). Got shape {shape} instead.")
        self.kappas = checks.positive(kappas, "kappas", shape)
        self.scores = checks.array(scores, "scores", "finite or -inf", lambda s: s < np.inf, shape)

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw what a fitted search tried.

        Parameters
        ----------
        estimator : fitted SmoothedPLDiffusionCV
        ax : matplotlib Axes, optional

        Returns
        -------
        SmoothingCurveDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no search.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(estimator)
        if "params" not in getattr(estimator, "cv_results_", {}) or not hasattr(
            estimator, "t_min_"
        ):
            raise TypeError(
                "SmoothingCurveDisplay needs a SmoothedPLDiffusionCV. "
                f"Got {type(estimator).__name__} instead."
            )
        results = estimator.cv_results_
        pairs = results["params"]
        fixed = estimator.t_min_ / estimator.diffusion_.t0
        display = cls(
            [fixed if p["t_min_scale"] is None else p["t_min_scale"] for p in pairs],
            [p["kappa"] for p in pairs],
            results["mean_test_score"],
        )
        return display.plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.

        Returns
        -------
        self
        """
        if ax is None:
            _, ax = pyplot().subplots(layout="constrained")
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, []
        for kappa in np.unique(self.kappas):
            of_kappa = np.flatnonzero((self.kappas == kappa) & np.isfinite(self.scores))
            of_kappa = of_kappa[np.argsort(self.t_min_scales[of_kappa])]
            x, y = self.t_min_scales[of_kappa], self.scores[of_kappa]
            self.lines_ += ax.plot(x, y, "o-", label=f"kappa = {kappa:.3g}")
        best = self.scores.argmax()
        if np.isfinite(self.scores[best]):
            ax.plot(
                self.t_min_scales[best],
                self.scores[best],
                "o",
                markersize=14,
                markerfacecolor="none",
                markeredgecolor="0.3",
                label="chosen",
            )
        ax.set(
            xscale="log",
            xlabel="t_min / t0 (noise that samples keep)",
            ylabel="held-out log-likelihood (nats a row)",
        )
        ax.legend()
        return self

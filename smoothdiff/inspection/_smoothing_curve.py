"""SmoothingCurveDisplay: held-out likelihood and memorized fraction over what sets smoothing."""

import numpy as np

from .. import _checks as checks
from .._pyplot import pyplot
from ._given import rows_of
from ._panels import panels
from ._searched import memorized_by_fitting, memorized_of_held_out, read_search
from ._style import HALF_PAGE, MARKERS, legend_below, log_ticks, ordered_colors

__all__ = ["SmoothingCurveDisplay"]

# What the parameters are, for the axis.
IN_WORDS = {
    "t_min_scale": "t_min / t0 (noise that samples keep)",
    "t_min": "t_min (noise that samples keep)",
    "t0_scale": "t0 / spacing² (noise at the start)",
    "t0": "t0 (noise at the start)",
    "kappa": "kappa (larger memorizes)",
}
# Height of one panel, and of two, in inches.
HEIGHTS = {1: 3.2, 2: 4.8}


class SmoothingCurveDisplay:
    """What a search over kappa, t_min or t0 found: held-out likelihood, and copies.

    The upper panel has the mean held-out log-likelihood of each candidate, the lower one the
    memorized fraction of samples (`smoothdiff.metrics.memorized_fraction`) where it is known. Best
    made with `from_estimator`.

    Parameters
    ----------
    values : array of shape (n_candidates,)
        Of the parameter along the axis.
    groups : array of shape (n_candidates,) or None
        Of the parameter that tells curves apart, numbers or words; None is one curve.
    scores : array of shape (n_candidates,)
        Mean log-likelihood of the held-out rows, in nats; -inf is left out.
    memorized : array of shape (n_candidates,), optional
        Fraction of samples that are near copies of a training point; NaN is left out.
    held_out : float, optional
        The same fraction of rows held out, to compare with.
    chosen : int, optional
        The candidate to mark; that of the best score by default.
    names : (str, str or None), default=("t_min_scale", "kappa")
        The two parameters; the second is not used where ``groups`` is None.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, no candidate, or what is no number.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The panel of the likelihood.
    axes_ : array of matplotlib Axes, of shape (1,) or (2,)
        Both panels.
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One for each group, in increasing order.
    memorized_lines_ : list of matplotlib Line2D
        The same in the lower panel.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from smoothdiff import SmoothedPLDiffusionCV
    >>> from smoothdiff.inspection import SmoothingCurveDisplay
    >>> model = SmoothedPLDiffusionCV(cv=3, random_state=0).fit(load_iris().data)
    >>> len(SmoothingCurveDisplay.from_estimator(model).lines_)
    3
    """

    def __init__(
        self,
        values,
        groups,
        scores,
        *,
        memorized=None,
        held_out=None,
        chosen=None,
        names=("t_min_scale", "kappa"),
    ):
        along, of_curves = names
        self.values = checks.positive(values, f"{along}s", None)
        shape = self.values.shape
        if len(shape) != 1 or shape == (0,):
            raise ValueError(f"{along}s must have shape (n_pairs,). Got shape {shape} instead.")
        self.groups = None if groups is None else _groups(groups, f"{of_curves}s", shape)
        self.scores = checks.array(scores, "scores", "finite or -inf", lambda s: s < np.inf, shape)
        self.memorized = memorized
        if memorized is not None:
            self.memorized = checks.array(
                memorized, "memorized", "in [0, 1]", lambda m: ~((m < 0) | (m > 1)), shape
            )
        self.held_out = held_out
        self.chosen = chosen
        self.names = names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X=None,
        *,
        param=None,
        by=None,
        n_samples=1000,
        random_state=0,
        ax=None,
    ):
        """Draw what a fitted search tried.

        Parameters
        ----------
        estimator : fitted SmoothedPLDiffusionCV, GridSearchCV or another search of scikit-learn
            Over kappa, t_min, t_min_scale, t0 or t0_scale, of an estimator or of a step of a
            pipeline. Its score is the likelihood; of several, "score", else that of ``refit``,
            else the first.
        X : array-like of shape (n, n_features), optional
            The rows that it was fitted to. With them the memorized fraction of held-out rows is
            drawn, and that of samples is measured if the search has no scorer with "memorized" in
            its name: **by a fit to X and n_samples draws for each point of the curves**, in the
            coordinates that a scikit-learn Pipeline gives its last step.
        param : str, optional
            The parameter along the axis; by default the first searched one of t_min, t_min_scale,
            t0, t0_scale, kappa.
        by : str, optional
            The parameter that tells curves apart; by default the first searched one of kappa,
            t0_scale, t0, t_min_scale, t_min, if it has at most eight values. Of all others each
            point is at the best.
        n_samples : int, default=1000
        random_state : int, RandomState, Generator or None
            For the samples.
        ax : matplotlib Axes or two of them, optional
            As in `plot`.

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
        ValueError
            If it searched none of these parameters over positive numbers, or an argument names
            none.
        """
        pyplot()
        searched = read_search(estimator, cls.__name__)
        param, by = searched.axes(param, by)
        drawn = searched.profile(param, by)
        memorized = held_out = None
        if searched.memorized is not None:
            memorized = searched.memorized[drawn]
        if X is not None:
            checks.count(n_samples, "n_samples")
            if not hasattr(estimator, "best_estimator_"):
                raise ValueError("Fits to X need a search with refit=True, for its estimator.")
            rows = rows_of(estimator.best_estimator_, X)
            held_out = memorized_of_held_out(rows)
            if memorized is None:
                memorized = memorized_by_fitting(
                    estimator, searched, drawn, X, n_samples, random_state
                )
        display = cls(
            [searched.params[i][param] for i in drawn],
            None if by is None else [searched.params[i].get(by) for i in drawn],
            searched.scores[drawn],
            memorized=memorized,
            held_out=held_out,
            chosen=drawn.index(searched.best) if searched.best in drawn else None,
            names=(param, by),
        )
        return display.plot(ax=ax)

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or two of them, optional
            A new figure of half a page by default. One Axes is divided where there are two panels.

        Returns
        -------
        self
        """
        n = 1 if self.memorized is None else 2
        self.axes_ = panels(ax, n, size=(HALF_PAGE, HEIGHTS[n]), down=True, sharex=True)
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure
        best = self.scores.argmax() if self.chosen is None else self.chosen
        self.lines_ = self._curves(self.ax_, self.scores, best)
        self.ax_.set_ylabel("held-out log-likelihood\n(nats a row)")
        self.memorized_lines_: list = []
        if n == 2:
            lower = self.axes_[1]
            if self.held_out is not None:
                lower.axhline(
                    self.held_out, color="0.3", linestyle=":", label="rows held out", zorder=1
                )
            self.memorized_lines_ = self._curves(lower, self.memorized, best)
            lower.set_ylabel("memorized fraction")
            lower.set_ylim(bottom=0)
        last = self.axes_[-1]
        log_ticks(last, self.values)
        last.set_xlabel(IN_WORDS.get(self.names[0], self.names[0]))
        if last.get_legend_handles_labels()[0]:
            legend_below(last)
        return self

    def _curves(self, ax, heights, best):
        """Draw a line for each group and a ring around the best; the lines."""
        lines = []
        groups = np.zeros(len(heights)) if self.groups is None else self.groups
        each = np.unique(groups)
        for i, (group, color) in enumerate(zip(each, ordered_colors(len(each)), strict=True)):
            kept = np.flatnonzero((groups == group) & np.isfinite(heights))
            kept = kept[np.argsort(self.values[kept])]
            lines += ax.plot(
                self.values[kept],
                heights[kept],
                MARKERS[i % len(MARKERS)] + "-",
                color=color,
                markersize=4,
                linewidth=1.2,
                label="" if self.groups is None else f"{self.names[1]} = {_shown(group)}",
            )
        if np.isfinite(heights[best]):
            ax.plot(
                self.values[best],
                heights[best],
                "o",
                markersize=11,
                markerfacecolor="none",
                markeredgecolor="0.3",
                linestyle="none",
                label="chosen",
            )
        ax.set_xscale("log")
        return lines


def _groups(groups, name, shape):
    """Positive numbers, or words for what is none."""
    if all(checks.is_number(group) for group in groups):
        return checks.positive(groups, name, shape)
    if len(groups) != shape[0]:
        raise ValueError(f"{name} must have shape {shape}. Got shape ({len(groups)},) instead.")
    return np.array([group if isinstance(group, str) else f"{group}" for group in groups])


def _shown(group):
    return group if isinstance(group, str) else f"{group:.3g}"

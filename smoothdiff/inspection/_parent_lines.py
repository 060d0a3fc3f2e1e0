"""ParentLinesDisplay: samples in a plane, and lines to the points that each was made of."""

import numpy as np

from .. import _checks as checks
from .._pictures import as_text
from .._pyplot import pyplot
from ._given import check_estimator, check_names_parents, check_parents, rows_of
from ._plane import aspect_of, choose_plane
from ._style import (
    BESIDE,
    PATH,
    SAMPLE,
    draw_training,
    half_page,
    legend_below,
    set_title,
)

__all__ = ["ParentLinesDisplay"]

# Width of a line to a parent of weight 0 and of weight 1, in points.
THIN, THICK = 0.3, 3.0


class ParentLinesDisplay:
    """Samples, and lines to the training points that each was made of, as wide as their weights.

    For points; `ParentsDisplay` is for images. Two coordinates are drawn as they are; of one, the
    samples stand above the training points. Best made with `from_estimator`.

    Parameters
    ----------
    samples : array of shape (n_samples, 1 or 2)
        Coordinates of the samples.
    points : array of shape (n, 1 or 2)
        Coordinates of the training points.
    parents : integer array of shape (n_samples, k)
        Points that each sample was made of; -1 is padding.
    weights : array of shape (n_samples, k)
        Their weights.
    labels : sequence of str
        Names of the coordinates.
    projected : bool, default=False
        Whether the samples have more coordinates than are drawn; the title says so.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : matplotlib LineCollection
        A line for each parent of each sample: of the first sample, by decreasing weight, first.
    samples_, points_ : matplotlib PathCollection

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.inspection import ParentLinesDisplay
    >>> X, _ = make_moons(50, noise=0.05, random_state=0)
    >>> model = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X)
    >>> display = ParentLinesDisplay.from_estimator(model, X, n_samples=20)
    >>> display.samples.shape
    (20, 2)
    """

    def __init__(self, samples, points, parents, weights, *, labels=("x1", "x2"), projected=False):
        self.samples = samples
        self.points = points
        self.parents = parents
        self.weights = weights
        self.labels = labels
        self.projected = projected

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        n_samples=30,
        features=None,
        components=None,
        random_state=None,
        line_kw=None,
        scatter_kw=None,
        ax=None,
    ):
        """Draw samples of an estimator and show them with their parents.

        Parameters
        ----------
        estimator : fitted estimator
            One whose ``sample`` takes ``return_parents``.
        X : array-like of shape (n, n_features)
            The rows that it was fitted to, in their order.
        n_samples : int, default=30
        features : int, str or two of them, optional
            Columns to show, by number from 0 or by name.
        components : int or two of them, optional
            Principal directions to show (``estimator.components_``), from 0. Where neither is
            given: all of what has one or two columns or tangent dimensions, else the first two
            components.
        random_state : int, RandomState, Generator or None
            For the samples.
        line_kw, scatter_kw, ax
            As in `plot`.

        Returns
        -------
        ParentLinesDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError, ValueError
            If its samples have no parents, or an argument cannot be used; if X has too few rows to
            be what the estimator was fitted to.
        """
        pyplot()
        check_estimator(estimator, cls.__name__, "sample", "SmoothedPLDiffusion")
        check_names_parents(estimator, cls.__name__)
        checks.count(n_samples, "n_samples")
        rows = rows_of(estimator, X)
        plane = choose_plane(estimator, rows, features, components)
        samples, parents, weights = estimator.sample(
            n_samples, random_state=random_state, return_parents=True
        )
        check_parents(parents, rows)
        display = cls(
            plane.project(np.asarray(samples, dtype=np.float64)),
            plane.project(rows),
            parents,
            weights,
            labels=plane.labels,
            projected=not plane.whole,
        )
        return display.plot(line_kw=line_kw, scatter_kw=scatter_kw, ax=ax)

    def plot(self, *, line_kw=None, scatter_kw=None, ax=None):
        """Draw.

        Parameters
        ----------
        line_kw, scatter_kw : dict, optional
            Arguments of matplotlib's ``LineCollection`` and ``scatter``, for lines and training
            points.
        ax : matplotlib Axes, optional
            A new figure of half a page by default.

        Returns
        -------
        self
        """
        from matplotlib.collections import LineCollection

        samples, points = np.asarray(self.samples), np.asarray(self.points)
        on_line = samples.shape[1] == 1
        if on_line:
            samples = np.column_stack([samples, np.ones(len(samples))])
            points = np.column_stack([points, np.zeros(len(points))])
        shown = np.concatenate([samples, points])
        if ax is None:
            size = half_page() if on_line else half_page(*shown.T)
            _, ax = pyplot().subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        row, column = np.nonzero(np.asarray(self.parents) >= 0)
        ends = points[np.asarray(self.parents)[row, column]]
        settings = {
            "colors": PATH,
            "linewidths": THIN + (THICK - THIN) * np.asarray(self.weights)[row, column],
            "capstyle": "round",
            "label": "to parents, by weight",
            **(line_kw or {}),
        }
        self.lines_ = LineCollection(list(np.stack([samples[row], ends], axis=1)), **settings)
        ax.add_collection(self.lines_)
        self.points_ = draw_training(ax, points, **{"facecolors": BESIDE, **(scatter_kw or {})})
        self.samples_ = ax.scatter(
            *samples.T, s=16, color=SAMPLE, linewidths=0, zorder=4, label="samples"
        )
        if on_line:
            ax.set(xlabel=as_text(self.labels[0]), ylim=(-0.15, 1.15))
            ax.set_yticks([0, 1], ["training\npoints", "samples"])
        else:
            ax.set(
                xlabel=as_text(self.labels[0]),
                ylabel=as_text(self.labels[1]),
                aspect=aspect_of(*shown.T),
            )
        set_title(ax, "samples and parents" + (", projected" if self.projected else ""))
        legend_below(ax, handles=[self.samples_, self.points_, self.lines_], ncols=2)
        return self

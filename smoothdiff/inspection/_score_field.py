"""ScoreFieldDisplay: the score as arrows in a plane, or as a curve along a line."""

import numpy as np

from .. import _checks as checks
from .._pictures import as_text, in_math
from .._pyplot import pyplot
from ..estimators import _validation
from ._given import as_input, check_estimator, rows_of
from ._panels import panels
from ._plane import aspect_of, choose_plane
from ._style import (
    FIELD,
    SAMPLE,
    draw_training,
    half_page,
    legend_below,
    ordered_map,
    set_title,
)

__all__ = ["ScoreFieldDisplay"]

# Times of the default panels, in units of t0.
DEFAULT_TIMES = (1.0, 0.1, 0.01)
# Points of a curve, and arrows along the longer axis of a plane.
RESOLUTION = {1: 1000, 2: 17}
# Width of a panel where there are several, in inches.
PANEL = 2.2
# Width of the color bar.
BAR = 0.8
# Colors range over this part of the lengths, and over a curve between the outermost points a
# panel with this part of its height to spare.
COLORED, SPARE = (0.02, 1.0), 0.3


class ScoreFieldDisplay:
    """The score at given variances: arrows in a plane, or curves along a line.

    Scores are of very different lengths in one picture and grow as 1/t: an arrow shows the
    direction, its color t times the length, which is the distance to the denoiser x + t score. One
    coordinate gives the curve; its ends, where it grows without bound, are cut off. Best made with
    `from_estimator`.

    Parameters
    ----------
    x0 : array of shape (n_0,)
        Values of the first coordinate.
    score : array of shape (n_times, n_0, 1) or (n_times, n_1, n_0, 2)
        Components of the score along the coordinates.
    times : array of shape (n_times,)
        Variances, one for each panel.
    x1 : array of shape (n_1,), optional
        Values of the second coordinate.
    points : array of shape (n, 1 or 2), optional
        Training points.
    labels : sequence of str
        Names of the coordinates.
    where : str, default=""
        Where the line or plane lies, for the title; empty if nothing is left out.

    Attributes
    ----------
    axes_ : array of matplotlib Axes, of shape (n_times,)
    figure_ : matplotlib Figure
    quivers_ : list of matplotlib Quiver
        The arrows of each panel, of two coordinates: U and V are of length 1 (0 where the score is
        0), the values of the colors are t times the lengths.
    lines_ : list of matplotlib Line2D
        The curve of each panel, of one coordinate.
    colorbar_ : matplotlib Colorbar or None

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.inspection import ScoreFieldDisplay
    >>> X, _ = make_moons(50, noise=0.05, random_state=0)
    >>> model = SmoothedPLDiffusion(random_state=0).fit(X)
    >>> len(ScoreFieldDisplay.from_estimator(model, X, t=model.t0_).quivers_)
    1
    """

    def __init__(self, x0, score, times, *, x1=None, points=None, labels=("x1", "x2"), where=""):
        self.x0 = x0
        self.score = score
        self.times = times
        self.x1 = x1
        self.points = points
        self.labels = labels
        self.where = where

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        t=None,
        *,
        features=None,
        components=None,
        through=None,
        grid_resolution=None,
        margin=0.2,
        cmap=FIELD,
        quiver_kw=None,
        line_kw=None,
        scatter_kw=None,
        ax=None,
    ):
        """Evaluate the score of an estimator on a grid, and draw it.

        Parameters
        ----------
        estimator : fitted estimator
            One with `score_function`.
        X : array-like of shape (n, n_features)
            Rows to show, usually those that it was fitted to.
        t : float or sequence of float, optional
            Variances in (0, t0_], a panel for each; ``t0_`` and its 10th and 100th part by
            default.
        features : int, str or two of them, optional
            Columns to show, by number from 0 or by name.
        components : int or two of them, optional
            Principal directions to show (``estimator.components_``), from 0. Where neither is
            given: all of what has one or two columns or tangent dimensions, else the first two
            components.
        through : array-like of shape (n_features,), optional
            A point that the line or plane goes through; ``estimator.mean_`` by default. In more
            dimensions than are drawn, arrows are of the score at points of the plane, and show
            the part of it within the plane. A plane of all tangent directions leaves no part out.
        grid_resolution : int, optional
            Arrows along the longer axis, 17 by default, or points of a curve, 1000 by default.
        margin : float, default=0.2
            Part of the range of the rows that is shown beyond them, on each side.
        cmap, quiver_kw, line_kw, scatter_kw, ax
            As in `plot`.

        Returns
        -------
        ScoreFieldDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError, ValueError
            If it has no score field, or an argument cannot be used.
        """
        pyplot()
        check_estimator(estimator, cls.__name__, "score_function", "SmoothedPLDiffusion")
        if grid_resolution is not None:
            checks.count(grid_resolution, "grid_resolution", least=2)
        checks.number(margin, "margin", zero=True)
        if t is None:
            t = np.multiply(DEFAULT_TIMES, estimator.t0_)
        shape = np.shape(t)[:1]
        if shape == (0,):
            raise ValueError("t must hold a variance or more. Got none.")
        times = np.atleast_1d(_validation.check_times("t", t, estimator.t0_, shape=shape))
        rows = rows_of(estimator, X)
        plane = choose_plane(estimator, rows, features, components, through)
        points = plane.project(rows)
        axes = plane.grid(points, grid_resolution or RESOLUTION[plane.dim], margin)
        at = as_input(estimator, plane.points_of(axes))
        score = np.stack([plane.part(estimator.score_function(at, time)) for time in times])
        display = cls(
            axes[0],
            score.reshape([len(times), *map(len, reversed(axes)), plane.dim]),
            times,
            x1=axes[1] if plane.dim == 2 else None,
            points=points,
            labels=plane.labels,
            where="" if plane.whole else f"{plane.kind} through {plane.where}",
        )
        return display.plot(
            cmap=cmap, quiver_kw=quiver_kw, line_kw=line_kw, scatter_kw=scatter_kw, ax=ax
        )

    def plot(self, *, cmap=FIELD, quiver_kw=None, line_kw=None, scatter_kw=None, ax=None):
        """Draw.

        Parameters
        ----------
        cmap : str or Colormap, default="viridis"
            Colors of the arrows, on a logarithmic scale that the panels share; the light end is
            left out.
        quiver_kw, line_kw, scatter_kw : dict, optional
            Arguments of matplotlib's ``quiver``, ``plot`` and ``scatter``, for arrows, curves and
            training points.
        ax : matplotlib Axes or sequence of n_times of them, optional
            A new figure by default. One Axes is divided where there are several panels.

        Returns
        -------
        self
        """
        n = len(self.times)
        plane = self.x1 is not None
        size = half_page(self.x0, self.x1, beside=BAR) if plane else half_page()
        if n > 1:
            size = (n * PANEL + BAR * plane, size[1])
        self.axes_ = panels(ax, n, size=size, sharex=True, sharey=plane)
        self.figure_ = self.axes_[0].figure
        self.quivers_: list = []
        self.lines_: list = []
        self.colorbar_ = None
        named = "projected points" if self.where else "training points"
        of_points = {"label": named, **(scatter_kw or {})}
        for panel, t in zip(self.axes_, self.times, strict=True):
            set_title(panel, f"variance $t = {in_math(t)}$", self.where)
            panel.set_xlabel(as_text(self.labels[0]))
        if plane:
            self._draw_arrows(cmap, quiver_kw or {}, of_points)
        else:
            self._draw_curves(line_kw or {}, of_points)
        if self.points is not None:
            legend_below(self.axes_[n // 2])
        return self

    def _draw_arrows(self, cmap, settings, of_points):
        from matplotlib.colors import LogNorm

        lengths = np.linalg.norm(self.score, axis=-1)
        unit = self.score / np.where(lengths > 0, lengths, 1.0)[..., None]
        moved = lengths * np.reshape(self.times, (-1, 1, 1))
        low, high = np.quantile(moved[moved > 0], COLORED) if moved.any() else (0.1, 1.0)
        settings = {
            "cmap": ordered_map(cmap),
            "norm": LogNorm(min(low, high / 2), high),
            "pivot": "mid",
            "angles": "xy",
            "scale_units": "width",
            "scale": 1.1 * len(self.x0),
            "width": 0.12 / len(self.x0),
            **settings,
        }
        for panel, arrows, color in zip(self.axes_, unit, moved, strict=True):
            self.quivers_.append(
                panel.quiver(self.x0, self.x1, arrows[..., 0], arrows[..., 1], color, **settings)
            )
            if self.points is not None:
                draw_training(panel, self.points, **of_points)
            panel.set_aspect(aspect_of(self.x0, self.x1))
        self.axes_[0].set_ylabel(as_text(self.labels[1]))
        self.colorbar_ = self.figure_.colorbar(
            self.quivers_[0], ax=self.axes_, label=r"$t\,|s_t(x)|$", aspect=30, extend="min"
        )

    def _draw_curves(self, settings, of_points):
        settings = {"color": SAMPLE, **settings}
        for panel, score in zip(self.axes_, self.score, strict=True):
            panel.axhline(0.0, color="0.7", linewidth=0.8)
            self.lines_ += panel.plot(self.x0, score[:, 0], **settings)
            panel.ticklabel_format(axis="y", scilimits=(-2, 3))
            if self.points is not None:
                flat = np.column_stack([self.points[:, 0], np.zeros(len(self.points))])
                draw_training(panel, flat, **of_points)
                self._cut_ends(panel, score[:, 0])
        self.axes_[0].set_ylabel("score")

    def _cut_ends(self, panel, score):
        """Show what the score is between the outermost points; beyond it falls as a line."""
        low, high = self.points.min(), self.points.max()
        largest = np.abs(score[(low <= self.x0) & (self.x0 <= high)]).max(initial=0.0)
        if largest > 0:
            panel.set_ylim(-(1 + SPARE) * largest, (1 + SPARE) * largest)

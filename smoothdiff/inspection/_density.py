"""DensityDisplay: the density of an estimator along a line or over a plane."""

from inspect import signature

import numpy as np

from .. import _checks as checks
from .._pictures import as_text
from .._pyplot import pyplot
from ._given import as_input, check_estimator, rows_of
from ._law import Law
from ._plane import aspect_of, choose_plane
from ._style import (
    FIELD,
    TRAINING,
    draw_training,
    half_page,
    legend_below,
    ordered_colors,
    set_title,
)

__all__ = ["DensityDisplay"]

# Values along an axis of one coordinate, or the longer one of two.
RESOLUTION = {1: 2000, 2: 200}
# Samples beyond these quantiles of each coordinate need not be in the picture.
SHOWN = (0.001, 0.999)
# How far below the lowest level a curve is drawn, in parts of the range above it.
BELOW_LEVELS = 0.35


class DensityDisplay:
    """Log-density along a line, or the regions of highest density in a plane.

    One coordinate gives the curve of the log-density, two give filled contours. Colored are the
    smallest regions that hold given shares of the samples, 50, 80 and 95% by default; the training
    points stand on top. Best made with `from_estimator`.

    Parameters
    ----------
    x0 : array of shape (n_0,)
        Values of the first coordinate.
    log_density : array of shape (n_0,) or (n_1, n_0)
    x1 : array of shape (n_1,), optional
        Values of the second coordinate.
    shares : array of shape (k,)
        Parts of the law that the regions hold, in (0, 1).
    levels : array of shape (k,)
        Log-densities above which these lie.
    points : array of shape (n, 1 or 2), optional
        Training points.
    labels : sequence of str
        Names of the coordinates.
    law : str, default=""
        Which law it is, for the title: "slice through the mean" for instance; empty for the
        whole.
    held : str, default="samples"
        What the shares are of.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D or None
        The curve, of one coordinate.
    contours_ : matplotlib QuadContourSet or None
        The regions, of two coordinates.
    bands_ : list of matplotlib FillBetweenPolyCollection
        The regions, of one coordinate.
    points_ : matplotlib PathCollection, Line2D or None
        The training points.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.inspection import DensityDisplay
    >>> X = load_wine(as_frame=True).data[["flavanoids", "hue"]]
    >>> model = SmoothedPLDiffusion(t_min_scale=0.5, random_state=0).fit(X)
    >>> display = DensityDisplay.from_estimator(model, X, random_state=0)
    >>> display.ax_.get_xlabel()
    'flavanoids'
    """

    def __init__(
        self,
        x0,
        log_density,
        *,
        x1=None,
        shares,
        levels,
        points=None,
        labels=("x1", "x2"),
        law="",
        held="samples",
    ):
        self.x0 = x0
        self.log_density = log_density
        self.x1 = x1
        self.shares = shares
        self.levels = levels
        self.points = points
        self.labels = labels
        self.law = law
        self.held = held

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        features=None,
        components=None,
        through=None,
        kind="slice",
        shares=(0.5, 0.8, 0.95),
        n_samples=5000,
        grid_resolution=None,
        margin=0.1,
        random_state=None,
        cmap=FIELD,
        scatter_kw=None,
        ax=None,
    ):
        """Evaluate the density of an estimator, and draw it.

        Parameters
        ----------
        estimator : fitted estimator
            One with `score_samples`; of this library, scikit-learn or another.
        X : array-like of shape (n, n_features)
            Rows to show, usually those that it was fitted to. They lie within the picture, and
            are projected onto its plane.
        features : int, str or two of them, optional
            Columns to show, by number from 0 or by name.
        components : int or two of them, optional
            Principal directions to show (``estimator.components_``), from 0. Where neither is
            given: all of what has one or two columns or tangent dimensions, else the first two
            components, or columns of an estimator that has none.
        through : array-like of shape (n_features,), optional
            The point that a slice goes through; ``estimator.mean_`` by default.
        kind : {"slice", "marginal"}, default="slice"
            What is shown of a law of more dimensions. "slice" is `score_samples` at the points of
            the plane, exactly: the law given the coordinates that are not drawn, up to a factor.
            "marginal" is a histogram of ``n_samples`` draws, and as noisy as one.
        shares : sequence of float, default=(0.5, 0.8, 0.95)
            Parts of the law that the colored regions hold.
        n_samples : int, default=5000
            Samples that levels or the histogram are found by; see Notes.
        grid_resolution : int, optional
            Values along the axis, or the longer of two, at which the density is evaluated: 2000 for
            a curve and 200 in a plane by default.
        margin : float, default=0.1
            Part of the range of the rows that is shown beyond them, on each side.
        random_state : int, RandomState, Generator or None
            For the samples.
        cmap, scatter_kw, ax
            As in `plot`.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError, ValueError
            If it has no density, or an argument cannot be used; if a slice has no density
            anywhere.

        Notes
        -----
        The level of a share s is the (1 - s) quantile of the density at samples, for the whole
        law and a marginal. For a slice, which no sample lies in, and for estimators that cannot
        sample reproducibly, the cells of the grid are added up, the densest first: shares are then
        of the part of the slice that is shown.

        A plane of all tangent directions is the whole law: what is off it is Gaussian noise
        independent of the place. The log-density is that of points in the plane, this noise
        included.

        References
        ----------
        Hyndman, Computing and graphing highest density regions, 1996.
        """
        pyplot()
        check_estimator(estimator, cls.__name__, "score_samples", "SmoothedPLDiffusion")
        checks.choice(kind, "kind", ("slice", "marginal"))
        shares = checks.array(shares, "shares", "in (0, 1)", lambda s: (s > 0) & (s < 1)).ravel()
        if shares.size == 0:
            raise ValueError("shares must hold a share or more. Got none.")
        checks.count(n_samples, "n_samples")
        if grid_resolution is not None:
            checks.count(grid_resolution, "grid_resolution", least=2)
        checks.number(margin, "margin", zero=True)
        draws = _can_draw(estimator)
        if kind == "marginal" and not draws:
            raise TypeError(
                "A marginal needs an estimator whose sample takes n_samples and random_state. "
                f"Got {type(estimator).__name__} instead."
            )
        rows = rows_of(estimator, X)
        plane = choose_plane(estimator, rows, features, components, through)
        if kind == "slice":
            estimator.score_samples(as_input(estimator, rows[:1]))  # says why there is none
        points = plane.project(rows)
        window = points
        if kind == "marginal" or (plane.whole and draws):
            samples = plane.project(_draw(estimator, n_samples, random_state))
            window = np.concatenate([points, np.quantile(samples, SHOWN, axis=0)])
        if kind == "marginal":
            law = Law.marginal(plane, samples, window, margin, shares)
        else:
            axes = plane.grid(window, grid_resolution or RESOLUTION[plane.dim], margin)
            if plane.whole and draws:
                if plane.dim == 1 and len(points) <= len(axes[0]):  # their peaks are narrow
                    axes = [np.union1d(axes[0], points[:, 0])]
                law = Law.whole(estimator, plane, axes, samples, shares)
            else:
                law = Law.slice(estimator, plane, axes, shares)
        display = cls(
            law.axes[0],
            law.log_density,
            x1=law.axes[1] if plane.dim == 2 else None,
            shares=shares,
            levels=law.levels,
            points=points,
            labels=plane.labels,
            law=law.name,
            held=law.held,
        )
        return display.plot(cmap=cmap, scatter_kw=scatter_kw, ax=ax)

    def plot(self, *, cmap=FIELD, scatter_kw=None, ax=None):
        """Draw.

        Parameters
        ----------
        cmap : str or Colormap, default="viridis"
            Colors of the regions, the largest first.
        scatter_kw : dict, optional
            How training points look: arguments of matplotlib's ``scatter``, or of ``plot`` for one
            coordinate.
        ax : matplotlib Axes, optional
            A new figure of half a page by default.

        Returns
        -------
        self
        """
        if ax is None:
            size = half_page() if self.x1 is None else half_page(self.x0, self.x1)
            _, ax = pyplot().subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.line_ = self.contours_ = self.points_ = None
        self.bands_: list = []
        order = np.argsort(self.levels)  # the largest region first
        shares, levels = np.asarray(self.shares)[order], np.asarray(self.levels)[order]
        colors = ordered_colors(len(levels) + 1, cmap)[:0:-1]
        scatter_kw = scatter_kw or {}
        if self.x1 is None:
            self._draw_curve(levels, colors, scatter_kw)
            set_title(ax, self.law)
        else:
            self._draw_contours(levels, colors, scatter_kw)
            set_title(ax, f"density, {self.law}" if self.law else "density")
        self._explain(shares, colors)
        return self

    def _draw_curve(self, levels, colors, settings):
        ax, values = self.ax_, np.asarray(self.log_density)
        top = values[np.isfinite(values)].max()
        bottom = levels.min() - BELOW_LEVELS * max(top - levels.min(), 1e-9)
        for level, color in zip(levels, colors, strict=True):
            self.bands_.append(
                ax.fill_between(
                    self.x0, bottom, values, where=values >= level, color=color, linewidth=0
                )
            )
        (self.line_,) = ax.plot(self.x0, values, color=TRAINING, linewidth=1)
        if self.points is not None:
            settings = {
                "color": TRAINING,
                "markersize": 7,
                "label": self._points_named(),
                **settings,
            }
            place = np.full(len(self.points), bottom)
            marks = ax.plot(self.points[:, 0], place, "|", clip_on=False, zorder=3, **settings)
            (self.points_,) = marks
        ax.set(
            xlim=(self.x0[0], self.x0[-1]),
            ylim=(bottom, top + 0.05 * (top - bottom)),
            xlabel=as_text(self.labels[0]),
            ylabel="log-density",
        )

    def _draw_contours(self, levels, colors, settings):
        ax, values = self.ax_, np.asarray(self.log_density)
        # Regions that are equal are one, and contours need numbers.
        distinct, first = np.unique(levels, return_index=True)
        top = max(values.max(), distinct[-1]) + 1.0
        values = np.maximum(values, distinct[0] - 2 * (top - distinct[0]))
        self.contours_ = ax.contourf(
            self.x0, self.x1, values, levels=[*distinct, top], colors=colors[first]
        )
        if self.points is not None:
            settings = {"label": self._points_named(), **settings}
            self.points_ = draw_training(ax, self.points, **settings)
        ax.set(
            xlim=(self.x0[0], self.x0[-1]),
            ylim=(self.x1[0], self.x1[-1]),
            xlabel=as_text(self.labels[0]),
            ylabel=as_text(self.labels[1]),
            aspect=aspect_of(self.x0, self.x1),
        )

    def _points_named(self):
        return "projected points" if self.held == "slice" else "training points"

    def _explain(self, shares, colors):
        from matplotlib.patches import Patch

        handles = [
            Patch(color=color, label=f"{100 * share:.4g}%")
            for share, color in zip(shares, colors, strict=True)
        ]
        if self.points_ is not None:
            handles.append(self.points_)
        title = f"smallest regions that hold a share of the {self.held}"
        legend_below(self.ax_, handles=handles[::-1], ncols=len(handles), title=title)


def _can_draw(estimator):
    """Whether samples can be drawn with a seed, as this library's estimators and others do."""
    sample = getattr(estimator, "sample", None)
    return sample is not None and "random_state" in signature(sample).parameters


def _draw(estimator, n_samples, random_state):
    """Samples (n, d), without the labels that a model of classes adds."""
    drawn = estimator.sample(n_samples, random_state=random_state)
    return np.asarray(drawn[0] if isinstance(drawn, tuple) else drawn, dtype=np.float64)

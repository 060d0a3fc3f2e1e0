"""TrajectoryDisplay: the paths from noise to samples."""

import numpy as np

from .. import _checks as checks
from .._pictures import as_text, in_math
from .._pyplot import pyplot
from ._given import as_input, check_estimator, rows_of
from ._plane import aspect_of, choose_plane
from ._style import (
    BESIDE,
    END,
    PATH,
    START,
    TRAINING,
    draw_training,
    half_page,
    legend_below,
    log_ticks,
    set_title,
)

__all__ = ["TrajectoryDisplay"]

# Times of the default paths, and how far they go down where t_min = 0, in units of t0.
N_TIMES, LEAST = 100, 1e-3
# Where t = 0 stands on a logarithmic axis: below the least other variance by this factor.
ZERO_BELOW = 3.0


class TrajectoryDisplay:
    """Paths along the denoising flow, with their starts, ends and the training points.

    Two coordinates give the paths in their plane, one gives the position against log t. Paths of
    more dimensions are projected. Best made with `from_estimator`.

    Parameters
    ----------
    states : array of shape (n_times, n_paths, 1 or 2)
        Coordinates along the paths.
    times : array of shape (n_times,)
        Their variances, decreasing; the last may be 0.
    points : array of shape (n, 1 or 2), optional
        Training points.
    labels : sequence of str
        Names of the coordinates.
    projected : bool, default=False
        Whether the paths have more coordinates than are drawn; the title says so.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One for each path.
    starts_, ends_ : matplotlib PathCollection
    points_ : matplotlib PathCollection or None
        Training points.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.inspection import TrajectoryDisplay
    >>> X, _ = make_moons(50, noise=0.05, random_state=0)
    >>> model = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X)
    >>> display = TrajectoryDisplay.from_estimator(model, X, n_samples=7)
    >>> len(display.lines_)
    7
    """

    def __init__(self, states, times, *, points=None, labels=("x1", "x2"), projected=False):
        self.states = states
        self.times = times
        self.points = points
        self.labels = labels
        self.projected = projected

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        n_samples=30,
        starts=None,
        times=None,
        features=None,
        components=None,
        random_state=None,
        line_kw=None,
        scatter_kw=None,
        ax=None,
    ):
        """Follow samples of an estimator from their start, and draw their paths.

        Parameters
        ----------
        estimator : fitted estimator
            One with `trajectory`.
        X : array-like of shape (n, n_features)
            Rows to show, usually those that it was fitted to.
        n_samples : int, default=30
            Paths, from draws of the starting law.
        starts : array-like of shape (n_paths, n_features), optional
            Where to start at ``t0_`` instead.
        times : array-like of shape (n_times,), optional
            Variances, decreasing, in (0, t0_], or [0, t0_] for a flow in closed form. By default
            100 from ``t0_`` to ``t_min_``, in a geometric series; where that is 0 to 0.001 t0, and
            0 follows if the flow is in closed form.
        features : int, str or two of them, optional
            Columns to show, by number from 0 or by name.
        components : int or two of them, optional
            Principal directions to show (``estimator.components_``), from 0. Where neither is
            given: all of what has one or two columns or tangent dimensions, else the first two
            components.
        random_state : int, RandomState, Generator or None
            For the starts.
        line_kw, scatter_kw, ax
            As in `plot`.

        Returns
        -------
        TrajectoryDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError, ValueError
            If it has no paths, or an argument cannot be used.
        """
        pyplot()
        check_estimator(estimator, cls.__name__, "trajectory", "SmoothedPLDiffusion")
        checks.count(n_samples, "n_samples")
        times = _default_times(estimator) if times is None else np.atleast_1d(np.asarray(times))
        if times.shape == (0,):
            raise ValueError("times must hold a variance or more. Got none.")
        rows = rows_of(estimator, X)
        plane = choose_plane(estimator, rows, features, components)
        if starts is not None:
            starts = as_input(estimator, rows_of(estimator, starts))
        states = estimator.trajectory(
            starts, n_samples=n_samples, times=times, random_state=random_state
        )
        display = cls(
            plane.project(states),
            times,
            points=plane.project(rows),
            labels=plane.labels,
            projected=not plane.whole,
        )
        return display.plot(line_kw=line_kw, scatter_kw=scatter_kw, ax=ax)

    def plot(self, *, line_kw=None, scatter_kw=None, ax=None):
        """Draw.

        Parameters
        ----------
        line_kw, scatter_kw : dict, optional
            Arguments of matplotlib's ``plot`` and ``scatter``, for paths and training points.
        ax : matplotlib Axes, optional
            A new figure of half a page by default.

        Returns
        -------
        self
        """
        states = np.asarray(self.states)
        on_line = states.shape[2] == 1
        if ax is None:
            size = half_page() if on_line else half_page(*self._shown().T)
            _, ax = pyplot().subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.points_ = None
        if on_line:
            x = _on_log_axis(np.asarray(self.times, dtype=np.float64))
            states = np.concatenate([np.broadcast_to(x[:, None, None], states.shape), states], 2)
        self._draw_paths(states, line_kw or {})
        if on_line:
            self._arrange_times(states[:, 0, 0], scatter_kw or {})
        else:
            self._arrange_plane(scatter_kw or {})
        set_title(ax, "paths of samples" + (", projected" if self.projected else ""))
        handles = [self.starts_, self.ends_, *([] if self.points_ is None else [self.points_])]
        legend_below(ax, handles=handles, ncols=2)
        return self

    def _draw_paths(self, states, settings):
        settings = {"color": PATH, "linewidth": 0.8, "zorder": 2, **settings}
        self.lines_ = self.ax_.plot(states[..., 0], states[..., 1], **settings)
        first, last = (f"at $t = {in_math(t)}$" for t in (self.times[0], self.times[-1]))
        self.starts_ = self.ax_.scatter(
            *states[0].T,
            s=12,
            facecolors="white",
            edgecolors=START,
            linewidths=1.0,
            zorder=2.5,
            label=f"starts, {first}",
        )
        self.ends_ = self.ax_.scatter(
            *states[-1].T, s=13, color=END, linewidths=0, zorder=4, label=f"ends, {last}"
        )

    def _arrange_times(self, x, of_points):
        ax = self.ax_
        if self.points is not None:
            # Beside the ends, which they would hide.
            edge = x[-1] / (x[0] / x[-1]) ** 0.06
            flat = np.column_stack([np.full(len(self.points), edge), self.points[:, 0]])
            self.points_ = draw_training(
                ax, flat, **{"marker": "<", "facecolors": TRAINING, **of_points}
            )
        ax.set(xscale="log", xlabel="variance t", ylabel=as_text(self.labels[0]))
        ax.invert_xaxis()
        zero = self.times[-1] == 0
        log_ticks(ax, x[:-1] if zero and len(x) > 1 else x, zero=x[-1] if zero else None)

    def _arrange_plane(self, of_points):
        ax = self.ax_
        if self.points is not None:
            self.points_ = draw_training(
                ax, self.points, **{"facecolors": BESIDE, "zorder": 1.5, **of_points}
            )
        aspect = aspect_of(*self._shown().T)
        ax.set(xlabel=as_text(self.labels[0]), ylabel=as_text(self.labels[1]), aspect=aspect)

    def _shown(self):
        """All that is drawn in a plane, (n, 2)."""
        states = np.reshape(self.states, (-1, 2))
        return states if self.points is None else np.concatenate([states, self.points])


def _default_times(estimator):
    t0, t_min = estimator.t0_, estimator.t_min_
    times = np.geomspace(t0, t_min or LEAST * t0, N_TIMES)
    ends_at_zero = estimator.diffusion_.solver.ends_paths_at_zero
    return np.append(times, 0.0) if t_min == 0 and ends_at_zero else times


def _on_log_axis(times):
    """Where variances stand on a logarithmic axis; 0 a little below the least of the others."""
    positive = times[times > 0]
    least = positive.min() if len(positive) else 1.0
    return np.where(times > 0, times, least / ZERO_BELOW)

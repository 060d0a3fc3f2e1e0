"""The Smoothed PL-ESF nearest to a score f: how much f smooths, and how near it then is.

kappa = argmin mean t |f - s_hat|^2,  s_hat the Smoothed PL-ESF of strength kappa
"""

from dataclasses import dataclass
from dataclasses import field as attribute
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from .. import _checks as checks
from ..cloud import PointCloud, as_cloud
from ..mixed_cell import solve
from ..scores import EmpiricalScore
from ._given import MAX_LEVELS, as_generator, field_at
from ._places import WEIGHTINGS, Places, places_of

__all__ = ["ClosestSmoothing", "closest_smoothing"]

# Values of kappa looked at, at some of the rows, before the best is refined at all of them, and
# the largest part of a half-gap that is smoothed away in the first.
KAPPAS, LEAST_RHO = 32, 1e-3
# Rows for that, of many: spread over the given order, so that sorted variances are all met.
ROWS, ROWS_ON_A_LINE = 64, 4096
# How near log kappa must be for a last parabola, and the arm of that of replicates, at first.
NEAR, STEP = 1e-3, 0.1
# Steps from the best that a replicate may be away.
MAX_SHIFT = 10.0
# A part of the places has its own kappa from so many rows on; so many gaps are told apart.
LEAST_ROWS, MAX_GAPS = 8, 64


@dataclass(frozen=True, repr=False, eq=False)
class ClosestSmoothing:
    """The Smoothed PL-ESF nearest to a score f, and how near it is, beside others.

    Unpacked it is kappa, residual, residual_of_esf. Printed it is a table of all of it.

    Examples
    --------
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> from smoothdiff.theory import closest_smoothing
    >>> field = SmoothedPLScore([-1.0, 1.0], kappa=1.0, spacing=1.0)
    >>> found = closest_smoothing(field, [-1.0, 1.0], t=0.1, n_bootstrap=0)
    >>> kappa, residual, residual_of_esf = found
    >>> bool(residual < 1e-6 < residual_of_esf)
    True
    """

    kappa: float
    """Its strength."""
    residual: float
    """Mean of t |f - s_hat|^2."""
    residual_of_esf: float
    """Mean of t |f - s|^2 for the exact score s."""
    residual_of_zero: float
    """Mean of t |f - s_0|^2 for s_0 = (P x - x) / t, with P the projection on the affine hull of
    the points: the score that is zero within their subspace. It is the limit kappa -> 0 over their
    convex hull, beyond which that also leads back to the hull."""
    weighting: str
    """How the mean is taken."""
    n_rows: int
    """Positions that it is taken over."""
    kappas: np.ndarray
    """kappa of means over rows drawn with replacement, (n_bootstrap,); none by quadrature."""
    per_t: dict = attribute(default_factory=dict)
    """The same at each variance alone, where there are 2 to 16 of them."""
    per_gap: dict = attribute(default_factory=dict)
    """On a line, the same over each gap (y_k, y_{k+1}) alone, the first 64 of them."""

    def __iter__(self):
        return iter((self.kappa, self.residual, self.residual_of_esf))

    @property
    def interval(self):
        """Ends of the middle 95 % of `kappas`; NaN where there are none."""
        if not len(self.kappas):
            return np.nan, np.nan
        low, high = np.quantile(self.kappas, [0.025, 0.975])
        return float(low), float(high)

    def __repr__(self):
        return (
            f"ClosestSmoothing(kappa={self.kappa!r}, residual={self.residual!r}, "
            f"residual_of_esf={self.residual_of_esf!r})"
        )

    def __str__(self):
        header = f"{'mean over':<22}{'rows':>7}{'kappa':>11}{'95 %':>20}"
        header += f"{'residual':>11}{'of ESF':>11}{'of zero':>11}"
        rows = [self._line(self.weighting)]
        rows += [part._line(f"t = {t:.3g}") for t, part in self.per_t.items()]
        rows += [part._line(f"{a:.3g} to {b:.3g}") for (a, b), part in self.per_gap.items()]
        return "\n".join([header, *rows])

    def _line(self, name):
        low, high = self.interval
        interval = f"{low:.3g}-{high:.3g}" if len(self.kappas) else "-"
        return (
            f"{name:<22}{self.n_rows:>7}{self.kappa:>11.3g}{interval:>20}"
            f"{self.residual:>11.3g}{self.residual_of_esf:>11.3g}{self.residual_of_zero:>11.3g}"
        )


def closest_smoothing(
    field,
    cloud,
    x=None,
    t=None,
    spacing=None,
    *,
    weighting=None,
    n_samples=2000,
    n_bootstrap=100,
    random_state=0,
) -> ClosestSmoothing:
    """Fit kappa to a score f by least squares: how much, and how well, f smooths.

    Parameters
    ----------
    field : callable, Score, or array of shape (n, r)
        f(x, t), of a trained network for example, or its values at the given x.
    cloud : PointCloud, or array of shape (n_points, r) or (n_points,)
        Training points of f.
    x : array of shape (n, r), or (n,) on a line, optional
    t : float or array
        Variances: of the rows of a given x, (n,), or one or more levels, of which the mean is.
    spacing : float, optional
        Half-gap Delta of the training points; by default that of the cloud.
    weighting : {"given", "p_t", "grid"}, optional
        "given": the mean over the rows of x, the default where x is given. "p_t": over the noised
        points of each t, the default without x; on a line by quadrature, else by drawing n_samples
        of them. "grid": on a line, over n_samples positions evenly spaced from the first point to
        the last.
    n_samples : int
        At each t.
    n_bootstrap : int
        Replicates of kappa, from rows drawn with replacement; 0 for none.
    random_state : int or Generator
        Of draws and replicates.

    Returns
    -------
    ClosestSmoothing
        The best of all kappa between smoothing all but 0.001 of the half-gap away at the largest
        t, and none (rho = 1, the PL-ESF) at the smallest.

    Raises
    ------
    ValueError
        If shapes do not fit, an argument is not finite or not positive, or x is given with another
        weighting than "given".

    Notes
    -----
    Of many rows some tell which kappa to refine; the residuals are those of all rows, exact at the
    kappa that is said. Replicates take the minimum of a parabola through three values of each
    row's loss, at a distance of about their own spread. 2000 rows in 8 dimensions, among 2000
    points, take about as long as eleven solves of all rows.

    References
    ----------
    arXiv 2502.19499, v1 Figure 4, v2 Figure 2, where delta = kappa sqrt(t) is fitted at one t.

    Examples
    --------
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> from smoothdiff.theory import closest_smoothing
    >>> field = SmoothedPLScore([-1.0, 1.0], kappa=1.0, spacing=1.0)
    >>> round(closest_smoothing(field, [-1.0, 1.0], t=0.1, n_bootstrap=0).kappa, 3)
    1.0
    """
    cloud = as_cloud(cloud, None, "cloud")
    if spacing is None and len(cloud) < 2:
        raise ValueError("cloud must have two points or more that differ, or spacing be given.")
    spacing = checks.positive(cloud.spacing() if spacing is None else spacing, "spacing")
    checks.count(n_bootstrap, "n_bootstrap", least=0)
    checks.count(n_samples, "n_samples", least=2)
    weighting = ("p_t" if x is None else "given") if weighting is None else weighting
    checks.choice(weighting, "weighting", WEIGHTINGS)
    if (x is None) == (weighting == "given"):
        raise ValueError("weighting='given' needs x, and the others make their own: leave x out.")
    if x is None and not callable(field):
        raise ValueError("field must be callable where no x is given.")
    generator = as_generator(random_state)
    places = places_of(cloud, x, t, weighting, int(n_samples), generator)
    problem = _problem(field_at(field, *places[:2]), cloud, places, float(spacing), weighting)

    def part(rows):
        return _fit(problem.take(rows), int(n_bootstrap), generator)

    of_all, levels = part(slice(None)), np.unique(places.t)
    per_t = {float(level): places.t == level for level in levels if 1 < len(levels) <= MAX_LEVELS}
    per_gap = {}
    if cloud.dim == 1:
        position = places.x[:, 0]
        for low, high in pairwise(cloud.sorted_line[0][: MAX_GAPS + 1].tolist()):
            per_gap[low, high] = (position >= low) & (position <= high)
    of_all.per_t.update({k: part(r) for k, r in per_t.items() if r.sum() >= LEAST_ROWS})
    of_all.per_gap.update({k: part(r) for k, r in per_gap.items() if r.sum() >= LEAST_ROWS})
    return of_all


class _Problem(NamedTuple):
    """A score at some places, and what it is compared to."""

    f: np.ndarray
    places: Places
    of_esf: np.ndarray
    of_zero: np.ndarray
    cloud: PointCloud
    spacing: float
    weighting: str

    def take(self, rows):
        places = Places(*(part[rows] for part in self.places))
        return self._replace(
            f=self.f[rows], places=places, of_esf=self.of_esf[rows], of_zero=self.of_zero[rows]
        )

    def losses(self, log_kappa):
        """Each row's t |f - s_hat|^2, (n,), at one log kappa or one for each."""
        x, t, _ = self.places
        a = solve(x, self.cloud, np.exp(log_kappa) * np.sqrt(t) / self.spacing).a
        return _squares(self.f - (a - x) / t[:, None], t)


def _problem(f, cloud, places, spacing, weighting):
    x, t, _ = places
    origin = cloud.points[0]
    _, lengths, axes = np.linalg.svd(cloud.points - origin, full_matrices=False)
    tangent = axes[lengths > 1e-12 * lengths[0]]
    normal = x - origin - (x - origin) @ tangent.T @ tangent
    of_zero = _squares(f + normal / t[:, None], t)
    of_esf = _squares(f - EmpiricalScore(cloud)(x, t), t)
    return _Problem(f, places, of_esf, of_zero, cloud, spacing, weighting)


def _squares(difference, t):
    return t * (difference**2).sum(axis=1)


def _fit(problem, n_bootstrap, generator):
    """The best kappa over all rows of a problem."""
    weights, t = problem.places.weights / problem.places.weights.sum(), problem.places.t
    least = np.log(LEAST_RHO * problem.spacing) - np.log(t.max()) / 2
    most = np.log(problem.spacing) - np.log(t.min()) / 2
    found = {}  # losses of rows by log kappa

    def residual(log_kappa):
        log_kappa = float(log_kappa)
        if log_kappa not in found:
            found[log_kappa] = problem.losses(log_kappa)
        return weights @ found[log_kappa]

    reach = (most - least) / (KAPPAS - 1)
    center = _best_at_some_rows(problem, weights, np.linspace(least, most, KAPPAS))
    while True:  # goes on where the best is at an end of what was looked at
        low, high = max(center - reach, least), min(center + reach, most)
        for end in {low, high} & {least, most}:
            residual(end)
        minimize_scalar(residual, bounds=(low, high), method="bounded", options={"xatol": NEAR})
        residual(np.clip(_vertex(sorted(found, key=residual)[:3], residual), low, high))
        center = min(found, key=residual)
        below, above = center - low > reach / 50, high - center > reach / 50
        if (below or low == least) and (above or high == most):
            break
    kappas = np.empty(0)
    if n_bootstrap and np.ptp(weights) == 0:
        counts = generator.multinomial(len(t), weights, size=n_bootstrap) / len(t)
        vertices = _vertices(found, center, np.vstack([weights, counts]), residual)
        # All rows have their minimum at the center, whether or not they make a parabola.
        kappas = np.exp(np.clip(center + vertices[1:] - vertices[0], least, most))
    return ClosestSmoothing(
        float(np.exp(center)),
        float(residual(center)),
        float(weights @ problem.of_esf),
        float(weights @ problem.of_zero),
        problem.weighting,
        len(t),
        kappas,
    )


def _best_at_some_rows(problem, weights, grid):
    """The best log kappa of a grid, all of them solved together."""
    n_rows = ROWS_ON_A_LINE if problem.cloud.dim == 1 else ROWS
    some = np.unique(np.linspace(0, len(weights) - 1, min(n_rows, len(weights))).astype(int))
    rows = np.tile(some, len(grid))
    losses = problem.take(rows).losses(np.repeat(grid, len(some)))
    return grid[np.argmin(losses.reshape(len(grid), -1) @ weights[some])]


def _vertex(at, function):
    """Where the parabola through three points has no slope; the first where it is a line."""
    a, b, c = at
    left, right = ((function(end) - function(a)) / (end - a) for end in (b, c))
    bend = (right - left) / (c - b)
    return (a + b) / 2 - left / (2 * bend) if bend > 0 else a


def _vertices(found, log_kappa, counts, residual):
    """Minima of means of rows by counts (m, n), by a parabola around log kappa."""
    step = STEP
    while True:
        at = log_kappa - step, log_kappa, log_kappa + step
        for one in at:
            residual(one)
        low, middle, high = (counts @ found[one] for one in at)
        slope, bend = (high - low) / 2, high - 2 * middle + low
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.where(bend > 0, -slope / bend, -np.sign(slope) * MAX_SHIFT)
        vertices = log_kappa + step * np.clip(shift, -MAX_SHIFT, MAX_SHIFT)
        spread = vertices.std()
        if spread <= step or step >= 1:
            return vertices
        step = min(2 * spread, 1.0)

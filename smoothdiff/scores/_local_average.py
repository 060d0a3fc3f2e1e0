"""The ESF averaged over a window around x, of half-width w_t = Delta - kappa sqrt(t).

    s_t(x) = E_u[ grad log p_t(x + u) ],    u uniform on the window

An average of a gradient is a difference of values at the window's rim, so that one direction is
always integrated exactly and only the others are sampled, by quasi-random points that are drawn
once: the field is a deterministic function, and but for "min-norm" a smooth one.

"cube"      axis i: E[log p_t(x + u + w e_i) - log p_t(x + u - w e_i)] / 2w, with u uniform on
            [-w, w] along the other axes (v1, equation 24)
"ball"      r/(2w) E[(log p_t(x + w n) - log p_t(x - w n)) n], with n on the sphere
            (divergence theorem)
"gaussian"  u ~ N(0, w^2/3 I), of the cube's variance: E[(log p_t(x + u) - log p_t(x - u)) u] /
            (2 w^2/3) (Stein's lemma; the field of Scarvelis et al. 2023)
"min-norm"  along each line {x + h n, |h| <= w} the average of the score, and of these averages
            the one of smallest norm, 0 where two of them tie (v1, equation 77). The directions
            are those between the training points nearest to x, so that they turn with the data.

In one dimension the cube, the ball and the line are one interval, and nothing is sampled. Where
w_t <= 0 the field is the ESF. For points evenly spaced on a line the interval's average tends to
the Smoothed PL-ESF of the same kappa as t falls. For scattered points no window's does, neither on
a line nor in the plane (docs/beyond_the_papers.md has how far they part). The same fields are
known as kernel-smoothed scores (arXiv 2505.22841) and as log-domain smoothing (arXiv 2510.02305).
"""

from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi, qmc

from .. import _checks as checks
from .._compute import map_threads
from ..cloud import as_cloud
from ..noise import positive_variance
from ._base import Field
from ._chords import Chords
from ._divergence import divergence_by_differences
from ._empirical import EmpiricalScore

__all__ = ["WINDOWS", "LocalAverageScore"]

WINDOWS = ("cube", "ball", "gaussian", "min-norm")
# Windows narrower than this part of sqrt(t) change the ESF by less than rounding does.
NARROWEST = 1e-5
# Points of the law evaluated at once, whatever the number of cores.
AT_ONCE = 1 << 14
# Chords from which sharing the work between them pays.
MANY_CHORDS = 32
# Gauss-Legendre points of a panel for the components across a line; how often panels are halved at
# most, and the error of each as a part of w / t.
LINE_POINTS, MOST_HALVINGS, LINE_TOLERANCE = 8, 40, 1e-9
# Relative difference up to which the norms of two averages tie.
TIE = 1e-9


class LocalAverageScore(Field):
    """Locally averaged ESF of a point cloud.

    Parameters
    ----------
    cloud : PointCloud, or array of shape (n, r) or (n,)
    kappa : float
        A smaller one smooths more.
    spacing : float
        Delta, the window's half-width at t = 0.
    window : {"cube", "ball", "gaussian", "min-norm"}
    n_quadrature : int
        Quasi-random points, or for "min-norm" the largest number of lines.
    seed : int
        Of the scrambled Sobol points.

    Notes
    -----
    A row and call cost `evaluations` of p_t: 2 r n_quadrature for the cube, 2 n_quadrature for
    the ball and the Gaussian, 26 for each line of "min-norm" and up to ten times as many where t
    is small, 2 in one dimension. The cube in 8
    dimensions has 1024: with 500 points the density of 50 rows by 200 steps of Heun is 2e7 of them
    for the field, as many for its divergence, and takes some 15 seconds on two cores.
    Chords share their work (`smoothdiff.scores._chords`), least where t is small.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import LocalAverageScore
    >>> score = LocalAverageScore([-1.0, 1.0], kappa=1.0, spacing=1.0)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[2.2941]])
    """

    def __init__(self, cloud, kappa, spacing, window="cube", n_quadrature=64, seed=0):
        for name, value in (("kappa", kappa), ("spacing", spacing)):
            checks.number(value, name, self)
        checks.choice(window, "window", WINDOWS, self)
        checks.count(n_quadrature, "n_quadrature", self)
        self.cloud = cloud = as_cloud(cloud, None, "cloud", self)
        self._exact = EmpiricalScore(cloud)
        self.law = self._exact.law
        self.kappa = kappa
        self.spacing = spacing
        self.window = window
        # One dimension has one line; only a Gaussian window is more than an interval there.
        interval = cloud.dim == 1 and window != "gaussian"
        self._rule: Any = None  # chords' ends (2, q, r), and the vectors (q, r) that weigh them
        self._chords: Any = None
        if window == "min-norm" and not interval:
            self._n_nearest = min(int((1 + np.sqrt(1 + 8 * n_quadrature)) / 2), len(cloud))
            self.no_density = (
                f"with window='min-norm' in {cloud.dim} tangent dimensions: the field jumps where "
                "another line becomes the best. Use another window"
            )
        else:
            rule = _cube_rule if window == "cube" or interval else _radial_rule
            self._rule = _calibrated(*rule(cloud.dim, n_quadrature, seed, window))
            if cloud.dim > 1 and len(self._rule[1]) >= MANY_CHORDS:
                self._chords = Chords(cloud, *self._rule)

    @property
    def evaluations(self):
        """Evaluations of p_t, each a sum over all training points, for a row and a call."""
        if self._rule is not None:
            return 2 * len(self._rule[1])
        lines = self._n_nearest * (self._n_nearest - 1) // 2
        return max(lines * (2 + 3 * LINE_POINTS), 1)

    def half_width(self, t):
        """Half-width w_t of the window, 0 where smoothing is off."""
        return np.maximum(self.spacing - self.kappa * np.sqrt(t), 0.0)

    def __call__(self, x, t):
        """Averaged score, (n, r)."""
        return self._by_width(x, t, self._exact, self._average)

    def divergence(self, x, t, probes=None):
        """Exact for the field as sampled; "min-norm" by differences, see `Score.divergence`."""
        if self._rule is None:
            return divergence_by_differences(self, x, t, probes)
        return self._by_width(x, t, self._esf_divergence, self._divergence), np.zeros(len(x))

    def _by_width(self, x, t, narrow, wide):
        """Apply ``narrow(x, t)`` or ``wide(x, t, w)``, as the window of each row is."""
        x = np.asarray(x, dtype=np.float64)
        t = np.broadcast_to(positive_variance(t), x.shape[:1])
        w = self.half_width(t)
        has_window = w > NARROWEST * np.sqrt(t)
        if not has_window.any():
            return narrow(x, t)
        if has_window.all():
            return wide(x, t, w)
        inner = wide(x[has_window], t[has_window], w[has_window])
        out = np.empty((len(x), *inner.shape[1:]))
        out[has_window] = inner
        out[~has_window] = narrow(x[~has_window], t[~has_window])
        return out

    def _esf_divergence(self, x, t):
        return self._exact.divergence(x, t)[0]

    def _average(self, x, t, w):
        if self._rule is None:
            return self._in_blocks(self._min_norm, x, t, w)
        if self._chords is not None:
            return self._chords.rise(x, t, w) / w[:, None]
        ends, outward = self._rule

        def rise(x, t, w):
            values = self._at(ends, self.law.log_density, x, t, w)
            # Not a matrix product, whose order of summation depends on the number of rows.
            return np.einsum("nq,qr->nr", values[:, 0] - values[:, 1], outward) / w[:, None]

        return self._in_blocks(rise, x, t, w)

    def _divergence(self, x, t, w):
        if self._chords is not None:
            return self._chords.spread(x, t, w) / w
        ends, outward = self._rule

        def spread(x, t, w):
            score = self._at(ends, self._exact, x, t, w)
            return np.einsum("nqr,qr->n", score[:, 0] - score[:, 1], outward) / w

        return self._in_blocks(spread, x, t, w)

    def _in_blocks(self, function, x, t, w):
        """Apply function to blocks of rows, of a size that depends on nothing but the rule."""
        size = max(AT_ONCE // self.evaluations, 1)
        rows = [slice(start, start + size) for start in range(0, max(len(x), 1), size)]
        return np.concatenate(map_threads(lambda i: function(x[i], t[i], w[i]), rows))

    def _at(self, ends, function, x, t, w):
        """Values of function at x plus w times the ends (2, q, r) of q chords, (n, 2, q, ...)."""
        y = x[:, None, None] + w[:, None, None, None] * ends
        out = function(y.reshape(-1, x.shape[1]), np.repeat(t, ends.shape[0] * ends.shape[1]))
        return out.reshape(len(x), *ends.shape[:2], *out.shape[1:])

    def _min_norm(self, x, t, w):
        n, r = x.shape
        if self._n_nearest < 2:  # one point: its score is linear
            return self._exact(x, t)
        points = self.cloud.at(self.cloud.neighbors.query(x, self._n_nearest)[1])
        i, j = np.triu_indices(self._n_nearest, 1)
        u = points[:, i] - points[:, j]
        length = np.linalg.norm(u, axis=2)
        # Points that rounding alone keeps apart, or not even that, make no line.
        is_line = length > self.cloud.rounding
        u /= np.where(is_line, length, 1.0)[..., None]
        lines = u.shape[1]
        chord = w[:, None, None] * u
        ends = np.stack([x[:, None] + chord, x[:, None] - chord]).reshape(-1, r)
        values = self.law.log_density(ends, np.tile(np.repeat(t, lines), 2)).reshape(2, n, lines)
        along = (values[0] - values[1]) / (2 * w[:, None])
        mean = self._line_means(x, t, chord)
        mean += (along - np.einsum("nlr,nlr->nl", mean, u))[..., None] * u
        norm = np.where(is_line, np.linalg.norm(mean, axis=2), np.inf)
        best = norm.argmin(axis=1)
        rows = np.arange(n)
        least, choice = norm[rows, best], mean[rows, best]
        ties = norm <= (least * (1 + TIE))[:, None]
        apart = np.linalg.norm(mean - choice[:, None], axis=2) > 1e-6 * least[:, None]
        choice[(ties & apart).any(axis=1)] = 0.0
        return choice

    def _line_means(self, x, t, chord):
        """Means (n, l, r) of the exact score over x +- chord, for l chords (n, l, r).

        Where t is small the score is a step on a line. So panels are halved until both halves
        together are what the whole was, to a part of the largest score that there may be.
        """
        n, lines, r = chord.shape
        nodes, weights = np.polynomial.legendre.leggauss(LINE_POINTS)
        chord = chord.reshape(-1, r)
        enough = LINE_TOLERANCE * np.linalg.norm(chord, axis=1) / np.repeat(t, lines)

        def integral(line, left, right):
            h = (left + right)[:, None] / 2 + (right - left)[:, None] / 2 * nodes
            y = x[line // lines][:, None] + h[..., None] * chord[line][:, None]
            score = self._exact(y.reshape(-1, r), np.repeat(t[line // lines], LINE_POINTS))
            return np.einsum("mhr,h->mr", score.reshape(y.shape), weights) * (
                (right - left)[:, None] / 2
            )

        line, total = np.arange(n * lines), np.zeros((n * lines, r))
        left, right = np.full(len(line), -1.0), np.ones(len(line))
        whole = integral(line, left, right)
        for _ in range(MOST_HALVINGS):
            line, middle = np.repeat(line, 2), (left + right) / 2
            left = np.column_stack([left, middle]).ravel()
            right = np.column_stack([middle, right]).ravel()
            half = integral(line, left, right)
            both = half[::2] + half[1::2]
            off = np.linalg.norm(both - whole, axis=1) > enough[line[::2]]
            np.add.at(total, line[::2][~off], both[~off])
            go_on = np.repeat(off, 2)
            line, left, right, whole = (a[go_on] for a in (line, left, right, half))
            if not len(line):
                break
        np.add.at(total, line, whole)
        return (total / 2).reshape(n, lines, r)


def _cube_rule(r, n, seed, window):
    """Chords along each axis through points of the other axes, and the vectors they weigh."""
    if r == 1:
        return np.ones((1, 1)), -np.ones((1, 1)), np.ones((1, 1))
    half = 2 * _sobol(r, -(-n // 2), seed) - 1
    u = np.concatenate([half, -half])  # symmetric: a linear score is averaged exactly
    ends = np.repeat(u[None], r, axis=0), np.repeat(u[None], r, axis=0)
    outward = np.zeros((r, len(u), r))
    for axis in range(r):
        ends[0][axis, :, axis], ends[1][axis, :, axis] = 1.0, -1.0
        outward[axis, :, axis] = 1.0
    return (*(end.reshape(-1, r) for end in ends), outward.reshape(-1, r))


def _radial_rule(r, n, seed, window):
    """Chords through the center: to the sphere, or as far as a Gaussian of variance 1/3."""
    points = _sobol(r + 1, max(n, 2 * r), seed)
    if r == 1:
        points[:, 0] = (np.arange(len(points)) + 0.5) / len(points)
        normal = np.ones((len(points), 1))
    elif r == 2:  # a chord's two ends are one direction
        normal = np.column_stack([np.cos(np.pi * points[:, 1]), np.sin(np.pi * points[:, 1])])
    else:
        normal = ndtri(points[:, 1:])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    radius = chi.ppf(points[:, :1], r) / np.sqrt(3) if window == "gaussian" else 1.0
    return radius * normal, -radius * normal, radius * normal


def _calibrated(ends, opposite, outward):
    """Scale the weighing vectors so that a constant score has itself as its average."""
    moment = outward.T @ (ends - opposite)
    return np.stack([ends, opposite]), outward @ np.linalg.inv(moment).T


def _sobol(r, n, seed):
    """Scrambled Sobol points in the open unit cube, a power of two of them and at least n."""
    points = qmc.Sobol(r, rng=np.random.default_rng(seed)).random_base2(max(n - 1, 0).bit_length())
    return np.clip(points, 1e-12, 1 - 1e-12)

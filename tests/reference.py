"""The formulas once more, slowly: what the fast code is held against.

Loops and textbook formulas in NumPy and SciPy; the mixed-cell problem in integers, without
rounding. Nothing here imports the package.
"""

from fractions import Fraction
from itertools import combinations
from math import lcm

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

# ---------------------------------------------------------------- noised empirical law


def log_density(x, points, t, weights=None):
    """Log p_t(x) from differences, one row at a time."""
    n, r = points.shape
    weights = np.full(n, 1 / n) if weights is None else weights / np.sum(weights)
    t = np.broadcast_to(t, len(x))
    with np.errstate(divide="ignore"):
        log_w = np.log(weights)
    return np.array(
        [
            logsumexp(log_w - ((row - points) ** 2).sum(1) / (2 * s))
            - r / 2 * np.log(2 * np.pi * s)
            for row, s in zip(x, t, strict=True)
        ]
    )


def denoiser(x, points, t, weights=None):
    """D_t(x): softmax weights from differences, one row at a time."""
    n = len(points)
    weights = np.full(n, 1 / n) if weights is None else weights / np.sum(weights)
    out = np.empty(x.shape)
    for i, (row, s) in enumerate(zip(x, np.broadcast_to(t, len(x)), strict=True)):
        with np.errstate(divide="ignore"):
            exponents = np.log(weights) - ((row - points) ** 2).sum(1) / (2 * s)
        share = np.exp(exponents - exponents.max())
        out[i] = row + share @ (points - row) / share.sum()  # from x: offsets cost no digits
    return out


# ---------------------------------------------------------------- starting laws


def neighbors(points, m):
    """Indices of each point's m nearest others, by sorting all distances."""
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    np.fill_diagonal(distances, -1.0)
    return np.argsort(distances, axis=1, kind="stable")[:, 1 : m + 1]


def oas_shrinkage(second_moment, m):
    """Chen et al. 2010, equation 23, for the second moment of m vectors."""
    r = len(second_moment)
    square, trace = np.trace(second_moment @ second_moment), np.trace(second_moment)
    numerator = (1 - 2 / r) * square + trace**2
    denominator = (m + 1 - 2 / r) * (square - trace**2 / r)
    return 1.0 if denominator <= 1e-12 * trace**2 else min(numerator / denominator, 1.0)


def start_covariances(points, start, t0, spacing, n_neighbors, weights=None, shrinkage=(0.1, 0.1)):
    """S_k of docs/beyond_the_papers.md, section 5, (n, r, r); neighbors are counted by weight."""
    n, r = points.shape
    m = min(n_neighbors, n - 1)
    weights = np.full(n, 1 / n) if weights is None else weights
    if start == "isotropic":
        return np.repeat(t0 * np.eye(r)[None], n, axis=0)
    moments, radii = zip(*(neighborhood(points, weights, k, m) for k in range(n)), strict=True)
    if start == "adaptive":
        radius = np.array(radii)
        return t0 * ((radius / np.median(radius[radius > 0])) ** 2)[:, None, None] * np.eye(r)
    out = np.empty((n, r, r))
    G = cloud_shape(points, weights)
    for k, C in enumerate(moments):
        sphere = np.trace(C) / r
        if start == "local":
            w_g, w_s = shrinkage
            S = (1 - w_g - w_s) * C + sphere * (w_g * G + w_s * np.eye(r))
        else:
            e = oas_shrinkage(C, m)
            S = (1 - e) * C + e * sphere * np.eye(r)
        out[k] = t0 / spacing**2 * S
    return out


def neighborhood(points, weights, k, m):
    """Second moment of the differences to the m points nearest to point k, and their radius.

    A point of weight w is n w points at one place. Those of point k itself, but for one, are at
    distance 0; where 2 m other places do not make up m points, those that there are count.
    """
    n, r = points.shape
    distance = np.linalg.norm(points - points[k], axis=1)
    order = [j for j in np.argsort(distance, kind="stable") if j != k][: 2 * m]
    left = own = min(max(n * weights[k] - 1, 0.0), m)
    counted, left, radius, C = own, m - own, 0.0, np.zeros((r, r))
    for j in order:
        count = min(n * weights[j], left)
        if count > 1e-12:
            C += count * np.outer(points[j] - points[k], points[j] - points[k])
            radius = distance[j]
        counted, left = counted + count, left - count
    return C / counted, radius


def cloud_shape(points, weights):
    """G: OAS-shrunk covariance of the whole cloud, scaled to trace r."""
    r = points.shape[1]
    centered = points - weights @ points
    covariance = np.einsum("k,ki,kj->ij", weights, centered, centered)
    e = oas_shrinkage(covariance, 1 / (weights**2).sum())
    return (1 - e) * r * covariance / np.trace(covariance) + e * np.eye(r)


def mixture_log_density(x, points, covariances, weights):
    """Log-density of sum_k w_k N(y_k, S_k), by scipy."""
    parts = [
        np.log(w) + np.atleast_1d(multivariate_normal(y, S).logpdf(x))
        for y, S, w in zip(points, covariances, weights, strict=True)
        if w > 0
    ]
    return logsumexp(parts, axis=0)


def spacing(points):
    """Half the median distance of distinct points to the nearest other."""
    points = np.unique(points, axis=0)
    distances = np.linalg.norm(points[:, None] - points, axis=-1)
    np.fill_diagonal(distances, np.inf)
    return np.median(distances.min(axis=1)) / 2


# ---------------------------------------------------------------- one dimension


def line_denoiser(x, y, rho):
    """The denoiser x + t s_t(x) of docs/beyond_the_papers.md, 2, for a number x and sorted y."""
    if len(y) == 1 or x <= y[0]:
        return y[0]
    if x >= y[-1]:
        return y[-1]
    k = max(i for i in range(len(y) - 1) if y[i] <= x)
    half, middle = (y[k + 1] - y[k]) / 2, (y[k] + y[k + 1]) / 2
    delta = rho * half
    if x - y[k] <= delta:
        return y[k]
    if y[k + 1] - x <= delta:
        return y[k + 1]
    return x + delta / (half - delta) * (x - middle)


def line_flow(x, y, rho_t, rho_s):
    """phi_{t -> s} of docs/beyond_the_papers.md, 2, for one number x."""
    if len(y) == 1 or x <= y[0]:
        return y[0] + rho_s / rho_t * (x - y[0])
    if x >= y[-1]:
        return y[-1] + rho_s / rho_t * (x - y[-1])
    k = max(i for i in range(len(y) - 1) if y[i] <= x)
    half, middle = (y[k + 1] - y[k]) / 2, (y[k] + y[k + 1]) / 2
    for end in y[k], y[k + 1]:
        if abs(x - end) <= rho_t * half:
            return end + rho_s / rho_t * (x - end)
    return middle + (1 - rho_s) / (1 - rho_t) * (x - middle)


def line_atoms(y, rho_0, t0, weights=None):
    """a_k = P_{p_t0}(x ends on y_k), for sorted points y."""
    n = len(y)
    weights = np.full(n, 1 / n) if weights is None else weights
    half = np.diff(y) / 2
    left = np.concatenate([[-np.inf], y[1:] - rho_0 * half])
    right = np.concatenate([y[:-1] + rho_0 * half, [np.inf]])

    def cdf(z):
        return (weights * norm.cdf((z[:, None] - y) / np.sqrt(t0))).sum(axis=1)

    return cdf(right) - cdf(left)


# ---------------------------------------------------------------- the two models, in full


def split(X, weights, r):
    """Weighted mean, r tangent directions (rows) and mean variance along the others."""
    weights = weights / weights.sum()
    mean = weights @ X
    _, s, axes = np.linalg.svd(np.sqrt(weights)[:, None] * (X - mean), full_matrices=False)
    d = X.shape[1]
    return mean, axes[:r], (s[r:] ** 2).sum() / (d - r) if r < d else 0.0


def normal_log_density(x, mean, axes, variance):
    """Log N of the part of x - mean that is orthogonal to the axes."""
    d, r = x.shape[1], len(axes)
    if d == r:
        return np.zeros(len(x))
    centered = x - mean
    rest = centered - centered @ axes.T @ axes
    return -((d - r) * np.log(2 * np.pi * variance) + (rest**2).sum(axis=1) / variance) / 2


def empirical_model(x, X, weights, r, t_min):
    """Log-density of EmpiricalScoreDiffusion with r tangent directions."""
    mean, axes, residual = split(X, weights, r)
    tangent = log_density((x - mean) @ axes.T, (X - mean) @ axes.T, t_min, weights)
    return tangent + normal_log_density(x, mean, axes, residual + t_min)


def smoothed_pl_model(
    x, X, weights, r, kappa, delta, t0, t_min, start, n_neighbors, shrinkage=(0.1, 0.1)
):
    """Log-density of SmoothedPLDiffusion with r tangent directions: X in general position."""
    mean, axes, residual = split(X, weights, r)
    z, points = (x - mean) @ axes.T, (X - mean) @ axes.T
    rho_0, rho_min = kappa * np.sqrt(t0) / delta, kappa * np.sqrt(t_min) / delta
    share = weights / weights.sum()
    covariances = start_covariances(points, start, t0, delta, n_neighbors, share, shrinkage)
    out = normal_log_density(x, mean, axes, residual + t_min)
    for i, row in enumerate(z):
        a, support = MixedCellProblem(row, points, rho_min).by_pivoting()
        v, j = (row - (1 - rho_min) * a) / rho_min, len(support) - 1
        origin = ((1 - rho_0) * a + rho_0 * v)[None]
        out[i] += mixture_log_density(origin, points, covariances, share)[0]
        out[i] += j * np.log((1 - rho_0) / (1 - rho_min)) + (r - j) * np.log(rho_0 / rho_min)
    return out


# ---------------------------------------------------------------- mixed cells, without rounding


def _as_integers(*arrays):
    """The floats of all arrays as integers over one common power of two, and that power."""
    exact = [[float(value).as_integer_ratio() for value in np.ravel(array)] for array in arrays]
    unit = max(denominator for values in exact for _, denominator in values)
    integers = [
        np.array([top * (unit // bottom) for top, bottom in values], dtype=object)
        for values in exact
    ]
    return [i.reshape(np.shape(a)) for i, a in zip(integers, arrays, strict=True)], unit


def _solve_integers(matrix, right):
    """Solution of an integer system, as fractions; None if the system is singular.

    Fraction-free elimination (Bareiss 1968): every division leaves no remainder.
    """
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    previous = 1
    for i in range(len(rows)):
        pivot = next((j for j in range(i, len(rows)) if rows[j][0] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        p, *kept = rows[i]  # columns that are done with are dropped
        for j, (q, *row) in enumerate(rows):
            rows[j] = [(p * b - q * a) // previous for a, b in zip(kept, row)]  # noqa: B905
        rows[i], previous = kept, p
    return [Fraction(row[-1], previous) for row in rows]


class MixedCellProblem:
    """The mixed-cell problem of one x for 0 < rho < 1, solved without rounding.

    Minimize (1 - rho) |x - a|^2 + rho sum theta_k |x - y_k|^2 over theta >= 0 of sum 1, where
    a = sum theta_k y_k. The gradient is g_k = rho |y_k|^2 - 2 y_k.x + 2 (1 - rho) y_k.a up to a
    constant, and theta is a minimizer if and only if g is smallest, and equal, where theta > 0.
    """

    def __init__(self, x, points, rho):
        (x, self.y), self.unit = _as_integers(x, points)
        rho = Fraction(float(rho))
        self.curve = 2 * (rho.denominator - rho.numerator)
        self.distance = ((self.y - x) ** 2).sum(axis=1)
        self.linear = rho.numerator * (self.y**2).sum(axis=1) - 2 * rho.denominator * self.y @ x

    def affine_minimizer(self, subset):
        """Weights, and the gradient's level, on a subset; None if it is affinely dependent."""
        y = self.y[subset]
        matrix = [[*row, -1] for row in self.curve * y @ y.T] + [[1] * len(subset) + [0]]
        solved = _solve_integers(matrix, [*(-self.linear[subset]), 1])
        return None if solved is None else (solved[:-1], solved[-1])

    def exchange(self, subset):
        """Change of the weights that raises the last, in the others' hull, and keeps a."""
        y = self.y[subset[:-1]]
        matrix = [[*row, 1] for row in y @ y.T] + [[1] * len(y) + [0]]
        coordinates = _solve_integers(matrix, [*(y @ self.y[subset[-1]]), 1])[:-1]
        return [*(-c for c in coordinates), Fraction(1)]

    def center(self, subset, theta):
        """The center a, as integers over one denominator (in the units of the integer points)."""
        common = lcm(*(weight.denominator for weight in theta))
        return np.array([int(w * common) for w in theta], dtype=object) @ self.y[subset], common

    def steepest(self, subset, theta):
        """The smallest gradient over all points, and where it is."""
        a, common = self.center(subset, theta)
        gradient = common * self.linear + self.curve * self.y @ a
        k = int(np.argmin(gradient))
        return Fraction(gradient[k], common), k

    def result(self, subset, theta):
        """A rounded once, and the points of positive weight."""
        a, common = self.center(subset, theta)
        support = {k for k, weight in zip(subset, theta, strict=True) if weight > 0}
        return np.array([float(Fraction(c, common * self.unit)) for c in a]), support

    def by_enumeration(self):
        """Try every affinely independent subset; the first that meets the conditions."""
        n, r = self.y.shape
        for m in range(1, min(n, r + 1) + 1):
            for subset in map(list, combinations(range(n), m)):
                theta, level = self.affine_minimizer(subset) or ([-1], 0)
                if min(theta) >= 0 and self.steepest(subset, theta)[0] >= level:
                    return self.result(subset, theta)
        raise AssertionError("no subset meets the optimality conditions")

    def by_pivoting(self):
        """Wolfe's method, which ends in exact arithmetic; it returns once the conditions hold."""
        subset, theta = [int(np.argmin(self.distance))], [Fraction(1)]
        while True:
            goal = self.affine_minimizer(subset)
            if goal is None:
                change, reach = self.exchange(subset), None
            else:
                change, reach = [b - a for a, b in zip(theta, goal[0], strict=True)], 1
            stops = [
                (-w / c, i) for i, (w, c) in enumerate(zip(theta, change, strict=True)) if c < 0
            ]
            step, leaver = min(stops, default=(reach, None))
            if reach is not None and step >= reach:
                theta = goal[0]
                least, entrant = self.steepest(subset, theta)
                if least >= goal[1]:
                    return self.result(subset, theta)
                subset, theta = [*subset, entrant], [*theta, Fraction(0)]
            else:
                theta = [w + step * c for w, c in zip(theta, change, strict=True)]
                del subset[leaver], theta[leaver]


def mixed_cell(x, points, rho, reach=False):
    """The denoiser a (n, r), exact and then rounded once; rho is a number or (n,).

    With ``reach``, also the distance of x from the farthest point that makes up a.
    """
    a, distance = np.empty(np.shape(x)), np.empty(len(x))
    for i, (row, ratio) in enumerate(zip(x, np.broadcast_to(rho, len(x)), strict=True)):
        if ratio >= 1:
            support = [int(np.argmin(((points - row) ** 2).sum(axis=1)))]
            a[i] = points[support[0]]
        else:
            a[i], support = MixedCellProblem(row, points, ratio).by_pivoting()
        distance[i] = np.linalg.norm(points[list(support)] - row, axis=1).max()
    return (a, distance) if reach else a

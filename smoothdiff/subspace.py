"""Tangent and normal directions of the data, by principal component analysis.

PCA gives the mean m, r orthonormal tangent directions U and d - r normal ones. Whatever is
isotropic decouples exactly: tangent coordinates U (x - m) carry the training points, and along
the normal directions the data are Gaussian, of the mean residual variance sigma^2:

    score   -x_n / (sigma^2 + t)
    flow    x_n(s) = x_n(t) sqrt((sigma^2 + s) / (sigma^2 + t))

A column that is constant in the data is a normal direction of variance 0, known to be one. The
diffusion noises it as all others, but samples have the constant there, whatever noise they keep
elsewhere, and their density is with respect to the volume of the columns that vary.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import ArpackError, svds
from scipy.special import gammaln

from ._compute import map_threads, slices

__all__ = ["Subspace", "fit_subspace", "gaussian_log_density", "whole_space"]

# Rows that are looked at together, and have one triangular factor.
ROWS_AT_ONCE = 16384
# The leading directions alone are computed where the data have at least so many, and no more than
# this part of them is asked for.
TRUNCATED_FROM, TRUNCATED_SHARE = 128, 0.2
# Part of the squares beyond the leading directions, from which it is their difference.
CANCELED = 1e-6
# Columns of a direction are as large as the largest if they are up to this part of it.
AS_LARGE = 1e-6


@dataclass(frozen=True, eq=False)
class Subspace:
    """An affine subspace of R^d and the noise around it.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.subspace import fit_subspace
    >>> X = np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 3.0]])
    >>> subspace = fit_subspace(X, np.full(3, 1 / 3), "auto", 3)
    >>> bool(np.allclose(subspace.lift(subspace.project(X)), X))
    True
    """

    mean: np.ndarray
    """Weighted mean of the data, (d,); in constant columns the constant itself."""
    components: np.ndarray
    """Orthonormal tangent directions, (r, d), by decreasing variance; 0 in constant columns."""
    explained_variance: np.ndarray
    """Variance of the data along each of them, (r,)."""
    noise_variance: float
    """Mean variance along the normal directions; 0 if the data lie in the subspace."""
    constant: np.ndarray
    """Which columns are constant in the data, boolean (d,)."""

    @property
    def dim(self):
        """Number of tangent directions, r."""
        return len(self.components)

    @property
    def n_normal(self):
        """Number of normal directions, those of constant columns left out."""
        return int((~self.constant).sum()) - self.dim

    @property
    def has_normal(self):
        """Whether there is any normal direction."""
        return self.dim < len(self.mean)

    @property
    def is_exact(self):
        """Whether the data lie in the subspace and do not fill the space of their columns."""
        return self.n_normal > 0 and self.noise_variance == 0

    @property
    def _variances(self):
        """Variance of the normal part in each column, (d,)."""
        return np.where(self.constant, 0.0, self.noise_variance)

    def project(self, X, out=None):
        """Tangent coordinates (n, r) of X (n, d); into ``out``, of any precision, if given."""
        if out is None:
            return (X - self.mean) @ self.components.T
        for rows in slices(len(X), ROWS_AT_ONCE):
            out[rows] = self.project(X[rows])
        return out

    def column_variances(self, X, weights):
        """Weighted mean squares about the mean, of each column of X (n, d)."""
        return sum(
            weights[rows] @ (X[rows] - self.mean) ** 2 for rows in slices(len(X), ROWS_AT_ONCE)
        )

    def lift(self, points):
        """Points (n, r) of the subspace in the space of the data, (n, d)."""
        return self.mean + points @ self.components

    # ------------------------------------------------------------------ the normal part

    def normal_part(self, X, points=None):
        """Component (n, d) of X - mean along the normal directions; ``points`` is project(X)."""
        points = self.project(X) if points is None else points
        return X - self.mean - points @ self.components

    def draw_normal(self, generator, n, t):
        """Draw the normal part of n states at variance t, (n, d), or 0.0 where there is none."""
        if not (self.has_normal and self.noise_variance + t > 0):
            return 0.0
        noise = generator.standard_normal((n, len(self.mean)))
        noise -= (noise @ self.components.T) @ self.components
        return np.sqrt(self._variances + t) * noise

    def draw_sample_normal(self, generator, n, t):
        """The same for samples, which have the constant in constant columns."""
        noise = self.draw_normal(generator, n, t)
        if self.has_normal:
            noise = np.where(self.constant, 0.0, noise)
        return noise

    def denoise_normal(self, normal, t):
        """Posterior mean of the normal part at variance t, which is a float or (n, 1)."""
        return normal * (self._variances / (self._variances + t))

    def score_normal(self, normal, t):
        """Score of the normal part at variance t, which is a float or (n, 1)."""
        return -normal / (self._variances + t)

    def flow_normal(self, normal, t, s):
        """Normal part at variance s of what it is at t."""
        return normal * np.sqrt((self._variances + s) / (self._variances + t))

    def normal_log_density(self, normal, t):
        """Log-density of the normal part of samples at variance t, (n,)."""
        normal = normal[:, ~self.constant]
        squared = np.einsum("nd,nd->n", normal, normal)
        return gaussian_log_density(squared, self.n_normal, self.noise_variance + t)

    def off(self, X):
        """Which rows of X differ from the data in a column that is constant there, (n,)."""
        return (X[:, self.constant] != self.mean[self.constant]).any(axis=1)


def gaussian_log_density(squared_norm, dim, variance):
    """Log N(x; 0, variance I) in ``dim`` dimensions from |x|^2, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.subspace import gaussian_log_density
    >>> gaussian_log_density(np.array([1.0]), 2, 0.5).round(4)
    array([-2.1447])
    """
    with np.errstate(over="ignore"):  # far tails of a narrow law
        return -(dim * np.log(2 * np.pi * variance) + squared_norm / variance) / 2


def whole_space(X, weights) -> Subspace:
    """All columns of X as tangent directions, about the weighted mean.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.subspace import whole_space
    >>> whole_space(np.zeros((1, 3)), np.ones(1)).dim
    3
    """
    mean = X[0] + weights @ (X - X[0])
    d = len(mean)
    return Subspace(mean, np.eye(d), weights @ (X - mean) ** 2, 0.0, np.zeros(d, dtype=bool))


def fit_subspace(X, weights, n_components="auto", n_effective=None) -> Subspace:
    """Split the space of X into tangent and normal directions.

    Parameters
    ----------
    X : array of shape (n, d)
    weights : array of shape (n,), of sum 1
    n_components : "auto", int, float in (0, 1), "mle" or None
        "auto" is the numerical rank; the others are as in scikit-learn's PCA. Constant columns
        are tangent directions only where an integer asks for more than there are columns that vary.
    n_effective : float, optional
        Number of observations that the weights stand for (used by "mle"); n by default.

    Notes
    -----
    Variances are weighted means of squares: a weight is a repetition. Singular values are those
    of the centered data themselves, not of a covariance matrix, which would resolve only half
    the digits. A direction counts as flat when its standard deviation is what rounding of X
    (whose offset may be large) could have left. Of many directions a few are computed by
    Lanczos iterations, to rounding.

    References
    ----------
    Minka, "Automatic choice of dimensionality for PCA", 2000 ("mle").

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.subspace import fit_subspace
    >>> X = np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 3.0]])
    >>> fit_subspace(X, np.full(3, 1 / 3), "auto", 3).dim
    1
    """
    low, high = X.min(axis=0), X.max(axis=0)
    constant = low == high
    if constant.all():  # one point: there is no law but the noise, in every direction
        constant[:] = False
    varies = ~constant
    # Relative to a row first: a mean of large offsets would lose the digits of small differences.
    first = X[0].astype(np.float64)
    mean = first + sum(weights[rows] @ (X[rows] - first) for rows in slices(len(X), ROWS_AT_ONCE))
    mean[constant] = first[constant]

    def centered(rows=slice(None)):
        return np.sqrt(weights[rows])[:, None] * (X[rows] - mean)[:, varies]

    n, d = len(X), int(varies.sum())
    eps = np.finfo(np.float64).eps
    rounding = 8 * np.sqrt(d) * float(np.maximum(high, -low)[varies].max()) * eps
    few = isinstance(n_components, (int, np.integer)) and n_components <= TRUNCATED_SHARE * min(
        n, d
    )
    truncated = few and min(n, d) >= TRUNCATED_FROM and X.dtype == np.float64
    leading = _leading(whole := centered(), int(n_components)) if truncated else None
    if leading:
        r, (deviations, directions) = int(n_components), leading
        total = np.einsum("nd,nd->", whole, whole)
        flat = max(max(n, d) * deviations[0] * eps, rounding)
        residual = total - (deviations**2).sum()
        if residual < CANCELED * total:  # the difference has no digits left
            whole -= (whole @ directions.T) @ directions
            residual = np.einsum("nd,nd->", whole, whole)
        residual /= d - r
        residual = residual if residual > flat**2 else 0.0
    else:
        factor = _triangular(centered, n, d)
        _, deviations, directions = np.linalg.svd(factor, full_matrices=False)
        flat = max(max(n, d) * deviations[0] * eps, rounding)
        rank = max(int((deviations > flat).sum()), 1)
        r = _dimension(deviations**2, n_components, rank, n if n_effective is None else n_effective)
        residual = (deviations[r:] ** 2).sum() / (d - r) if r < min(d, rank) else 0.0

    components = np.zeros((r, len(mean)))
    components[:, varies] = _told_apart(directions, deviations, r, max(n, d) * eps)
    if isinstance(n_components, (int, np.integer)) and n_components > d:
        asked_for = np.flatnonzero(constant)[: n_components - d]
        components = np.concatenate([components, np.eye(len(mean))[asked_for]])
        deviations = np.concatenate([deviations[:r], np.zeros(len(asked_for))])
        constant[asked_for] = False
    variance = deviations[: len(components)] ** 2
    return Subspace(mean, components, variance, float(residual), constant)


def _triangular(centered, n, d):
    """Rows with the singular values and right singular vectors of the data: fewer, if there are.

    ``centered`` is a function of a slice of the n rows.
    """
    if n <= d:
        return centered()
    factors = map_threads(
        lambda rows: np.linalg.qr(centered(rows), mode="r"), slices(n, ROWS_AT_ONCE)
    )
    return factors[0] if len(factors) == 1 else np.linalg.qr(np.concatenate(factors), mode="r")


def _leading(centered, r):
    """The r largest singular values, and their right singular vectors (r, d).

    None where more are as large than the iterations can hold.
    """
    start = np.random.default_rng(0).normal(size=min(centered.shape))
    try:
        _, deviations, directions = svds(centered, k=r, v0=start, solver="arpack")
    except ArpackError:
        return None
    order = np.argsort(-deviations)
    return deviations[order], directions[order]


def _told_apart(directions, deviations, r, rounding):
    """The first r directions (r, d), where neither signs nor ties depend on how they were found.

    Of those with one deviation, but for ``rounding`` of the largest, any rotation would do: in turn
    the one that is nearest to a column is taken. Each is positive in its largest column, the first
    of several that are as large: the two levels of a category have the same, and opposite signs.
    """
    directions = directions.copy()
    bounds = np.flatnonzero(np.diff(deviations) < -rounding * deviations[0]) + 1
    for tied in np.split(np.arange(len(directions)), bounds):
        for i in tied[tied < r]:
            rest = directions[i : tied[-1] + 1]
            length = np.linalg.norm(rest, axis=0)
            nearest = np.argmax(length > (1 - AS_LARGE) * length.max())
            turn = rest[:, nearest] / length[nearest]
            turn[0] -= 1  # the reflection that brings this to the first place
            if turn.any():
                rest -= np.outer(turn, turn @ rest) * (2 / (turn @ turn))
    return directions[:r]


def _dimension(variance, n_components, rank, n_effective):
    """Number of tangent directions that ``n_components`` asks for."""
    if n_components is None:
        return len(variance)
    if n_components == "auto":
        return rank
    if n_components == "mle":
        return _minka_dimension(variance, n_effective)
    if not variance.any():  # one point
        return 1
    if n_components < 1:
        share = np.cumsum(variance) / variance.sum()
        return min(int(np.searchsorted(share, n_components, side="right")) + 1, len(variance))
    return min(int(n_components), len(variance))


def _minka_dimension(variance, n):
    """Dimension of greatest evidence under probabilistic PCA (Minka 2000, equation 30)."""
    d = len(variance)
    evidence = np.full(d, -np.inf)
    for k in range(1, d):
        noise = variance[k:].sum() / (d - k)
        if variance[k - 1] <= 1e-15 * variance[0] or noise <= 0:
            break
        i = np.arange(k)
        log_volume = (gammaln((d - i) / 2) - (d - i) / 2 * np.log(np.pi)).sum() - k * np.log(2)
        lowered = np.where(np.arange(d) < k, variance, noise)
        difference = variance[:k, None] - variance
        pairs = (difference > 0) & (i[:, None] < np.arange(d))
        precision = (1 / lowered - 1 / lowered[:k, None])[pairs]
        pairs = (np.log(difference[pairs]) + np.log(precision) + np.log(n)).sum()
        parameters = d * k - k * (k + 1) / 2
        evidence[k] = (
            log_volume
            - n / 2 * np.log(variance[:k]).sum()
            - n * (d - k) / 2 * np.log(noise)
            + (parameters + k) / 2 * np.log(2 * np.pi)
            - pairs / 2
            - k / 2 * np.log(n)
        )
    return max(int(np.argmax(evidence)), 1)

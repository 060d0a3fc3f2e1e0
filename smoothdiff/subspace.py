"""Tangent and normal directions of the data, by principal component analysis.

PCA gives the mean m, r orthonormal tangent directions U and d - r normal ones. Whatever is
isotropic decouples exactly: tangent coordinates U (x - m) carry the training points, and along
the normal directions the data are Gaussian, of the mean residual variance.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

__all__ = ["Subspace", "fit_subspace"]


class Subspace(NamedTuple):
    """An affine subspace of R^d and the noise around it."""

    mean: np.ndarray
    """Weighted mean of the data, (d,)."""
    components: np.ndarray
    """Orthonormal tangent directions, (r, d), by decreasing variance."""
    explained_variance: np.ndarray
    """Variance of the data along each of them, (r,)."""
    noise_variance: float
    """Mean variance along the normal directions; 0 if the data lie in the subspace."""

    def project(self, X):
        """Tangent coordinates (n, r) of X (n, d)."""
        # einsum treats each row alike, where a blocked product can round equal rows differently.
        return np.einsum("nd,rd->nr", X - self.mean, self.components)

    def lift(self, points):
        """Points (n, r) of the subspace in the space of the data, (n, d)."""
        return self.mean + points @ self.components

    def normal_part(self, X, points=None):
        """Component (n, d) of X - mean that is orthogonal to the subspace."""
        points = self.project(X) if points is None else points
        return X - self.mean - points @ self.components


def fit_subspace(X, weights, n_components="auto", n_effective=None) -> Subspace:
    """Split the space of X into tangent and normal directions.

    Parameters
    ----------
    X : array of shape (n, d)
    weights : array of shape (n,), of sum 1
    n_components : "auto", int, float in (0, 1), "mle" or None
        "auto" is the numerical rank; the others are as in scikit-learn's PCA.
    n_effective : float, optional
        Number of observations that the weights stand for (used by "mle"); n by default.

    Notes
    -----
    Variances are weighted means of squares: a weight is a repetition. Singular values are those
    of the centered data themselves, not of a covariance matrix, which would resolve only half
    the digits. A direction counts as flat when its standard deviation is what rounding of X
    (whose offset may be large) could have left.

    References
    ----------
    Minka, "Automatic choice of dimensionality for PCA", 2000 ("mle").
    """
    n, d = X.shape
    # Relative to a row first: a mean of large offsets would lose the digits of small differences.
    mean = X[0] + weights @ (X - X[0])
    centered = np.sqrt(weights)[:, None] * (X - mean)
    if n > d:
        centered = np.linalg.qr(centered, mode="r")
    _, deviations, components = np.linalg.svd(centered, full_matrices=False)
    eps = np.finfo(np.float64).eps
    flat = max(max(n, d) * deviations[0], 8 * np.sqrt(d) * np.abs(X).max()) * eps
    rank = max(int((deviations > flat).sum()), 1)
    variance = deviations**2

    if n_components is None:
        r = len(deviations)
    elif isinstance(n_components, str) and n_components == "auto":
        r = rank
    elif isinstance(n_components, str):
        r = _minka_dimension(variance, n if n_effective is None else n_effective)
    elif n_components < 1:
        share = np.cumsum(variance) / variance.sum()
        r = min(int(np.searchsorted(share, n_components, side="right")) + 1, len(deviations))
    else:
        r = int(n_components)

    components = components[:r]
    largest = np.take_along_axis(components, np.abs(components).argmax(1)[:, None], axis=1)
    components = components * np.where(largest < 0, -1.0, 1.0)
    residual = variance[r:].sum() / (d - r) if r < min(d, rank) else 0.0
    return Subspace(mean, components, variance[:r], float(residual))


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
        pairs = [
            np.log(variance[a] - variance[b]) + np.log(1 / lowered[b] - 1 / lowered[a]) + np.log(n)
            for a in range(k)
            for b in range(a + 1, d)
            if variance[a] > variance[b]
        ]
        parameters = d * k - k * (k + 1) / 2
        evidence[k] = (
            log_volume
            - n / 2 * np.log(variance[:k]).sum()
            - n * (d - k) / 2 * np.log(noise)
            + (parameters + k) / 2 * np.log(2 * np.pi)
            - sum(pairs) / 2
            - k / 2 * np.log(n)
        )
    return max(int(np.argmax(evidence)), 1)

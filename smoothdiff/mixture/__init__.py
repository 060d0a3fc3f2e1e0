"""Gaussian mixtures with one component for each training point: log-density and posterior mean.

    p(x) = sum_k exp(c_k - h_k |x - y_k|^2 + |F_k (x - y_k)|^2)
    D(x) = sum_k P(k | x) y_k

``c_k`` holds the log-weight and the normalization, ``h_k`` half the precision, and the optional
factors ``F_k`` lower the precision along some directions. The noised empirical law p_t and the
starting laws are of this form.

The sums run over tiles of points: memory is one tile, never queries x points. Points are sorted by
how wide their components are and then in space, so that a tile has a small box, one decay, and
thereby an upper bound on its sum at each query: tiles that no query needs are left out.
"""

from ._sums import log_density, posterior_mean, posterior_moments
from ._tiles import Mixture, tile

__all__ = ["Mixture", "log_density", "posterior_mean", "posterior_moments", "tile"]

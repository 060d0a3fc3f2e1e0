"""Integrals on a line of functions with kinks and jumps, with an error that holds.

Clenshaw and Curtis's rule on panels that are bisected until their errors are small. Its nodes
include both ends of a panel, so that a kink or a jump always lies between two nodes and shows in
the last Chebyshev coefficients. The error said of a panel is twice its width times the largest of
these; of jumps and kinks anywhere in a panel the true one was at most half of that.
"""

import numpy as np

__all__ = ["integral"]

# Panels are cut into so many intervals; the rule's nodes are their ends.
DEGREE = 16
# Chebyshev coefficients looked at, the last ones.
TAIL = 5
# Bisections of a panel, panels at a time, and the relative error that is enough.
MAX_LEVELS, MAX_PANELS, TOLERANCE = 60, 4096, 1e-12
# Positions asked for at once.
AT_ONCE = 4096


def _rule():
    """Nodes (N + 1,) on [-1, 1], their weights, and the matrix of Chebyshev coefficients."""
    k = np.arange(DEGREE + 1)
    coefficients = np.cos(np.pi * np.outer(k, k) / DEGREE) * 2 / DEGREE
    coefficients[:, [0, -1]] /= 2
    coefficients[[0, -1]] /= 2
    integrals = np.zeros(DEGREE + 1)  # of the Chebyshev polynomials
    integrals[::2] = 2 / (1 - k[::2] ** 2.0)
    return np.cos(np.pi * k / DEGREE), integrals @ coefficients, coefficients


NODES, WEIGHTS, COEFFICIENTS = _rule()


def integral(function, left, right, *, tolerance=TOLERANCE, rounding=0.0):
    """Integral over some panels, and how far off it may be.

    Parameters
    ----------
    function : callable
        Values (m,) at positions (m,).
    left, right : arrays of shape (n,)
        Where panels begin and end. The function may jump there: what counts is its value inside,
        by two roundings of the position.
    tolerance : float
        Relative error that is enough.
    rounding : float
        Error of sqrt(function): below what it makes of the integral nothing is bisected.

    Returns
    -------
    value, error : float
        The error is an upper bound for functions that are smooth but for a few kinks and jumps;
        it also admits to what a limit on the panels left undone, and to rounding.
    """
    left, right = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    n_panels, inset = len(left), 2 * np.spacing(max(np.abs(left).max(), np.abs(right).max()))
    value = error = noise = hidden = 0.0
    for level in range(MAX_LEVELS):
        half, middle = (right - left) / 2, (right + left) / 2
        x = middle[:, None] + np.maximum(half - inset, 0.0)[:, None] * NODES
        parts = np.array_split(x.ravel(), -(-x.size // AT_ONCE))
        values = np.concatenate([function(part) for part in parts]).reshape(x.shape)
        found = half * (values @ WEIGHTS)
        tail = np.abs(values @ COEFFICIENTS[-TAIL:].T).max(axis=1)
        doubt = 4 * half * tail
        total = abs(value + found.sum())
        hidden = max(hidden, 2 * inset * np.abs(values).max())  # of a jump within an inset
        noise = rounding * np.sqrt(total) + rounding**2 + hidden
        enough = tolerance * total + noise
        # A panel may take its share of the length, and an equal share.
        share = half / (half.sum() + 1e-300) / 2 + 0.5 / len(half)
        open_ = (doubt > enough * share) & (half > inset)
        last = level == MAX_LEVELS - 1 or open_.sum() > max(MAX_PANELS, n_panels) // 2
        closed = np.ones_like(open_) if last else ~open_
        value, error = value + found[closed].sum(), error + doubt[closed].sum()
        if closed.all():
            break
        left, middle, right = left[open_], middle[open_], right[open_]
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
    return float(value), float(error + noise)

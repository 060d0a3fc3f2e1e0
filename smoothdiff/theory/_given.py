"""What the theory's functions are given, in one form: points on a line, and fields of all kinds."""

import numpy as np

from .. import _checks as checks
from ..cloud import PointCloud, as_cloud

__all__ = ["as_generator", "field_at", "field_values", "on_a_line"]

# Variances so few are levels, at each of which a field is called by itself.
MAX_LEVELS = 16
# Points lie on a line in d dimensions if they are off it by this part of its length, by rounding.
OFF_LINE = 1e-12


def on_a_line(points, weights=None, *, embedded=False):
    """Sorted positions (n,) and weights (n,) of two or more points, or of a cloud, on a line.

    ``embedded``: or on one in d dimensions, (n, d) in any order; positions are then along it.
    """
    if isinstance(points, PointCloud) or (
        embedded and np.ndim(points) == 2 and np.shape(points)[1] > 1
    ):
        cloud = as_cloud(points, weights)
        if embedded and cloud.dim > 1:
            centered = cloud.points - cloud.points.mean(axis=0)
            _, lengths, axes = np.linalg.svd(centered, full_matrices=False)
            if lengths[1:].max(initial=0.0) <= OFF_LINE * lengths[0]:
                cloud = PointCloud(centered @ axes[:1].T, cloud.weights)
        if cloud.dim > 1 or len(cloud) < 2:
            shape = cloud.points.shape
            raise ValueError(f"points must be two or more on a line. Got shape {shape} instead.")
        y, order, _ = cloud.sorted_line
        return y, cloud.weights[order]
    column = np.ndim(points) == 2 and np.shape(points)[1] == 1
    y = checks.increasing(np.ravel(points) if column else points, "points")
    return y, checks.weights(weights, len(y))


def as_generator(random_state):
    """A NumPy generator; ValueError, in a sentence, for what is no seed."""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(f"random_state must be a seed. Got {random_state!r}: {error}.") from None


def field_values(score, x, t, name="score"):
    """The score at x (m, d), checked to be of its shape and finite."""
    value = np.asarray(score(x, t), dtype=np.float64)
    if value.shape != x.shape:
        raise ValueError(f"{name} must return shape {x.shape}. Got shape {value.shape} instead.")
    return checks.array(value, f"What {name} returns", "finite", np.isfinite)


def field_at(field, x, t, name="field"):
    """Values (m, d) of a score at x (m, d) and variances (m,): called, or an array as it is.

    It is called at each variance by itself, a float, where they are few; else with all of them.
    """
    if not callable(field):
        field = checks.array(field, name, "finite", np.isfinite)
        field = field[:, None] if field.ndim == 1 else field
        if field.shape != x.shape:
            raise ValueError(
                f"{name} must be callable, or of the shape {x.shape} of x. "
                f"Got shape {field.shape} instead."
            )
        return field
    levels = np.unique(t)
    if len(levels) > MAX_LEVELS:
        return field_values(field, x, t, name)
    values = np.empty(x.shape)
    for level in levels:
        values[t == level] = field_values(field, x[t == level], float(level), name)
    return values

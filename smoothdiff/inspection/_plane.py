"""The line or plane through the space of the data that a picture shows.

    coordinates (x - o) U';   point at coordinates c:  o + c U

U are one or two columns, or principal directions of the data; o is where the line or plane cuts
the directions that are not drawn.
"""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from .. import _checks as checks

__all__ = ["Plane", "aspect_of", "choose_plane", "column_names", "columns_of"]

# Ranges that differ by no more than this factor are drawn to one scale.
ONE_SCALE = 2.5


@dataclass(frozen=True, eq=False)
class Plane:
    """A line (k = 1) or plane (k = 2) in R^d, with orthonormal directions."""

    origin: np.ndarray
    """Point at coordinates 0, (d,)."""
    directions: np.ndarray
    """(k, d)."""
    labels: tuple[str, ...]
    """Names of the k coordinates."""
    whole: bool
    """Whether the law has no shape off it: all columns that vary, or all tangent directions."""
    where: str
    """The point that it goes through, in words."""

    @property
    def dim(self):
        """1 for a line, 2 for a plane."""
        return len(self.directions)

    @property
    def kind(self):
        """What it is, in words."""
        return "plane" if self.dim == 2 else "line"

    def project(self, X):
        """Coordinates (..., k) of X (..., d)."""
        return (X - self.origin) @ self.directions.T

    def lift(self, coordinates):
        """Points (n, d) at the coordinates (n, k)."""
        return self.origin + coordinates @ self.directions

    def part(self, vectors):
        """Coordinates (..., k) of what vectors (..., d) have within the plane."""
        return vectors @ self.directions.T

    def grid(self, coordinates, resolution, margin):
        """Values along each coordinate (k arrays), beyond given ones (n, k) by a part of the range.

        Where all are equal the range is 1. There are ``resolution`` values along the longer axis,
        and as many along the other as make the cells squares if both have one scale.
        """
        low, high = coordinates.min(axis=0), coordinates.max(axis=0)
        beyond = np.where(high > low, margin * (high - low), 0.5)
        ends = np.stack([low - beyond, high + beyond])
        n = np.full(self.dim, resolution)
        if self.dim == 2 and aspect_of(*ends.T) == "equal":
            ranges = np.ptp(ends, axis=0)
            n = np.maximum(np.round(resolution * ranges / ranges.max()), 2)
        return [np.linspace(a, b, int(k)) for (a, b), k in zip(ends.T, n, strict=True)]

    def points_of(self, axes):
        """All points (n, d) of the grid with values along its axes, the first running fastest."""
        values = np.meshgrid(*axes)
        return self.lift(np.column_stack([value.ravel() for value in values]))


def aspect_of(x, y):
    """One scale for two coordinates of similar range, whose angles are then true."""
    ranges = np.ptp(x), np.ptp(y)
    return "equal" if max(ranges) <= ONE_SCALE * min(ranges) else "auto"


def choose_plane(estimator, X, features=None, components=None, through=None) -> Plane:
    """The line or plane that the arguments name.

    Parameters
    ----------
    estimator : fitted estimator
    X : array of shape (n, d)
        Rows; their mean counts for estimators without ``mean_``.
    features, components : int, str or one or two of them, optional
        Columns, or principal directions of an estimator with ``components_``, counted from 0. By
        default the tangent line or plane of data with one or two tangent dimensions, else the
        first two columns or, where there are more than two, components.
    through : array of shape (d,), optional
        A point on it; the mean by default.

    Raises
    ------
    ValueError, TypeError
        For features or components that do not exist, are more than two or the same twice.
    """
    d = X.shape[1]
    mean = getattr(estimator, "mean_", None)
    if mean is None:
        mean = X[0] + (X - X[0]).mean(axis=0)  # a constant column keeps its constant
    tangent = getattr(estimator, "components_", None)
    if features is not None and components is not None:
        raise ValueError("Give features or components, not both.")
    if features is None and components is None:
        features, components = _default(d, tangent)
    point, where = mean, "the mean"
    if through is not None:
        point = checks.array(through, "through", "finite", np.isfinite, (d,))
        where = "a given point"
    if components is None:
        return _of_columns(estimator, features, point, where)
    if tangent is None:
        raise TypeError(
            "components needs an estimator with principal components, such as "
            f"SmoothedPLDiffusion. Got {type(estimator).__name__} instead; give features."
        )
    chosen = _chosen(components, "components", len(tangent))
    directions = tangent[chosen]
    origin = point - ((point - mean) @ directions.T) @ directions
    labels = tuple(f"component {i + 1}" for i in chosen)
    return Plane(origin, directions, labels, len(chosen) == len(tangent), where)


def _of_columns(estimator, features, point, where):
    d = len(point)
    names = column_names(estimator, d)
    chosen = columns_of(features, names)
    origin = point.copy()
    origin[chosen] = 0.0
    diffusion = getattr(estimator, "diffusion_", None)
    varies = set(range(d) if diffusion is None else np.flatnonzero(~diffusion.subspace.constant))
    labels = tuple(names[i] for i in chosen)
    return Plane(origin, np.eye(d)[chosen], labels, varies <= set(chosen), where)


def _default(d, tangent):
    """Features and components where neither is given."""
    if tangent is not None and (len(tangent) == 1 < d or d > 2):
        return None, range(min(len(tangent), 2))
    return range(min(d, 2)), None


def column_names(estimator, d):
    """Names of the columns: those of the training table, else x1, x2, ..."""
    names = getattr(estimator, "feature_names_in_", None)
    return [f"x{i + 1}" for i in range(d)] if names is None else [str(name) for name in names]


def columns_of(features, names):
    """Numbers of the columns that ``features`` are, by number or by name."""
    features = [features] if isinstance(features, str) else features
    if isinstance(features, (list, tuple, np.ndarray)):
        for name in features:
            if isinstance(name, str) and name not in names:
                raise ValueError(f"features must name columns of X. Got {name!r} instead.")
        features = [names.index(f) if isinstance(f, str) else f for f in features]
    return _chosen(features, "features", len(names))


def _chosen(value, name, n):
    """One or two different numbers below n, as a list."""
    wanted = f"one or two different integers from 0 to {n - 1}"
    wanted += " or names" if name == "features" else ""
    listed = [value] if checks.is_number(value) else value
    if not isinstance(listed, (list, tuple, range, np.ndarray)):
        checks.refuse(value, name, wanted, error=TypeError)
    listed = list(listed)
    if not all(checks.is_number(i, Integral) for i in listed):
        checks.refuse(value, name, wanted, error=TypeError)
    if not (1 <= len(listed) <= 2 and all(0 <= i < n for i in listed)):
        checks.refuse(value, name, wanted)
    if len(set(listed)) < len(listed):
        checks.refuse(value, name, wanted)
    return [int(i) for i in listed]

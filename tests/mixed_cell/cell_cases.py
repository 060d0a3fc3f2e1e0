"""Clouds of every kind, points to solve for among them, and how exact an answer must be."""

from itertools import product

import numpy as np
import reference
from given import normal

EPS = np.finfo(float).eps
RATIOS = [1e-4, 0.03, 0.5, 0.999]


def grid(*ticks):
    return np.array(list(product(*ticks)), dtype=float)


def circle(n, center=(0.0, 0.0)):
    angle = 2 * np.pi * np.arange(n) / n
    return np.c_[np.cos(angle), np.sin(angle)] + center


def sphere(n, r):
    points = normal(n, r)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def twins(r, gap, n=25):
    points = normal(n, r)
    return np.concatenate([points, points[: n // 2] + gap * normal(n // 2, r, 1)])


def clusters(r, apart):
    centers = apart * np.eye(3, r)
    return np.concatenate([normal(12, r, seed) + c for seed, c in enumerate(centers)])


CLOUDS = {
    "random 2-D": lambda: normal(60, 2),
    "random 3-D": lambda: normal(60, 3),
    "random 5-D": lambda: normal(60, 5),
    "clusters 2-D, 1e3 apart": lambda: clusters(2, 1e3),
    "clusters 2-D, 1e6 apart": lambda: clusters(2, 1e6),
    "clusters 3-D, 1e6 apart": lambda: clusters(3, 1e6),
    "twins 2-D, 1e-12 apart": lambda: twins(2, 1e-12),
    "twins 2-D, 1e-7 apart": lambda: twins(2, 1e-7),
    "twins 2-D, 1e-3 apart": lambda: twins(2, 1e-3),
    "twins 3-D, 1e-5 apart": lambda: twins(3, 1e-5),
    "scales from 1e-6 to 1e6": lambda: normal(60, 2) * 10.0 ** np.linspace(-6, 6, 60)[:, None],
    "grid 2-D": lambda: grid(range(5), range(6)),
    "grid 3-D": lambda: grid(range(3), range(4), range(3)),
    "uneven grid 3-D": lambda: grid([0, 1, 1.25, 7], [0, 0.1, 0.9], [-2, 0, 3]),
    "circle": lambda: circle(16),
    "circle and its center": lambda: np.concatenate([circle(9), [[0.0, 0.0]]]),
    "circle, center far from 0": lambda: circle(12, (1e5, -1e5)),
    "sphere 3-D": lambda: sphere(30, 3),
    "duplicates": lambda: np.repeat(normal(12, 2), 3, axis=0),
    "line in 2-D": lambda: normal(20, 1) * [1.0, 2.0],
    "line in 3-D": lambda: normal(20, 1) * [1.0, 2.0, -0.3],
    "plane in 3-D": lambda: normal(30, 2) @ normal(2, 3, 1),
    "fewer points than dimensions": lambda: normal(4, 6),
    "offset of 1e8": lambda: normal(40, 2) + 1e8,
    "two points": lambda: np.array([[0.0, 0.0], [1.0, 1.0]]),
    "one point": lambda: np.array([[0.3, 0.2]]),
}


def circumcenters(points, x):
    """Centers of the spheres through the r + 1 points nearest to each x (least squares if none)."""
    out = []
    for row in x:
        near = points[np.argsort(((points - row) ** 2).sum(axis=1))[: points.shape[1] + 1]]
        differences = near[1:] - near[0]
        offset = np.linalg.lstsq(2 * differences, (differences**2).sum(axis=1), rcond=1e-9)[0]
        out.append(near[0] + offset)
    return np.array(out)


def queries(points, m=12):
    """Points of every kind: on, between, amid, around and far outside the training points."""
    rng = np.random.default_rng(5)
    i, j, k = rng.integers(len(points), size=(3, m))
    width = np.ptp(points, axis=0).max() + 1
    middle = points.mean(axis=0)
    around = middle + width * rng.uniform(-1, 1, size=(m, points.shape[1]))
    distances = np.linalg.norm(points[i, None] - points, axis=-1)
    gap = np.sort(distances, axis=1)[:, :3].max(axis=1)
    twin = points[np.argsort(distances, axis=1)[:, min(1, len(points) - 1)]]
    beside = points[i] + (gap[:, None] + 1e-9) * rng.normal(size=(m, points.shape[1]))
    return np.concatenate(
        [
            points[i],
            (points[i] + twin) / 2,
            0.7 * points[i] + 0.3 * twin,
            (points[i] + points[j]) / 2,
            (points[i] + points[j] + points[k]) / 3,
            circumcenters(points, beside),
            around,
            beside,
            middle + 1e3 * (around - middle),
        ]
    )


def rounding(x, points, rho):
    """What rounding of the coordinates of x and of the points near it does to a, (n,)."""
    distances = np.linalg.norm(x[:, None] - points, axis=-1)
    size = np.linalg.norm(points[distances.argmin(axis=1)], axis=1) + np.linalg.norm(x, axis=1)
    size += np.sort(distances, axis=1)[:, : min(2, len(points))].max(axis=1)
    return 16 * EPS * size / (1 - np.minimum(rho, 0.9999))


def assert_close_rows(actual, desired, bound):
    error = np.linalg.norm(actual - desired, axis=1)
    bound = np.broadcast_to(bound, error.shape)
    worst = int(np.argmax(error - bound))
    assert error[worst] <= bound[worst], (
        f"row {worst}: {actual[worst]} instead of {desired[worst]}, "
        f"error {error[worst]:.1e} over {bound[worst]:.1e}"
    )


def assert_exact(cell, x, points, rho):
    """Error of a: at most 1e-9 of the distance of x from the points that make up a."""
    expected, reach = reference.mixed_cell(x, points, rho, reach=True)
    assert_close_rows(cell.a, expected, 1e-9 * reach + rounding(x, points, rho))

"""The explorer's mixed cells, scores and densities are the library's, to 1e-9.

Where points tie, theta is not unique; a, and with it the score and the density, is. From rho = 1 on
a is the nearest point, and a query as near to two has two answers: there distances are compared.
"""

import json

import numpy as np
import pytest
from browser import run

from smoothdiff.cloud import PointCloud
from smoothdiff.likelihood import smoothed_pl_log_density
from smoothdiff.mixed_cell import solve
from smoothdiff.starts import Isotropic

QUERIES_OF_EACH = 120
SOLVE_ALL = """return cases.map(({ points, x, rho, rho0, t0, t }) => {
    const { cloudOf, spacing, Cell, solve, score, faceDim, logDensity } = smoothdiff;
    const cloud = cloudOf(points), warm = new Cell();
    const rows = x.map(([px, py], i) => {
        const cell = solve(cloud, px, py, rho[i]), again = solve(cloud, px, py, rho[i], warm);
        const log = logDensity(cloud, cell, t0, rho0[i], rho[i]);
        const corners = Array.from(cell.corner.subarray(0, cell.m));
        return {
            a: [cell.ax, cell.ay], warm: [again.ax, again.ay], score: score(cell, px, py, t[i]),
            v: [cell.vx, cell.vy], parents: corners.map((k) => [cloud.x[k], cloud.y[k]]),
            weights: Array.from(cell.theta.subarray(0, cell.m)),
            dim: faceDim(cloud, cell, rho[i]), log: log === -Infinity ? "-inf" : log,
        };
    });
    return { spacing: spacing(cloud), rows };
})"""


def clouds():
    rng = np.random.default_rng(2)
    normal = rng.normal(size=(50, 2)) * [0.6, 0.4]
    line = np.linspace(-1, 1, 4)[:, None] * [1.0, 0.0]
    angle = 2 * np.pi * np.arange(12) / 12
    circle = np.c_[np.cos(angle), np.sin(angle)]
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)), axis=-1)
    return {
        "one point": normal[:1],
        "two points": normal[:2],
        "three points": normal[:3],
        "12 at random": normal[-12:],
        "50 at random": normal,
        "duplicates": np.repeat(normal[:12], 2, axis=0),
        "close pairs": np.concatenate([normal[:12], normal[:12] + 1e-6 * rng.normal(size=(12, 2))]),
        "line along an axis": line,
        "line at an angle": rng.uniform(-1, 1, size=(12, 1)) * [0.3, 0.7],
        "grid": grid.reshape(-1, 2),
        "circle with its center": np.concatenate([circle, [[0.0, 0.0]]]),
    }


def queries(points, rng):
    """On points, on middles of pairs, as far from three points, on edges' lines, and anywhere."""
    m = QUERIES_OF_EACH // 6
    p, q, r = points[rng.integers(len(points), size=(3, m))]
    with np.errstate(divide="ignore", invalid="ignore"):
        (ex, ey), (fx, fy) = (q - p).T, (r - p).T
        e, f, cross = ex**2 + ey**2, fx**2 + fy**2, 2 * (ex * fy - ey * fx)
        center = p + np.c_[e * fy - f * ey, f * ex - e * fx] / cross[:, None]
    center[~(np.abs(center) < 10).all(axis=1)] = 0.0
    near = points.mean(axis=0) + rng.uniform(-2, 2, size=(m, 2))
    far = rng.uniform(-40, 40, size=(m, 2))
    return np.concatenate([p, (p + q) / 2, center, 0.8 * p + 0.2 * q, near, far])


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """For each cloud: its name, the case, what the page says and what the library says."""
    rng = np.random.default_rng(7)
    cases = []
    for points in clouds().values():
        x = queries(points, rng)
        rho = 10 ** rng.uniform(-3, 0.2, size=len(x))
        rho0 = rho * 10 ** rng.uniform(0, 1, size=len(x))
        t0 = (PointCloud.of(points).spacing() or 1.0) ** 2
        t = t0 * (rho / rho0) ** 2
        cases.append({"points": points, "x": x, "rho": rho, "rho0": rho0, "t0": t0, "t": t})
    given = json.dumps(cases, default=lambda array: array.tolist())
    pages = run(tmp_path_factory.mktemp("browser"), f"const cases = {given}; {SOLVE_ALL}")
    out = []
    for name, case, page in zip(clouds(), cases, pages, strict=True):
        cloud = PointCloud.of(case["points"])
        cell = solve(case["x"], cloud, case["rho"], faces=True)
        start = Isotropic(cloud, case["t0"])
        log = smoothed_pl_log_density(case["x"], cloud, start, case["rho0"], case["rho"])
        rows = {key: [row[key] for row in page["rows"]] for key in page["rows"][0]}
        out.append((name, case, page["spacing"], rows, cloud, cell, log))
    return out


def unique(case, cloud, gap=1e-9):
    """Rows with one answer: smoothed, or nearer to one point than to all others."""
    distances = np.linalg.norm(case["x"][:, None] - cloud.points, axis=-1)
    ordered = np.sort(np.c_[distances, np.full(len(distances), np.inf)], axis=1)
    return (case["rho"] < 1) | (ordered[:, 1] - ordered[:, 0] > gap * ordered[:, 0])


def test_there_are_1000_cases(solved):
    assert sum(len(case["x"]) for _, case, *_ in solved) >= 1000
    kinds = [face for *_, cell, _ in solved for face in cell.face_dim]
    assert min(np.bincount(kinds, minlength=3)) > 100
    assert sum((case["rho"] >= 1).sum() for _, case, *_ in solved) > 50


def test_spacing(solved):
    for name, _, spacing, _, cloud, *_ in solved:
        np.testing.assert_allclose(spacing, cloud.spacing(), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("start", ["a", "warm"])
def test_denoiser(solved, start):
    for name, case, _, rows, cloud, cell, _ in solved:
        one, a = unique(case, cloud), np.array(rows[start])
        np.testing.assert_allclose(a[one], cell.a[one], rtol=0, atol=1e-9, err_msg=name)
        near, expected = (np.linalg.norm(case["x"] - at, axis=1) for at in (a, cell.a))
        np.testing.assert_allclose(near, expected, rtol=1e-9, atol=1e-9, err_msg=name)


def test_score(solved):
    for name, case, _, rows, cloud, cell, _ in solved:
        one = unique(case, cloud)
        expected = (cell.a - case["x"]) / case["t"][:, None]
        bound = 1e-9 * np.maximum(np.linalg.norm(expected, axis=1), 1 / np.sqrt(case["t"]))
        error = np.linalg.norm(np.array(rows["score"]) - expected, axis=1)
        assert (error[one] <= bound[one]).all(), name


def test_log_density(solved):
    for name, case, _, rows, cloud, cell, expected in solved:
        one = unique(case, cloud)
        assert np.array_equal(np.array(rows["dim"])[one], cell.face_dim[one]), name
        log = np.array(rows["log"], dtype=float)
        assert np.array_equal(np.isinf(log[one]), np.isinf(expected[one])), name
        finite = one & np.isfinite(expected)
        np.testing.assert_allclose(
            log[finite], expected[finite], rtol=1e-9, atol=1e-9, err_msg=name
        )


def test_weights_are_a_certificate(solved):
    """They make up a; with v they make up x; and no point is nearer to v than the parents."""
    for name, case, _, rows, cloud, *_ in solved:
        for i, (weights, parents) in enumerate(zip(rows["weights"], rows["parents"], strict=True)):
            a, v, rho = np.array(rows["a"][i]), np.array(rows["v"][i]), case["rho"][i]
            assert min(weights) > 0, name
            assert abs(sum(weights) - 1) < 1e-14, name
            np.testing.assert_allclose(np.array(weights) @ parents, a, rtol=0, atol=1e-13)
            np.testing.assert_allclose((1 - rho) * a + rho * v, case["x"][i], rtol=0, atol=1e-9)
            if rho < 1:
                nearest = np.linalg.norm(v - cloud.points, axis=1).min()
                to_parents = np.linalg.norm(v - np.array(parents), axis=1)
                np.testing.assert_allclose(to_parents, nearest, rtol=1e-9, atol=1e-12)

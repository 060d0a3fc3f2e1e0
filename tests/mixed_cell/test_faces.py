"""The dimension of faces on degenerate data, where more points than the parents are nearest."""

import numpy as np
import pytest
import reference
from cell_cases import RATIOS, circle, grid, normal, queries, sphere

from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import _faces, _solve, solve


@pytest.fixture(scope="module", params=RATIOS)
def rho(request):
    return request.param


@pytest.mark.parametrize(
    "ticks",
    [
        (range(5), range(6)),
        ([0, 1, 1.5, 4], [-1, 0, 0.25]),
        (range(3), range(4), range(3)),
        ([0, 1, 1.25], [0, 0.125, 0.875], [-2, 0, 3]),
        ([0, 1], [0, 1], [0, 1], [0, 1]),
        ([0, 1, 3], [0, 1], [0, 2], [0, 1], [0, 0.5]),
    ],
    ids=["2-D", "uneven 2-D", "3-D", "uneven 3-D", "4-D cube", "uneven 5-D"],
)
def test_on_a_grid_each_coordinate_is_its_own_problem(ticks, rho, rng):
    """The boxes of a product grid are its Delaunay faces, so that each axis is its own line."""
    ticks = [np.asarray(tick, dtype=float) for tick in ticks]
    points = grid(*ticks)
    low, high = points.min(axis=0), points.max(axis=0)
    x = rng.uniform(low - 0.5, high + 0.5, size=(80, len(ticks)))
    x[:40] = np.round(4 * x[:40]) / 4  # centers, center lines, edges and corners of the boxes
    x[::3, 0] = (ticks[0][0] + ticks[0][1]) / 2
    cell = solve(x, PointCloud.of(points), rho, faces=True)
    expected, inside, at_an_edge = np.empty(x.shape), np.zeros(x.shape, int), np.zeros(len(x), bool)
    for i, tick in enumerate(ticks):
        expected[:, i] = [reference.line_denoiser(value, tick, rho) for value in x[:, i]]
        middle, half = (tick[1:] + tick[:-1]) / 2, np.diff(tick) / 2
        gap = np.abs(x[:, i, None] - middle) - (1 - rho) * half
        inside[:, i] = (gap < 0).any(axis=1)
        at_an_edge |= (np.abs(gap) < 1e-9).any(axis=1)
    np.testing.assert_allclose(cell.a, expected, rtol=0, atol=1e-9)
    assert (~at_an_edge).sum() > 40
    np.testing.assert_array_equal(cell.face_dim[~at_an_edge], inside.sum(axis=1)[~at_an_edge])


@pytest.mark.parametrize(
    "points",
    [circle(4), circle(16), sphere(30, 3), sphere(30, 4)],
    ids=["square", "16-gon", "sphere in 3-D", "sphere in 4-D"],
)
def test_points_on_a_sphere_span_one_face(points, rho, rng):
    """There a = x / (1 - rho) and v = 0, also where two opposite points suffice to make a."""
    n, r = points.shape
    a = rng.dirichlet(np.ones(n), size=30) @ points
    a[0] = 0
    a[1 : n // 2] = (points[1 : n // 2] + points[n // 2 + 1 : n // 2 * 2]) / 2
    cell = solve((1 - rho) * a, PointCloud.of(points), rho, faces=True)
    np.testing.assert_allclose(cell.a, a, rtol=0, atol=1e-9)
    np.testing.assert_allclose(cell.v, 0, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(cell.face_dim, r)


def test_face_dim_counts_parents_in_general_position(rho):
    x = queries(normal(60, 3))
    cell = solve(x, PointCloud.of(normal(60, 3)), rho, faces=True)
    np.testing.assert_array_equal(cell.face_dim, (cell.weights > 0).sum(axis=1) - 1)


def faces_by_looking(cell, points):
    """Rank of all points as near to v as any, looked for among all."""
    out = np.empty(len(cell.v), int)
    for i, (v, parents) in enumerate(zip(cell.v, cell.parents, strict=True)):
        squares = ((points - v) ** 2).sum(axis=1)
        nearest = squares.min()
        tied = points[squares <= nearest * (1 + 1e-9)] - points[parents[0]]
        out[i] = np.linalg.matrix_rank(tied, tol=1e-9 * np.sqrt(nearest)) if len(tied) > 1 else 0
    return out


TIED = {
    "random 2-D": normal(400, 2),
    "random 5-D": normal(400, 5),
    "random 8-D": normal(300, 8),
    "grid 2-D": grid(range(12), range(9)),
    "grid 3-D": grid(range(5), range(6), range(5)),
    "grid 6-D": grid(*[range(3)] * 6),
    "circle": circle(64),
    "circle amid others": np.concatenate([circle(30), 3 * normal(200, 2)]),
    "sphere 4-D": sphere(90, 4),
}


@pytest.mark.parametrize("ratio", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("name", TIED)
def test_the_solve_knows_the_ties_that_a_search_finds(name, ratio, rng):
    """Most rows never look up the neighbors of v again: with and without hints, in many rounds."""
    points = TIED[name]
    cloud = PointCloud.of(points)
    near = rng.integers(len(cloud), size=300)
    x = cloud.points[near] + cloud.spacing() * rng.normal(size=(300, points.shape[1]))
    x[::3] = np.round(4 * x[::3]) / 4
    for hint in (None, near):
        cell = solve(x, cloud, ratio, near=hint, faces=True)
        np.testing.assert_array_equal(cell.face_dim, faces_by_looking(cell, cloud.points))


def test_few_rows_ask_for_their_ties_again(monkeypatch, rng):
    rows = []
    monkeypatch.setattr(_solve, "ask_for_ties", lambda cell, again, *_: rows.append(len(again)))
    cloud = PointCloud.of(rng.normal(size=(3000, 4)))
    solve(rng.normal(size=(1000, 4)), cloud, 0.1, faces=True)
    assert rows[0] < 100


@pytest.mark.parametrize("ratio", [1e-3, 1e-6, 1e-9])
def test_ties_seen_from_far_outside(ratio, rng):
    """At 1 / ratio from a grid all of it looks alike; the faces there are those of its sides."""
    points = grid(range(4), range(5), range(3))
    x = np.c_[rng.uniform(-0.9, -0.1, 60), rng.uniform(0.1, 0.4, (60, 2))]
    cell = solve(x, PointCloud.of(points), ratio, faces=True)
    np.testing.assert_array_equal(cell.face_dim, 2)
    np.testing.assert_allclose(cell.a[:, 0], 0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("found", [[0, 2, 3, 4, 1], [4, 4, 3, 1, 0], [5, 0, 1, 2, 3]])
def test_each_tied_point_counts_once_whichever_it_is(found):
    """Corners of a square are as near to its middle as each other; the first has the number 0."""
    square = [[-3.0, 0.0], [-3.0, 2.0], [-1.0, 0.0], [-1.0, 2.0]]  # as a cloud sorts its rows
    cloud = PointCloud.of(np.array([*square, [9.0, 3.0], [9.0, 9.0]]))
    v, parent = np.array([[-2.0, 1.0]]), np.array([1])
    corners = {k for k in found if k < 4}
    for n_parents in (1, 2, 3, 4):
        face_dim, _ = _faces.ties(v, parent, np.array([n_parents]), np.array([found]), cloud)
        assert face_dim == (2 if len(corners) > n_parents else 0)

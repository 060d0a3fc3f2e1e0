"""One tangent dimension against the papers' formulas (docs/beyond_the_papers.md, section 2)."""

import numpy as np
import pytest
import reference
from cell_cases import EPS, normal

from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import solve

LINES = {
    "even": np.linspace(-1, 1, 4),
    "uneven": np.array([-3.0, -1.0, -0.9, 0.5, 4.0]),
    "wide range": np.array([0.0, 1e-9, 1.0, 1e6]),
    "two": np.array([-1.0, 1.0]),
    "one": np.array([0.5]),
}


@pytest.mark.parametrize("ratio", [1e-4, 0.1, 0.509, 0.999, 1.0, 1.5])
@pytest.mark.parametrize("name", LINES)
def test_one_dimension_is_the_formula_of_the_papers(name, ratio, rng):
    y = LINES[name]
    half = np.diff(y) / 2
    x = np.concatenate(
        [
            y,
            y[:-1] + half,
            y[:-1] + ratio * half,  # the ends of the cells
            y[1:] - ratio * half,
            rng.uniform(y[0] - 2, y[-1] + 2, size=60),
            (y[:, None] + 1.5 * np.append(half, 1.0)[:, None] * rng.uniform(-1, 1, (1, 8))).ravel(),
        ]
    )
    cloud = PointCloud.of(rng.permutation(y)[:, None])
    cell = solve(x[:, None], cloud, ratio, faces=True)
    if ratio < 1:
        expected = np.array([reference.line_denoiser(value, y, ratio) for value in x])
    else:
        expected = y[np.abs(x[:, None] - y).argmin(axis=1)]
        ties = np.abs(np.abs(x - expected) - np.abs(x - cell.a[:, 0])) < 1e-15
        expected[ties] = cell.a[ties, 0]
    size = np.abs(y).max()
    bound = 1e-12 * np.abs(x - expected) + 8 * EPS * size / abs(1 - ratio if ratio < 1 else 1)
    assert np.all(np.abs(cell.a[:, 0] - expected) <= bound)
    recombined = (1 - ratio) * cell.a + ratio * cell.v
    np.testing.assert_allclose(recombined[:, 0], x, rtol=0, atol=8 * EPS * np.abs(x).max())
    combined = (cell.weights * cloud.points[cell.parents, 0]).sum(axis=1)
    np.testing.assert_allclose(combined, cell.a[:, 0], rtol=0, atol=8 * EPS * size)
    np.testing.assert_array_equal(cell.face_dim, (cell.weights > 0).sum(axis=1) - 1)
    assert np.all((cell.parents >= 0) == (cell.weights > 0))


@pytest.mark.parametrize("ratio", [0.1, 0.5])
def test_one_dimension_agrees_with_the_general_solve(ratio):
    """Points on a line: solved on it by the papers' formula, and in the plane by the active set."""
    y, x = normal(30, 1), 1.5 * normal(80, 1, 1)
    direction = np.array([[0.6, -0.8]])
    line, plane = PointCloud.of(y), PointCloud.of(y @ direction)
    on_line, in_plane = solve(x, line, ratio), solve(x @ direction, plane, ratio)
    np.testing.assert_allclose(on_line.a @ direction, in_plane.a, rtol=0, atol=1e-13)

"""The papers' point clouds: what their experiments assume of them."""

import numpy as np
import pytest

from smoothdiff.datasets import circle, perturbed_line, uniform_line


def test_uniform_line_is_the_papers_four_points():
    np.testing.assert_allclose(
        uniform_line(4, d=2), [[-1, 0], [-1 / 3, 0], [1 / 3, 0], [1, 0]], atol=1e-15
    )
    assert uniform_line(3).shape == (3, 1)
    np.testing.assert_array_equal(uniform_line(2, half_width=5.0), [[-5.0], [5.0]])


@pytest.mark.parametrize("seed", range(20))
def test_perturbed_line_is_uneven_and_in_order(seed):
    points = perturbed_line(random_state=seed)
    gaps = np.diff(points[:, 0])
    even = 2 / 5
    assert points.shape == (6, 1)
    assert np.ptp(gaps) > 0.01
    assert np.abs(points - uniform_line(6)).max() <= 0.3 * even
    assert gaps.min() >= (1 - 2 * 0.3) * even - 1e-12


def test_perturbed_line_is_seeded():
    a, b = perturbed_line(random_state=1), perturbed_line(random_state=1)
    np.testing.assert_array_equal(a, b)
    assert (a != perturbed_line(random_state=2)).all()
    np.testing.assert_array_equal(perturbed_line(9, jitter=0), uniform_line(9))
    scaled = perturbed_line(half_width=3.0, random_state=1)
    np.testing.assert_allclose(scaled, 3 * a, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 4, 8, 16])
def test_circle_is_a_regular_polygon(n):
    points = circle(n, radius=2.0)
    assert points.shape == (n, 2)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 2.0)
    np.testing.assert_allclose(points[0], [2.0, 0.0])
    sides = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 4 * np.sin(np.pi / n), atol=1e-12)

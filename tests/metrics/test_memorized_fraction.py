"""memorized_fraction against cases worked out by hand, just below and above the ratio."""

import numpy as np
import pytest

from smoothdiff.metrics import memorized_fraction

# Two points at distance 1: x on the segment is at x and 1 - x from them, a ratio of 1/3 at 1/4.
PAIR = np.array([[0.0, 0.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    ("x", "expected"),
    [(0.2499, 1), (0.2501, 0), (0.7501, 1), (0.7499, 0), (-0.499, 1), (-0.501, 0)],
)
def test_a_third_is_the_default(x, expected):
    """Beyond the end, x = -a, the ratio a / (1 + a) is 1/3 at a = 1/2."""
    assert memorized_fraction([[x, 0.0]], PAIR) == expected


@pytest.mark.parametrize("ratio", [0.1, 0.25, 1 / 3, 0.6, 1.0])
def test_the_ratio_given(ratio):
    """X / (1 - x) = ratio at x = ratio / (1 + ratio)."""
    at = ratio / (1 + ratio)
    assert memorized_fraction([[at - 1e-6, 0.0]], PAIR, ratio) == 1
    assert memorized_fraction([[at + 1e-6, 0.0]], PAIR, ratio) == (ratio == 1.0)
    assert memorized_fraction([[0.5, 0.0]], PAIR, ratio) == 0  # as far from both


def test_the_two_nearest_of_many_points_decide():
    """Distances 3 and 5, 3 and sqrt(90), 0 and 4, 4 and 5: ratios of 0.6, 0.316, 0 and 0.8."""
    points = np.array([[0.0, 0.0], [4.0, 0.0], [100.0, 0.0], [109.0, 0.0]])
    samples = np.array([[0.0, 3.0], [100.0, 3.0], [4.0, 0.0], [104.0, 0.0]])
    assert memorized_fraction(samples, points) == 0.5
    for ratio, expected in [(0.31, 0.25), (0.59, 0.5), (0.61, 0.75), (0.79, 0.75), (0.81, 1.0)]:
        assert memorized_fraction(samples, points, ratio) == expected


def test_a_repeated_point_is_one_point():
    assert memorized_fraction([[0.01, 0.0]], np.r_[PAIR, PAIR]) == 1

"""Hard cases against 50 digits: t of 1e-12, ratios near 0 and 1, tails, ties, outliers."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("mpmath")

import precise
from hard_cases import CASES, LIMIT, PLANE, measure
from precise import mp


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            marks=[pytest.mark.xfail(reason=case.weak, strict=True)] * bool(case.weak),
            id=str(case),
        )
        for case in CASES
    ],
)
def test_errors_are_a_few_roundings(case, dtype):
    """In float32, where only the arguments are other ones, at every second row."""
    if dtype == np.float32 and not case.weak:
        case = replace(case, x=case.x[::2])
    assert measure(case, dtype)["roundings"] <= LIMIT


@pytest.mark.parametrize("rho", ["0.001", "0.4", "0.9"])
def test_the_cell_found_by_its_conditions_is_the_minimizer(rho):
    """Of (1 - rho) |x - a|^2 + rho sum theta_k |x - y_k|^2: no step toward a point lowers it."""
    rho = mp.mpf(rho)
    points = precise.exact(PLANE)
    for row in PLANE[:3] * 0.7 + 0.1:
        x = precise.exact(row)
        a, v, _ = precise.cell_in_plane(x, points, rho)
        gradient = [
            rho * precise.square(x, y) - 2 * (1 - rho) * precise.dot(precise.minus(x, a), y)
            for y in points
        ]
        # The weighted mean of the gradients at a is the smallest of them.
        nearest = min(precise.square(v, y) for y in points)
        active = [
            k for k, y in enumerate(points) if precise.square(v, y) < nearest + mp.mpf("1e-30")
        ]
        for k, value in enumerate(gradient):
            assert value >= gradient[active[0]] - mp.mpf("1e-30")
            assert k not in active or value <= gradient[active[0]] + mp.mpf("1e-30")

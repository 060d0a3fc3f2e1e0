"""What the formulas refuse, before any work, and that they leave their arguments alone."""

import numpy as np
import pytest
from on_a_line import LINE, WEIGHTS

from smoothdiff.theory import (
    asymptotic_loss,
    atom_weights,
    kl_bound,
    nonsmoothness_along_lines,
    nonsmoothness_lower_bound,
    score_matching_loss,
    terminal_density,
)

Y = [0.0, 1.0]


def never(x, t):
    raise AssertionError("called before the check")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: asymptotic_loss("one"), "kappa must be real numbers. Got dtype <U3 instead."),
        (lambda: kl_bound(1j, 1), "kappa must be real numbers. Got dtype complex128 instead."),
        (
            lambda: score_matching_loss(never, Y, 1, n_samples=2.5),
            "n_samples must be an integer of at least 2. Got 2.5 instead.",
        ),
        (lambda: score_matching_loss(never, Y, 1, method=1), "method must be one of .* Got 1"),
    ],
)
def test_wrong_types_are_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


LINES = np.linspace(0, 1, 5)[None, :, None] * np.ones(2)


def test_arguments_are_left_alone():
    y, w, x, lines = LINE.copy(), WEIGHTS * 8, np.linspace(-2, 2, 9), LINES.copy()
    atom_weights(y, 0.5, 0.1, w)
    terminal_density(x, y, 0.5, 0.1, w)
    nonsmoothness_lower_bound(0.1, 0.1, y, w)
    score_matching_loss(lambda x, t: -x, y, 0.1, w)
    nonsmoothness_along_lines(lambda x, t: -x, 0.1, lines)
    for now, before in ((y, LINE), (w, WEIGHTS * 8), (x, np.linspace(-2, 2, 9)), (lines, LINES)):
        np.testing.assert_array_equal(now, before)

"""What the formulas refuse, before any work, and that they leave their arguments alone."""

import numpy as np
import pytest
from on_a_line import LINE, WEIGHTS

from smoothdiff.theory import (
    asymptotic_loss,
    atom_weights,
    kappa_for_loss,
    kl_bound,
    near_optimality,
    nonsmoothness,
    nonsmoothness_along_lines,
    nonsmoothness_lower_bound,
    score_matching_loss,
    smoothed_pl_nonsmoothness,
    terminal_density,
    terminal_kl,
    time_averaged_loss,
)

Y, EYE = [0.0, 1.0], np.eye(2)
LINES = np.linspace(0, 1, 5)[None, :, None] * np.ones(2)


def never(x, t):
    raise AssertionError("called before the check")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: asymptotic_loss([1.0, -0.5]), "kappa must be not negative. Got -0.5 instead."),
        (lambda: asymptotic_loss(np.nan), "kappa must be not negative. Got nan instead."),
        (lambda: kappa_for_loss(0.0), r"eps must be in \(0, 1\]. Got 0.0 instead."),
        (lambda: kappa_for_loss([0.1, 1.5]), r"eps must be in \(0, 1\]. Got 1.5 instead."),
        (lambda: score_matching_loss(never, Y, 0.0), "t must be positive, finite. Got 0.0"),
        (lambda: score_matching_loss(never, Y, [1.0]), r"t must have shape \(\). Got shape \(1,\)"),
        (lambda: score_matching_loss(never, [0, np.inf], 1), "points must be finite. Got inf"),
        (lambda: score_matching_loss(never, [[[1.0]]], 1), r"points must have shape \(n, d\)"),
        (lambda: score_matching_loss(never, Y, 1, [1, 2, 3]), r"weights must have shape \(2,\)"),
        (lambda: score_matching_loss(never, Y, 1, [1, 0]), "weights must be positive, .* Got 0.0"),
        (lambda: score_matching_loss(never, Y, 1, method="mc"), "method must be .* Got 'mc'"),
        (lambda: score_matching_loss(never, EYE, 1), "method='quadrature' needs points on a line"),
        (
            lambda: score_matching_loss(never, Y, 1, n_samples=1),
            "n_samples must be .* least 2. Got 1",
        ),
        (lambda: score_matching_loss(never, Y, 1, random_state=-1), "random_state must be .* -1"),
        (lambda: score_matching_loss(lambda x, t: x.T, Y, 1), "score must return shape"),
        (lambda: score_matching_loss(never, Y, 1, breakpoints=[np.nan]), "breakpoints must be fin"),
        (lambda: time_averaged_loss(never, Y, 0.1, t_min=0.1), "t_min must be less than t_max=0.1"),
        (lambda: time_averaged_loss(never, Y, 0.1, t_min=0.0), "t_min must be positive"),
        (lambda: nonsmoothness([0, 0, 1], [1, 2, 3]), "knots must be .*strictly increasing"),
        (lambda: nonsmoothness([0, 1], [1, 2, 3]), r"values must have shape \(2,\)"),
        (lambda: nonsmoothness([0, 1], slopes=[1, 2]), r"slopes must have shape \(3,\)"),
        (lambda: nonsmoothness([0, 1]), "needs values or slopes, and not both"),
        (lambda: nonsmoothness(Y, Y, slopes=[0, 1, 2]), "needs values or slopes, and not both"),
        (lambda: smoothed_pl_nonsmoothness([1, 0], 1, 1), "points must be .*strictly increasing"),
        (lambda: smoothed_pl_nonsmoothness(Y, -1.0, 1), "kappa must be positive, .* Got -1.0"),
        (lambda: smoothed_pl_nonsmoothness(Y, 1, 1, spacing=0), "spacing must be .* Got 0.0"),
        (lambda: nonsmoothness_along_lines(never, 1, EYE), "lines must have shape"),
        (lambda: nonsmoothness_along_lines(never, 1, LINES[:, :2]), "lines must have shape"),
        (lambda: nonsmoothness_along_lines(never, 1, LINES ** [1, 2]), "lines must hold distinct"),
        (lambda: nonsmoothness_along_lines(never, 1, 0 * LINES), "lines must hold distinct"),
        (lambda: nonsmoothness_lower_bound(0.0, 1, Y), "eps must be positive, .* Got 0.0"),
        (lambda: near_optimality(0.0, 1, Y), "kappa must be positive, .* Got 0.0"),
        (lambda: atom_weights([0.0], 1, 1), "points must be two or more"),
        (lambda: atom_weights(Y, 1, -1), "t0 must be positive, .* Got -1"),
        (lambda: terminal_density(np.nan, Y, 1, 1), "x must be numbers. Got nan"),
        (lambda: terminal_density(0.5, Y, 1, 1, [1, -1]), "weights must be .* Got -1"),
        (lambda: terminal_kl(Y, 1, -1), "t0 must be positive, .* Got -1"),
        (lambda: terminal_kl(Y, 1, 1, of="normal"), "of must be one of 'uniform'. Got 'normal'"),
        (lambda: terminal_kl(Y, 1, 1, of=(1, 0)), "of must be positive, finite. Got 0.0"),
        (lambda: terminal_kl(Y, 1, 1, of=1.0), r"of must have shape \(2,\). Got shape \(\)"),
        (lambda: kl_bound(0.0, 1), "kappa must be positive, .* Got 0.0"),
        (lambda: kl_bound(1, [1, np.inf]), "t0 must be positive, .* Got inf"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


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


def test_arguments_are_left_alone():
    y, w, x, lines = LINE.copy(), WEIGHTS * 8, np.linspace(-2, 2, 9), LINES.copy()
    atom_weights(y, 0.5, 0.1, w)
    terminal_density(x, y, 0.5, 0.1, w)
    nonsmoothness_lower_bound(0.1, 0.1, y, w)
    score_matching_loss(lambda x, t: -x, y, 0.1, w)
    nonsmoothness_along_lines(lambda x, t: -x, 0.1, lines)
    for now, before in ((y, LINE), (w, WEIGHTS * 8), (x, np.linspace(-2, 2, 9)), (lines, LINES)):
        np.testing.assert_array_equal(now, before)

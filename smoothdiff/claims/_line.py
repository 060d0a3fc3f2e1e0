"""Claims on a line: the fields, the flow, the law at its end, losses and bounds."""

from itertools import pairwise

import numpy as np
from scipy.integrate import quad

from ..cloud import PointCloud
from ..noise import karras_times
from ..ode import integrate
from ..scores import EmpiricalScore, FixedDeltaScore, SmoothedPLScore
from ..theory import (
    asymptotic_loss,
    atom_weights,
    kappa_for_loss,
    kl_bound,
    near_optimality,
    nonsmoothness,
    score_matching_loss,
    smoothed_pl_nonsmoothness,
    terminal_density,
    terminal_kl,
)
from ._claim import at_most, claim, equal
from ._experiment import KAPPA, SPACING, T0
from ._experiment import POINTS as PLANE

POINTS = PLANE[:, 0]
X = np.linspace(-1.5, 1.5, 3001)


def cloud(y=POINTS):
    return PointCloud.of(np.asarray(y)[:, None])


@claim("v1, v2: the ESF", "for the points -1 and 1 the exact score is (tanh(x / t) - x) / t")
def the_exact_score_of_two_points():
    worst = 0.0
    for t in (0.5, 0.05, 0.005):
        exact = EmpiricalScore(cloud([-1.0, 1.0]))(X[:, None], t)[:, 0]
        worst = max(worst, np.abs(t * exact - (np.tanh(X / t) - X)).max())
    return equal(worst, 0, 1e-13, "largest difference of t s_t, for t = 0.5, 0.05, 0.005")


@claim(
    "v1 (lemma on the PL-ESF), v2",
    "as t falls the ESF tends to the score of the nearest point, exponentially in 1 / t",
)
def the_small_t_limit_of_the_exact_score():
    h, times = 0.1, np.array([0.012, 0.01])
    off = [1 - (h + t * EmpiricalScore(cloud([-1.0, 1.0]))([[h]], t)[0, 0]) for t in times]
    rate = np.diff(-np.log(off)) / np.diff(1 / times)
    return equal(rate[0], 2 * h, 1e-6, "rate of decay at h = 0.1 from the middle of -1 and 1: 2 h")


@claim("v1, v2: Smoothed PL-ESF", "it is the average of the PL-ESF over [x - w, x + w], w = D - d")
def the_smoothed_score_is_an_average():
    worst = 0.0
    for t in (0.02, 0.005, 1e-4):
        w = SPACING - KAPPA * np.sqrt(t)
        ends = np.concatenate([[-np.inf], (POINTS[1:] + POINTS[:-1]) / 2, [np.inf]])
        inside = np.minimum(ends[1:], X[:, None] + w) - np.maximum(ends[:-1], X[:, None] - w)
        mean = (np.maximum(inside, 0) / (2 * w)) @ POINTS
        found = SmoothedPLScore(cloud(), KAPPA, SPACING).denoise(X[:, None], t)[:, 0]
        worst = max(worst, np.abs(found - mean).max())
    return equal(worst, 0, 1e-13, "largest difference of the denoisers, 3001 places, three t")


@claim("v1 Proposition 6, v2: the flow", "the probability-flow ODE has the printed piecewise map")
def the_flow_in_closed_form():
    score, end = SmoothedPLScore(cloud(), KAPPA, SPACING), 1e-4
    start = np.linspace(-1.4, 1.4, 141)
    found = integrate(score, start[:, None], karras_times(T0, end, 2000), "heun")[:, 0]
    delta, delta_end = KAPPA * np.sqrt(T0), KAPPA * np.sqrt(end)
    gap = np.clip(np.searchsorted(POINTS, start) - 1, 0, len(POINTS) - 2)
    middle = (POINTS[gap] + POINTS[gap + 1]) / 2
    near = POINTS[np.abs(start[:, None] - POINTS).argmin(axis=1)]
    in_gap = (np.abs(start - near) > delta) & (np.abs(start) < 1)
    printed = np.where(
        in_gap,
        middle + (SPACING - delta_end) / (SPACING - delta) * (start - middle),
        near + np.sqrt(end / T0) * (start - near),
    )
    return equal(np.abs(found - printed).max(), 0, 1e-4, "largest difference, 2000 steps of Heun")


@claim(
    "v1, v2: the law at t = 0", "it is sum_k a_k at the points and a density of mass 1 - sum a_k"
)
def the_law_at_zero():
    def density(x):
        return terminal_density(x, POINTS, KAPPA, T0, spacing=SPACING)

    mass = sum(quad(density, a, b, epsabs=1e-13)[0] for a, b in pairwise(POINTS))
    atoms = atom_weights(POINTS, KAPPA, T0, spacing=SPACING)
    return equal(atoms.sum() + mass, 1, 1e-11, f"mass between the points {mass:.4f}")


@claim("v1, v2: the loss of the Smoothed PL-ESF", "L_t tends to (n - 1) / n F(kappa) as t falls")
def the_limit_of_the_loss():
    t = (SPACING / 4096) ** 2
    loss = score_matching_loss(SmoothedPLScore(cloud(), KAPPA, SPACING), POINTS, t).value
    limit = 3 / 4 * asymptotic_loss(KAPPA)
    # L_t exceeds the limit by the factor (1 - rho)^-2 at any t, but for what falls exponentially.
    return equal(loss / limit, 1, 2.1 * KAPPA / 4096, f"L_t over the limit {limit:.6f}")


@claim("v1: fixed delta", "with delta fixed the loss falls like exp(-delta^2 / (2 t))")
def the_loss_with_a_fixed_delta():
    delta, times = 0.2, np.array([4e-4, 3.9e-4])
    losses = [
        score_matching_loss(FixedDeltaScore(cloud(), delta, SPACING), POINTS, float(t)).value
        for t in times
    ]
    rate = np.diff(-np.log(losses))[0] / np.diff(1 / times)[0]
    papers = delta**2 / 2
    return equal(rate, papers, 0.06 * papers, "rate in 1 / t at t = 0.0004; powers of t beside it")


@claim("v1, v2: R of the Smoothed PL-ESF", "int |s''| = 2 (n - 1) D / (t (D - d))")
def the_nonsmoothness():
    t = T0
    score = SmoothedPLScore(cloud(), KAPPA, SPACING)
    edges = np.concatenate([[-2.0], score.breakpoints(t), [2.0]])
    found = nonsmoothness(edges, score(edges[:, None], t)[:, 0])
    papers = smoothed_pl_nonsmoothness(POINTS, KAPPA, t, spacing=SPACING)
    return equal(found / papers, 1, 1e-12, "total variation of its slopes, over the formula")


@claim(
    "v1, v2: near-optimality",
    "R is below (1 + 8 sqrt(eps)) times the least of all scores of loss eps, for eps < 0.015",
)
def near_optimal_smoothness():
    worst = -np.inf
    for eps in (0.0149, 0.005, 0.001):
        kappa = float(kappa_for_loss(eps))
        ratio = near_optimality(kappa, (SPACING / 1000) ** 2, POINTS, spacing=SPACING)
        worst = max(worst, (ratio - 1) / np.sqrt(eps))
    note = "(R / lower bound - 1) / sqrt(eps), largest for eps = 0.0149, 0.005, 0.001"
    return at_most(worst, 8, note)


@claim("v1, v2: the KL bound", "KL(u_1 || p_0) is at most the printed bound, for n = 2")
def the_divergence_from_the_uniform_law():
    cases = [(kappa, t0) for kappa in (0.1, 0.5, 1.0) for t0 in (0.02, 0.1, 0.5)]
    found = [terminal_kl([-1.0, 1.0], kappa, t0, spacing=1.0) for kappa, t0 in cases]
    excess = [kl - kl_bound(*case, printed=True) for kl, case in zip(found, cases, strict=True)]
    tight = [kl_bound(*case) - kl for kl, case in zip(found, cases, strict=True)]
    note = f"largest excess of nine cases; this library's bound is {min(tight):.2f} or more above"
    return at_most(max(excess), 0, note)


@claim("v1, v2: the exact score memorizes", "KL(u_1 || p_0) is infinite without smoothing")
def the_divergence_without_smoothing():
    left = 1 - atom_weights([-1.0, 1.0], 2.0, 0.25, spacing=1.0).sum()
    ours = terminal_kl([-1.0, 1.0], 2.0, 0.25, spacing=1.0)
    return equal(ours, np.inf, 0, f"mass {abs(left):.0e} between the points at rho = 1")

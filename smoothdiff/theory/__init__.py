"""What the papers prove of the Smoothed PL-ESF: losses, smoothness, laws and bounds.

For sorted points y_1 < ... < y_n on a line with half-gaps Delta_k, noise of variance t,
delta_t = kappa sqrt(t) and rho_t = delta_t / Delta (uneven gaps: delta_k = rho_t Delta_k):

    L_t[f] = t E_{p_t} |f - s_t|^2,  for the Smoothed PL-ESF, even gaps and equal weights
             -> (n - 1) / n F(kappa) as t -> 0; else -> sum_k (w_k + w_{k+1}) / 2 F(kappa_k), over
             the gaps, with kappa_k = kappa Delta_k / Delta
    F(k)   = 2 int_k^inf (u - k)^2 phi(u) du = 2 [(1 + k^2) Phi(-k) - k phi(k)]
    R[f]   = int |f''|,  for the Smoothed PL-ESF  2 (n - 1) / (t (1 - rho_t))
    law at 0 of the flow from p_t0:  sum_k a_k dirac(y_k) + (1 - sum_k a_k) p_tilde

t is a variance everywhere. Where not said otherwise points (n,) are strictly increasing; weights
(n,) are positive, equal by default and scaled to sum to 1; and ``spacing`` ("Delta") is by default
half the median distance of a point to the nearest other one. Points may also be a `PointCloud`,
which has weights, and a score is a callable (x, t) or an object of `smoothdiff.scores`. Every
function raises ValueError (TypeError for what is no number), before any work, in a sentence that
names the argument.

v1 is "On the Interpolation Effect of Score Smoothing", arXiv 2502.19499, and v2 its revision,
"... in Diffusion Models". F, L_t, R, a_k, p_tilde and the KL bound are in both papers;
`nonsmoothness_lower_bound` is not, and is derived where it stands.
"""

from ._agreement import Agreement, agreement
from ._closest import ClosestSmoothing, closest_smoothing
from ._laws import atom_weights, kl_bound, terminal_density, terminal_kl
from ._losses import Loss, asymptotic_loss, kappa_for_loss, score_matching_loss, time_averaged_loss
from ._smoothness import (
    near_optimality,
    nonsmoothness,
    nonsmoothness_along_lines,
    nonsmoothness_lower_bound,
    smoothed_pl_nonsmoothness,
)

__all__ = [
    "Agreement",
    "ClosestSmoothing",
    "Loss",
    "agreement",
    "asymptotic_loss",
    "atom_weights",
    "closest_smoothing",
    "kappa_for_loss",
    "kl_bound",
    "near_optimality",
    "nonsmoothness",
    "nonsmoothness_along_lines",
    "nonsmoothness_lower_bound",
    "score_matching_loss",
    "smoothed_pl_nonsmoothness",
    "terminal_density",
    "terminal_kl",
    "time_averaged_loss",
]

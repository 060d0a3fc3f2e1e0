"""Claims on trained networks: they take minutes."""

import numpy as np

from ..theory import closest_smoothing
from . import trained
from ._claim import at_most, claim
from ._experiment import POINTS, T0


def smoothing_by_decay(data):
    """Long-trained networks: the largest rise of delta as the decay grows, and a note."""
    points, t, *_ = trained.AT_ONE_T[data]
    decays = trained.DECAYS[data]
    fields = [trained.at_one_t(data, decay, True).score_function for decay in decays]
    found = [closest_smoothing(field, points, t=t, weighting="p_t") for field in fields]
    delta = [one.kappa * np.sqrt(t) for one in found]
    named = ", ".join(f"{one:.3f}" for one in delta)
    parts = ", ".join(f"{one.residual / one.residual_of_zero:.4f}" for one in found)
    words = ", ".join(f"{decay:g}" for decay in decays)
    note = f"largest rise of delta: {named} for decays {words}; residual over no score's {parts}"
    return max(np.diff(delta)), note


@claim(
    "v1 Fig. 4, v2 Fig. 2: weight decay",
    "a network is close to a Smoothed PL-ESF, whose delta falls as the decay grows",
    slow=True,
)
def networks_with_weight_decay():
    rise, note = smoothing_by_decay("two")
    return at_most(rise, 0, note)


@claim(
    "v2 Fig. 9: uneven points",
    "the Smoothed PL-ESF nearest to a network of uneven points has less delta with more decay",
    slow=True,
)
def networks_of_uneven_points():
    rise, note = smoothing_by_decay("uneven")
    return at_most(rise, 0, note)


@claim(
    "v1 Figs. 7-9, v2 Figs. 6-8: parts of the score",
    "the tangent part of a network for all t is close to a Smoothed PL-ESF, its normal part exact",
    slow=True,
)
def a_network_for_all_noise():
    network, rng = trained.of_line("full"), np.random.default_rng(0)
    ratios, off = [], []
    times = (T0, T0 / 4, T0 / 16, 1e-4)
    for t in times:
        x = POINTS[rng.integers(4, size=4000)] + np.sqrt(t) * rng.normal(size=(4000, 2))
        found = trained.tangent_fit(network, x, t)
        ratios.append(found.residual / found.null)
        off.append(np.mean((t * network.score_function(x, t)[:, 1] + x[:, 1]) ** 2) / t)
    parts = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    normal = ", ".join(f"{part:.4f}" for part in off)
    note = (
        f"residual over that of no tangent score, at t = {', '.join(f'{t:.3g}' for t in times)}: "
        f"{parts}, each with a kappa of its own; of the normal part {normal}; trained on falling "
        "learning rates, which the papers do not have"
    )
    return at_most(max(*ratios, *off), 0.1, note)

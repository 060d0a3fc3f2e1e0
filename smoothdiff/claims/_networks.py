"""Claims on trained networks: they take minutes."""

import numpy as np

from ..theory import closest_smoothing
from . import trained
from ._claim import at_least, at_most, claim
from ._experiment import T0, T_END, smoothed


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


TIMES = (T0, T0 / 4, T0 / 16, 1e-4)


def parts_of_the_score(network):
    """At each of TIMES: residual of the tangent part over that of none, and the normal part's."""
    rng = np.random.default_rng(0)
    tangent, normal = [], []
    for t in TIMES:
        x = trained.noised(t, rng)
        found = trained.tangent_fit(network, x, t)
        tangent.append(found.residual / found.null)
        normal.append(np.mean((t * network.score_function(x, t)[:, 1] + x[:, 1]) ** 2) / t)
    times, parts, others = (
        ", ".join(format(value, spec) for value in values)
        for values, spec in ((TIMES, ".3g"), (tangent, ".3f"), (normal, ".4f"))
    )
    note = (
        f"residual over that of no tangent score, at t = {times}: {parts}, each with a kappa of "
        f"its own; of the normal part {others}"
    )
    return tangent, normal, note


@claim(
    "v1 Figs. 7-9, v2 Figs. 6-8: parts of the score",
    "the tangent part of a network for all t is close to a Smoothed PL-ESF, its normal part exact",
    slow=True,
)
def a_network_for_all_noise():
    tangent, normal, note = parts_of_the_score(trained.of_line("full"))
    note += "; trained on falling learning rates, which the papers do not have"
    return at_most(max(*tangent, *normal), 0.1, note)


@claim(
    "v1 Figs. 7-9, v2 Figs. 6-8: steps as printed",
    "it is so after 150000 steps of 1024, at the rate 5e-5 with weight decay 3: here if t >= t0/4",
    slow=True,
)
def a_network_of_the_papers_steps():
    tangent, normal, note = parts_of_the_score(trained.of_line("papers"))
    return at_most(max(*tangent[:2], *normal[:2]), 0.1, note)


@claim(
    "v1 Figs. 7-9, v2 Figs. 6-8: samples",
    "its samples lie in every gap, as those of a Smoothed PL-ESF do: here at least a third as many",
    slow=True,
)
def samples_of_the_papers_network():
    network = trained.of_line("papers")
    kappa = trained.kappa_at_t0(network)
    models = (network, smoothed(kappa=kappa))
    ours, closed = (
        trained.in_the_gaps(m.trajectory(n_samples=20_000, times=[T_END])[-1]) for m in models
    )
    found, expected = (", ".join(f"{part:.2%}" for part in parts) for parts in (ours, closed))
    note = (
        f"least part over that of the Smoothed PL-ESF with the network's kappa at t0, {kappa:.2f}; "
        f"in the middle halves of the gaps {found} of the samples, and {expected}"
    )
    return at_least(min(ours / closed), 1 / 3, note)

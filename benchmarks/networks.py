"""What a score network needs to come close to a Smoothed PL-ESF: one change at a time.

Four points on a line in the plane, the papers' architecture, loss and law of t (appendix J.2), and
the circle. At each t: the kappa that fits the tangent part of the network's score best, and
``ratio``, the mean of t |f - s_hat|^2 over that of t |s_hat|^2 (what no tangent score at all would
have), both over p_t, so that 1 is no fit and the aim is less than a tenth. ``least_gap`` is the
part of 5000 samples (Euler, 200 steps) in the middle half of that gap which has fewest, and
``smoothed_least_gap`` that of the Smoothed PL-ESF of the kappa at t0.
``SMOOTHDIFF_ONLY="papers' training"`` tries that configuration alone, and keeps the rest.

Then examples/plot_weight_decay.py with ``--full``: networks of one t and two points, by decay. The
delta that fits best evenly over the line, and what part of the squared distance from the exact
score it leaves there, and weighted by p_t.
"""

import os

import numpy as np

from smoothdiff import ScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.claims import trained
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import circle, uniform_line
from smoothdiff.network import Layer, initialize
from smoothdiff.scores import SmoothedPLScore
from smoothdiff.scores._neural import NeuralScore
from smoothdiff.theory import closest_smoothing
from smoothdiff.training import Settings, fit_network

from ._measure import earlier, record, seconds

T_MIN, T_END, WIDTH = 1e-6, 1e-5, 128
# Learning rates and steps, one after another: each begins with the parameters of the last.
STAGES = ((1e-3, 8000), (3e-4, 8000), (1e-4, 6000), (3e-5, 4000))
LINE = {"points": uniform_line(4, 2), "spacing": 1 / 3, "t0": 0.02}
# Appendix J.2 to the letter: a quarter of an hour.
PAPERS = {"stages": ((5e-5, 150_000),), "weight_decay": 3.0, "batch_size": 1024}
CONFIGURATIONS = {
    "chosen": {},
    "usual first layer of log t": {"time": False},
    "usual first weights of x": {"space": False},
    "usual both": {"time": False, "space": False},
    "one rate, 3e-4": {"stages": ((3e-4, 26_000),)},
    "one rate, 1e-3": {"stages": ((1e-3, 26_000),)},
    "no decay": {"weight_decay": 0.0},
    "decay 1": {"weight_decay": 1.0},
    "decay 3": {"weight_decay": 3.0},
    "width 32": {"width": 32},
    "papers' rate and decay": {"stages": ((5e-5, 26_000),), "weight_decay": 3.0},
    "papers' training": PAPERS,
    "papers' training, seed 1": PAPERS | {"seed": 1},
    "papers' training, then 1e-5": PAPERS | {"stages": ((5e-5, 150_000), (1e-5, 50_000))},
    "circle, n = 4": {"stages": ((1e-4, 5000),), "batch_size": 64, "weight_decay": 0.0},
    "circle, n = 8": {"stages": ((1e-4, 20_000),), "batch_size": 64, "weight_decay": 0.0},
}


def first_parameters(width, t0, time, space, seed):
    """The library's, or the usual uniform ones in the layers that see log t and x."""
    rng = np.random.default_rng(seed)
    params = initialize(rng, "time-conditioned", 2, width, (T_MIN, t0))
    if not time:
        params["time"] = [Layer(rng.uniform(-1, 1, (width, 1)), rng.uniform(-1, 1, width))]
    if not space:
        params["body"][0].weight[:, :2] /= np.sqrt((width + 2) / 2)
    return params


def train(
    points,
    t0,
    *,
    stages=STAGES,
    weight_decay=0.3,
    batch_size=256,
    width=WIDTH,
    time=True,
    space=True,
    seed=0,
):
    """The field of a trained network."""
    params = first_parameters(width, t0, time, space, seed)
    for stage, (rate, n_steps) in enumerate(stages, seed):
        settings = Settings(
            hidden_width=width,
            weight_decay=weight_decay,
            learning_rate=rate,
            batch_size=batch_size,
            max_iter=n_steps,
            n_iter_no_change=n_steps,
        )
        weights = np.full(len(points), 1 / len(points))
        run = fit_network(
            *(points, weights), t0=t0, t_min=T_MIN, seed=stage, settings=settings, params=params
        )
        params = run.params
    return NeuralScore(params, "time-conditioned", run.scale), float(run.losses[-1000:].mean())


def closeness(field, points, spacing, t, tangents, n=4000):
    """The best kappa and the ratio at t, in the first ``tangents`` coordinates."""
    rng = np.random.default_rng(1)
    x = points[rng.integers(len(points), size=n)] + np.sqrt(t) * rng.normal(size=(n, 2))
    cloud, score = PointCloud.of(points[:, :tangents]), field(x, t)[:, :tangents]
    kappa, residual, _ = closest_smoothing(score, cloud, x[:, :tangents], t, spacing)
    smoothed = SmoothedPLScore(cloud, kappa, spacing)(x[:, :tangents], t)
    return kappa, residual / (t * (smoothed**2).sum(axis=1)).mean()


def least_gap(model, points, spacing):
    """Part of a model's samples that the middle half of the emptiest gap has."""
    new, ends = model.sample(5000)[:, :1], points[:, 0]
    middles = (ends[:-1] + ends[1:]) / 2
    return float((np.abs(new - middles) < spacing / 2).mean(axis=0).min())


def measure(name, options):
    """One row of the table."""
    data, tangents = LINE, 1
    if name.startswith("circle"):
        n, tangents = int(name.split()[-1]), 2
        data = {"points": circle(n), "spacing": np.sin(np.pi / n), "t0": 0.08}
    points, spacing, t0 = data["points"], data["spacing"], data["t0"]
    elapsed, (field, loss) = seconds(lambda: train(points, t0, **options), repeats=1)
    row = {"loss": loss, "seconds": elapsed}
    for label, t in (("t0", t0), ("t0/4", t0 / 4), ("t0/16", t0 / 16), ("1e-4", 1e-4)):
        row[f"kappa_{label}"], row[f"ratio_{label}"] = closeness(
            field, points, spacing, t, tangents
        )
    if tangents == 1:
        common = {"t0": t0, "t_min": T_END, "random_state": 0}
        model = ScoreDiffusion(field, solver="euler", **common).fit(points)
        row["least_gap"] = least_gap(model, points, spacing)
        model = SmoothedPLDiffusion(
            kappa=row["kappa_t0"], spacing=spacing, start="isotropic", **common
        ).fit(points)
        row["smoothed_least_gap"] = least_gap(model, points, spacing)
    return row


def of_two_points(decay):
    """One row of the networks at one t."""
    points, t, *_ = trained.AT_ONE_T["two"]
    cloud, spacing = PointCloud.of(points), 1.0
    field = trained.at_one_t("two", decay, full=True).score_function
    x = np.linspace(-1.5, 1.5, 601)[:, None]
    even = closest_smoothing(field(x, t), cloud, x, t, spacing)
    seen = closest_smoothing(field, cloud, t=t, spacing=spacing, weighting="p_t")
    return {
        "delta": even.kappa * np.sqrt(t),
        "part": even.residual / even.residual_of_esf,
        "part_p_t": seen.residual / seen.residual_of_esf,
    }


def main():
    import warnings

    warnings.simplefilter("ignore")  # the numbers of steps are chosen
    only, results = os.environ.get("SMOOTHDIFF_ONLY"), earlier("networks")
    for name, options in CONFIGURATIONS.items():
        if only and name not in only.split("; "):
            continue
        results[name] = measure(name, options)
        print(name, {k: round(v, 3) for k, v in results[name].items()}, flush=True)
    for decay in () if only else trained.DECAYS["two"]:
        results[f"two points, decay {decay}"] = of_two_points(decay)
    record("networks", results)
    return results

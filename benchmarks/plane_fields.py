"""Beyond one dimension: the averaged score, the Smoothed PL-ESF, and what a network learns.

"distance"  of two fields f and g at one variance t is the root mean square of the difference of
            their denoisers, in units of the spacing: sqrt(E t^2 |f - g|^2) / Delta
"loss"      is t E |f - g|^2 of a network f against the nearest g of each kind

Both have the weight p_t, the noised training set ("noised"), or p_t0 whatever t ("start"): there
the denoising begins, and gaps count. Every window stands for itself ("same": its half-width is
Delta - kappa sqrt(t)) and at its best ("best": of half-widths from 0 to 4 Delta). Beside them are
the ESF and no score, D = x.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import NeuralScoreDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import circle, perturbed_line, uniform_line
from smoothdiff.scores import WINDOWS, EmpiricalScore, LocalAverageScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

from ._measure import record, seconds

N = 600
# Half-widths of a window, in units of Delta.
WIDTHS = (0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
# Smoothing ratios at t0, and times as parts of t0.
RATIOS = (0.1, 0.5)
TIMES = {"t0/10000": 1e-4, "t0/4": 0.25, "t0": 1.0}
CLOUDS = {f"normal {k}": np.random.default_rng(k).normal(size=(30, 2)) for k in range(5)}
CLOUDS |= {
    "circle of 8": circle(8),
    "grid of 30": np.stack(np.mgrid[:6.0, :5.0], -1).reshape(-1, 2),
    "even line of 30": uniform_line(30),
    "uneven line of 30": perturbed_line(30),
}
# Clouds that networks learn, the line for comparison, and the weight decay of the networks.
LEARNED = {"circle of 8": circle(8), "normal of 12": np.random.default_rng(0).normal(size=(12, 2))}
LEARNED |= {"even line of 8": uniform_line(8)}
DECAYS = (0.0, 3.0)
LEARNED_TIMES = {"t0/1000": 1e-3, "t0/64": 1 / 64, "t0/16": 1 / 16, "t0/4": 0.25, "t0": 1.0}
STEPS = 30_000


def noised(cloud, t, rng):
    """N points of p_t, with the same draws for every t."""
    return cloud.points[rng.integers(len(cloud), size=N)] + np.sqrt(t) * rng.normal(
        size=(N, cloud.dim)
    )


def root_mean_square(difference):
    return float(np.sqrt((difference**2).sum(axis=1).mean()))


def averages(cloud, x, t, window, widths):
    """Scores averaged over windows of given half-widths, which so small a kappa leaves as given."""
    n = 64 if window == "min-norm" else 256
    return [LocalAverageScore(cloud, 1e-9, width, window, n)(x, t) for width in widths]


def fields(points):
    """How far averaged scores are from the Smoothed PL-ESF of each ratio, by weight and time."""
    cloud = PointCloud.of(points)
    spacing, out = cloud.spacing(), {}
    t0 = spacing**2
    for weight in ("noised", "start"):
        for time, part in TIMES.items():
            t = part * t0
            x = noised(cloud, t if weight == "noised" else t0, np.random.default_rng(0))
            scale = t / spacing  # of a score, to a denoiser in units of Delta
            esf = EmpiricalScore(cloud)(x, t)
            best = {w: averages(cloud, x, t, w, spacing * np.array(WIDTHS)) for w in WINDOWS}
            for ratio in RATIOS:
                smoothed = SmoothedPLScore(cloud, ratio, spacing)(x, t)  # at t0, rho is the ratio
                row = {
                    "esf": scale * root_mean_square(esf - smoothed),
                    "zero": scale * root_mean_square(smoothed),
                }
                same = spacing * (1 - ratio * np.sqrt(part))
                for window in WINDOWS:
                    own = averages(cloud, x, t, window, [same])[0]
                    far = [root_mean_square(f - smoothed) for f in (esf, *best[window])]
                    row[f"{window}, same"] = scale * root_mean_square(own - smoothed)
                    row[f"{window}, best"] = scale * min(far)
                    row[f"{window}, best width"] = (0.0, *WIDTHS)[int(np.argmin(far))]
                out[f"{weight}, {time}, rho_0 {ratio}"] = row
    return out


def learned(points, decay):
    """Loss of a network against the fields nearest to it, under p_t, at several t."""
    model = NeuralScoreDiffusion(
        n_components=points.shape[1],
        t_min=1e-6,
        weight_decay=decay,
        learning_rate=3e-4,
        batch_size=256,
        max_iter=STEPS,
        n_iter_no_change=STEPS,  # no early end
        random_state=0,
    )
    cloud = PointCloud.of(points)
    spacing = cloud.spacing()
    t0 = spacing**2
    elapsed, _ = seconds(lambda: model.set_params(t0=t0).fit(points), 1)
    out = {}
    for time, part in LEARNED_TIMES.items():
        t = part * t0
        x = noised(cloud, t, np.random.default_rng(1))
        found = model.score_function(x, t)

        def loss(other, found=found, t=t):
            return t * root_mean_square(found - other) ** 2

        nearest = closest_smoothing(found, cloud, x, t, spacing)
        esf = EmpiricalScore(cloud)(x, t)
        multiple = max((found * esf).sum() / (esf**2).sum(), 0.0)
        row = {
            "esf": loss(esf),
            "esf times c": loss(multiple * esf),
            "c": float(multiple),
            "smoothed": nearest.residual,
            "rho": min(nearest.kappa * np.sqrt(t) / spacing, 1.0),
            "zero": loss(0.0),
        }
        for window in WINDOWS:
            losses = [loss(f) for f in averages(cloud, x, t, window, spacing * np.array(WIDTHS))]
            row[window] = min(losses)
            row[f"{window} width"] = WIDTHS[int(np.argmin(losses))]
        out[time] = row
    return out | {"training": {"seconds": elapsed, "loss": float(model.loss_curve_[-500:].mean())}}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is fixed
    results = {
        f"fields, {name}, {key}": row
        for name, points in CLOUDS.items()
        for key, row in fields(points).items()
    }
    results |= {
        f"network, {name}, decay {decay:g}, {key}": row
        for name, points in LEARNED.items()
        for decay in DECAYS
        for key, row in learned(points, decay).items()
    }
    record("plane_fields", results)
    return results

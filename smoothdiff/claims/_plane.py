"""Claims in the plane: four points on a line, points on a circle, other ways to smooth."""

from itertools import pairwise

import numpy as np
from scipy.integrate import quad

from ..cloud import PointCloud
from ..estimators import EmpiricalScoreDiffusion, LocalAverageDiffusion
from ..noise import karras_times
from ..ode import integrate
from ..scores import (
    EarlyStoppedScore,
    EmpiricalBayesScore,
    LocalAverageScore,
    SmoothedPLScore,
    TikhonovScore,
)
from ..theory import terminal_density
from ._claim import at_least, at_most, claim, equal
from ._experiment import KAPPA, POINTS, RUN, SPACING, T0, T_END, on_circle, smoothed

N = 20_000
STEPS = {"solver": "euler", "n_steps": 200}


def nearest(x, points=POINTS):
    """Distance of each row to the nearest point."""
    return np.linalg.norm(x[:, None] - points, axis=2).min(axis=1)


@claim("v1 Fig. 5, v2 Fig. 4: ESF", "under the exact score all samples end on training points")
def samples_of_the_exact_score_are_copies():
    model = EmpiricalScoreDiffusion(t0=T0, t_min=T_END, random_state=0, **STEPS)
    far = nearest(model.fit(POINTS).sample(N)) > 6 * np.sqrt(T_END)
    return at_most(far.mean(), 1e-3, "part of 20000 samples farther than 6 sqrt(t) from a point")


@claim("v1 Fig. 5, v2 Fig. 4: smoothed", "under smoothing samples fill the gaps as the law says")
def samples_of_the_smoothed_score_fill_the_gaps():
    x = smoothed(solver="euler").sample(N)
    apart = 4 * KAPPA * np.sqrt(T_END)  # what ends on a point is nearer than a quarter of this
    share = np.mean((nearest(x) > apart) & (np.abs(x[:, 0]) < 1))

    def density(y):
        return terminal_density(y, POINTS[:, 0], KAPPA, T0, spacing=SPACING)

    law = sum(quad(density, a + apart, b - apart)[0] for a, b in pairwise(POINTS[:, 0]))
    error = 4 * np.sqrt(law * (1 - law) / N)
    return equal(share, law, error, "part of 20000 samples between the points; 4 standard errors")


@claim("v1, v2: subspace", "the distance from the line shrinks like sqrt(t)")
def samples_fall_onto_the_line():
    rng = np.random.default_rng(0)
    start = POINTS[rng.integers(4, size=N)] + np.sqrt(T0) * rng.normal(size=(N, 2))
    x = smoothed(solver="euler").flow(start, T0, T_END)
    ratio = (x[:, 1] / start[:, 1]) / np.sqrt(T_END / T0)
    return equal(np.median(ratio), 1, 1e-6, "distance off the line over sqrt(t_end / t0), median")


@claim("v2 Fig. 5: circle", "samples of n = 4, 8, 16 points on a circle end on a regular polygon")
def samples_on_a_circle_end_on_the_polygon():
    on_edge, inside = [], []
    for n in (4, 8, 16):
        points, spacing, model = on_circle(n)
        x = model.sample(4000)
        edge = np.roll(points, -1, axis=0) - points
        along = np.clip(((x[:, None] - points) * edge).sum(axis=2) / (edge**2).sum(axis=1), 0, 1)
        off = np.linalg.norm(x[:, None] - points - along[..., None] * edge, axis=2).min(axis=1)
        on_edge.append(np.mean(off < 1e-9))
        inside.append(np.mean(nearest(x, points) > 0.05 * spacing))
    note = (
        f"least part of the samples on an edge; off the corners {inside[0]:.0%}, {inside[1]:.0%}, "
        f"{inside[2]:.0%} for n = 4, 8, 16; the rest lies inside the polygon"
    )
    return at_least(min(on_edge), 0.9, note)


def far_from_smoothed(model):
    """W1 along the line to the Smoothed PL-ESF's samples, of a model's and the ESF's, and a note.

    All start at the same 2000 noisy points.
    """
    rng = np.random.default_rng(0)
    start = POINTS[rng.integers(4, size=2000)] + np.sqrt(T0) * rng.normal(size=(2000, 2))
    models = smoothed(), model, EmpiricalScoreDiffusion(t0=T0, t_min=T_END)
    ends = [np.sort(m.fit(POINTS).flow(start, T0, T_END)[:, 0]) for m in models]
    ours, esf = (np.abs(end - ends[0]).mean() for end in ends[1:])
    return ours, f"W1 of 2000 samples along the line; those of the ESF have {esf:.4f}"


@claim("v1 Fig. 10: local average", "in the dynamics it is nearly the Smoothed PL-ESF")
def the_local_average_in_the_dynamics():
    model = LocalAverageDiffusion(kappa=KAPPA, spacing=SPACING, n_components=1, **RUN)
    far, note = far_from_smoothed(model)
    return at_most(far, 0.005, note)


@claim("v1 Fig. 10: in the plane", "it is so where both dimensions are taken as tangent")
def the_local_average_in_two_tangent_dimensions():
    # The score of one coordinate does not depend on the other: few places are exact.
    options = {"kappa": KAPPA, "spacing": SPACING, "n_components": 2, "n_quadrature": 2}
    far, note = far_from_smoothed(LocalAverageDiffusion(**options, **RUN))
    return at_most(far, 0.005, note)


@claim("v1 Proposition 11: min-norm", "the least average over directions smooths the line alone")
def the_min_norm_average_on_a_line():
    cloud, t = PointCloud.of(POINTS), 0.01
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.uniform(-1.2, 1.2, 400), 0.1 * rng.normal(size=400)])
    found = LocalAverageScore(cloud, KAPPA, SPACING, "min-norm")(x, t)
    on_line = LocalAverageScore(PointCloud.of(POINTS[:, :1]), KAPPA, SPACING)(x[:, :1], t)
    expected = np.column_stack([on_line[:, 0], -x[:, 1] / t])
    return equal(
        t * np.abs(found - expected).max(), 0, 1e-9, "largest difference of t s, 400 places"
    )


@claim(
    "v1, v2: other regularizers", "they shrink the normal part too, and leave samples off the line"
)
def other_regularizers_leave_the_line():
    cloud, times = PointCloud.of(POINTS), karras_times(T0, T_END, 200)
    rng = np.random.default_rng(0)
    start = POINTS[rng.integers(4, size=2000)] + np.sqrt(T0) * rng.normal(size=(2000, 2))
    scores = {
        "empirical Bayes": EmpiricalBayesScore(cloud, eps=1.0),
        "Tikhonov": TikhonovScore(cloud, penalty=1.0),
        "early stopping": EarlyStoppedScore(cloud, t_stop=T0 / 4),
    }
    off = {n: integrate(s, start, times, "euler")[:, 1].std() for n, s in scores.items()}
    ours = integrate(SmoothedPLScore(cloud, KAPPA, SPACING), start, times, "euler")[:, 1].std()
    note = ", ".join(f"{name} {value / ours:.0f}" for name, value in off.items())
    return at_least(
        min(off.values()) / ours, 5, f"deviation off the line over that smoothed: {note}"
    )

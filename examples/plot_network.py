"""
A trained network denoises four points in the plane
===================================================

The papers' experiment with a network in place of the smoothed score: it regresses on the exact
score (ESF) of four points on a line, at all noise levels, with weight decay on its body. Its
samples collapse onto the line, and some stay in the gaps between the points, as those of a Smoothed
PL-ESF do. Which one? That with the kappa fitted to the tangent part of the network's score by least
squares, at each variance t. Its residual is printed beside that of a network that has learned no
tangent score at all (0), twice: over p_t, where the noisy points are and the loss is, and evenly
along the line, where the gaps count as much as the points.

One kappa does not serve all t, and fewer samples stay in the gaps than with the Smoothed PL-ESF of
the kappa at t0. More weight decay keeps more there, but then the tangent score at small t is not
learned (``benchmarks/networks.py`` varies one thing at a time).

Four pictures: samples and their histograms, with the closed form for the kappa at t0; the parts of
the scores along the line (tangent) and across it (normal), network, ESF and Smoothed PL-ESF side by
side in the plane; and both parts on the axes.

Run ``python examples/plot_network.py [output.png] [--full | --papers]``; ``--full`` takes 26000
steps of 256 samples at falling learning rates, without it 11000. ``--papers`` takes the papers'
150000 of 1024 at the rate 5e-5 with weight decay 3 (ten minutes): where t is not small they come
as close, and leave far more samples in the gaps (:doc:`/measured` has both).
"""

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

from smoothdiff import SmoothedPLDiffusion
from smoothdiff._pictures import BLUE
from smoothdiff.claims import figures, trained
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import uniform_line
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="network.png", type=Path)
length = parser.add_mutually_exclusive_group()
length.add_argument("--full", action="store_true", help="more steps")
length.add_argument("--papers", action="store_true", help="the papers' steps, rate and decay")
options = parser.parse_args()

points, t0, t_end, spacing = uniform_line(4, d=2), 0.02, 1e-5, 1 / 3
cloud, line = PointCloud.of(points), PointCloud.of(points[:, :1])
rng = np.random.default_rng(0)
began = perf_counter()
length = "full" if options.full else "papers" if options.papers else "short"
network = trained.of_line(length)
seconds, n_steps = perf_counter() - began, sum(n for _, n in trained.LINE[length][2])
loss = network.loss_curve_[-1000:].mean()
print(f"{n_steps} steps in {seconds:.0f} s, loss {loss:.3f} (of no score at all: 2)")

# ------------------------------------------------------------------ how much it smooths

axis = np.column_stack([np.linspace(-1, 1, 1001), np.zeros(1001)])
kappas = []
for t in (t0, t0 / 4, t0 / 16, 1e-4):
    noisy = trained.noised(t, rng)
    for where, x in (("over p_t", noisy), ("evenly along the line", axis)):
        found = trained.tangent_fit(network, x, t)
        kappas.append(found.kappa)
        print(
            f"t = {t:.3g}, {where}: kappa {found.kappa:.2f}, residual {found.residual:.4f}, "
            f"of no tangent score {found.null:.4f}, ratio {found.residual / found.null:.3f}"
        )
best = kappas[0]

# ------------------------------------------------------------------ samples

times, n = [t0, t0 / 4, t_end], 20_000
path = network.trajectory(n_samples=n, times=times)
for x, t in zip(path, times, strict=True):
    print(
        f"samples at t = {t:.3g}: std off the line {x[:, 1].std():.4f} (sqrt(t) {np.sqrt(t):.4f})"
    )


def smoothed(t):
    """The line's model of the network's kappa at t0, down to t."""
    options = {"kappa": best, "spacing": spacing, "start": "isotropic", "random_state": 0}
    return SmoothedPLDiffusion(t0=t0, t_min=t, **options).fit(points[:, :1])


drawn = {"network": path[-1], "Smoothed PL-ESF": smoothed(t_end).sample(n)}
for name, new in drawn.items():
    parts = ", ".join(f"{part:.2%}" for part in trained.in_the_gaps(new))
    print(f"in the middle halves of the gaps, {name}: {parts}")
label = rf"Smoothed PL-ESF, $\kappa = {best:.2f}$"


def density(x, t):
    """Closed form of the first coordinate."""
    return np.exp(smoothed(t).score_samples(x[:, None]))


laws = {"network": [(label, BLUE, density)]}
pictures = {"": figures.samples_at_times({"network": path}, times, points, laws)}

# ------------------------------------------------------------------ parts of the score

times = [t0, t0 / 4, t0 / 16]
for t in times:
    x = points[rng.integers(4, size=2000)] + np.sqrt(t) * rng.normal(size=(2000, 2))
    error = np.sqrt(np.mean((t * network.score_function(x, t)[:, 1] + x[:, 1]) ** 2) / t)
    print(f"normal part at t = {t:.3g}: rms error {error:.3f} of its rms size")


def smooth_field(x, t):
    """Smoothed along the line, exact across it."""
    tangent = SmoothedPLScore(line, best, spacing)(x[:, :1], t)[:, 0]
    return np.column_stack([tangent, -x[:, 1] / t])


fields = {
    "network": network.score_function,
    "ESF": EmpiricalScore(cloud),
    "Smoothed PL-ESF": smooth_field,
}
pictures["_tangent"] = figures.parts_in_the_plane(fields, times, points, 0)
pictures["_normal"] = figures.parts_in_the_plane(fields, times, points, 1)
pictures["_axes"] = figures.parts_on_the_axes(fields, times, points, (-1, -1 / 3, 0))
for name, figure in pictures.items():
    path = options.output.with_stem(options.output.stem + name)
    figure.savefig(path, dpi=110)
    print(f"wrote {path}")

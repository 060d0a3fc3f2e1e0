"""
Averaging the score itself
==========================

For points evenly spaced on a line, as here, the smoothed score of this library is the small-t
limit of the empirical score averaged over a window around each point (LA-ESF). Run in the
denoising dynamics the two give nearly the same samples, though the average is taken at every t.
For scattered points they are two smoothings (docs/beyond_the_papers.md). The distance of their
samples along the line (Wasserstein, W1) stands beside that of independent sets of samples from one
model, and that of the exact score, which memorizes. Run from the same starting points they are
nearer still; and nothing changes where PCA does not hand over the line, but both dimensions of the
plane are taken as tangent and the average is over a square.

Run ``python examples/plot_local_average.py [output.png]``.
"""

import sys
from itertools import combinations

import numpy as np
from scipy.stats import wasserstein_distance

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff._pictures import BLUE
from smoothdiff.claims.figures import samples_at_times
from smoothdiff.datasets import uniform_line

points = uniform_line(4, d=2)
n, t0, t_end, kappa = 20000, 0.02, 1e-5, 1.2
times = [t0, t0 / 4, t_end]
common = {"t0": t0, "t_min": t_end, "solver": "euler", "n_steps": 200}
smooth = {"kappa": kappa, "start": "isotropic"}
averaged = LocalAverageDiffusion(**common, **smooth).fit(points)
smoothed = SmoothedPLDiffusion(**common, **smooth).fit(points)
exact = EmpiricalScoreDiffusion(**common).fit(points)


def draw(model, seed):
    return model.trajectory(n_samples=n, times=times, random_state=seed)


def distance(one, two):
    """W1 of the coordinates along the line."""
    return wasserstein_distance(one[:, 0], two[:, 0])


paths = {"LA-ESF": draw(averaged, 1), "Smoothed PL-ESF": draw(smoothed, 2)}
copies, others = draw(exact, 3), [draw(smoothed, seed) for seed in range(4, 8)]
sets = [paths["Smoothed PL-ESF"], *others]
pairs = list(combinations(sets, 2))
for k, t in enumerate(times):
    chance = [distance(one[k], two[k]) for one, two in pairs]
    near = np.mean([distance(paths["LA-ESF"][k], x[k]) for x in sets])
    far = np.mean([distance(copies[k], x[k]) for x in sets])
    print(
        f"t = {t:.3g}: W1 to Smoothed PL-ESF, of LA-ESF {near:.4f}, of the ESF {far:.4f}, of "
        f"itself {np.mean(chance):.4f} (up to {np.max(chance):.4f})"
    )
start = paths["LA-ESF"][0]
ends = [model.flow(start, t0, t_end) for model in (averaged, smoothed, exact)]
print(
    f"from the same start: W1 of LA-ESF and Smoothed PL-ESF {distance(ends[0], ends[1]):.5f}, "
    f"of the ESF and Smoothed PL-ESF {distance(ends[2], ends[1]):.5f}"
)

# PCA hands over the line. Here it does not: both dimensions are averaged over, by a square.
plane = LocalAverageDiffusion(n_components=2, n_quadrature=2, **common, **smooth).fit(points)
end = plane.flow(start, t0, t_end)
print(
    f"two tangent dimensions, from the same start: W1 of LA-ESF and Smoothed PL-ESF "
    f"{distance(end, ends[1]):.5f}, largest distance along the line to one "
    f"tangent dimension {np.abs(end - ends[0])[:, 0].max():.1e}"
)


def density(x, t):
    """Of the Smoothed PL-ESF, of the first coordinate."""
    line = SmoothedPLDiffusion(t0=t0, t_min=t, **smooth).fit(points[:, :1])
    return np.exp(line.score_samples(x[:, None]))


rows = {"ESF": copies, **paths}
laws = {name: [("Smoothed PL-ESF, closed form", BLUE, density)] for name in rows}
figure = samples_at_times(rows, times, points, laws)
output = sys.argv[1] if len(sys.argv) > 1 else "local_average.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")

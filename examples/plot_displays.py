"""
Look at a model
===============

Four pictures of one diffusion model of two half moons: its density, with the smallest regions that
hold 50, 80 and 95% of its samples; its score, which points from everywhere to the data; the paths
from noise to samples; and samples with the training points that each was made of.

New points of the moons, which the model has not seen, should fall into its regions about as often
as its own samples do. A sample without noise is exactly the weighted mean of its parents.

Run ``python examples/plot_displays.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from smoothdiff import SmoothedPLDiffusion, SmoothedPLDiffusionCV
from smoothdiff._pictures import label_panels
from smoothdiff.inspection import (
    DensityDisplay,
    ParentLinesDisplay,
    ScoreFieldDisplay,
    TrajectoryDisplay,
)

X, _ = make_moons(80, noise=0.08, random_state=0)
new, _ = make_moons(2000, noise=0.08, random_state=1)
candidates = {"t_min_scales": (0.1, 0.3, 1.0), "kappas": (0.02, 0.05, 0.1, 0.2, 0.4)}
density = SmoothedPLDiffusionCV(start="local", **candidates, random_state=0).fit(X)
sampler = SmoothedPLDiffusion(t_min=0, t0_scale=4.0, random_state=0).fit(X)

figure, axes = plt.subplots(2, 2, figsize=(7.5, 6.2), layout="constrained")
regions = DensityDisplay.from_estimator(density, X, random_state=0, ax=axes[0, 0])
ScoreFieldDisplay.from_estimator(sampler, X, sampler.t0_, ax=axes[0, 1])
paths = TrajectoryDisplay.from_estimator(sampler, X, random_state=1, ax=axes[1, 0])
parents = ParentLinesDisplay.from_estimator(sampler, X, random_state=1, ax=axes[1, 1])
label_panels(axes)

drawn = density.score_samples(density.sample(2000, random_state=2))
unseen = density.score_samples(new)
for share, level in zip(regions.shares, regions.levels, strict=True):
    print(
        f"region of {share:.0%}: {np.mean(drawn >= level):.1%} of other samples, "
        f"{np.mean(unseen >= level):.1%} of new points of the moons"
    )
means = np.einsum("nk,nkd->nd", parents.weights, X[parents.parents])
print(f"parents: samples are off their means by {np.abs(means - parents.samples).max():.1e}")
ends = sampler.flow(paths.states[0], sampler.t0_, 0.0)
print(f"paths: ends are off the flow by {np.abs(ends - paths.states[-1]).max():.1e}")
output = sys.argv[1] if len(sys.argv) > 1 else "displays.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")

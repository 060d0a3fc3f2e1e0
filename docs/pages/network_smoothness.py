"""
How smooth is my network?
=========================

A network that is trained by score matching on few points should learn their exact score, and copy
them. It does not: it smooths. `closest_smoothing` says by how much: it fits the ``kappa`` of a
Smoothed PL-ESF to any score, and says how much of it that explains.
"""

# %%
# A network
# ---------
#
# Four points on a line, one noise level, two strengths of weight decay.

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import NeuralScoreDiffusion
from smoothdiff.datasets import uniform_line
from smoothdiff.theory import closest_smoothing

warnings.simplefilter("ignore", ConvergenceWarning)  # a short run
points, t = uniform_line(4, half_width=3.0), 0.1
networks = {
    decay: NeuralScoreDiffusion(
        architecture="mlp",
        hidden_width=1024,
        weight_decay=decay,
        learning_rate=1e-3,
        batch_size=256,
        max_iter=800,
        n_iter_no_change=800,
        t0=t,
        t_min=t,
        random_state=0,
    ).fit(points)
    for decay in (0.0, 1.0)
}

# %%
# How much it smooths
# -------------------
#
# The field may be any callable of (x, t), here the network's.

for decay, network in networks.items():
    found = closest_smoothing(network.score_function, points, t=t, weighting="grid")
    print(f"weight decay {decay}")
    print(found)
    print()

# %%
# Read the table from the residuals. The fit means something if what is left is much less than
# what is left of the exact score (a network that copies) and of zero (a network that has learned
# nothing). ``delta = kappa sqrt(t)`` is how far from a training point the network still follows
# the exact score.

import matplotlib.pyplot as plt

from smoothdiff.cloud import as_cloud
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore

x = np.linspace(-4, 4, 600)[:, None]
cloud = as_cloud(points)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
for ax, (decay, network) in zip(axes, networks.items(), strict=True):
    kappa, *_ = closest_smoothing(network.score_function, cloud, t=t, weighting="grid")
    ax.plot(x, EmpiricalScore(cloud)(x, t), color="0.7", label="exact score")
    ax.plot(x, network.score_function(x, t), color="black", label="network")
    ax.plot(x, SmoothedPLScore(cloud, kappa, 1.0)(x, t), "--", color="tab:orange", label="closest")
    ax.set(title=f"weight decay {decay}", xlabel="x")
axes[0].legend(frameon=False)

# %%
# At all noise levels, in the plane, and by the density of the noised points: pass several ``t``,
# points of more columns, and ``weighting="p_t"``. How near networks come, and where they do not:
# :doc:`/beyond_the_papers`.

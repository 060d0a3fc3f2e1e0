"""
A score of your own
===================

You have a score field, from a formula or a network, and want its samples, likelihood and paths.
`ScoreDiffusion` runs any ``field(x, t)``; ``t`` is the variance of the noise.
"""

# %%
# A formula
# ---------
#
# The data are a ring; the field is that of a ring with noise, to first order. ``fit`` learns
# where to start and on which scale; the field is taken as it is.

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import ScoreDiffusion
from smoothdiff.inspection import ScoreFieldDisplay, TrajectoryDisplay

rng = np.random.default_rng(0)
angle = rng.uniform(0, 2 * np.pi, 60)
X = np.c_[np.cos(angle), np.sin(angle)]


def ring(x, t):
    """Towards the circle of radius 1, which is known within a width of 0.05."""
    radius = np.linalg.norm(x, axis=1, keepdims=True)
    return x / radius * (1 - radius) / (0.05**2 + t)


model = ScoreDiffusion(ring, t0=0.2, t_min=0.001, n_steps=100, random_state=0).fit(X)
radius = np.linalg.norm(model.sample(2000), axis=1)
print(f"radius of samples: {radius.mean():.3f}, give or take {radius.std():.3f}")

figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
ScoreFieldDisplay.from_estimator(model, X, model.t0_, ax=axes[0])
paths = TrajectoryDisplay.from_estimator(model, X, random_state=1, ax=axes[1])

# %%
# Its likelihood
# --------------
#
# `score_samples` needs the divergence of the field, which is found by JAX, by PyTorch, or by
# differences; what that costs in accuracy is estimated, and told. It can be checked where the law
# is known: the exact score of some points leads from noised points to less noised ones, whose
# density is a sum of Gaussians.

from smoothdiff import EmpiricalScoreDiffusion
from smoothdiff.cloud import as_cloud
from smoothdiff.scores import EmpiricalScore

points, x = rng.normal(size=(50, 2)), rng.normal(size=(200, 2))
score = EmpiricalScore(as_cloud(points))
scales = {"t0": 1.0, "t_min": 0.1}
known = EmpiricalScoreDiffusion(**scales).fit(points).score_samples(x)
for n_steps in (10, 40, 160):
    stepped = ScoreDiffusion(score, **scales, n_steps=n_steps).fit(points).score_samples(x)
    print(f"{n_steps} steps: off by {np.abs(stepped - known).max():.1e} nats at most")

# %%
# Networks
# --------
#
# A function of JAX arrays or a ``torch.nn.Module`` is called with its own kind of arrays. Networks
# trained in other conventions have a wrapper:
#
# - a denoiser ``D(x, sigma)``, as EDM's: ``ScoreDiffusion(EDMDenoiser(network))``,
# - a predictor of the noise ``eps(x, abar)``, as DDPM's:
#   ``ScoreDiffusion(VPNoisePredictor(network))``.

from smoothdiff.scores import EDMDenoiser

denoiser = EDMDenoiser(lambda x, sigma: score.denoise(x, sigma**2))  # the same, in that convention
other = ScoreDiffusion(denoiser, **scales, n_steps=160).fit(points).score_samples(x)
print(f"the same law but for {np.abs(other - stepped).max():.0e}")

# %%
# How much such a field smooths its training points: :doc:`network_smoothness`.

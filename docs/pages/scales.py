"""
Choosing kappa, t0 and t_min
============================

Three numbers decide what a sample is. ``t`` is a variance throughout: noise of standard deviation
``sqrt(t)``.

- ``t0``: where the denoising starts. How far from a training point samples may come.
- ``kappa``: how little is smoothed. A dial from 0 (interpolate) to 1 (memorize), as long as t0 is
  "auto".
- ``t_min``: where it ends. How much noise a sample keeps.

``t0="auto"`` is the square of the spacing of the data, half the distance to a neighbor;
``t0_scale`` and ``t_min_scale`` change t0 and t_min without a unit. The defaults suit sampling:
change one when you see what you do not want.

.. image:: /gallery/images/sphx_glr_plot_dials_001.gif
   :alt: As kappa grows samples run together at single points; as t0 grows they spread to segments
      and triangles of points far apart; as t_min grows they keep their noise

The same samples, as one number is turned up and back: the one in the black frame. Colors say of how
many training points (rings) each is made. :doc:`The script </gallery/plot_dials>`.
"""

# %%
# What each does
# --------------

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.metrics import memorized_fraction

rng = np.random.default_rng(3)
X = rng.normal(size=(25, 2))


def draw(rows, name, values, **others):
    """A row of panels: samples for some values of one parameter."""
    for ax, value in zip(rows, values, strict=True):
        model = SmoothedPLDiffusion(**{name: value}, **others, random_state=0).fit(X)
        new = model.sample(1500)
        ax.scatter(*new.T, s=2, color="tab:orange", linewidth=0)
        ax.scatter(*X.T, s=8, color="black")
        ax.set(title=f"{name} = {value}", xticks=[], yticks=[], xlim=(-3.4, 3.4), ylim=(-3.4, 3.4))
        print(f"{name} = {value}: {memorized_fraction(new, X):.0%} of samples are near one point")


start = {"start": "isotropic"}  # spheres, so that the three can be told apart
figure, axes = plt.subplots(3, 4, figsize=(9, 7), layout="constrained")
draw(axes[0], "kappa", (0.02, 0.3, 0.7, 1.5), t_min=0, **start)
draw(axes[1], "t0_scale", (0.1, 1.0, 4.0, 16.0), t_min=0, **start)
draw(axes[2], "t_min_scale", (0.0, 0.05, 0.3, 1.0), **start)

# %%
# *First row.* Around each point is a cell that ends on the point itself. As kappa grows the cells
# grow, and at kappa sqrt(t0) >= spacing there is nothing else: every sample is a copy.
#
# *Second row.* A small t0 starts near the points and stays near them. A large one reaches across
# the cloud, and samples fill triangles of points that are far apart.
#
# *Third row.* Without noise samples lie on points, segments and triangles. With ``t_min = t0``
# nothing is denoised: a kernel density estimate.
#
# Which to change
# ---------------
#
# ======================================  ==================================================
# what you see                            what to try
# ======================================  ==================================================
# samples too close to training rows      smaller kappa, larger t0_scale or t_min_scale
# samples where no data are               smaller t0_scale
# samples beside a curve, not on it       a narrow start: :doc:`curves_and_surfaces`
# columns too narrow                      larger t_min_scale
# columns too wide, or fuzzy              smaller t_min_scale
# held-out rows very unlikely             `SmoothedPLDiffusionCV`, which chooses all of them
# ======================================  ==================================================
#
# By likelihood, with a say on copies
# -----------------------------------
#
# A search over the scales alone takes what predicts rows held out.

from sklearn.model_selection import GridSearchCV, KFold

points = rng.normal(size=(200, 2))
grid = {"kappa": [0.05, 0.2, 0.5], "t_min_scale": [0.1, 0.3, 0.6, 1.0]}
folds = KFold(3, shuffle=True, random_state=0)
search = GridSearchCV(SmoothedPLDiffusion(random_state=0), grid, cv=folds).fit(points)
print(search.best_params_, f"{search.best_score_:.2f} nats a row")

# %%

from smoothdiff.inspection import SmoothingCurveDisplay

display = SmoothingCurveDisplay.from_estimator(search)

# %%
# How the defaults were decided, with the tables: :doc:`/defaults`. To play: the explorer on the
# first page.

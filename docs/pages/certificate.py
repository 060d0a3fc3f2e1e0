r"""
How exactness is certified
==========================

A sample is found by one small geometric solve, from a few training points near it. How is it
known that no other of the points would have changed it? By one query, for each row.

For a position :math:`x` and the ratio :math:`\rho_t = \kappa\sqrt t/\Delta` the smoothed denoiser
is the minimizer over weights :math:`\theta \ge 0`, :math:`\sum_k\theta_k = 1` of

.. math::

   J(\theta) = (1-\rho)\,\Bigl|x - \sum_k \theta_k y_k\Bigr|^2 + \rho \sum_k \theta_k\,|x-y_k|^2,
   \qquad a = \sum_k \theta_k y_k .

With :math:`v = (x-(1-\rho)a)/\rho` its derivative is :math:`\partial J/\partial\theta_k =
\rho\,|v-y_k|^2` plus a term that is the same for all :math:`k`. So at the minimum the active
points are equidistant from :math:`v`, and **no training point is nearer to it**. The problem is
convex: the converse holds as well. The derivation is in :doc:`/beyond_the_papers`.
"""

# %%
# The certificate, by hand
# ------------------------
#
# `SmoothedPLDiffusion.decompose` gives a, v and the parents. Nothing of the solver is used to
# check them, only distances to all points.

import numpy as np

from smoothdiff import SmoothedPLDiffusion

rng = np.random.default_rng(0)
X = rng.normal(size=(500, 5))
model = SmoothedPLDiffusion(kappa=0.3, random_state=0).fit(X)
t = model.t0_
x = X[rng.integers(500, size=1000)] + np.sqrt(t) * rng.normal(size=(1000, 5))
a, v, parents, weights, face_dim = model.decompose(x, t)

distances = np.linalg.norm(v[:, None] - X, axis=2)
own = np.where(parents >= 0, np.take_along_axis(distances, parents, axis=1), np.nan)
scale = model.spacing_
apart = np.nanmax(np.nanmax(own, axis=1) - np.nanmin(own, axis=1))
nearer = np.max(np.nanmin(own, axis=1) - distances.min(axis=1))
print(f"parents are equidistant from v but for {apart / scale:.0e} spacings")
print(f"the nearest of all points is nearer by at most {nearer / scale:.0e}")
print("faces by dimension:", np.bincount(face_dim))

# %%
# Against other weights
# ---------------------
#
# J itself, of the weights of all 500 points. If ours are the minimum, a step towards any other
# weights makes J larger: towards single points, and towards random mixtures.

rho = 0.3 * np.sqrt(t) / scale


def loss(a, theta, x):
    """J of the weights theta of all points."""
    return (1 - rho) * np.sum((x - a) ** 2) + rho * np.sum(theta * np.sum((x - X) ** 2, axis=1))


worst = 0.0
for i in range(20):
    ours = np.zeros(500)
    ours[parents[i][parents[i] >= 0]] = weights[i][parents[i] >= 0]
    for theta in [*np.eye(500)[rng.integers(500, size=50)], *rng.dirichlet(np.full(500, 0.02), 50)]:
        for step in (1e-3, 0.1):
            other = (1 - step) * ours + step * theta
            worst = min(worst, loss(other @ X, other, x[i]) - loss(ours @ X, ours, x[i]))
print(f"no step makes J smaller by more than {abs(worst):.0e}")

# %%
# The flow
# --------
#
# a and v do not change along a path, so that :math:`x_s = (1-\rho_s)a + \rho_s v` is the path
# itself. Steps of the ODE come to the same place as they become many:

start = x[:50]
exact = model.flow(start, t, model.t_min_)
for n_steps in (10, 40, 160):
    stepped = SmoothedPLDiffusion(kappa=0.3, solver="heun", n_steps=n_steps).fit(X)
    error = np.linalg.norm(stepped.flow(start, t, model.t_min_) - exact, axis=1)
    print(f"{n_steps} Heun steps: off by {np.mean(error) / scale:.1e} spacings on average")

# %%
# The density
# -----------
#
# Within a cell the map is affine, and its determinant is known. The density integrates to one; on
# a grid in the plane:

plane = SmoothedPLDiffusion(kappa=0.3, t_min_scale=0.3, random_state=0).fit(rng.normal(size=(8, 2)))
axis = np.linspace(-7, 7, 1400)
grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
print(f"integral {np.exp(plane.score_samples(grid)).sum() * (axis[1] - axis[0]) ** 2:.5f}")

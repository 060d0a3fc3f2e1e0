"""Averaged scores: quadrature error, evaluations a second, and steps against the closed form.

The error of the cube's average by n points, one axis integrated exactly, stands beside that of
512 plain Monte Carlo points, as in the paper; the reference has 16384 points.
"""

import numpy as np

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.noise import karras_times
from smoothdiff.ode import integrate
from smoothdiff.scores import WINDOWS, EmpiricalScore, LocalAverageScore, SmoothedPLScore

from ._measure import record, seconds

KAPPA = 0.1


def root_mean_square(x):
    return float(np.sqrt((x**2).mean()))


def quadrature_errors(r):
    """Relative root-mean-square errors at the noise level where the average differs most."""
    rng = np.random.default_rng(0)
    cloud = PointCloud.of(rng.normal(size=(30, r)))
    spacing = cloud.spacing()
    x, t = cloud.points[rng.integers(30, size=60)] + spacing * rng.normal(size=(60, r)), spacing**2

    def score(n):
        return LocalAverageScore(cloud, KAPPA, spacing, "cube", n)(x, t)

    best = score(16384)
    w = LocalAverageScore(cloud, KAPPA, spacing).half_width(t)
    exact = EmpiricalScore(cloud)
    plain = [
        np.mean([exact(x + w * u, t) for u in rng.uniform(-1, 1, (512, r))], axis=0)
        for _ in range(10)
    ]
    errors = {
        f"error_{n}": root_mean_square(score(n) - best) / root_mean_square(best)
        for n in (16, 64, 256)
    }
    monte_carlo = root_mean_square(np.array(plain) - best) / root_mean_square(best)
    return {
        **errors,
        "error_512_monte_carlo": monte_carlo,
        "ratio_64": monte_carlo / errors["error_64"],
    }


def evaluations(r, n=1000, m=2000):
    """Score evaluations a second of each window, beside the plain ESF's."""
    rng = np.random.default_rng(0)
    cloud = PointCloud.of(rng.normal(size=(n, r)))
    x = cloud.points[rng.integers(n, size=m)] + cloud.spacing() * rng.normal(size=(m, r))
    t = cloud.spacing() ** 2
    fields = {"empirical": EmpiricalScore(cloud)}
    for window in WINDOWS:
        fields[window] = LocalAverageScore(cloud, KAPPA, cloud.spacing(), window)
    out = {}
    for name, field in fields.items():
        field(x, t)  # compile
        elapsed, _ = seconds(lambda f=field: f(x, t), 2)
        out[f"{name}_per_s"] = m / elapsed
    return out


def closed_form(d=2, n=500):
    """Seconds for samples within 1e-3 spacings of the flow's ends, by steps and by one solve."""
    X = np.random.default_rng(0).normal(size=(n, d))
    parameters = {"kappa": 0.3, "random_state": 0}
    exact = SmoothedPLDiffusion(**parameters).fit(X)
    exact.sample(1000)
    solve_s, expected = seconds(lambda: exact.sample(1000, random_state=1))
    for n_steps in (25, 50, 100, 200, 400, 800, 1600):
        model = SmoothedPLDiffusion(solver="heun", n_steps=n_steps, **parameters).fit(X)
        steps_s, found = seconds(lambda m=model: m.sample(1000, random_state=1), 1)
        error = np.linalg.norm(found - expected, axis=1).mean() / exact.spacing_
        if error < 1e-3:
            break
    return {
        "solve_s": solve_s,
        "heun_s": steps_s,
        "heun_steps": n_steps,
        "error_in_spacings": error,
        "ratio": steps_s / solve_s,
    }


def experiment():
    """The papers' run: 20000 samples, 200 Euler steps, n = 4 on a line in the plane."""
    cloud = PointCloud.of(np.linspace(-1, 1, 4)[:, None])
    rng = np.random.default_rng(0)
    x = cloud.points[rng.integers(4, size=20000)] + np.sqrt(0.02) * rng.normal(size=(20000, 1))
    times = karras_times(0.02, 1e-5, 200)
    fields = {
        "empirical": EmpiricalScore(cloud),
        "smoothed": SmoothedPLScore(cloud, 1.2, 1 / 3),
        "local_average": LocalAverageScore(cloud, 1.2, 1 / 3),
    }
    out = {}
    for name, field in fields.items():
        integrate(field, x, times[:3], "euler")  # compile
        out[f"{name}_s"], _ = seconds(lambda f=field: integrate(f, x, times, "euler"))
    return out


def main():
    results = {f"quadrature, d={r}": quadrature_errors(r) for r in (2, 5)}
    results |= {f"evaluations, d={r}": evaluations(r) for r in (1, 2, 5)}
    results["steps against the closed form"] = closed_form()
    results["20000 samples, 200 Euler steps"] = experiment()
    record("local_average", results)
    return results

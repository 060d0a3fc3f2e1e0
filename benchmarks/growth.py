"""Time of every main call against rows and columns, with fitted exponents, beside the peers.

Rows near a curved surface of five dimensions (of d where that is less), so that all columns are
tangent. An exponent is the slope of log seconds over log size, through the upper half of the sizes;
its error is that of the fit. The first call of each size, which may compile, is left out. The peers
do the like: SMOTE makes as many rows (its search is in each call), KernelDensity scores as many.
Writes ``growth.json`` and ``growth.svg``.
"""

import matplotlib
import numpy as np
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import KernelDensity

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion

from ._measure import RESULTS, record, seconds

ROWS, COLUMNS = (1_000, 4_000, 16_000, 64_000), (2, 4, 8, 16, 32)
D, N = 4, 16_000
FEW = 1000


def data(n, d):
    """Rows (n, d)."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, min(d, 5)))
    return np.tanh(z @ rng.normal(size=(z.shape[1], d))) + 0.1 * rng.normal(size=(n, d))


def smote(X):
    """Make as many rows as there are, of the smaller of two classes."""
    both = np.concatenate([X, np.random.default_rng(1).normal(size=(2 * len(X), X.shape[1]))])
    return SMOTE(random_state=0).fit_resample(both, np.repeat([0, 1], [len(X), 2 * len(X)]))


def calls(X):
    """Name -> function without arguments."""
    smoothed, exact = (
        make(random_state=0).fit(X) for make in (SmoothedPLDiffusion, EmpiricalScoreDiffusion)
    )
    average = LocalAverageDiffusion(random_state=0).fit(X)
    few, t0 = X[:FEW], smoothed.t0_
    kernel = KernelDensity(bandwidth=np.sqrt(exact.t0_), rtol=1e-6).fit(X)
    return {
        "fit": lambda: SmoothedPLDiffusion(random_state=0).fit(X),
        "sample as many": lambda: smoothed.sample(len(X)),
        f"sample {FEW}": lambda: smoothed.sample(FEW),
        f"score_samples {FEW}": lambda: smoothed.score_samples(few),
        f"flow {FEW}": lambda: smoothed.flow(few, t0, t0 / 100),
        f"smoothed score {FEW}": lambda: smoothed.score_function(few, t0),
        f"exact score {FEW}": lambda: exact.score_function(few, exact.t0_),
        f"exact density {FEW}": lambda: exact.score_samples(few),
        f"local average {FEW}": lambda: average.score_function(few, average.t0_),
        "SMOTE, as many": lambda: smote(X),
        f"KernelDensity {FEW}": lambda: kernel.score_samples(few),
    }


def slope(sizes, times):
    """Exponent and its standard error, of the upper half of the sizes."""
    x, y = np.log(sizes[len(sizes) // 2 - 1 :]), np.log(times[len(sizes) // 2 - 1 :])
    (a, b), residuals = np.polyfit(x, y, 1), 0.0
    if len(x) > 2:
        residuals = ((y - a * x - b) ** 2).sum() / (len(x) - 2)
    return float(a), float(np.sqrt(residuals / ((x - x.mean()) ** 2).sum()))


def sweep(shapes, sizes):
    """Name -> seconds at each size, and the exponent."""
    found: dict = {}
    for n, d in shapes:
        for name, call in calls(data(n, d)).items():
            call()
            found.setdefault(name, []).append(seconds(call, 2)[0])
            print(f"{n} x {d}: {name} {found[name][-1]:.3g} s", flush=True)
    return {name: (times, *slope(sizes, times)) for name, times in found.items()}


def draw(by_rows, by_columns):
    """Two panels: seconds against rows, and against columns."""
    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained", sharey=True)
    colors = plt.colormaps["tab20"].colors
    for axis, sizes, found in zip(axes, (ROWS, COLUMNS), (by_rows, by_columns), strict=True):
        for color, (name, (times, power, _)) in zip(colors, found.items(), strict=False):
            peer = name[0].isupper()
            label = f"{name}: {power:.2f}"
            axis.loglog(sizes, times, "o--" if peer else "o-", color=color, label=label, ms=4)
        axis.set_xticks(sizes, [str(size) for size in sizes])
        axis.minorticks_off()
        axis.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), title="exponent")
    axes[0].set(xlabel=f"rows, {D} columns", ylabel="seconds")
    axes[1].set(xlabel=f"columns, {N} rows")
    figure.savefig(RESULTS / "growth.svg", metadata={"Date": None})


def main():
    """Measure, draw and record."""
    by_rows = sweep([(n, D) for n in ROWS], ROWS)
    by_columns = sweep([(N, d) for d in COLUMNS], COLUMNS)
    draw(by_rows, by_columns)
    record(
        "growth",
        {
            f"{name}, by {what}": {
                **{str(size): time for size, time in zip(sizes, times, strict=True)},
                "exponent": power,
                "error": error,
            }
            for what, sizes, found in (("rows", ROWS, by_rows), ("columns", COLUMNS, by_columns))
            for name, (times, power, error) in found.items()
        },
    )


if __name__ == "__main__":
    main()

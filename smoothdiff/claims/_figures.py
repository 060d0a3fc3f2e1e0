"""The papers' figures, as the library draws them: title and a function that draws."""

import numpy as np

from .._pyplot import BLACK, BLUE, ORANGE
from ..cloud import PointCloud
from ..estimators import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from ..scores import EmpiricalScore, SmoothedPLScore
from ._experiment import KAPPA, POINTS, SPACING, T0, T_END, on_circle, smoothed

__all__ = ["FIGURES"]

X = np.linspace(-1.5, 1.5, 2001)


def model_of(kind, t_min, **options):
    """Four points with the exact or the smoothed score, the law at t_min."""
    if kind == "ESF":
        return EmpiricalScoreDiffusion(t0=T0, t_min=t_min, random_state=0, **options).fit(POINTS)
    return smoothed(t_min=t_min, **options)


def letter(ax, text, title=""):
    """A panel's letter in bold, and its title."""
    ax.set_title(f"$\\bf{{{text}}}$  {title}", loc="left", fontsize="medium")


def densities(plt):
    """Density of the law at t0, and near t = 0 under the exact and the smoothed score."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 1.9), layout="constrained", sharey=True)
    x, y = np.linspace(-1.5, 1.5, 301), np.linspace(-0.45, 0.45, 91)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    panels = (("ESF", T0, "at $t_0$"), ("ESF", T0 / 16, "ESF"), ("smooth", T0 / 16, "smoothed"))
    for ax, text, (kind, t, title) in zip(axes, "abc", panels, strict=True):
        # The normal direction is noise of variance t: as a tangent one it is drawn as well.
        log_p = model_of(kind, t, n_components=2).score_samples(grid).reshape(len(y), -1)
        image = ax.pcolormesh(x, y, log_p, cmap="viridis", vmin=-6, vmax=3.5, rasterized=True)
        ax.scatter(*POINTS.T, s=14, color="white", edgecolor=BLACK, linewidth=0.6)
        ax.set(xlabel="$x_1$", aspect="equal")
        letter(ax, text, f"{title}, $t = {t:.3g}$")
    axes[0].set_ylabel("$x_2$")
    figure.colorbar(image, ax=list(axes), label=r"$\log p(x)$", shrink=0.8)
    return figure


def curves(plt):
    """The exact score, its small-t limit and the smoothed score, along the line."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained", sharey=True)
    cloud = PointCloud.of(POINTS[:, :1])
    for ax, text, t in zip(axes, "abc", (T0, T0 / 4, T0 / 16), strict=True):
        limit = SmoothedPLScore(cloud, 2 * SPACING / np.sqrt(t), SPACING)  # no smoothing
        smooth, esf = SmoothedPLScore(cloud, KAPPA, SPACING), EmpiricalScore(cloud)
        for score, color, style, name in (
            (limit, "0.6", "-", "PL-ESF"), (esf, BLACK, "-", "ESF"),
            (smooth, BLUE, "-", "Smoothed PL-ESF"),
        ):  # fmt: skip
            ax.plot(
                X, t * score(X[:, None], t)[:, 0], style, color=color, linewidth=1.4, label=name
            )
        ax.scatter(POINTS[:, 0], np.zeros(4), s=16, color=BLACK, zorder=3)
        ax.set(xlabel="$x$")
        letter(ax, text, f"$t = {t:.3g}$")
    axes[0].set_ylabel(r"$t\,s_t(x)$")
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def samples(plt):
    """Samples of both scores at three times, with the closed form over the histograms."""
    figure, axes = plt.subplots(2, 3, figsize=(11, 4.6), layout="constrained", sharex=True)
    times, edges = [T0, T0 / 4, T_END], np.linspace(-1.5, 1.5, 121)
    for row, kind, text in zip(axes, ("ESF", "smooth"), ("abc", "def"), strict=True):
        model = model_of(kind, T_END, n_components=1)
        path = model.trajectory(n_samples=20_000, times=times)
        for ax, name, t, x in zip(row, text, times, path, strict=True):
            weights = np.full(len(x), 1 / len(x) / (edges[1] - edges[0]))
            ax.hist(x[:, 0], edges, weights=weights, color=BLUE if kind != "ESF" else "0.5")
            if t > T_END:  # at the end the law has peaks narrower than a bin
                law = model_of(kind, t).score_samples(np.column_stack([X, np.zeros_like(X)]))
                ax.plot(X, np.exp(law), color=ORANGE, linewidth=1)
            ax.set(yscale="log", ylim=(1e-3, 60))
            letter(ax, name, f"{kind if kind == 'ESF' else 'smoothed'}, $t = {t:.3g}$")
        row[0].set_ylabel("density")
    for ax in axes[1]:
        ax.set_xlabel("$x_1$")
    return figure


def phases(plt):
    """Where a path ends is decided by its region: A of points, C of gaps, B beyond the ends."""
    figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
    model = SmoothedPLDiffusion(kappa=KAPPA, spacing=SPACING, t0=0.03, t_min=0, start="isotropic")
    model.fit(POINTS[:, :1])
    starts, noise = np.linspace(-1.5, 1.5, 62), np.linspace(np.sqrt(0.03), 0, 41)
    ax.plot(model.trajectory(starts[:, None], times=noise**2)[:, :, 0], noise, color=BLUE, lw=0.7)
    for y in POINTS[:, 0]:
        ax.plot(y + KAPPA * noise, noise, y - KAPPA * noise, noise, color=BLACK, lw=0.8, ls="--")
    ax.scatter(POINTS[:, 0], np.zeros(4), color=BLACK, s=24, zorder=3, clip_on=False)
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    regions = [("A", POINTS[1:-1, 0], 0.16), ("C", POINTS[1:, 0] - SPACING, 0.06)]
    regions.append(("B", np.array([-1.4, 1.4]), 0.06))
    for name, places, height in regions:
        for x in places:
            ax.text(x, height, name, ha="center", va="center", bbox=box)
    ax.set(xlabel="$x$", ylabel=r"$\sqrt{t}$", xlim=(-1.5, 1.5), ylim=(0, noise[0]))
    return figure


def circles(plt):
    """Samples of points on a circle, and the field that leads there."""
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained", sharey=True)
    for ax, text, n in zip(axes, "abc", (4, 8, 16), strict=True):
        points, _, model = on_circle(n)
        side = np.linspace(-1.3, 1.3, 17)
        grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
        ax.quiver(*grid.T, *(0.01 * model.score_function(grid, 0.01)).T, color="0.6", width=0.003)
        ax.scatter(*model.sample(1500).T, s=3, color=BLUE, linewidth=0)
        ax.scatter(*points.T, s=16, color=BLACK, zorder=3)
        ax.set(aspect="equal", xlabel="$x_1$")
        letter(ax, text, f"$n = {n}$, field at $t_0/8$")
    axes[0].set_ylabel("$x_2$")
    return figure


FIGURES = [
    (
        "Fig. 1: the law at the start, copied by the exact score, spread by the smoothed one",
        densities,
    ),
    ("v1 Fig. 2: the exact score, its limit, and the Smoothed PL-ESF", curves),
    ("Fig. 3: regions that no path leaves; dashed, the borders of the points' regions", phases),
    ("v1 Fig. 5, v2 Fig. 4: 20000 samples; the closed form over the histograms", samples),
    ("v2 Fig. 5: points on a circle", circles),
]

"""The papers' figures, as the library draws them: title and a function that draws."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .. import _pictures as look
from .._pictures import BLACK, BLUE, COLORS, in_math
from .._pyplot import pyplot
from ..cloud import PointCloud
from ..estimators import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from ..scores import EmpiricalScore, PLScore, SmoothedPLScore
from ..theory import closest_smoothing
from . import figures, trained
from ._experiment import KAPPA, POINTS, RUN, SPACING, T0, T_END, on_circle, smoothed

__all__ = ["FIGURES", "Figure"]

X = np.linspace(-1.5, 1.5, 2001)
TIMES = (T0, T0 / 4, T_END)
LINE = PointCloud.of(POINTS[:, :1])
N = 20_000


class Figure(NamedTuple):
    """One of the papers', under a name that a file can have."""

    name: str
    title: str
    draw: Callable
    """With ``full``, whether to train networks long, it gives a matplotlib Figure."""


def model_of(kind, t_min, **options):
    """Four points with the exact or the smoothed score, the law at t_min."""
    if kind == "ESF":
        return EmpiricalScoreDiffusion(t0=T0, t_min=t_min, random_state=0, **options).fit(POINTS)
    return smoothed(t_min=t_min, **options)


def law_of(kind, kappa=KAPPA):
    """The closed-form density of the first coordinate, as a function of it and t."""

    def density(x, t):
        if kind == "ESF":
            model = EmpiricalScoreDiffusion(t0=T0, t_min=t)
        else:
            options = {"kappa": kappa, "spacing": SPACING, "start": "isotropic"}
            model = SmoothedPLDiffusion(t0=T0, t_min=t, **options)
        return np.exp(model.fit(POINTS[:, :1]).score_samples(x[:, None]))

    return density


def in_plane(tangent):
    """The field in the plane of a score along the line: its normal part is -x_2 / t."""

    def field(x, t):
        return np.column_stack([tangent(x[:, :1], t)[:, 0], -x[:, 1] / t])

    return field


def densities(full):
    """Density of the law at t0, and near t = 0 under the exact and the smoothed score."""
    plt = pyplot()
    figure, axes = plt.subplots(1, 3, figsize=(11, 1.9), layout="constrained", sharey=True)
    x, y = np.linspace(-1.5, 1.5, 301), np.linspace(-0.45, 0.45, 91)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    panels = (("ESF", T0, "at $t_0$"), ("ESF", T0 / 16, "ESF"), ("", T0 / 16, "Smoothed PL-ESF"))
    for ax, (kind, t, _) in zip(axes, panels, strict=True):
        # The normal direction is noise of variance t: as a tangent one it is drawn as well.
        log_p = model_of(kind, t, n_components=2).score_samples(grid).reshape(len(y), -1)
        image = ax.pcolormesh(x, y, log_p, cmap="viridis", vmin=-6, vmax=3.5, rasterized=True)
        look.draw_rings(ax, POINTS, edgecolors="white")
        ax.set(xlabel="$x_1$", aspect="equal")
    axes[0].set_ylabel("$x_2$")
    look.label_panels(axes, [f"{title}, $t = {in_math(t)}$" for _, t, title in panels])
    figure.colorbar(image, ax=list(axes), label=r"$\log p(x)$", shrink=0.8)
    return figure


def curves(full):
    """The exact score, its small-t limit and the smoothed score, along the line."""
    plt = pyplot()
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained", sharey=True)
    times = (T0, T0 / 4, T0 / 16)
    scores = {"PL-ESF": PLScore(LINE), "ESF": EmpiricalScore(LINE)}
    scores["Smoothed PL-ESF"] = SmoothedPLScore(LINE, KAPPA, SPACING)
    for ax, t in zip(axes, times, strict=True):
        for name, score in scores.items():
            y = t * score(X[:, None], t)[:, 0]
            ax.plot(X, y, color=COLORS[name], linewidth=3 if name == "PL-ESF" else 1.4, label=name)
        look.draw_points(ax, POINTS[:, 0], label="training points")
        ax.set_xlabel("$x$")
    axes[0].set_ylabel(r"$t\,s_t(x)$")
    look.label_panels(axes, [f"$t = {in_math(t)}$" for t in times])
    look.legend_below(figure, axes[0])
    return figure


def decays(data):
    """Networks for one t, of each weight decay, beside the nearest Smoothed PL-ESF."""

    def draw(full):
        panels = []
        points, t, *_ = trained.AT_ONE_T[data]
        cloud, spacing = PointCloud.of(points), PointCloud.of(points).spacing()
        margin = 0.5 if data == "two" else 0.0
        x = np.linspace(points.min() - margin, points.max() + margin, 1501)[:, None]
        for decay in trained.DECAYS[data]:
            score = trained.at_one_t(data, decay, full).score_function(x, t)
            kappa, *_ = closest_smoothing(score, cloud, x, t, spacing)
            near = SmoothedPLScore(cloud, kappa, spacing)(x, t)
            rho = kappa * np.sqrt(t) / spacing
            found = rf"\delta = {rho * spacing:.2f}" if data == "two" else rf"\rho = {rho:.2f}"
            scores = {"ESF": EmpiricalScore(cloud)(x, t), "Smoothed PL-ESF": near, "network": score}
            panels.append((f"decay {decay}, ${found}$", t, points, x, scores))
        return figures.curves_of_networks(panels)

    return draw


def phases(full):
    """Where a path ends is decided by its region: A of points, C of gaps, B beyond the ends."""
    plt = pyplot()
    figure, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
    model = SmoothedPLDiffusion(kappa=KAPPA, spacing=SPACING, t0=0.03, t_min=0, start="isotropic")
    model.fit(POINTS[:, :1])
    starts, noise = np.linspace(-1.5, 1.5, 62), np.linspace(np.sqrt(0.03), 0, 41)
    paths = model.trajectory(starts[:, None], times=noise**2)[:, :, 0]
    labels = ["paths, downward"] + [None] * (len(starts) - 1)
    ax.plot(paths, noise, color=BLUE, linewidth=0.7, label=labels)
    for y in POINTS[:, 0]:
        label = r"borders, $y_k \pm \kappa \sqrt{t}$" if y == POINTS[0, 0] else None
        for side in (KAPPA, -KAPPA):
            ax.plot(y + side * noise, noise, "--", color=BLACK, linewidth=0.8, label=label)
            label = None
    look.draw_points(ax, POINTS[:, 0], s=24, clip_on=False, label="training points")
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    regions = [("A", POINTS[1:-1, 0], 0.16), ("C", POINTS[1:, 0] - SPACING, 0.06)]
    regions.append(("B", np.array([-1.4, 1.4]), 0.06))
    for name, places, height in regions:
        for x in places:
            ax.text(x, height, name, ha="center", va="center", bbox=box)
    ax.set(xlabel="$x$", ylabel=r"$\sqrt{t}$", xlim=(-1.5, 1.5), ylim=(0, noise[0]))
    look.legend_below(figure, ax)
    return figure


def line_network(full):
    """The network for all t of the four points."""
    return trained.of_line("papers" if full else "short")


def samples(full):
    """Samples of the exact score, of the smoothed one and of a network, at three times."""
    network = line_network(full)
    kappa = trained.kappa_at_t0(network)
    models = {
        "ESF": model_of("ESF", T_END, solver="euler"),
        "Smoothed PL-ESF": model_of("smoothed", T_END, solver="euler"),
        "network": network,
    }
    rows = {name: m.trajectory(n_samples=N, times=TIMES) for name, m in models.items()}
    nearest = rf"Smoothed PL-ESF, $\kappa = {kappa:.2f}$ as the network at $t_0$"
    laws = {n: [("closed form", BLACK, law_of(n))] for n in ("ESF", "Smoothed PL-ESF")}
    laws["network"] = [(nearest, BLUE, law_of("Smoothed PL-ESF", kappa))]
    return figures.samples_at_times(rows, TIMES, POINTS, laws)


def circles(full):
    """Samples of points on a circle, and the fields that lead there."""
    rows: dict = {"ESF": [], "Smoothed PL-ESF": []}
    for n in (4, 8, 16):
        points, _, smooth = on_circle(n)
        exact = EmpiricalScoreDiffusion(t0=0.08, t_min=T_END, random_state=0).fit(points)
        models = {"ESF": exact, "Smoothed PL-ESF": smooth}
        if full:
            models["network"] = trained.of_circle(n, full)
        for name, model in models.items():
            x = model.trajectory(n_samples=1500, times=[T_END], random_state=0)[-1]
            rows.setdefault(name, []).append((points, model.score_function, x))
    return figures.colored_fields(rows, 0.01)


def fields_of_line(network):
    """The network, the ESF, and the Smoothed PL-ESF that is nearest to the network at t0."""
    smooth = SmoothedPLScore(LINE, trained.kappa_at_t0(network), SPACING)
    return {
        "network": network.score_function,
        "ESF": EmpiricalScore(PointCloud.of(POINTS)),
        "Smoothed PL-ESF": in_plane(smooth),
    }


def parts(part):
    """Tangent (0) or normal (1) part of the three scores in the plane."""

    def draw(full):
        fields = fields_of_line(line_network(full))
        return figures.parts_in_the_plane(fields, (T0, T0 / 4, T0 / 16), POINTS, part)

    return draw


def parts_on_axes(full):
    """The same parts on the line and across it."""
    fields = fields_of_line(line_network(full))
    return figures.parts_on_the_axes(fields, (T0, T0 / 4, T0 / 16), POINTS, (-1, -1 / 3, 0))


def averages(full):
    """The averaged exact score in the dynamics, in two tangent dimensions."""
    common = {"kappa": KAPPA, "spacing": SPACING, "solver": "euler", **RUN}
    models = {
        "ESF": model_of("ESF", T_END, solver="euler", n_components=2),
        # The score of one coordinate does not depend on the other: few places are exact.
        "LA-ESF": LocalAverageDiffusion(n_components=2, n_quadrature=2, **common).fit(POINTS),
        "Smoothed PL-ESF": smoothed(solver="euler", n_components=2),
    }
    rows = {name: m.trajectory(n_samples=N // 4, times=TIMES) for name, m in models.items()}
    of_smoothed = [("Smoothed PL-ESF, closed form", BLUE, law_of("Smoothed PL-ESF"))]
    laws = {"LA-ESF": of_smoothed, "Smoothed PL-ESF": of_smoothed}
    laws["ESF"] = [("ESF, closed form", BLACK, law_of("ESF"))]
    return figures.samples_at_times(rows, TIMES, POINTS, laws)


FIGURES = [
    Figure(
        "densities",
        "Fig. 1: the law at the start, copied by the exact score, spread by the smoothed one",
        densities,
    ),
    Figure("curves", "v1 Fig. 2: the exact score, its limit, and the Smoothed PL-ESF", curves),
    Figure(
        "decays",
        "v1 Fig. 4, v2 Fig. 2: networks of four weight decays, each beside the nearest Smoothed "
        "PL-ESF",
        decays("two"),
    ),
    Figure(
        "phases",
        "Fig. 3: regions that no path leaves; dashed, the borders of the points' regions",
        phases,
    ),
    Figure(
        "samples",
        "v1 Fig. 5, v2 Fig. 4: 20000 samples of each score, and their first coordinate",
        samples,
    ),
    Figure(
        "circles",
        "v2 Fig. 5: points on a circle, samples and fields at t0/8; networks with --full",
        circles,
    ),
    Figure(
        "tangent",
        "v1 Figs. 7-9, v2 Figs. 6-8: tangent part of a network, the ESF and the Smoothed PL-ESF",
        parts(0),
    ),
    Figure("normal", "v1 Figs. 7-9, v2 Figs. 6-8: their normal part", parts(1)),
    Figure("axes", "v1 Figs. 7-9, v2 Figs. 6-8: both parts on the axes", parts_on_axes),
    Figure(
        "averages",
        "v1 Fig. 10: the averaged ESF in the dynamics, both dimensions taken as tangent",
        averages,
    ),
    Figure(
        "uneven",
        "v2 Fig. 9: uneven points, networks of four weight decays, and the Smoothed PL-ESF that "
        "takes the same part of every half-gap",
        decays("uneven"),
    ),
]

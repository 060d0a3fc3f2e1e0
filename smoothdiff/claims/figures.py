"""Drawings that the papers' figures are made of, of samples and fields that are given.

A field is a callable (x, t) -> (n, 2) of positions x (n, 2) at the variance t; names of scores are
those of `COLORS` in `smoothdiff._pictures`, which color them. Each gives a matplotlib Figure and
needs matplotlib.
"""

import numpy as np

from .. import _pictures as look
from .._pictures import COLORS, in_math
from .._pyplot import pyplot

__all__ = [
    "colored_fields",
    "curves_of_networks",
    "draw_scores",
    "parts_in_the_plane",
    "parts_on_the_axes",
    "samples_at_times",
]

EDGES = np.linspace(-1.5, 1.5, 121)
# Of the four points: what is shown of the plane.
X1, X2 = np.linspace(-1.3, 1.3, 131), np.linspace(-0.42, 0.42, 43)


def line_style(name):
    """Of a score's curve: broad and pale for the Smoothed PL-ESF, on which others lie."""
    broad = name.startswith("Smoothed")
    return {
        "color": COLORS[name],
        "linewidth": 3.5 if broad else 1.2,
        "alpha": 0.45 if broad else 1,
        "zorder": 2.5 if name == "network" else 2,
    }


def samples_at_times(rows, times, points, laws=None, edges=EDGES):
    """Samples in the plane, and histograms of their first coordinate, of each score at each time.

    Parameters
    ----------
    rows : dict of str to array of shape (n_times, n, 2)
        By the name of the score.
    times : sequence of float
        Variances.
    points : array of shape (m, 2)
        Training points.
    laws : dict of str to list of (label, color, callable), optional
        For a row, curves over its histograms: densities (k,) at first coordinates (k,), given t.
    edges : array
        Of the histograms' bins.
    """
    plt = pyplot()
    figure, axes = plt.subplots(
        2 * len(rows),
        len(times),
        figsize=(3.6 * len(times), 3 * len(rows) + 0.6),
        height_ratios=[1.25, 1] * len(rows),
        sharex=True,
        layout="constrained",
        squeeze=False,
    )
    x = np.linspace(edges[0], edges[-1], 4001)
    titles = []
    for (name, path), (above, below) in zip(
        rows.items(), axes.reshape(-1, 2, len(times)), strict=True
    ):
        for states, t, upper, lower in zip(path, times, above, below, strict=True):
            look.draw_samples(upper, states, color=COLORS.get(name, look.BLUE))
            look.draw_rings(upper, points)
            upper.set(aspect="equal", ylim=(-0.55, 0.55), yticks=[-0.4, 0, 0.4])
            heights = np.histogram(states[:, 0], edges)[0] / len(states) / np.diff(edges)
            lower.stairs(heights, edges, fill=True, color="0.75", label="histogram")
            for label, color, density in (laws or {}).get(name, ()):
                lower.plot(x, density(x, t), color=color, linewidth=0.9, label=label)
            lower.set(yscale="log", ylim=(1e-3, 100), xlim=edges[[0, -1]])
            lower.set_yticks([1e-2, 1, 100])
        titles += [f"{name}, $t = {in_math(t)}$" for t in times] + [""] * len(times)
        above[0].set_ylabel("$x_2$")
        below[0].set_ylabel("density")
    look.label_panels(axes, titles)
    for ax in axes[:, 1:].flat:
        ax.tick_params(labelleft=False)
    for ax in axes[-1]:
        ax.set_xlabel("$x_1$")
    look.legend_below(figure, *axes.flat)
    return figure


def parts_in_the_plane(fields, times, points, part):
    """One part of each score in the plane, t s_1 along the line or t s_2 across it.

    Parameters
    ----------
    fields : dict of str to callable
        The columns, by the name of the score.
    times : sequence of float
        Variances: the rows.
    points : array of shape (m, 2)
    part : {0, 1}
        Tangent or normal.
    """
    plt = pyplot()
    figure, axes = plt.subplots(
        len(times),
        len(fields),
        figsize=(3.5 * len(fields) + 0.9, 1.75 * len(times)),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    grid = np.stack(np.meshgrid(X1, X2), axis=-1)
    limit = (1 / 3, X2[-1])[part]
    titles = []
    for t, row in zip(times, axes, strict=True):
        for (name, field), ax in zip(fields.items(), row, strict=True):
            values = t * field(grid.reshape(-1, 2), t)[:, part].reshape(grid.shape[:2])
            image = ax.pcolormesh(
                X1, X2, values, cmap="RdBu_r", vmin=-limit, vmax=limit, rasterized=True
            )
            look.draw_rings(ax, points)
            ax.set_aspect("equal")
            titles.append(f"{name}, $t = {in_math(t)}$")
        row[0].set_ylabel("$x_2$")
    for ax in axes[-1]:
        ax.set_xlabel("$x_1$")
    look.label_panels(axes, titles)
    name = (r"tangent part $t\,s_1(x)$", r"normal part $t\,s_2(x)$")[part]
    figure.colorbar(image, ax=axes, label=name, shrink=0.8, aspect=30)
    return figure


def parts_on_the_axes(fields, times, points, across):
    """The tangent part of each score on the line, and the normal part across it.

    ``across`` are the first coordinates at which the normal part is shown, with as many dashes.
    """
    plt = pyplot()
    figure, axes = plt.subplots(
        2, len(times), figsize=(3.6 * len(times), 5.4), layout="constrained", sharey="row"
    )
    on_line = np.column_stack([np.linspace(-1.3, 1.3, 601), np.zeros(601)])
    dashes = ["-", "--", ":"]
    for t, (upper, lower) in zip(times, axes.T, strict=True):
        off = np.linspace(-3, 3, 121) * np.sqrt(t)
        for name, field in fields.items():
            style = line_style(name)
            upper.plot(on_line[:, 0], t * field(on_line, t)[:, 0], label=name, **style)
            for x1, dash in zip(across, dashes, strict=False):
                place = np.column_stack([np.full_like(off, x1), off])
                lower.plot(off, t * field(place, t)[:, 1], ls=dash, **style)
        look.draw_points(upper, points[:, 0], label="training points")
        upper.set(xlabel="$x_1$, at $x_2 = 0$")
        lower.set(xlabel="$x_2$")
    axes[0, 0].set_ylabel(r"tangent part $t\,s_1(x)$")
    axes[1, 0].set_ylabel(r"normal part $t\,s_2(x)$")
    of_t = [f"$t = {in_math(t)}$" for t in times]
    places = ", ".join(f"{x1:.2g}" for x1 in across)
    look.label_panels(axes, of_t + [f"{one}, $x_1 = {places}$" for one in of_t])
    look.legend_below(figure, axes[0, 0])
    return figure


def colored_fields(rows, t):
    """Of points on circles, for each score: samples beside the field, arrows colored by direction.

    An arrow is the displacement t s(x) / 2.

    Parameters
    ----------
    rows : dict of str to list of (points, field, samples)
        By the name of the score, one for each circle.
    t : float
        Variance of the fields.
    """
    plt = pyplot()
    n_circles = max(map(len, rows.values()))
    figure, axes = plt.subplots(
        len(rows),
        2 * n_circles,
        figsize=(4 * n_circles + 0.6, 2.25 * len(rows)),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    # All directions dark enough for white paper.
    hues = plt.matplotlib.colors.ListedColormap(
        plt.get_cmap("hsv")(np.arange(256)) * [*3 * [0.8], 1]
    )
    side = np.linspace(-1.3, 1.3, 15)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    titles = []
    for (name, circles), row in zip(rows.items(), axes, strict=True):
        for (points, field, samples), left, right in zip(circles, row[::2], row[1::2], strict=True):
            left.fill(*points.T, facecolor="none", edgecolor="0.75", linewidth=0.7)
            look.draw_samples(left, samples, color=COLORS[name], s=2)
            moved = t / 2 * field(grid, t)
            arrows = right.quiver(
                *(*grid.T, *moved.T, np.arctan2(moved[:, 1], moved[:, 0]) / np.pi),
                cmap=hues,
                clim=(-1, 1),
                angles="xy",
                scale_units="xy",
                scale=2,
                width=0.01,
            )
            look.draw_rings(left, points)
            look.draw_points(right, points, s=9)
            for ax in (left, right):
                ax.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), xticks=[-1, 0, 1])
                ax.set_yticks([-1, 0, 1])
            titles += [f"$n = {len(points)}$, samples", "field"]
        row[0].set_ylabel(f"{name}\n$x_2$")
    for ax in axes[-1]:
        ax.set_xlabel("$x_1$")
    look.label_panels(axes, titles)
    bar = figure.colorbar(arrows, ax=axes, label="direction of arrows", shrink=0.8, aspect=30)
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=[r"$-\pi$", r"$-\pi/2$", "0", r"$\pi/2$", r"$\pi$"])
    return figure


def draw_scores(ax, t, points, x, scores):
    """Scores on a line, times t, by name their values (n, 1) at x (n, 1), and the points (m, 1)."""
    for name, values in scores.items():
        ax.plot(x, t * values, label=name, **line_style(name))
    look.draw_points(ax, points[:, 0], label="training points")
    ax.set_xlabel("$x$")


def curves_of_networks(panels, n_columns=4):
    """Networks for one t beside the ESF and the Smoothed PL-ESF that is nearest.

    ``panels`` are a title, and what `draw_scores` takes.
    """
    plt = pyplot()
    n_rows = -(-len(panels) // n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(2.9 * n_columns, 2.7 * n_rows + 0.4),
        sharex="row",
        sharey="row",
        layout="constrained",
        squeeze=False,
    )
    for ax, (_, *of_scores) in zip(axes.flat, panels, strict=True):
        draw_scores(ax, *of_scores)
    for ax in axes[:, 0]:
        ax.set_ylabel(r"$t\,s_t(x)$")
    look.label_panels(axes, [title for title, *_ in panels])
    look.legend_below(figure, axes[0, 0])
    return figure

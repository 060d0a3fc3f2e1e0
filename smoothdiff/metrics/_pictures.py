"""The pictures of a report, each drawn on axes that are given.

Real rows are gray, generated ones blue, and what is wrong orange: all told apart by the
color-blind, and in print.
"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import roc_curve

from .._pictures import as_text
from .._pyplot import BLUE, ORANGE
from ._similarity import associations

__all__ = [
    "association_maps",
    "column_bars",
    "distance_curves",
    "giveaway_bars",
    "histogram",
    "projection",
    "receiver_curve",
]

REAL, GENERATED, WRONG = "0.45", BLUE, ORANGE
BINS, MOST_LEVELS, MOST_POINTS = 24, 12, 1000
MOST_LABEL = 14


def short(name):
    """A name that fits a label, in which matplotlib finds no mathematics."""
    name = str(name)
    if len(name) > MOST_LABEL:
        half = MOST_LABEL // 2  # long names often differ at their end
        name = f"{name[:half]}\u2026{name[half + 1 - MOST_LABEL :]}"
    return as_text(name)


def bars(ax, names, lengths, color):
    """Horizontal bars with names, which may be alike once they are short."""
    ax.barh(range(len(names)), lengths, color=color)
    ax.set_yticks(range(len(names)), [short(name) for name in names])
    ax.tick_params(labelsize="small")


def histogram(ax, made, real):
    """One column, `Values` of both tables: shares of bins, or of levels."""
    values = np.unique(np.concatenate([c.array[~c.missing] for c in (made, real)]))
    gaps = ""
    if made.is_number and (len(values) > MOST_LEVELS or made.scale is not None):
        _numbers(ax, made, real)
        if made.missing.any() or real.missing.any():
            gaps = f"\nmissing {real.missing.mean():.0%}, {made.missing.mean():.0%}"
    elif made.is_number:
        names = [f"{value:g}" for value in values]
        coded = [np.searchsorted(values, c.array) for c in (made, real)]  # NaN comes last
        _levels(ax, coded, names, np.arange(len(names)))
    else:
        coded = [np.where(c.missing, len(c.levels), c.array) for c in (made, real)]
        count = sum(np.bincount(codes, minlength=len(made.levels) + 1)[:-1] for codes in coded)
        names = [short(level) for level in made.levels]
        _levels(ax, coded, names, np.argsort(-count, kind="stable"))
    ax.set_title(short(made.name) + gaps, fontsize="medium")
    ax.set_yticks([])
    ax.tick_params(labelsize="x-small")


def _numbers(ax, made, real):
    x, y = (c.array[~c.missing] for c in (made, real))
    both = np.concatenate([x, y])
    if not len(both):
        return
    low, high = np.quantile(both, [0.002, 0.998])
    if low == high:
        low, high = both.min(), both.max()
    width = (high - low) or 1.0
    edges = np.linspace(low - 1e-9 * width, high + 1e-9 * width, BINS + 1)
    for values, options in (
        (y, {"color": REAL, "alpha": 0.45}),
        (x, {"color": GENERATED, "histtype": "step", "linewidth": 1.4}),
    ):
        if len(values):
            weights = np.full(len(values), 1 / len(values))
            ax.hist(np.clip(values, low, high), edges, weights=weights, **options)
    if made.scale is not None:  # dates
        ticks = np.linspace(low, high, 3)
        ax.set_xticks(ticks, [str(np.asarray(made.scale.values(t[None]))[0])[:10] for t in ticks])
    else:
        ax.locator_params(axis="x", nbins=4)


def _levels(ax, coded, names, order):
    """Shares of numbered levels of both tables, in an order; after the last comes missing."""
    share = [np.bincount(codes, minlength=len(names) + 1) / len(codes) for codes in coded]
    shown = order[:MOST_LEVELS]
    labels = [names[i] for i in shown]
    x, y = ([*s[shown], s[:-1].sum() - s[shown].sum(), s[-1]] for s in share)
    kept = [True] * len(labels) + [len(order) > len(shown), x[-1] > 0 or y[-1] > 0]
    labels = [label for label, is_kept in zip([*labels, "others", "missing"], kept, strict=True)
              if is_kept]  # fmt: skip
    place = np.arange(len(labels))
    ax.bar(place, np.array(y)[kept], 0.8, color=REAL, alpha=0.45)
    ax.bar(place, np.array(x)[kept], 0.8, fill=False, edgecolor=GENERATED, linewidth=1.4)
    turned = sum(map(len, labels)) > 24
    ax.set_xticks(place, labels, rotation=90 if turned else 0)


def association_maps(axes, report):
    """Strength of association of each pair of columns: real, generated, and the difference."""
    real, made = associations(report.test), associations(report.generated)
    names = [short(column.name) for column in report.test.columns]
    images = []
    for ax, values, title in zip(
        axes, (real, made, made - real), ("held-out", "generated", "difference"), strict=True
    ):
        colors = "PuOr" if title == "difference" else "RdBu"
        images.append(ax.imshow(values, vmin=-1, vmax=1, cmap=colors))
        ax.set_title(title, fontsize="medium")
        few = len(names) <= 30
        ax.set_xticks(range(len(names)) if few else [], names if few else [], rotation=90)
        ax.set_yticks([])
        ax.tick_params(labelsize="x-small")
        ax.set_facecolor("0.85")  # where it is not defined
    if len(names) <= 30:
        axes[0].set_yticks(range(len(names)), names)
    axes[0].figure.colorbar(images[0], ax=list(axes), shrink=0.7)


def projection(ax, report):
    """Rows by the first two principal components of the training rows' coordinates."""
    known, real, made = (
        rows.at_most(MOST_POINTS, 0) for rows in (report.train, report.test, report.generated)
    )
    width = min(2, known.coordinates.shape[1], len(known))
    pca = PCA(width, random_state=0).fit(known.coordinates)
    for rows, color, label in ((real, REAL, "held-out"), (made, GENERATED, "generated")):
        z = pca.transform(rows.coordinates)
        second = z[:, 1] if width > 1 else np.random.default_rng(0).uniform(size=len(z))
        ax.scatter(z[:, 0], second, s=8, color=color, alpha=0.5, linewidth=0, label=label)
    shares = pca.explained_variance_ratio_
    ax.set_xlabel(f"component 1 ({shares[0]:.0%} of variance)")
    if width > 1:
        ax.set_ylabel(f"component 2 ({shares[1]:.0%})")
    else:
        ax.set_yticks([])
    ax.legend(fontsize="small", markerscale=2)


def receiver_curve(ax, report):
    """How well the classifier tells generated rows from held-out ones."""
    apart = report.separation
    false, true, _ = roc_curve(apart.label, apart.score)
    ax.plot(false, true, color=WRONG, linewidth=2, label=f"classifier, area {apart.auc:.2f}")
    ax.plot([0, 1], [0, 1], color=REAL, linestyle=":", label="chance, 0.50")
    ax.set(xlabel="held-out rows taken for generated", ylabel="generated rows found")
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.legend(fontsize="small", loc="lower right")


def giveaway_bars(ax, report, most=8):
    """The columns that the classifier needs most, by the area it loses without them."""
    lost = report.separation.importance
    names = sorted(lost, key=lambda name: -lost[name])[:most][::-1]
    bars(ax, names, [max(lost[n], 0.0) for n in names], WRONG)
    ax.set_xlabel("area under the curve lost\nif the column is shuffled")


def distance_curves(ax, report):
    """Share of rows up to each distance to the closest training row."""
    found = report.distances
    for values, color, label in (
        (found.baseline, REAL, "held-out"),
        (found.distances, GENERATED, "generated"),
    ):
        at = np.sort(values)
        ax.plot(at, np.arange(1, len(at) + 1) / len(at), color=color, linewidth=2, label=label)
    far = max(np.quantile(found.baseline, 0.99), np.quantile(found.distances, 0.99))
    ax.set(xlabel="distance to the closest training row", ylabel="part of the rows")
    ax.set(xlim=(0, far or 1.0), ylim=(0, 1))
    ax.legend(fontsize="small", loc="lower right")


def column_bars(ax, report, most=12):
    """The columns whose distribution is least like that of the held-out rows."""
    parts = {k: v for k, v in report["column_similarity"].parts.items() if v == v}
    names = sorted(parts, key=parts.__getitem__)[:most][::-1]
    bars(ax, names, [parts[n] for n in names], GENERATED)
    base = report["column_similarity"].baseline
    ax.axvline(base, color=REAL, linestyle=":", label="training rows, mean")
    ax.set(xlabel="similarity of distributions", xlim=(0, 1))
    ax.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)

"""What every figure of the library and the examples has."""

import re
from string import ascii_lowercase

import numpy as np

# Symbols that are to be in mathematical type, where words stand outside of it.
PLAIN = re.compile(r"\b(kappa|rho|delta|sqrt|t0|t score)\b|\bt = |(?<![\w-])[xyt](?![\w-])")


def check_figure(figure):
    """Letters, labels, mathematical type, color bars with a label, legends that hide nothing."""
    figure.canvas.draw()
    bars = [ax for ax in figure.axes if ax.get_label() == "<colorbar>"]
    panels = [ax for ax in figure.axes if ax not in bars and ax.axison]
    for bar in bars:
        assert bar.get_xlabel() or bar.get_ylabel()
    if len(panels) > 1:
        titles = [ax.get_title(loc="left") for ax in panels]
        letters = [re.match(r"\$\\mathbf\{\((\w)\)\}\$", title) for title in titles]
        assert all(letters), titles
        assert sorted(found[1] for found in letters) == list(ascii_lowercase[: len(panels)])
    for ax in panels:
        check_labels(ax)
        check_legend(ax)
    for text in words(figure, panels + bars):
        outside = re.sub(r"\$[^$]*\$", "", text)
        assert not PLAIN.search(outside), f"{text!r} has a symbol in plain type"


def check_labels(ax):
    """Both axes have a label, theirs or that of an axis they share; unless they have no ticks."""
    for name in "xy":
        if not len(getattr(ax, f"get_{name}ticks")()):
            continue
        shared = getattr(ax, f"get_shared_{name}_axes")().get_siblings(ax)
        labels = [getattr(other, f"get_{name}label")() for other in shared]
        beside = [
            getattr(other, f"get_{name}label")()
            for other in ax.figure.axes
            if other.get_subplotspec() is not None
            and ax.get_subplotspec() is not None
            and getattr(other.get_subplotspec(), SAME[name])
            == getattr(ax.get_subplotspec(), SAME[name])
        ]
        assert any(labels + beside), f"{ax.get_title(loc='left')} has no {name} label"


SAME = {"x": "colspan", "y": "rowspan"}


def check_legend(ax):
    """No vertex of a curve and no center of a mark lies under the legend."""
    legend = ax.get_legend()
    if legend is None:
        return
    box = legend.get_window_extent()
    places = [line.get_transform().transform(line.get_xydata()) for line in ax.lines]
    places += [c.get_offset_transform().transform(c.get_offsets()) for c in ax.collections]
    for place in places:
        inside = (place > box.min).all(axis=1) & (place < box.max).all(axis=1)
        assert not inside.any(), f"the legend of {ax.get_title(loc='left')} hides data"


def words(figure, axes):
    """All that is written, but for numbers at ticks."""
    found = [figure.get_suptitle(), *(text.get_text() for text in figure.texts)]
    for ax in axes:
        found += [ax.get_xlabel(), ax.get_ylabel()]
        found += [ax.get_title(loc=place) for place in ("left", "center", "right")]
        found += [text.get_text() for text in ax.texts]
    legends = [*figure.legends, *(ax.get_legend() for ax in axes if ax.get_legend())]
    return found + [text.get_text() for legend in legends for text in legend.get_texts()]


def is_equal(ax):
    """Whether a unit is as long on both axes."""
    return ax.get_aspect() in (1, "equal") or np.isclose(ax.get_aspect(), 1)


if __name__ == "__main__":  # a script and its arguments: run it, and look at what it has drawn
    import runpy
    import sys

    from matplotlib import pyplot

    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
    assert pyplot.get_fignums()
    for number in pyplot.get_fignums():
        check_figure(pyplot.figure(number))

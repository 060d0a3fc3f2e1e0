"""What is drawn of given numbers, beside pictures that were looked at.

Text is left out, since fonts differ. To make the pictures anew: python test_pictures.py
"""

from pathlib import Path

import numpy as np
import pytest

from smoothdiff.inspection import (
    DensityDisplay,
    ParentLinesDisplay,
    ScoreFieldDisplay,
    SmoothingCurveDisplay,
    TrajectoryDisplay,
)

matplotlib = pytest.importorskip("matplotlib")
from matplotlib.testing.compare import compare_images  # noqa: E402
from matplotlib.testing.decorators import remove_ticks_and_titles  # noqa: E402

PICTURES = Path(__file__).parent / "pictures"
# Root mean square of the differences, of 255, that antialiasing of other versions may make.
TOLERANCE = 6.0
GRID = np.linspace(-2, 2, 41)
POINTS = np.array([[-1.0, -0.5], [0.0, 1.0], [1.5, 0.0]])


def bumps(*coordinates):
    """Log-density of two bumps, the left one higher."""
    rest = sum(c**2 for c in coordinates[1:])
    x = coordinates[0]
    return np.logaddexp(-4 * ((x + 1) ** 2 + rest), -0.5 - 4 * ((x - 1) ** 2 + rest))


def density_curve():
    return DensityDisplay(
        GRID, bumps(GRID), shares=[0.5, 0.9], levels=[-0.6, -2.0], points=POINTS[:, :1]
    )


def density_plane():
    x, y = np.meshgrid(GRID, GRID)
    return DensityDisplay(
        GRID,
        bumps(x, y),
        x1=GRID,
        shares=[0.5, 0.8, 0.95],
        levels=[-0.5, -1.0, -3.0],
        points=POINTS,
    )


def score_curve():
    return ScoreFieldDisplay(GRID, np.sin(3 * GRID)[None, :, None], [0.1], points=POINTS[:, :1])


def score_plane():
    x, y = np.meshgrid(GRID[::5], GRID[::5])
    score = np.stack([-y + 0.1, x - 0.2], axis=-1)
    return ScoreFieldDisplay(GRID[::5], score[None], [0.1], x1=GRID[::5], points=POINTS)


def paths():
    """From a circle in a spiral towards its middle."""
    angle = np.linspace(0, 2 * np.pi, 6)[:-1]
    turn = np.linspace(0, 1, 20)[:, None]
    radius = 2 - 1.5 * turn
    states = np.stack([radius * np.cos(angle + turn), radius * np.sin(angle + turn)], axis=-1)
    return states, np.geomspace(1, 0.01, 20)


def trajectory_line():
    states, times = paths()
    return TrajectoryDisplay(states[..., :1], [*times[:-1], 0.0], points=POINTS[:, :1])


def trajectory_plane():
    return TrajectoryDisplay(*paths(), points=POINTS)


PARENTS = np.array([[0, 1, -1], [2, 1, 0]])
WEIGHTS = np.array([[0.7, 0.3, 0.0], [0.5, 0.3, 0.2]])
SAMPLES = np.einsum("nk,nkd->nd", WEIGHTS, POINTS[PARENTS])


def parents_line():
    return ParentLinesDisplay(SAMPLES[:, :1], POINTS[:, :1], PARENTS, WEIGHTS)


def parents_plane():
    return ParentLinesDisplay(SAMPLES, POINTS, PARENTS, WEIGHTS)


def smoothing_curves():
    return SmoothingCurveDisplay(
        [0.1, 0.3, 1.0, 0.1, 0.3, 1.0],
        [0.1, 0.1, 0.1, 0.2, 0.2, 0.2],
        [-3.0, -2.0, -2.2, -4.0, -3.0, -2.3],
        memorized=[0.4, 0.3, 0.2, 0.8, 0.6, 0.3],
        held_out=0.25,
    )


DRAWN = {
    draw.__name__: draw
    for draw in (
        density_curve,
        density_plane,
        score_curve,
        score_plane,
        trajectory_line,
        trajectory_plane,
        parents_line,
        parents_plane,
        smoothing_curves,
    )
}


def paint(display, path):
    """Write a small picture of a display, without any text."""
    from matplotlib import pyplot

    with (
        matplotlib.rc_context(matplotlib.rcParamsDefault),
        matplotlib.rc_context({"backend": "Agg"}),
    ):
        figure, ax = pyplot.subplots(figsize=(2, 1.5), dpi=100)
        display.plot(ax=ax)
        remove_ticks_and_titles(figure)
        for part in figure.axes:
            part.set(xlabel="", ylabel="")
            if part.get_legend():
                part.get_legend().remove()
        figure.savefig(path)
        pyplot.close(figure)


@pytest.mark.parametrize("name", DRAWN)
def test_picture(name, tmp_path):
    paint(DRAWN[name](), tmp_path / f"{name}.png")
    said = compare_images(PICTURES / f"{name}.png", tmp_path / f"{name}.png", TOLERANCE)
    assert said is None, said


def changed(display):
    """The same display of slightly other numbers."""
    if isinstance(display, DensityDisplay):
        display.levels = np.add(display.levels, 0.4)
    elif isinstance(display, ScoreFieldDisplay):
        display.score = -display.score
    elif isinstance(display, TrajectoryDisplay):
        display.states = display.states[:, ::2]
    elif isinstance(display, ParentLinesDisplay):
        display.weights = display.weights[::-1]
        display.parents = display.parents[::-1]
    else:
        display.scores = display.scores[::-1]
    return display


@pytest.mark.parametrize("name", DRAWN)
def test_another_picture_would_be_noticed(name, tmp_path):
    paint(changed(DRAWN[name]()), tmp_path / f"{name}.png")
    assert compare_images(PICTURES / f"{name}.png", tmp_path / f"{name}.png", TOLERANCE)


def test_pictures_are_small_and_all_used():
    assert {path.stem for path in PICTURES.glob("*.png")} == set(DRAWN)
    assert max(path.stat().st_size for path in PICTURES.glob("*.png")) < 30_000


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, draw in DRAWN.items():
        paint(draw(), PICTURES / f"{name}.png")

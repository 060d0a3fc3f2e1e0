"""How pictures look: letters, stems, rings, legends; and that a careless picture is told."""

import numpy as np
import pytest

plt = pytest.importorskip("matplotlib.pyplot")

from drawn import check_figure  # noqa: E402

from smoothdiff import _pictures as pictures  # noqa: E402


@pytest.fixture
def axes():
    figure, axes = plt.subplots(1, 2, layout="constrained")
    for ax in axes:
        ax.plot([0, 1], [1, 0], label="a curve")
        ax.set(xlabel="$x$", ylabel=r"$\kappa$")
    pictures.label_panels(axes, ["one", "two"])
    yield axes
    plt.close(figure)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.02, "0.02"), (1e-5, "10^{-5}"), (2.5e-7, r"2.5 \cdot 10^{-7}"), (0.00125, "0.00125")],
)
def test_numbers_in_mathematical_type(value, text):
    assert pictures.in_math(value) == text


def test_a_good_picture_passes(axes):
    assert axes[1].get_title(loc="left") == r"$\mathbf{(b)}$  two"
    pictures.legend_below(axes[0].figure, *axes)
    assert len(axes[0].figure.legends[0].get_texts()) == 1  # each label once
    check_figure(axes[0].figure)


def drop_letter(axes):
    axes[1].set_title("two", loc="left")


def drop_label(axes):
    axes[0].set_xlabel("")
    axes[1].set_xlabel("")


def drop_label_of_bar(axes):
    axes[0].figure.colorbar(axes[0].scatter([0], [0], c=[1]), ax=axes[0])


def plain_symbol(axes):
    axes[0].set_xlabel("x")


def plain_word(axes):
    pictures.label_panels(axes, ["kappa = 1", ""])


def legend_on_a_curve(axes):
    axes[0].plot(np.linspace(0, 1, 50), np.linspace(0, 1, 50))
    axes[0].legend(loc="upper right")


@pytest.mark.parametrize(
    "spoil",
    [drop_letter, drop_label, drop_label_of_bar, plain_symbol, plain_word, legend_on_a_curve],
)
def test_a_careless_picture_is_told(axes, spoil):
    spoil(axes)
    with pytest.raises(AssertionError):
        check_figure(axes[0].figure)


def test_atoms_are_stems(axes):
    stems = pictures.draw_atoms(axes[0], [-1.0, 1.0], [0.25, 0.75])
    np.testing.assert_array_equal(stems.markerline.get_xydata(), [[-1, 0.25], [1, 0.75]])
    heights = [segment[:, 1] for segment in stems.stemlines.get_segments()]
    np.testing.assert_array_equal(heights, [[0, 0.25], [0, 0.75]])


def test_points_of_a_line_are_on_the_axis(axes):
    offsets = pictures.draw_points(axes[0], [0.0, 2.0]).get_offsets()
    np.testing.assert_array_equal(offsets, [[0, 0], [2, 0]])


def test_marks_by_thousands_are_no_vector_graphics(axes):
    assert pictures.draw_samples(axes[0], np.zeros((3, 2))).get_rasterized()

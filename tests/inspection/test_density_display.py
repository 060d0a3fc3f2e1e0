"""DensityDisplay: log-densities are the estimator's, and regions hold what they say."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler

from smoothdiff import (
    ClassConditionalDiffusion,
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
    make_generative_pipeline,
)
from smoothdiff.inspection import DensityDisplay
from smoothdiff.inspection._levels import levels_of_cells, levels_of_draws

pd = pytest.importorskip("pandas")

pytest.importorskip("matplotlib")
SHARES = (0.5, 0.8, 0.95)


def slow(model, plane_point, x0, x1):
    """Log-density at each point of the grid, one by one; the point of coordinates by a function."""
    return [[model.score_samples(plane_point(a, b)[None])[0] for a in x0] for b in x1]


def gaussian(mean, covariance):
    """A GaussianMixture that is this Gaussian."""
    model = GaussianMixture(1)
    model.weights_, model.means_ = np.ones(1), np.array([mean])
    model.covariances_ = np.array([covariance])
    model.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(covariance))[None]
    model.n_features_in_ = len(mean)
    return model


# ------------------------------------------------------------------ what is evaluated


def test_two_columns_are_the_whole_law(fitted):
    model, X = fitted(2)
    display = DensityDisplay.from_estimator(model, X, grid_resolution=6, random_state=0)
    expected = slow(model, lambda a, b: np.array([a, b]), display.x0, display.x1)
    np.testing.assert_allclose(display.log_density, expected, rtol=1e-9)
    assert display.law == ""
    assert display.ax_.get_title() == "density"


def test_a_slice_of_columns_has_the_others_at_the_mean(fitted):
    model, X = fitted(5)
    display = DensityDisplay.from_estimator(model, X, features=(4, 1), grid_resolution=5)

    def point(a, b):
        return np.array([model.mean_[0], b, model.mean_[2], model.mean_[3], a])

    expected = slow(model, point, display.x0, display.x1)
    np.testing.assert_allclose(display.log_density, expected, rtol=1e-9)
    assert display.ax_.get_title() == "density, slice through the mean"


def test_a_slice_of_components_through_a_point(fitted):
    model, X = fitted(5)
    display = DensityDisplay.from_estimator(
        model, X, components=(0, 2), grid_resolution=5, through=X[7]
    )
    coordinates = model.components_ @ (X[7] - model.mean_)

    def point(a, b):
        c = np.array([a, coordinates[1], b, *coordinates[3:]])
        return model.mean_ + c @ model.components_

    expected = slow(model, point, display.x0, display.x1)
    np.testing.assert_allclose(display.log_density, expected, rtol=1e-9)
    assert display.ax_.get_title() == "density, slice through a given point"


def test_a_curve_along_the_tangent_line():
    X = np.linspace(0, 3, 7)[:, None] * [0.8, 0.6]
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    display = DensityDisplay.from_estimator(model, X, grid_resolution=9, random_state=0)
    at = X.mean(axis=0) + display.x0[:, None] * [0.8, 0.6] * np.sign(model.components_[0, 0])
    np.testing.assert_allclose(display.log_density, model.score_samples(at), rtol=1e-6)
    np.testing.assert_array_equal(display.line_.get_xdata(), display.x0)
    np.testing.assert_array_equal(display.line_.get_ydata(), display.log_density)
    assert display.ax_.get_ylabel() == "log-density"
    assert display.contours_ is None


def test_a_marginal_is_a_histogram_of_samples(fitted):
    model, X = fitted(5)
    display = DensityDisplay.from_estimator(
        model, X, features=(1, 3), kind="marginal", n_samples=900, random_state=3
    )
    samples = model.sample(900, random_state=3)[:, [1, 3]]
    width = display.x0[1] - display.x0[0], display.x1[1] - display.x1[0]
    inside = 0
    for j, b in enumerate(display.x1):
        for i, a in enumerate(display.x0):
            near = np.abs(samples - [a, b]) <= np.divide(width, 2)
            count = near.all(axis=1).sum()
            inside += count
            density = count / 900 / (width[0] * width[1])
            assert np.exp(display.log_density[j, i]) == pytest.approx(density)
    assert inside > 890
    assert display.ax_.get_title() == "density, marginal of 900 samples"
    # Cells above a level hold at least its share.
    mass = np.exp(display.log_density) * width[0] * width[1]
    for share, level in zip(display.shares, display.levels, strict=True):
        assert mass[display.log_density >= level].sum() >= share - 1e-12
        assert mass[display.log_density > level].sum() < share


# ------------------------------------------------------------------ levels


@pytest.mark.parametrize("draws", [True, False], ids=["by samples", "by cells"])
def test_regions_of_a_gaussian_are_its_ellipses(draws):
    """In the plane the region of share s has the squared radius -2 log(1 - s)."""
    if draws:
        model = KernelDensity(bandwidth=0.5).fit([[0.0, 0.0]])
    else:
        model = gaussian([0.0, 0.0], 0.25 * np.eye(2))
    window = [[-2.0, -2.0], [2.0, 2.0]]
    display = DensityDisplay.from_estimator(model, window, n_samples=20_000, random_state=0)
    assert display.held == ("samples" if draws else "law")
    squared = -2 * np.log(1 - np.array(SHARES))
    expected = multivariate_normal([0, 0], 0.25).logpdf([0, 0]) - squared / 2
    np.testing.assert_allclose(display.levels, expected, atol=0.08 if draws else 0.02)
    # The outlines of the picture, too.
    outlines = [path.vertices for path in display.contours_.get_paths()]
    radii = [np.linalg.norm(outline, axis=1).max() for outline in outlines]
    np.testing.assert_allclose(radii, 0.5 * np.sqrt(squared[::-1]), rtol=0.03)


def test_shares_of_a_slice_are_those_of_the_conditional_law():
    """Given x3 = 1, here, the other two have another mean and a smaller covariance."""
    covariance = np.array([[1.0, 0.3, 0.5], [0.3, 0.5, -0.2], [0.5, -0.2, 0.8]])
    model = gaussian([0.0, 0.0, 0.0], covariance)
    window = [[-4.0, -4.0, 0.0], [4.0, 4.0, 0.0]]
    display = DensityDisplay.from_estimator(
        model, window, features=(0, 1), through=[9.0, 9.0, 1.0], shares=SHARES
    )
    slope = covariance[:2, 2] / 0.8
    given = multivariate_normal(slope, covariance[:2, :2] - np.outer(slope, covariance[2, :2]))
    squared = -2 * np.log(1 - np.array(SHARES))
    of_rest = multivariate_normal(0, 0.8).logpdf(1.0)
    np.testing.assert_allclose(
        display.levels, given.logpdf(slope) + of_rest - squared / 2, atol=0.02
    )
    assert display.held == "slice"
    assert [h.get_text() for h in display.ax_.get_legend().get_texts()] == [
        "projected points",
        "50%",
        "80%",
        "95%",
    ]


def test_regions_hold_their_share_of_other_samples(fitted):
    model, X = fitted(2)
    display = DensityDisplay.from_estimator(model, X, n_samples=4000, random_state=0)
    others = model.score_samples(model.sample(4000, random_state=1))
    held = [(others >= level).mean() for level in display.levels]
    np.testing.assert_allclose(held, SHARES, atol=0.03)


def test_samples_are_projected_before_their_density_is_asked_for(rng):
    """The noise off the tangent plane would lower all of them, and the levels with them."""
    X = rng.normal(size=(40, 2)) @ rng.normal(size=(2, 6))
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    display = DensityDisplay.from_estimator(model, X, n_samples=2000, random_state=0)
    samples = model.sample(2000, random_state=1)
    flat = model.mean_ + (samples - model.mean_) @ model.components_.T @ model.components_
    held = [(model.score_samples(flat) >= level).mean() for level in display.levels]
    np.testing.assert_allclose(held, SHARES, atol=0.04)


def test_levels_by_hand():
    log_p = np.log([[0.1, 0.4], [0.2, 0.3]])
    np.testing.assert_allclose(np.exp(levels_of_cells(log_p, [0.3, 0.5, 0.95])), [0.4, 0.3, 0.1])
    # Of ten draws five have at least the fifth largest density.
    assert levels_of_draws(np.arange(10.0), [0.5]) in (4.0, 5.0)
    assert (np.arange(10.0) >= levels_of_draws(np.arange(10.0), [0.5])).mean() >= 0.5


# ------------------------------------------------------------------ the picture


def test_bands_lie_where_the_curve_is_above_the_levels(fitted):
    model, X = fitted(1)
    display = DensityDisplay.from_estimator(model, X, random_state=0)
    assert len(display.bands_) == 3
    for band, level in zip(display.bands_, np.sort(display.levels), strict=True):
        inside = display.x0[display.log_density >= level]
        vertices = np.concatenate([path.vertices for path in band.get_paths()])
        assert set(inside) <= set(vertices[:, 0])
        assert vertices[:, 0].min() == inside.min()
        assert vertices[:, 0].max() == inside.max()
    np.testing.assert_array_equal(display.points_.get_xdata(), X[:, 0])


def test_points_and_window(fitted):
    model, X = fitted(2)
    display = DensityDisplay.from_estimator(model, X, random_state=0, margin=0.0)
    np.testing.assert_array_equal(display.points_.get_offsets(), X)
    assert display.x0[0] <= X[:, 0].min() < X[:, 0].max() <= display.x0[-1]
    legend = display.ax_.get_legend()
    assert legend.get_title().get_text() == "smallest regions that hold a share of the samples"
    display.figure_.draw_without_rendering()
    frame = display.figure_.bbox
    for part in (legend, display.ax_.title, display.ax_.yaxis.label):
        box = part.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1
    assert legend.get_window_extent().y1 < display.ax_.get_window_extent().y0


def test_regions_that_are_one():
    """Equal levels, and a density of 0 in places."""
    log_p = np.full((3, 3), -np.inf)
    log_p[1, 1] = 0.0
    display = DensityDisplay(
        np.arange(3), log_p, x1=np.arange(3), shares=[0.5, 0.9], levels=[0.0, 0.0]
    ).plot()
    assert len(display.contours_.levels) == 2
    assert display.points_ is None


def test_shares_in_any_order(fitted):
    model, X = fitted(2)
    one = DensityDisplay.from_estimator(model, X, shares=(0.9, 0.1), random_state=0)
    two = DensityDisplay.from_estimator(model, X, shares=(0.1, 0.9), random_state=0)
    np.testing.assert_array_equal(one.levels, two.levels[::-1])
    texts = [[t.get_text() for t in d.ax_.get_legend().get_texts()] for d in (one, two)]
    assert texts[0] == texts[1] == ["training points", "10%", "90%"]


# ------------------------------------------------------------------ other estimators, errors


def test_models_of_classes(rng):
    """Their samples come with labels."""
    X = rng.normal(size=(40, 2))
    model = ClassConditionalDiffusion(SmoothedPLDiffusion(random_state=0)).fit(X, X[:, 0] > 0)
    display = DensityDisplay.from_estimator(model, X, grid_resolution=20, random_state=0)
    assert display.held == "samples"


def test_other_estimators(rng):
    X = pd.DataFrame(rng.normal(size=(40, 2)), columns=["age", "height"])
    for model in (
        EmpiricalScoreDiffusion(random_state=0),
        GaussianMixture(2, random_state=0),
        TableDiffusion(random_state=0),
        make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0)),
    ):
        display = DensityDisplay.from_estimator(model.fit(X), X, grid_resolution=20, random_state=0)
        assert display.ax_.get_xlabel() == "age"
        assert np.isfinite(display.levels).all()


def test_the_peaks_at_points_of_a_line_are_drawn(fitted):
    """They are narrower than the steps of a grid."""
    model, X = fitted(1)
    display = DensityDisplay.from_estimator(model, X, grid_resolution=50, random_state=0)
    assert np.isin(X[:, 0], display.x0).all()
    at = np.searchsorted(display.x0, X[:, 0])
    np.testing.assert_allclose(display.log_density[at], model.score_samples(X), rtol=1e-12)


def test_tables_of_categories_are_no_points(rng):
    X = pd.DataFrame({"sex": rng.choice(["F", "M"], 30), "age": rng.normal(size=30)})
    model = TableDiffusion(random_state=0).fit(X)
    with pytest.raises(TypeError, match=r"needs an estimator of numbers. Got TableDiffusion"):
        DensityDisplay.from_estimator(model, X)
    with pytest.raises(TypeError, match=r"X must be the rows to show\. Got None"):
        DensityDisplay.from_estimator(SmoothedPLDiffusion().fit(X[["age"]]), None)


def test_laws_without_a_density(rng):
    X = rng.normal(size=(20, 2))
    model = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X)
    with pytest.raises(ValueError, match="needs t_min > 0"):
        DensityDisplay.from_estimator(model, X)
    unused = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X)
    np.testing.assert_array_equal(model.sample(3), unused.sample(3))  # nothing was drawn before
    display = DensityDisplay.from_estimator(model, X, kind="marginal")  # a histogram needs none
    assert np.isfinite(display.levels).all()
    with pytest.raises(TypeError, match=r"A marginal needs .*Got GaussianMixture"):
        DensityDisplay.from_estimator(GaussianMixture(random_state=0).fit(X), X, kind="marginal")
    constant = np.column_stack([rng.normal(size=(20, 3)), np.ones(20)])
    model = SmoothedPLDiffusion().fit(constant)
    with (
        pytest.warns(UserWarning, match="constant there"),
        pytest.raises(ValueError, match="The slice through a given point has density 0 everywhere"),
    ):
        DensityDisplay.from_estimator(model, constant, features=(0, 1), through=np.zeros(4))

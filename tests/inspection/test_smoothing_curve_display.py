"""SmoothingCurveDisplay: what a search tried, as curves."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from smoothdiff import SmoothedPLDiffusion, SmoothedPLDiffusionCV, make_generative_pipeline
from smoothdiff.inspection import SmoothingCurveDisplay
from smoothdiff.metrics import constrained, memorized_fraction, scorer

pytest.importorskip("matplotlib")


def test_a_fitted_search(rng):
    """Each curve is the scores of one kappa, and the ring is around the choice."""
    X = rng.normal(size=(60, 2))
    scales, kappas = (0.3, 1.0, 0.1), (0.2, 0.05)
    model = SmoothedPLDiffusionCV(
        cv=3, start_neighbors=7, t_min_scales=scales, kappas=kappas, random_state=0
    ).fit(X)
    display = SmoothingCurveDisplay.from_estimator(model)
    assert [line.get_label() for line in display.lines_] == ["kappa = 0.05", "kappa = 0.2"]
    results = model.cv_results_
    for line, kappa in zip(display.lines_, sorted(kappas), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), sorted(scales))
        scores = {
            pair["t_min_scale"]: score
            for pair, score in zip(results["params"], results["mean_test_score"], strict=True)
            if pair["kappa"] == kappa
        }
        np.testing.assert_array_equal(line.get_ydata(), [scores[t] for t in sorted(scales)])
    (ring,) = (line for line in display.ax_.lines if line.get_label() == "chosen")
    assert ring.get_xdata()[0] == model.best_params_["t_min_scale"]
    assert ring.get_ydata()[0] == model.best_score_
    assert "t_min / t0" in display.ax_.get_xlabel()


def test_a_given_t_min_and_scores_without_a_value(rng):
    model = SmoothedPLDiffusionCV(cv=3, start_neighbors=7, t_min=0.01, random_state=0)
    model.fit(rng.normal(size=(60, 2)))
    display = SmoothingCurveDisplay.from_estimator(model)
    for line in display.lines_:
        np.testing.assert_allclose(line.get_xdata(), 0.01 / model.diffusion_.t0)
    display = SmoothingCurveDisplay([0.1, 0.2], [1.0, 1.0], [-np.inf, -2.0]).plot()
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [0.2])


def test_axes_of_the_user(rng):
    from matplotlib import pyplot

    _, ax = pyplot.subplots()
    display = SmoothingCurveDisplay([0.1, 0.2], [1.0, 1.0], [-3.0, -2.0]).plot(ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_a_search_that_was_not_fitted():
    with pytest.raises(NotFittedError):
        SmoothingCurveDisplay.from_estimator(SmoothedPLDiffusionCV())


def test_another_estimator(rng):
    model = SmoothedPLDiffusion().fit(rng.normal(size=(9, 2)))
    with pytest.raises(TypeError, match=r"a SmoothedPLDiffusionCV\. Got SmoothedPLDiffusion i"):
        SmoothingCurveDisplay.from_estimator(model)


def test_a_fraction_is_from_0_to_1():
    with pytest.raises(ValueError, match=r"memorized must be in \[0, 1\]. Got 1.5 instead"):
        SmoothingCurveDisplay([0.1], [1.0], [1.0], memorized=[1.5])
    with pytest.raises(ValueError, match=r"memorized must have shape \(1,\)"):
        SmoothingCurveDisplay([0.1], [1.0], [1.0], memorized=[0.5, 0.5])


def test_nothing_finite():
    display = SmoothingCurveDisplay([0.1, 0.2], [1.0, 1.0], [-np.inf, -np.inf]).plot()
    assert not any(line.get_label() == "chosen" for line in display.ax_.lines)


# ------------------------------------------------------------------ searches of scikit-learn


FOLDS = KFold(3, shuffle=True, random_state=0)


def search_over(grid, X, model=None, **options):
    model = SmoothedPLDiffusion(random_state=0) if model is None else model
    return GridSearchCV(model, grid, cv=FOLDS, **options).fit(X)


@pytest.fixture(name="X")
def rows():
    return np.random.default_rng(0).normal(size=(45, 2))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("kappa", [0.05, 0.3]),
        ("t_min", [0.001, 0.002]),
        ("t0", [0.02, 0.05]),
        ("t0_scale", [0.5, 2.0]),
        ("t_min_scale", [0.1, 0.9]),
    ],
)
def test_one_searched_parameter(name, values, X):
    search = search_over({name: values[::-1]}, X)
    display = SmoothingCurveDisplay.from_estimator(search)
    (line,) = display.lines_
    np.testing.assert_array_equal(line.get_xdata(), values)
    np.testing.assert_array_equal(line.get_ydata(), search.cv_results_["mean_test_score"][::-1])
    assert display.ax_.get_xlabel().startswith(name.replace("_scale", " / "))
    assert display.memorized is None
    assert len(display.axes_) == 1


def test_three_searched_parameters_of_a_pipeline(X):
    """One along the axis, one that tells curves apart, and the best of the third."""
    step = "smoothedpldiffusion__"
    grid = {"kappa": [0.05, 0.2], "t0_scale": [0.5, 1.0, 2.0], "t_min_scale": [0.1, 0.5]}
    pipe = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0))
    search = search_over({step + name: values for name, values in grid.items()}, X, pipe)
    display = SmoothingCurveDisplay.from_estimator(search)
    assert display.names == ("t_min_scale", "kappa")
    for line, kappa in zip(display.lines_, grid["kappa"], strict=True):
        assert line.get_label() == f"kappa = {kappa}"
        best = [
            max(
                score
                for p, score in zip(
                    search.cv_results_["params"],
                    search.cv_results_["mean_test_score"],
                    strict=True,
                )
                if p[step + "kappa"] == kappa and p[step + "t_min_scale"] == t
            )
            for t in grid["t_min_scale"]
        ]
        np.testing.assert_array_equal(line.get_ydata(), best)
    display = SmoothingCurveDisplay.from_estimator(search, param="kappa", by="t0_scale")
    labels = [line.get_label() for line in display.lines_]
    assert labels == ["t0_scale = 0.5", "t0_scale = 1", "t0_scale = 2"]
    (ring,) = (line for line in display.ax_.lines if line.get_label() == "chosen")
    assert ring.get_xdata()[0] == search.best_params_[step + "kappa"]
    assert ring.get_ydata()[0] == search.best_score_


def test_curves_of_words_and_values_off_the_axis(X):
    search = search_over({"t_min": ["auto", 0.001, 0.01], "start": ["local", "isotropic"]}, X)
    display = SmoothingCurveDisplay.from_estimator(search, by="start")
    assert [line.get_label() for line in display.lines_] == ["start = isotropic", "start = local"]
    for line in display.lines_:
        np.testing.assert_array_equal(line.get_xdata(), [0.001, 0.01])


def likelihood(model, X, y=None):
    return model.score(X)


def copies(model, X, y=None):
    return memorized_fraction(model.sample(50, random_state=0), X)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_search_that_scored_copies(sign, X):
    scoring = {"likelihood": likelihood, "memorized": lambda m, X, y=None: sign * copies(m, X)}
    grid = {"kappa": [0.05, 0.3], "t_min_scale": [0.1, 0.5]}
    search = search_over(grid, X, scoring=scoring, refit="likelihood")
    display = SmoothingCurveDisplay.from_estimator(search)
    results = search.cv_results_
    assert len(display.axes_) == 2
    for i, (above, below) in enumerate(zip(display.lines_, display.memorized_lines_, strict=True)):
        np.testing.assert_array_equal(
            above.get_ydata(), results["mean_test_likelihood"].reshape(2, 2)[i]
        )
        np.testing.assert_array_equal(
            below.get_ydata(), np.abs(results["mean_test_memorized"]).reshape(2, 2)[i]
        )
    assert display.axes_[1].get_ylabel() == "memorized fraction"
    assert display.axes_[1].get_xlabel() == "t_min / t0 (noise that samples keep)"


def test_copies_by_fits_to_given_rows(X):
    """As a loop over the candidates and over the folds would say."""
    search = search_over({"kappa": [0.05, 0.9]}, X)
    display = SmoothingCurveDisplay.from_estimator(search, X, n_samples=200, random_state=3)
    for kappa, height in zip([0.05, 0.9], display.memorized_lines_[0].get_ydata(), strict=True):
        model = SmoothedPLDiffusion(kappa=kappa).fit(X)
        assert height == memorized_fraction(model.sample(200, random_state=3), X)
    assert display.memorized[0] < display.memorized[1]
    parts = KFold(5, shuffle=True, random_state=0).split(X)
    of_real = [memorized_fraction(X[test], X[train]) for train, test in parts]
    assert display.held_out == pytest.approx(np.mean(of_real))
    (dots,) = (line for line in display.axes_[1].lines if line.get_label() == "rows held out")
    assert dots.get_ydata()[0] == display.held_out


def test_copies_of_the_other_search(X):
    model = SmoothedPLDiffusionCV(
        cv=3, t_min_scales=(0.1, 1.0), kappas=(0.1,), start="isotropic", random_state=0
    ).fit(X)
    display = SmoothingCurveDisplay.from_estimator(model, X, n_samples=100)
    for scale, height in zip([0.1, 1.0], display.memorized_lines_[0].get_ydata(), strict=True):
        again = SmoothedPLDiffusion(kappa=0.1, t_min_scale=scale, start="isotropic").fit(X)
        assert height == memorized_fraction(again.sample(100, random_state=0), X)
    model.set_params(t_min=0.001).fit(X)
    display = SmoothingCurveDisplay.from_estimator(model, X, n_samples=100)
    assert len(display.memorized_lines_[0].get_ydata()) == 1


def test_copies_behind_a_pipeline_that_cannot_sample(X):
    pipe = make_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0))
    search = search_over({"smoothedpldiffusion__kappa": [0.1, 0.9]}, X, pipe)
    display = SmoothingCurveDisplay.from_estimator(search, X, n_samples=100)
    Z = StandardScaler().fit_transform(X)
    for kappa, height in zip([0.1, 0.9], display.memorized, strict=True):
        model = SmoothedPLDiffusion(kappa=kappa).fit(Z)
        assert height == memorized_fraction(model.sample(100, random_state=0), Z)


def test_many_values_are_no_curves(X):
    grid = {"kappa": np.linspace(0.01, 0.4, 9), "t_min_scale": [0.1, 0.5]}
    search = search_over(grid, X)
    display = SmoothingCurveDisplay.from_estimator(search)
    (line,) = display.lines_
    scores = search.cv_results_["mean_test_score"].reshape(9, 2)
    np.testing.assert_array_equal(line.get_ydata(), scores.max(axis=0))


def test_two_panels_in_the_axes_of_the_user():
    from matplotlib import pyplot

    _, given = pyplot.subplots(2, 1)
    display = SmoothingCurveDisplay([0.1, 0.2], None, [-3.0, -2.0], memorized=[0.5, np.nan])
    assert list(display.plot(ax=given).axes_) == list(given)
    np.testing.assert_array_equal(display.memorized_lines_[0].get_xdata(), [0.1])
    _, ax = pyplot.subplots()
    assert len(display.plot(ax=ax).axes_) == 2
    assert not ax.axison


def test_searches_that_cannot_be_drawn(X):
    grid = search_over({"start_neighbors": [5, 10]}, X)
    with pytest.raises(ValueError, match="The search varies none of the parameters 'kappa', 't0'"):
        SmoothingCurveDisplay.from_estimator(grid)
    grid = search_over({"kappa": [0.1, 0.2]}, X)
    with pytest.raises(ValueError, match=r"param must be one of 'kappa'. Got 't0' instead"):
        SmoothingCurveDisplay.from_estimator(grid, param="t0")
    with pytest.raises(ValueError, match="by must be one of"):
        SmoothingCurveDisplay.from_estimator(grid, by="t0")
    with pytest.raises(ValueError, match="X has 1 features"):
        SmoothingCurveDisplay.from_estimator(grid, X[:, :1])
    with pytest.raises(NotFittedError):
        SmoothingCurveDisplay.from_estimator(GridSearchCV(SmoothedPLDiffusion(), {"kappa": [0.1]}))
    grid = search_over({"kappa": [0.1, 0.2]}, X, refit=False)
    assert len(SmoothingCurveDisplay.from_estimator(grid).lines_) == 1
    with pytest.raises(ValueError, match="need a search with refit=True"):
        SmoothingCurveDisplay.from_estimator(grid, X)
    grid = search_over({"kappa": [0.1, 0.2]}, X, scoring={"memorized": copies}, refit=False)
    with pytest.raises(ValueError, match="no score but the memorized fraction"):
        SmoothingCurveDisplay.from_estimator(grid)


def test_the_scorers_of_the_library(X):
    """Copies have a minus sign there, and what is forbidden has no likelihood."""
    scoring = {"likelihood": scorer(), "memorized": scorer("memorized_fraction", n_samples=40)}
    grid = {"kappa": [0.05, 0.8]}
    search = search_over(grid, X, scoring=scoring, refit="likelihood")
    display = SmoothingCurveDisplay.from_estimator(search)
    copied = -search.cv_results_["mean_test_memorized"]
    np.testing.assert_array_equal(display.memorized_lines_[0].get_ydata(), copied)
    limit = constrained(max_memorized=float(copied.mean()), n_samples=400)
    display = SmoothingCurveDisplay.from_estimator(search_over(grid, X, scoring=limit))
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [0.05])

"""What is built on densities: the search, the detector of outliers, and networks."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from numbers_out import check_finite, fitted
from sentences import heard, refusal
from strategies import EXTREME_UNITS, free_points, points

from smoothdiff import (
    DiffusionOutlierDetector,
    NeuralScoreDiffusion,
    SmoothedPLDiffusion,
    SmoothedPLDiffusionCV,
)

SHAPES = [(1, 1), (2, 1), (5, 2), (17, 2)]
rows = st.one_of(points(SHAPES), free_points(((5, 2),)), points(SHAPES, units=EXTREME_UNITS))

searched = st.builds(
    SmoothedPLDiffusionCV,
    cv=st.integers(2, 5),
    start_scales=st.sampled_from([(0.6,), (0.05, 1.5)]),
    start_neighbors=st.sampled_from([1, (3, 40)]),
    start_shrinkages=st.sampled_from([((0.1, 0.1),), ((0.0, 0.3), (0.4, 0.05))]),
    t_min_scales=st.sampled_from([(0.25,), (1e-3, 1.0)]),
    kappas=st.sampled_from([(0.1,), (0.05, 30.0)]),
    n_components=st.sampled_from(["auto", "auto", None]),
)
networks = st.builds(
    NeuralScoreDiffusion,
    objective=st.sampled_from(["esf", "dsm"]),
    early_stopping=st.booleans(),
    max_iter=st.just(20),
    hidden_width=st.just(8),
    batch_size=st.just(16),
    n_steps=st.just(3),
)


@given(
    given=rows,
    model=searched,
)
def test_a_search(given, model):
    """It chooses among its candidates, and its scores are of each row by the other folds."""
    with heard():
        fitted(model, given.X)
    check_finite(model, given)
    chosen = model.best_params_
    assert chosen["kappa"] in model.kappas
    assert chosen["t_min_scale"] in model.t_min_scales
    weights = [start.weight for start in chosen["start"]]
    assert min(weights) > 0
    np.testing.assert_allclose(sum(weights), 1, rtol=1e-9)
    scores = model.cv_score_samples_
    assert scores.shape == (len(given.values),)
    assert not np.isnan(scores).any()
    assert (scores < np.inf).all()
    means = np.array(model.cv_results_["mean_test_score"])
    assert model.best_score_ >= means.max() - 1e-9
    np.testing.assert_allclose(scores.mean(), model.best_score_, rtol=1e-9)


@given(
    given=rows,
    contamination=st.sampled_from([0.01, 0.1, 0.5]),
    cv=st.integers(2, 5),
)
def test_a_detector(given, contamination, cv):
    """It flags so many of the rows that it has seen, ties left in, and agrees with its scores."""
    X = given.values
    model = DiffusionOutlierDetector(SmoothedPLDiffusion(), contamination=contamination, cv=cv)
    with heard():
        fitted(model, given.X)
        scores, flagged = model.score_samples(X), model.predict(X) < 0
        assert not np.isnan(model.decision_function(X)).any()
        assert not np.isnan(scores).any()
        assert (scores < np.inf).all()
        few = (X[:, None] == X).all(axis=2).sum(axis=1) <= 2  # what more rows have is known
        np.testing.assert_array_equal(scores[few], model.cv_score_samples_[few])
        known = model.estimator_.score_samples(X)
        np.testing.assert_allclose(scores[~few], known[~few], rtol=1e-9)
        np.testing.assert_array_equal(flagged, scores < model.offset_)
        assert flagged.sum() <= np.ceil(contamination * len(X))
        far = X[:1] + 1e3 * (np.ptp(X, axis=0) + np.spacing(np.abs(X).max(axis=0)))
        assume(np.isfinite(far).all() and np.abs(far).max() < 1e140)
        assert refusal(model.predict, far) is None
        new = model.score_samples(far)
        assert not np.isnan(new).any()
        assert (new < np.inf).all()


@given(given=st.one_of(points([(2, 1), (17, 2)]), free_points(((5, 2),))), model=networks)
def test_a_network(given, model):
    """However little it has learned."""
    with heard():
        fitted(model, given.X)
    assert np.isfinite(model.loss_curve_).all()
    check_finite(model, given)

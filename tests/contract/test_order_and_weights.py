"""Neither the order of the rows nor how a repetition is written changes anything."""

import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.starts import STARTS

X, POINTS = normal(40, 3), np.concatenate([normal(8, 3, 1), normal(40, 3)[:4]])
ORDER = np.random.default_rng(7).permutation(60)
ROWS = normal(45, 3)[np.random.default_rng(8).integers(45, size=60)]  # some rows repeat
COUNTS = np.random.default_rng(9).integers(0, 4, size=40)
NO_PARENTS = LocalAverageDiffusion, NeuralScoreDiffusion, ScoreDiffusion
FIXED_START = EmpiricalScoreDiffusion, NeuralScoreDiffusion


def tolerance(make):
    """A network is trained in 32 bits, on weights that are rounded to them."""
    return 1e-3 if make.cls is NeuralScoreDiffusion else 1e-9


@pytest.mark.parametrize("n_components", [None, 2])
def test_row_order(make, n_components):
    """Same density, same samples, bit for bit."""
    model = make(n_components=n_components)
    log_p, x = model.fit(ROWS).score_samples(POINTS), model.sample(50, random_state=0)
    model.fit(ROWS[ORDER])
    np.testing.assert_array_equal(model.score_samples(POINTS), log_p)
    np.testing.assert_array_equal(model.sample(50, random_state=0), x)


@pytest.mark.without(*NO_PARENTS, because="they have no parents")
def test_row_order_and_parents(make):
    kwargs = {"random_state": 0, "return_parents": True}
    _, parents, weights = make().fit(ROWS).sample(50, **kwargs)
    _, others, other_weights = make().fit(ROWS[ORDER]).sample(50, **kwargs)
    np.testing.assert_array_equal(weights, other_weights)
    named = weights > 0
    np.testing.assert_array_equal(ROWS[parents[named]], ROWS[ORDER][others[named]])


@pytest.mark.parametrize("n_components", [None, 2])
def test_integer_weights_are_repetitions_and_zeros_absences(make, n_components):
    model, rtol = make(n_components=n_components), tolerance(make)
    weighted = model.fit(X, sample_weight=COUNTS)
    scales = weighted.spacing_, weighted.t0_, weighted.noise_variance_, weighted.n_components_
    log_p, x = weighted.score_samples(POINTS), weighted.sample(30, random_state=0)
    repeated = model.fit(np.repeat(X, COUNTS, axis=0))
    np.testing.assert_allclose(repeated.score_samples(POINTS), log_p, rtol=rtol)
    np.testing.assert_allclose(repeated.sample(30, random_state=0), x, rtol=rtol, atol=rtol)
    again = repeated.spacing_, repeated.t0_, repeated.noise_variance_, repeated.n_components_
    np.testing.assert_allclose(again, scales, rtol=1e-9, atol=1e-15)


@pytest.mark.without(*FIXED_START, because="their start is the noised data")
@pytest.mark.parametrize("start", STARTS)
def test_starts_of_integer_weights(make, start):
    """Covariances in frames whose signs may differ are compared by their traces."""
    model = make(start=start)
    traces = [
        S if S.ndim == 1 else np.trace(S, axis1=1, axis2=2)
        for S in (
            model.fit(X, sample_weight=COUNTS).start_covariances_,
            model.fit(np.repeat(X, COUNTS, axis=0)).start_covariances_,
        )
    ]
    np.testing.assert_allclose(np.repeat(traces[0], COUNTS), traces[1], rtol=1e-9)
    assert np.isnan(traces[0][COUNTS == 0]).all()


@pytest.mark.parametrize("factor", [0.3, 1e-200, 1e200])
def test_only_ratios_of_weights_matter(make, factor):
    a = make().fit(X, sample_weight=COUNTS).score_samples(POINTS)
    b = make().fit(X, sample_weight=COUNTS * factor).score_samples(POINTS)
    np.testing.assert_allclose(a, b, rtol=tolerance(make))


def test_equal_weights_are_no_weights(make, model):
    weighted = make().fit(X, sample_weight=np.full(40, 2.5))
    np.testing.assert_allclose(
        weighted.score_samples(POINTS), model.score_samples(POINTS), rtol=tolerance(make)
    )


def test_weights_change_the_law(make, model):
    """They enter the starting law, of which the density keeps some."""
    weighted = make().fit(X, sample_weight=np.arange(1.0, 41) ** 3)
    assert np.abs(weighted.score_samples(X) - model.score_samples(X)).max() > 0.1


@pytest.mark.without(*NO_PARENTS, because="they have no parents")
def test_rows_of_zero_weight_are_never_parents(make):
    model = make().fit(X, sample_weight=COUNTS)
    _, parents, weights = model.sample(500, random_state=0, return_parents=True)
    assert np.all(COUNTS[parents[weights > 0]] > 0)


@pytest.mark.without(SmoothedPLDiffusion, *NO_PARENTS, because="its parents are what it draws")
def test_parents_are_drawn_by_their_weight(make):
    """20000 draws of the exact score: each frequency within 4.5 standard errors."""
    n, share = 20_000, COUNTS / COUNTS.sum()
    model = make().fit(X, sample_weight=COUNTS)
    _, parents, _ = model.sample(n, random_state=0, return_parents=True)
    found = np.bincount(parents[:, 0], minlength=40) / n
    assert np.all(np.abs(found - share) <= 4.5 * np.sqrt(share * (1 - share) / n))

"""Estimators on points of any kind: finite numbers, exact geometry, and the same in any frame."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numbers_out import check_finite, fitted
from sentences import heard, refusal
from sklearn.base import clone
from strategies import (
    CONTAINERS,
    DTYPES,
    EXTREME_UNITS,
    free_points,
    points,
)

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.starts import STARTS

positive = st.sampled_from([1e-3, 0.1, 0.3, 0.9, 1.0, 1.5, 30.0])


def gaussian_score(x, t):
    """By NumPy, so that no shape is compiled."""
    return -np.asarray(x) / (1 + np.asarray(t))


smoothed = st.builds(
    SmoothedPLDiffusion,
    kappa=positive,
    start=st.sampled_from(sorted(STARTS)),
    start_neighbors=st.integers(1, 20),
    start_shrinkage=st.sampled_from([(0.1, 0.1), (0.0, 1.0), (0.5, 0.0), (1.0, 0.0)]),
    n_components=st.sampled_from(["auto", "auto", None, 1, 0.5]),
    t0_scale=st.sampled_from([0.01, 1.0, 1.0, 9.0]),
    t_min_scale=st.sampled_from(["auto", "auto", 1e-6, 0.5, 1.0]),
    solver=st.sampled_from(["exact", "exact", "exact", "heun"]),
    n_steps=st.just(8),
)
empirical = st.builds(
    EmpiricalScoreDiffusion,
    n_components=st.sampled_from(["auto", None, 1]),
    solver=st.sampled_from(["exact", "heun", "sde"]),
    n_steps=st.just(8),
)
averaged = st.builds(
    LocalAverageDiffusion,
    kappa=positive,
    window=st.sampled_from(["cube", "min-norm", "gaussian", "ball"]),
    n_steps=st.just(3),
    n_quadrature=st.just(4),
)
of_a_field = st.builds(
    ScoreDiffusion,
    st.just(gaussian_score),
    t0=st.just(1.0),
    t_min=st.sampled_from([1e-3, 0.5]),
    solver=st.sampled_from(["euler", "heun", "sde"]),
    n_steps=st.just(3),
)
closed = st.one_of(smoothed, empirical)
estimators = st.one_of(smoothed, empirical, averaged)


@given(given=st.one_of(points(), free_points()), model=estimators)
def test_finite_in_finite_out(given, model):
    with heard():
        said = refusal(model.fit, given.X)
    if said is None:
        check_finite(model, given)
    elif "distinct samples" in said:
        spread = np.ptp(given.values, axis=0)  # that of rounding, if any
        assert spread.max() <= 100 * np.finfo(float).eps * np.abs(given.values[:, spread > 0]).max(
            initial=0
        )
    else:
        assert "n_components" in said
        assert model.n_components not in (None, "auto")


@given(given=points(units={**EXTREME_UNITS}), model=closed)
def test_finite_in_finite_out_of_extreme_units(given, model):
    with heard():
        fitted(model, given.X)
    check_finite(model, given)


@given(given=points(shapes=[(2, 1), (5, 2), (17, 2)]), model=of_a_field)
def test_a_field_of_its_own(given, model):
    with heard():
        fitted(model, given.X)
    check_finite(model, given)


@given(
    given=st.one_of(points(), free_points(), points(units=EXTREME_UNITS)),
    model=st.one_of(smoothed, st.builds(EmpiricalScoreDiffusion)),
    seed=st.integers(0, 99),
)
def test_samples_at_zero_lie_in_the_hull(given, model, seed):
    """They are means of the rows that are named, with the weights that are named."""
    model.set_params(t_min=0, solver="exact", n_components="auto")
    with heard():
        fitted(model, given.X)
        new, parents, weights = model.sample(9, random_state=seed, return_parents=True)
    X = given.values
    assert ((parents >= -1) & (parents < len(X))).all()
    assert ((weights > 0) == (parents >= 0)).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
    used = X[np.where(parents < 0, parents[:, :1], parents)]
    size = np.abs(used).max(axis=1)
    means = np.einsum("nk,nkd->nd", weights, used)
    assert (np.abs(new - means) <= 1e-14 * size + 1e-322).all()
    assert ((used.min(axis=1) <= new) & (new <= used.max(axis=1))).all()


@given(
    given=st.one_of(points(), free_points()),
    kappa=positive,
    t=st.sampled_from([1.0, 0.1, 1e-4]),
    at=st.sampled_from(["rows", "between", "outside"]),
)
def test_the_certificate_holds(given, kappa, t, at):
    """No training point is nearer to v than the parents, which make up a."""
    with heard():
        model = fitted(SmoothedPLDiffusion(kappa=kappa), given.X)
    X = given.values
    step = {"rows": 0.0, "between": 0.4, "outside": 7.0}[at]
    x = X + step * (X[::-1] - X)
    found = model.decompose(x, t * model.t0_)
    project = model.diffusion_.subspace.project
    points, x = project(X), project(x)
    a, v = project(found.a), project(found.v)
    size = np.abs(points).max() + np.abs(x).max() + np.finfo(float).eps * np.abs(X).max() / 1e-13
    rho = kappa * np.sqrt(t * model.t0_) / model.spacing_
    np.testing.assert_allclose((1 - rho) * a + rho * v, x, rtol=0, atol=1e-12 * size * max(rho, 1))
    used = points[np.where(found.parents < 0, found.parents[:, :1], found.parents)]
    np.testing.assert_allclose(
        np.einsum("nk,nkd->nd", found.weights, used), a, rtol=0, atol=1e-12 * size
    )
    # g_k = |y_k|^2 - 2 y_k.v, the squared distances to v but for a constant.
    toward = v if rho < 1 else x
    gradients = (points**2).sum(axis=1) - 2 * toward @ points.T
    of_parents = (used**2).sum(axis=2) - 2 * np.einsum("nkd,nd->nk", used, toward)
    terms = size * (size + 2 * np.linalg.norm(toward, axis=1))
    lag = of_parents.max(axis=1) - gradients.min(axis=1)
    assert (lag <= 1e-11 * terms).all()


# ---------------------------------------------------------------------- what changes nothing


def results(model, x):
    """Numbers that tell two models apart."""
    with heard():
        found = [model.sample(5, random_state=3), model.denoise(x, 0.7 * model.t0_)]
        if not model.diffusion_.solver.no_density:
            found.append(model.score_samples(x))
    return found


def check_same(model, other, x, x_other=None):
    others = results(other, x if x_other is None else x_other)
    for found, expected in zip(results(model, x), others, strict=True):
        np.testing.assert_array_equal(found, expected)


@given(given=st.one_of(points(), free_points()), model=estimators, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(given, model, seed):
    X = given.values
    with heard():
        other = clone(fitted(model, X)).fit(np.random.default_rng(seed).permutation(X))
    for found, expected in zip(results(other, X)[1:], results(model, X)[1:], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(X).max())


@given(given=st.one_of(points(), free_points()), model=closed, data=st.data())
def test_a_weight_is_a_repetition(given, model, data):
    X = given.values
    count = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(X), max_size=len(X))))
    assume(count.any())
    with heard():
        fitted(model, X, sample_weight=count)
        repeated = np.repeat(X, count, axis=0)
        other = clone(model)
        assume(refusal(other.fit, repeated) is None)  # of n_components: fewer rows than weights
    for found, expected in zip(results(other, X), results(model, X), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(X).max())


@given(
    given=st.one_of(points(), free_points()), model=estimators, power=st.sampled_from([-30, 4, 40])
)
def test_a_unit_is_only_a_unit(given, model, power):
    """Powers of two round nothing, so that all numbers are the very same.

    Even powers, since the grid of times is made of the roots of sqrt(t). Other units round the
    times, and an averaged score, which is a difference of values of size |x - y|^2 / 2t over its
    window's width, makes more of that far from the data than any bound that is worth a test.
    """
    X, c = given.values, 2.0**power
    with heard():
        other = clone(fitted(model, X)).fit(c * X)
    d = (~other.diffusion_.subspace.constant).sum()
    (new, denoised, *density), (new_c, denoised_c, *density_c) = (
        results(model, X),
        results(other, c * X),
    )
    np.testing.assert_allclose(new_c, c * new, rtol=1e-12, atol=1e-12 * c * np.abs(X).max())
    np.testing.assert_allclose(
        denoised_c, c * denoised, rtol=1e-12, atol=1e-12 * c * np.abs(X).max()
    )
    for before, after in zip(density, density_c, strict=True):
        np.testing.assert_allclose(after + d * np.log(c), before, rtol=1e-9, atol=1e-9)


@given(
    given=points(shapes=[(1, 1), (5, 2), (17, 2)], containers=sorted({**CONTAINERS, **DTYPES})),
    model=closed,
)
def test_any_container(given, model):
    kept = copy.deepcopy(given.X)
    with heard():
        other = clone(model)
        assume(refusal(other.fit, given.values) is None)
        model.fit(given.X)
    check_same(model, other, given.X, given.values)
    assert type(given.X) is type(kept)
    np.testing.assert_array_equal(np.asarray(given.X), np.asarray(kept))


@given(
    given=points(), model=closed, power=st.integers(-300, 300), offset=st.sampled_from([0, 1, 1e8])
)
def test_rows_anywhere(given, model, power, offset):
    """Rows that are to be judged may lie anywhere."""
    with heard():
        fitted(model, given.values)
        x = np.random.default_rng(0).normal(size=(3, given.values.shape[1])) * 10.0**power + offset
        said = refusal(model.denoise, x, model.t0_)
        near = np.abs(x - model.mean_).max() <= 1e150 * np.sqrt(model.t_min_)
        assert (said is None) == near or model.t_min_ > 1
        if said is not None:
            assert refusal(model.flow, x, model.t0_, model.t0_ / 2) == said
            return
        assert np.isfinite(model.denoise(x, model.t0_)).all()
        if model.t_min_ > 0 and not model.diffusion_.solver.no_density:
            density = model.score_samples(x)
            assert not np.isnan(density).any()
            assert (density < np.inf).all()


@given(given=points(), model=estimators)
def test_copies_draw_the_same(given, model):
    with heard():
        fitted(model, given.X)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        check_same(other, model, given.values)
        with heard():
            np.testing.assert_array_equal(other.sample(3), copy.deepcopy(model).sample(3))


# ---------------------------------------------------------------------- refusals


@given(
    given=points(), model=estimators, bad=st.sampled_from([np.nan, np.inf, -np.inf]), data=st.data()
)
def test_bad_numbers_are_counted(given, model, bad, data):
    X = given.values.copy()
    places = data.draw(st.lists(st.integers(0, X.size - 1), min_size=1, max_size=4, unique=True))
    X.flat[places] = bad
    rows = len({place // X.shape[1] for place in places})
    before = copy.deepcopy(model.__dict__)
    said = refusal(model.fit, X)
    assert f"{len(places)} values in {rows} of {len(X)} rows" in said
    assert f"the first at row {min(places) // X.shape[1]}, column " in said
    assert model.__dict__ == before


anything = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-3, 3), st.text(max_size=3), st.just([1.0])
)
NAMES = ["kappa", "t0", "t_min", "t0_scale", "t_min_scale", "spacing", "start", "start_neighbors"]
NAMES += ["start_shrinkage", "n_components", "solver", "n_steps", "schedule_rho", "n_jobs"]


@given(name=st.sampled_from(NAMES), value=anything, number=st.sampled_from([5, 17]))
def test_any_parameter_is_taken_or_refused(name, value, number):
    """What `fit` accepts, it can use."""
    X = normal_rows(number)
    model = SmoothedPLDiffusion(**{name: value})
    before = dict(model.__dict__)
    with heard():
        said = refusal(model.fit, X, sentences=SAID_OF_PARAMETERS)
        if said is not None:
            assert model.__dict__ == before
            assert name in said
            return
        new = model.sample(4, random_state=0)
        assert np.isfinite(new).all()


SAID_OF_PARAMETERS = [
    r"The '\w+' parameter of SmoothedPLDiffusion must .*Got .* instead",
    r"SmoothedPLDiffusion squares distances, and t0_scale \* spacing\*\*2 is ",
    r"SmoothedPLDiffusion divides squared distances by t_min, and t_min=",
]


def normal_rows(n):
    return np.random.default_rng(0).normal(size=(n, 2))


@pytest.fixture(scope="module")
def model():
    return SmoothedPLDiffusion().fit(normal_rows(17))


@given(n=st.one_of(anything, st.integers(-10, 40)))
def test_any_number_of_samples(model, n):
    said = refusal(model.sample, n, 0)
    is_count = isinstance(n, int) and not isinstance(n, bool) and n >= 0
    assert (said is None) == is_count
    if is_count:
        assert model.sample(n, 0).shape == (n, 2)


@given(t=anything, s=anything)
def test_any_variance(model, t, s):
    x = normal_rows(3)
    said = refusal(model.score_function, x, t)
    if said is None:
        assert np.isfinite(model.score_function(x, t)).all()
    if refusal(model.flow, x, t, s) is None:
        assert np.isfinite(model.flow(x, t, s)).all()

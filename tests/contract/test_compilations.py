"""How often JAX compiles: a new fit, size or parameter value shares the programs of the last."""

import jax
import numpy as np
import pytest
from given import normal
from sklearn.model_selection import GridSearchCV, KFold, train_test_split

from smoothdiff import EmpiricalScoreDiffusion, NeuralScoreDiffusion, SmoothedPLDiffusion


def test_compilations_are_counted(compilations):
    jax.jit(lambda x: 3 * x + 1)(np.ones(7)).block_until_ready()
    assert len(compilations) >= 1


@pytest.mark.parametrize(
    ("d", "grid"),
    [
        (2, {"kappa": [0.05, 0.2], "t0": [0.02, 0.2], "t_min": [0.001, 0.01]}),
        (5, {"start_neighbors": [10], "start": ["local-pca"], "kappa": [0.1, 0.3], "t0": [0.2]}),
    ],
    ids=["adaptive", "local-pca"],
)
def test_a_search_compiles_only_in_its_first_fit_and_score(d, grid, compilations):
    X = normal(150, d)
    train, test = train_test_split(X, test_size=0.3, random_state=0)
    first = {name: values[-1] for name, values in grid.items()}
    SmoothedPLDiffusion(**first, spacing=0.5).fit(train).score(test)
    del compilations[:]
    search = GridSearchCV(SmoothedPLDiffusion(spacing=0.5), grid, cv=3, error_score="raise").fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert compilations == []


def test_a_search_over_bandwidths_compiles_once(compilations):
    X = normal(150, 3)
    EmpiricalScoreDiffusion(t0=1.0, t_min=0.1).fit(X[:100]).score(X[100:])
    del compilations[:]
    grid = {"t_min": [0.001, 0.01, 0.1, 1.0]}
    GridSearchCV(EmpiricalScoreDiffusion(t0=1.0), grid, error_score="raise").fit(X)
    assert compilations == []


def test_a_search_over_times_compiles_once(make, compilations):
    """Every estimator: folds of one size, several t0 and t_min."""
    X = normal(60, 3)
    make(t0=0.5, t_min=0.01, spacing=0.5).fit(X[:40]).score(X[40:])
    del compilations[:]
    grid = {"t0": [0.2, 0.5], "t_min": [0.01, 0.02], "spacing": [0.5]}
    GridSearchCV(make(), grid, cv=KFold(3), error_score="raise", refit=False).fit(X)
    assert compilations == []


def test_small_samples_of_many_sizes_compile_once(make, compilations):
    model = make(random_state=0).fit(normal(40, 3))
    for n in (1, 8, 50):
        model.sample(n)
    del compilations[:]
    for n in (*range(10), 15, 16, 17, 31, 32, 33, 49):  # around the powers of two, and others
        model.sample(n)
    assert compilations == []


@pytest.mark.without(NeuralScoreDiffusion, because="its training compiles for a number of points")
@pytest.mark.parametrize("d", [2, 5])
def test_training_sets_of_similar_size_share_their_programs(make, d, compilations):
    x = normal(40, d, 1)
    make().fit(normal(300, d)).score_samples(x)
    del compilations[:]
    for n in (260, 333, 500):
        make().fit(normal(n, d)).score_samples(x)
    assert compilations == []


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
def test_steps_compile_once(make, solver, compilations):
    """Every step, number of steps and sample size share the programs of the first run."""
    model = make(solver=solver, n_steps=2, random_state=0).fit(normal(40, 3))
    model.sample(30)
    del compilations[:]
    for n_steps in (3, 20):
        model.set_params(n_steps=n_steps).fit(normal(40, 3)).sample(40)
    assert compilations == []

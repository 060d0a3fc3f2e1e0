"""The estimator of score networks: what it learns, and what happens when training goes wrong."""

import warnings

import jax
import numpy as np
import pytest
from given import normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from smoothdiff import NeuralScoreDiffusion, _progress, training
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore

QUICK = {"max_iter": 20, "hidden_width": 8, "batch_size": 16, "n_steps": 4, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore:The loss had not settled")


def leaves(model):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(model._params)])


# ------------------------------------------------------------------ the score


@pytest.mark.parametrize("objective", training.OBJECTIVES)
def test_the_network_learns_the_score(objective):
    """Two points, t0 alone: after 3000 steps a tenth of the loss of no score at all."""
    X, t = np.array([[-1.0], [1.0]]), 0.2
    model = NeuralScoreDiffusion(
        architecture="mlp", objective=objective, t0=t, random_state=0, max_iter=3000
    ).fit(X)
    x = X[np.random.default_rng(0).integers(2, size=2000)] + np.sqrt(t) * normal(2000, 1)
    exact = EmpiricalScore(PointCloud.of(X))(x, t)
    found = model.score_function(x, model.t0_)
    assert ((found - exact) ** 2).mean() < 0.1 * (exact**2).mean()


@pytest.mark.slow
def test_samples_and_density_of_a_trained_model():
    """More likely under the model than noise is, and in the data's units."""
    along = np.array([[0.8, 0.6]])
    X = 100 * np.linspace(-1, 1, 6)[:, None] * along
    model = NeuralScoreDiffusion(
        t0=400.0, t_min=4.0, max_iter=2000, n_steps=50, random_state=0
    ).fit(X)
    new = model.sample(300)
    assert np.abs(new @ along.T).max() < 200
    assert model.score(new) > model.score(new + 40 * normal(300, 2)) + 1
    x = np.linspace(-300, 300, 1201)[:, None] * along
    across = -np.log(2 * np.pi * 4.0) / 2  # the normal part at 0
    mass = np.trapezoid(np.exp(model.score_samples(x) - across), x @ along[0])
    assert abs(mass - 1) < 0.02


def test_one_noise_level_has_no_samples():
    model = NeuralScoreDiffusion(architecture="mlp", **QUICK).fit(normal(12, 2))
    assert model.score_function(normal(3, 2), model.t0_).shape == (3, 2)
    X = normal(3, 2)
    for call in (
        lambda: model.sample(2),
        lambda: model.score_samples(X),
        lambda: model.flow(X, model.t0_, model.t_min_),
        model.trajectory,
    ):
        with pytest.raises(ValueError, match="architecture='mlp' knows that of t0 alone"):
            call()
    with pytest.raises(ValueError, match="knows the score at t0 alone"):
        model.score_function(X, model.t0_ / 2)
    expected = model.score_function(X, model.t0_)
    model.set_params(architecture="time-conditioned")  # of the next fit
    with pytest.raises(ValueError, match="knows that of t0 alone"):
        model.sample()
    np.testing.assert_array_equal(model.score_function(X, model.t0_), expected)


# ------------------------------------------------------------------ training


def interrupted_at(call, real=training._loop.train):
    """The steps as they are, until the user interrupts a call of them."""
    calls = []

    def train(*args):
        calls.append(args)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*args)

    return train


def test_a_run_stopped_and_resumed_is_the_same(tmp_path, monkeypatch):
    """Bit for bit; what there is on Ctrl-C is a model, and the warning names this file."""
    X, path = normal(12, 2), tmp_path / "run.npz"
    settings = {**QUICK, "max_iter": 700, "n_iter_no_change": 100, "early_stopping": True}
    whole = NeuralScoreDiffusion(**settings).fit(X)
    stopped = NeuralScoreDiffusion(checkpoint=str(path), **settings)
    with monkeypatch.context() as patch:
        patch.setattr(training._loop, "train", interrupted_at(4))
        with pytest.warns(UserWarning, match="interrupted by user after 300 steps") as caught:
            stopped.fit(X)
    assert caught[0].filename == __file__
    assert stopped.n_iter_ == 300
    assert np.isfinite(stopped.sample(3)).all()
    resumed = NeuralScoreDiffusion(checkpoint=path, **settings).fit(X)
    np.testing.assert_array_equal(leaves(resumed), leaves(whole))
    np.testing.assert_array_equal(resumed.loss_curve_, whole.loss_curve_)
    np.testing.assert_array_equal(resumed.sample(3), whole.sample(3))
    assert resumed.best_loss_ == whole.best_loss_
    with pytest.raises(ValueError, match="is of other data or parameters"):
        NeuralScoreDiffusion(checkpoint=path, **settings).fit(normal(12, 2, seed=1))


def test_where_a_checkpoint_cannot_be(tmp_path):
    for bad in (tmp_path / "no" / "run.npz", tmp_path, ""):
        with pytest.raises(ValueError, match=r"'checkpoint' .* a file in a directory that exists"):
            NeuralScoreDiffusion(checkpoint=bad, **QUICK).fit(normal(12, 2))
    with pytest.raises(ValueError, match=r"'checkpoint' .* a file that can be written"):
        NeuralScoreDiffusion(checkpoint=tmp_path / ("x" * 300), **QUICK).fit(normal(12, 2))


def test_a_checkpoint_of_a_warm_start(tmp_path):
    """Begun elsewhere, it is another run than that from random parameters."""
    path = tmp_path / "run.npz"
    model = NeuralScoreDiffusion(warm_start=True, **QUICK).fit(normal(12, 2))
    model.set_params(checkpoint=path).fit(normal(12, 2))
    with pytest.raises(ValueError, match="is of other data or parameters"):
        NeuralScoreDiffusion(checkpoint=path, **QUICK).fit(normal(12, 2))


def test_an_interrupt_before_the_first_steps(monkeypatch):
    monkeypatch.setattr(training._loop, "train", interrupted_at(1))
    model = NeuralScoreDiffusion(**QUICK)
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.fit(normal(12, 2))
    assert vars(model) == before


def test_a_loss_that_is_not_finite():
    """The first step leaves parameters without a finite loss; those before it are kept."""
    model = NeuralScoreDiffusion(**{**QUICK, "learning_rate": 1e30})
    with pytest.raises(RuntimeError, match=r"The loss of step 2 is not finite: most likely"):
        model.fit(normal(12, 2))
    assert np.isfinite(model.loss_curve_).all()
    still = NeuralScoreDiffusion(**{**QUICK, "learning_rate": 1e-30, "max_iter": 1})
    np.testing.assert_array_equal(leaves(model), leaves(still.fit(normal(12, 2))))
    assert np.isfinite(model.score_function(normal(12, 2), model.t0_)).all()


def test_a_loss_that_rises():
    """Before it is no longer finite it was far too large; what was there before that is kept."""
    X = np.random.default_rng(0).normal(size=(20, 2))
    settings = {**QUICK, "n_iter_no_change": 1000, "weight_decay": 2010.0, "max_iter": 5000}
    model = NeuralScoreDiffusion(**settings)
    with pytest.raises(RuntimeError, match="The last good parameters are kept"):
        model.fit(X)
    assert model.loss_curve_[-1] > 1e20
    assert np.abs(leaves(model)).max() < 100
    assert np.isfinite(model.sample(20)).all()


def test_numbers_beyond_32_bits():
    model = NeuralScoreDiffusion(**{**QUICK, "t0": 1e-90, "t_min": 1e-92})
    with pytest.raises(RuntimeError, match=r"t0=1e-90 .* is out of the range of 32-bit floats"):
        model.fit(normal(12, 2))
    with pytest.raises(ValueError, match="sample_weight must have a finite sum"):
        NeuralScoreDiffusion(**QUICK).fit(normal(12, 2), sample_weight=np.full(12, 1e308))


def test_rows_held_out_count_by_their_weight():
    """A repeated row is held out as one of twice the weight."""
    X = normal(20, 2)
    settings = {**QUICK, "early_stopping": True, "validation_fraction": 0.5}
    weights = np.r_[[2.0] * 4, np.ones(16)]
    weighted = NeuralScoreDiffusion(**settings).fit(X, sample_weight=weights)
    repeated = NeuralScoreDiffusion(**settings).fit(np.r_[X, X[:4]])
    plain = NeuralScoreDiffusion(**settings).fit(X)
    assert weighted.best_loss_ == pytest.approx(repeated.best_loss_, rel=1e-6)
    assert abs(weighted.best_loss_ / plain.best_loss_ - 1) > 1e-3


def test_the_seed_decides_the_parameters():
    X = normal(12, 2)
    one, same = (NeuralScoreDiffusion(**QUICK).fit(X) for _ in range(2))
    other = NeuralScoreDiffusion(**{**QUICK, "random_state": 1}).fit(X)
    np.testing.assert_array_equal(leaves(one), leaves(same))
    assert not np.array_equal(leaves(one), leaves(other))


def test_warm_start():
    X = normal(12, 2)
    model = NeuralScoreDiffusion(warm_start=True, **{**QUICK, "max_iter": 300}).fit(X)
    first = model.loss_curve_
    again = model.fit(X).loss_curve_
    assert again[:50].mean() < first[:50].mean()
    other = model.set_params(hidden_width=9).fit(X)  # of other shapes: from random parameters
    fresh = NeuralScoreDiffusion(**{**QUICK, "max_iter": 300, "hidden_width": 9}).fit(X)
    np.testing.assert_array_equal(other.loss_curve_, fresh.loss_curve_)


def test_early_stopping_keeps_the_best():
    """Those of three looks at the loss before the last, and no others: a run that ends there."""
    X = normal(40, 1)
    settings = {**QUICK, "early_stopping": True, "n_iter_no_change": 3, "tol": 0.0}
    model = NeuralScoreDiffusion(**{**settings, "max_iter": 20000}).fit(X)
    assert model.n_iter_ < 20000
    best = NeuralScoreDiffusion(**{**settings, "max_iter": model.n_iter_ - 300}).fit(X)
    np.testing.assert_array_equal(leaves(model), leaves(best))
    assert model.best_loss_ == best.best_loss_
    with pytest.raises(ValueError, match="needs at least 2 distinct samples"):
        NeuralScoreDiffusion(early_stopping=True, t0=1.0, **QUICK).fit(np.ones((3, 1)))


def test_convergence_is_reported():
    X = normal(12, 2)
    match = r"not settled after 20 steps \(max_iter\)"
    with pytest.warns(ConvergenceWarning, match=match) as caught:
        NeuralScoreDiffusion(**QUICK).fit(X)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = {**QUICK, "max_iter": 3000, "n_iter_no_change": 1, "tol": 0.5}
        assert NeuralScoreDiffusion(**quiet).fit(X).n_iter_ < 3000


def test_progress(capsys, monkeypatch):
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_REPORTS", 0.0)
    NeuralScoreDiffusion(verbose=1, **QUICK).fit(normal(9, 1))
    assert "step 20 of 20, loss" in capsys.readouterr().err


def test_search_over_weight_decay_compiles_nothing_new(compilations):
    X = normal(30, 2)
    for n in 15, 30:  # the folds, and all
        NeuralScoreDiffusion(**QUICK).fit(X[:n]).score(X[:15])
    compilations.clear()
    grid = {"weight_decay": [0.0, 0.1, 1.0], "learning_rate": [1e-3, 1e-2]}
    GridSearchCV(NeuralScoreDiffusion(**QUICK), grid, cv=2, error_score="raise").fit(X)
    assert not compilations


def test_a_checkpoint_needs_a_seed(tmp_path):
    settings = {**QUICK, "random_state": None}
    with pytest.raises(ValueError, match="needs an integer random_state"):
        NeuralScoreDiffusion(checkpoint=str(tmp_path / "x.npz"), **settings).fit(normal(12, 2))

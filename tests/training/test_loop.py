"""The steps: what they change, which parameters are kept, and how a run can end."""

import warnings
from dataclasses import replace

import jax
import numpy as np
import pytest
from given import normal
from sklearn.exceptions import ConvergenceWarning

from smoothdiff.network import ARCHITECTURES
from smoothdiff.training import DECAYED, Settings, _loop, fit_network
from smoothdiff.training._loop import advance, begin, train
from smoothdiff.training._loss import validation_loss

QUICK = Settings(max_iter=20, hidden_width=8, batch_size=16)
pytestmark = pytest.mark.filterwarnings("ignore:The loss had not settled")


def arguments(points, settings=QUICK, **options):
    weights = np.full(len(points), 1 / len(points))
    return (points, weights), {
        "t0": 0.3,
        "t_min": 0.003,
        "seed": 0,
        **options,
        "settings": settings,
    }


def fit(points, settings=QUICK, **options):
    positional, named = arguments(points, settings, **options)
    return fit_network(*positional, **named)


def flat(params):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(params)])


def first_parameters(points):
    positional, named = arguments(points)
    return flat(begin(*positional, **named).state.params)


@pytest.mark.parametrize(
    ("architecture", "decayed"),
    [(a, d) for a in ARCHITECTURES for d in DECAYED if (a, d) != ("mlp", "all")],
)
def test_what_decays(architecture, decayed):
    """One step takes learning rate x decay of what decays, and of nothing else.

    Of a plain network "papers" is all of it.
    """
    settings = Settings(
        architecture=architecture,
        objective="dsm",
        hidden_width=8,
        batch_size=4,
        decayed=decayed,
        learning_rate=1e-3,
        weight_decay=100.0,
    )
    positional, named = arguments(np.zeros((3, 2)), settings)
    run = begin(*positional, **named)
    after, _ = train(run, run.state, 1)
    for block, layers in run.state.params.items():
        for old, new in zip(layers, after.params[block], strict=True):
            for name in ("weight", "bias"):
                if decayed == "papers" and architecture == "time-conditioned":
                    expected = block == "body"
                else:
                    expected = decayed != "weights" or name == "weight"
                a, b = np.asarray(getattr(old, name)), np.asarray(getattr(new, name))
                step = np.abs(b - (0.9 if expected else 1.0) * a)
                assert step.max() < 1.01e-3  # Adam's first step is at most the learning rate


def test_a_first_step_by_hand():
    """AdamW's: learning rate times the sign of the gradient, and the decay."""
    settings = replace(QUICK, learning_rate=0.01, weight_decay=0.5, decayed="all")
    positional, named = arguments(normal(12, 2), settings)
    run = begin(*positional, **named)
    after, _ = train(run, run.state, 1)
    before, after = flat(run.state.params), flat(after.params)
    signs = (after - before * (1 - 0.01 * 0.5)) / 0.01
    moved = np.abs(signs) > 0.5  # units of the network that no row reaches have no gradient
    assert moved.mean() > 0.7
    np.testing.assert_allclose(np.abs(signs[moved]), 1, atol=1e-3)
    np.testing.assert_allclose(signs[~moved], 0, atol=1e-3)


def test_the_network_takes_the_unit_ball():
    """In other units, x -> c x and t -> c^2 t, a run is the same but for its scale."""
    X = normal(12, 2)
    run, other = fit(X), fit(64 * X, t0=0.3 * 64**2, t_min=0.003 * 64**2)
    np.testing.assert_array_equal(flat(other.best), flat(run.best))
    assert other.scale == 64 * run.scale
    assert np.linalg.norm(X / run.scale, axis=1).max() == pytest.approx(1)
    assert fit(np.zeros((12, 2))).scale == 1.0


def test_other_rates_share_a_program(compilations):
    X = normal(12, 2)
    fit(X, replace(QUICK, early_stopping=True))
    del compilations[:]
    for changes in (
        {"learning_rate": 0.005, "weight_decay": 0.0},
        {"max_iter": 7, "tol": 0.5, "n_iter_no_change": 3},
        {"early_stopping": True, "validation_fraction": 0.2},
    ):
        fit(X, replace(QUICK, **changes), t0=0.2)
    assert compilations == []
    fit(X, replace(QUICK, batch_size=17))
    assert len(compilations) == 1


def test_settings_are_numbers_of_python():
    asked = {**vars(QUICK), "learning_rate": np.float64(0.5), "max_iter": np.int64(3), "more": 1}
    settings = Settings.of(asked)
    assert settings == replace(QUICK, learning_rate=0.5, max_iter=3)
    assert type(settings.learning_rate) is float
    assert type(settings.max_iter) is int


# ------------------------------------------------------------------ which parameters are kept


def test_the_average_has_nothing_of_the_random_start():
    """A long average of a short run is the plain mean of its parameters."""
    X = normal(12, 2)
    each = [fit(X, replace(QUICK, max_iter=k)) for k in (1, 2, 3)]
    mean = np.mean([flat(run.best) for run in each], axis=0)
    averaged = fit(X, replace(QUICK, max_iter=3, ema_decay=0.999))
    np.testing.assert_allclose(flat(averaged.best), mean, rtol=1e-5, atol=1e-7)


def test_the_average_forgets():
    """With decay 1/2 it is the last parameters by a half, those before by a quarter, ..."""
    X = normal(12, 2)
    each = [flat(fit(X, replace(QUICK, max_iter=k)).best) for k in range(1, 6)]
    expected = each[0]
    for after in each[1:]:
        expected = (expected + after) / 2
    averaged = fit(X, replace(QUICK, max_iter=5, ema_decay=0.5))
    np.testing.assert_allclose(flat(averaged.best), expected, rtol=1e-5, atol=1e-7)


def test_the_best_on_rows_held_out_are_kept():
    """Of all looks at the loss on them, taken here once more, the least; the last is another."""
    settings = replace(
        QUICK, max_iter=1500, early_stopping=True, validation_fraction=0.4, learning_rate=0.01
    )
    positional, named = arguments(normal(16, 2), settings)
    run = begin(*positional, **named)
    losses, params = [], []
    while not run.over:
        run = advance(run)
        losses.append(validation_loss(run.state.kept, settings, run.data, run.held_out))
        params.append(flat(run.state.kept))
    best = int(np.argmin(losses))
    assert best < len(losses) - 1
    assert run.best_loss == losses[best]
    np.testing.assert_array_equal(flat(run.best), params[best])
    assert not np.array_equal(flat(run.best), params[-1])


def test_rows_held_out_are_not_trained_on():
    settings = replace(QUICK, early_stopping=True, validation_fraction=0.25)
    X = normal(12, 2)
    positional, named = arguments(X, settings)
    run = begin(*positional, **named)
    assert run.held_out is not None
    kept = np.asarray(run.data[0])[np.isfinite(run.data[1])]
    assert (len(run.held_out[0]), len(kept)) == (3, 9)
    together = np.concatenate([run.held_out[0], kept]) * run.scale
    np.testing.assert_allclose(np.sort(together, axis=0), np.sort(X, axis=0), rtol=1e-5)
    with pytest.raises(ValueError, match="needs at least 2 distinct samples, to hold one out"):
        fit(X[:1], settings)


def test_going_on_from_parameters():
    X = normal(12, 2)
    first = fit(X, replace(QUICK, max_iter=300))
    again = fit(X, replace(QUICK, max_iter=300), params=first.params)
    assert again.losses[:50].mean() < first.losses[:50].mean()


# ------------------------------------------------------------------ how a run ends


def test_a_run_that_ends_well_says_nothing():
    X = normal(12, 2)
    with pytest.warns(ConvergenceWarning, match=r"not settled after 20 steps \(max_iter\)"):
        fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = fit(X, replace(QUICK, max_iter=3000, n_iter_no_change=1, tol=0.5))
    assert run.n_steps < 3000
    assert run.settled


def test_an_interrupt_before_the_first_steps(monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_loop, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(normal(12, 2))


def test_a_loss_that_is_not_finite():
    """The first step leaves parameters without a finite loss; those before it are kept."""
    run = fit(normal(12, 2), replace(QUICK, learning_rate=1e30), verbose=True)
    assert run.failed == 2
    assert np.isfinite(run.losses).all()
    np.testing.assert_array_equal(flat(run.best), first_parameters(normal(12, 2)))


def test_what_the_last_step_left_is_looked_at():
    """One step, far too long: its own loss is finite, that of the parameters it leaves is not."""
    run = fit(normal(12, 2), replace(QUICK, max_iter=1, learning_rate=1e20))
    assert run.failed == 2
    np.testing.assert_array_equal(flat(run.best), first_parameters(normal(12, 2)))


def failing(bad):
    """The steps as they are, with a loss that is not finite from step ``bad`` on."""
    real = _loop.train

    def fails(run, state, n_steps):
        after, losses = real(run, state, n_steps)
        steps = int(state.step) + 1 + np.arange(n_steps)
        return after, np.where(steps < bad, losses, np.nan)

    return fails


@pytest.mark.parametrize("bad", [101, 102, 150])
def test_the_last_good_parameters(monkeypatch, bad):
    """Those that left a finite loss, two steps before the bad loss, wherever a call begins."""
    X, settings = normal(12, 2), replace(QUICK, n_iter_no_change=100)
    good = fit(X, replace(settings, max_iter=bad - 2))
    monkeypatch.setattr(_loop, "train", failing(bad))
    run = fit(X, replace(settings, max_iter=300))
    assert (run.failed, run.n_steps) == (bad, bad - 1)
    np.testing.assert_array_equal(flat(run.best), flat(good.best))


@pytest.mark.parametrize("bad", [1, 2])
def test_a_failure_in_the_first_steps_with_rows_held_out(monkeypatch, bad):
    """There is no look at them yet: the parameters that training began with are kept."""
    settings = replace(QUICK, early_stopping=True)
    positional, named = arguments(normal(12, 2), settings)
    begun = begin(*positional, **named)
    monkeypatch.setattr(_loop, "train", failing(bad))
    run = fit(normal(12, 2), settings, verbose=True)
    assert run.failed == bad
    np.testing.assert_array_equal(flat(run.best), flat(begun.best))


def test_a_loss_that_rises():
    """Without a loss that is not finite there is a warning, and after one what was before it."""
    X = np.random.default_rng(0).normal(size=(20, 2))
    settings = replace(QUICK, n_iter_no_change=1000, weight_decay=2010.0)
    with pytest.warns(ConvergenceWarning, match="The loss has risen to .* after 1000 steps"):
        fit(X, replace(settings, max_iter=1000))
    run = fit(X, replace(settings, max_iter=5000))
    assert run.failed
    assert run.losses[-1] > 1e20
    assert np.abs(flat(run.best)).max() < 100


def test_the_first_parameters_are_for_the_variances_of_the_run():
    """In units in which the points are in the unit ball."""
    points = 100 * normal(12, 2)
    positional, named = arguments(points, t0=300.0, t_min=3.0)
    run = begin(*positional, **named)
    slope, bias = run.state.params["time"][0]
    kinks = -bias / slope[:, 0]
    low, high = np.log(np.array([3.0, 300.0]) / run.scale**2)
    assert run.scale > 100
    assert (kinks > low - 1e-3).all()
    assert (kinks < high + 1e-3).all()

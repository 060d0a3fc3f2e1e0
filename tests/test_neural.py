"""Score networks: the formulas, exact resumption, and what happens when training goes wrong."""

import subprocess
import sys
import time
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from smoothdiff import NeuralScoreDiffusion, training
from smoothdiff._compute import float32
from smoothdiff.cloud import PointCloud
from smoothdiff.estimators import _neural
from smoothdiff.scores import EmpiricalScore, Score
from smoothdiff.scores._neural import ARCHITECTURES, NeuralScore, initialize

QUICK = {"max_iter": 20, "hidden_width": 8, "batch_size": 16, "n_steps": 4, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore:The loss had not settled")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def leaves(model):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(model._params)])


@parametrize_with_checks([NeuralScoreDiffusion(**QUICK)])
def test_scikit_learn_checks(estimator, check):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:
        np.random.set_state(state)


# ------------------------------------------------------------------ the score


def by_hand(params, architecture, x, t):
    """The networks of appendix J in NumPy, one row at a time."""

    def relu(z):
        return np.maximum(z, 0)

    out = []
    for row, when in zip(x, t, strict=True):
        if architecture == "mlp":
            (w1, b1), (w2, b2) = params["hidden"]
            skip, bias = params["skip"][0]
            value = w2 @ relu(w1 @ row + b1) + b2 + skip @ row + bias
        else:
            first, embed, modulate = (params[k][0] for k in ("time", "embed", "modulate"))
            shared = relu(first[0] @ [np.log(when)] + first[1])
            h = np.r_[row, embed[0] @ shared + embed[1]]
            for weight, bias in params["body"][:-1]:
                h = relu(weight @ h + bias)
            value = params["body"][-1][0] @ h + params["body"][-1][1]
            stretch, shift = np.split(modulate[0] @ shared + modulate[1], 2)
            value = value * (1 + stretch) + shift
        out.append(value / np.sqrt(when))
    return np.array(out)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("r", [1, 3])
def test_networks(architecture, r):
    params = initialize(np.random.default_rng(0), architecture, r, 16)
    x, t = normal(40, r), np.random.default_rng(1).uniform(0.01, 0.5, 40)
    score = NeuralScore(params, architecture)
    np.testing.assert_allclose(score(x, t), by_hand(params, architecture, x, t), rtol=1e-12)
    # In other units: x -> c x, t -> c^2 t, score -> score / c.
    other = NeuralScore(params, architecture, 10.0)
    np.testing.assert_allclose(other(10 * x, 100 * t), score(x, t) / 10, rtol=1e-12)
    np.testing.assert_allclose(score.denoise(x, t), x + t[:, None] * score(x, t), rtol=1e-12)


@pytest.mark.parametrize("r", [2, 40])
def test_the_exact_target_of_training(r):
    """The ESF of a batch in float32, by one fused loop or axis by axis."""
    points, x = normal(6, r), normal(50, r, 1)
    t = np.random.default_rng(2).uniform(0.1, 0.5, 50)
    weights = np.array([0.1, 0.3, 0.0, 0.2, 0.2, 0.2])
    with float32(), np.errstate(divide="ignore"):
        arrays = (jnp.asarray(a, jnp.float32) for a in (points, np.log(weights), x, t))
        found = training._empirical_score(*arrays)
    some = weights > 0
    exact = EmpiricalScore(PointCloud(points[some], weights[some], 1))(x, t)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("r", [1, 3])
def test_divergence(r):
    params = initialize(np.random.default_rng(0), "time-conditioned", r, 16)
    score, x = NeuralScore(params, "time-conditioned", 2.0), normal(20, r)
    expected = Score.divergence(score, x, 0.3)[0]
    np.testing.assert_allclose(score.divergence(x, 0.3)[0], expected, rtol=1e-6, atol=1e-6)


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


def test_the_two_losses_differ_by_a_constant():
    """Whatever the network: Vincent (2011). To within sampling error, at parameters that stay."""
    points, weights = normal(5, 2) / 3, np.array([0.4, 0.3, 0.1, 0.1, 0.1])
    rates = training.Rates(1e-30, 0.0, 0.0, 0.01, 0.5)
    gaps = []
    for seed in range(3):
        losses = {}
        for objective in training.OBJECTIVES:
            problem = training.Problem("time-conditioned", objective, 2048, "papers", False)
            run = training.Run(problem, rates, points, weights)
            losses[objective] = training.train(run, training.begin(run, 16, seed), 100)[1]
        gaps.append(losses["dsm"] - losses["esf"])
    means, errors = np.mean(gaps, axis=1), np.std(gaps, axis=1) / 10
    assert means[0] > 20 * errors.max()  # the label noise that "esf" is free of
    assert np.ptp(means) < 5 * errors.max()


def test_samples_and_density_of_a_trained_model():
    """More likely under the model than noise is, and in the data's units."""
    X = 100 * np.c_[np.linspace(-1, 1, 6), np.zeros(6)]
    model = NeuralScoreDiffusion(
        t0=400.0, t_min=4.0, max_iter=2000, n_steps=50, random_state=0
    ).fit(X)
    new = model.sample(300)
    assert np.abs(new[:, 0]).max() < 200
    assert model.score(new) > model.score(new + 40 * normal(300, 2)) + 1
    x = np.c_[np.linspace(-300, 300, 1201), np.zeros(1201)]
    across = -np.log(2 * np.pi * 4.0) / 2  # the normal part at 0
    mass = np.trapezoid(np.exp(model.score_samples(x) - across), x[:, 0])
    assert abs(mass - 1) < 0.02


def test_one_noise_level_has_no_samples():
    model = NeuralScoreDiffusion(architecture="mlp", **QUICK).fit(normal(9, 2))
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


# ------------------------------------------------------------------ training


SETTINGS = {
    "plain": {},
    "averaged": {"ema_decay": 0.9},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.4, "learning_rate": 0.01},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_run_stopped_and_resumed_is_the_same(tmp_path, monkeypatch, name):
    """Bit for bit: interrupted after 350 of 700 steps, gone on with from the 300 that are whole."""
    X = normal(12, 2)
    settings = {**QUICK, "max_iter": 700, "n_iter_no_change": 100, **SETTINGS[name]}
    whole = NeuralScoreDiffusion(**settings).fit(X)
    path = tmp_path / "run.npz"
    stopped = NeuralScoreDiffusion(checkpoint=str(path), **settings)
    real, calls = training.train, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(training, "train", interrupted)
    with pytest.warns(UserWarning, match="Training interrupted by user after 300 steps"):
        stopped.fit(X)
    assert stopped.n_iter_ == 300
    assert np.isfinite(stopped.sample(3)).all()
    monkeypatch.setattr(training, "train", real)
    resumed = NeuralScoreDiffusion(checkpoint=str(path), **settings).fit(X)
    np.testing.assert_array_equal(leaves(resumed), leaves(whole))
    np.testing.assert_array_equal(resumed.loss_curve_, whole.loss_curve_)
    assert resumed.best_loss_ == whole.best_loss_
    with pytest.raises(ValueError, match="is of other data or parameters"):
        NeuralScoreDiffusion(checkpoint=str(path), **settings).fit(normal(12, 2, seed=1))
    with pytest.raises(ValueError, match="has taken 700 steps, more than max_iter=400"):
        NeuralScoreDiffusion(checkpoint=str(path), **{**settings, "max_iter": 400}).fit(X)
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import sys
import numpy as np
from smoothdiff import NeuralScoreDiffusion
X = np.random.default_rng(0).normal(size=(12, 2))
settings = dict(n_iter_no_change=10**9, hidden_width=8, batch_size=16, n_steps=4, random_state=0)
NeuralScoreDiffusion(max_iter=10**9, checkpoint=sys.argv[1], **settings).fit(X)
"""


def test_a_killed_process_is_resumed(tmp_path):
    """Bit for bit, by another process, from the last file that the killed one left."""
    path = tmp_path / "run.npz"
    child = subprocess.Popen([sys.executable, "-c", KILLED, path])
    try:
        while not path.exists() or len(np.load(path)["losses"]) == 0:
            assert child.poll() is None
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    taken = len(np.load(path)["losses"])
    assert taken % 1000 == 0
    settings = {**QUICK, "n_iter_no_change": 10**9, "max_iter": taken + 300}
    whole = NeuralScoreDiffusion(**settings).fit(normal(12, 2))
    resumed = NeuralScoreDiffusion(checkpoint=str(path), **settings).fit(normal(12, 2))
    np.testing.assert_array_equal(leaves(resumed), leaves(whole))
    np.testing.assert_array_equal(resumed.loss_curve_, whole.loss_curve_)


def test_a_run_resumed_stops_where_the_whole_one_does(tmp_path):
    """The wait for a falling loss goes on as well: 15 times 100 steps, of which some are before."""
    X, path = normal(12, 2), tmp_path / "run.npz"
    settings = {**QUICK, "tol": 0.9, "n_iter_no_change": 15}
    whole = NeuralScoreDiffusion(**{**settings, "max_iter": 5000}).fit(X)
    assert 1500 < whole.n_iter_ < 5000
    for max_iter in (1050, 5000, 5000):  # the last has nothing left to do
        settings["max_iter"] = max_iter
        resumed = NeuralScoreDiffusion(checkpoint=str(path), **settings).fit(X)
    assert resumed.n_iter_ == whole.n_iter_
    np.testing.assert_array_equal(leaves(resumed), leaves(whole))


@pytest.mark.parametrize("content", [b"", b"step,loss\n1,2\n", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_checkpoint(tmp_path, content):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run.npz' is not a checkpoint of a training run"):
        NeuralScoreDiffusion(checkpoint=path, **QUICK).fit(normal(9, 2))
    assert path.read_bytes() == content
    for bad in (tmp_path / "no" / "run.npz", tmp_path, ""):
        with pytest.raises(ValueError, match=r"'checkpoint' .* a file in a directory that exists"):
            NeuralScoreDiffusion(checkpoint=bad, **QUICK).fit(normal(9, 2))
    with pytest.raises(ValueError, match=r"'checkpoint' .* a file that can be written"):
        NeuralScoreDiffusion(checkpoint=tmp_path / ("x" * 300), **QUICK).fit(normal(9, 2))


@pytest.mark.parametrize("change", [{"tol": 0.5}, {"ema_decay": 0.9}, {"architecture": "mlp"}])
def test_a_checkpoint_of_another_run(tmp_path, change):
    path = tmp_path / "run.npz"
    NeuralScoreDiffusion(checkpoint=path, **QUICK).fit(normal(9, 2))
    with pytest.raises(ValueError, match="is of other data or parameters"):
        NeuralScoreDiffusion(checkpoint=path, **{**QUICK, **change}).fit(normal(9, 2))


def test_a_checkpoint_of_a_warm_start(tmp_path):
    """Begun elsewhere, it is another run than that from random parameters."""
    path = tmp_path / "run.npz"
    model = NeuralScoreDiffusion(warm_start=True, **QUICK).fit(normal(9, 2))
    model.set_params(checkpoint=path).fit(normal(9, 2))
    with pytest.raises(ValueError, match="is of other data or parameters"):
        NeuralScoreDiffusion(checkpoint=path, **QUICK).fit(normal(9, 2))


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    """Training goes on without checkpoints."""
    real = training.save

    def full(path, progress, fingerprint):
        if len(progress.losses):
            raise OSError(28, "No space left on device")
        real(path, progress, fingerprint)

    monkeypatch.setattr(training, "save", full)
    model = NeuralScoreDiffusion(checkpoint=tmp_path / "x.npz", **{**QUICK, "max_iter": 100})
    with pytest.warns(UserWarning, match="could not be written: .* No space left on device"):
        model.fit(normal(9, 2))
    assert model.n_iter_ == 100


def test_an_interrupt_before_the_first_steps(monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted)
    model = NeuralScoreDiffusion(**QUICK)
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.fit(normal(9, 2))
    assert vars(model) == before


def test_a_loss_that_is_not_finite():
    """The first step leaves parameters without a finite loss; those before it are kept."""
    model = NeuralScoreDiffusion(**{**QUICK, "learning_rate": 1e30})
    with pytest.raises(RuntimeError, match=r"The loss of step 2 is not finite: most likely"):
        model.fit(normal(9, 2))
    assert np.isfinite(model.loss_curve_).all()
    assert np.abs(leaves(model)).max() <= 1
    assert np.isfinite(model.score_function(normal(9, 2), model.t0_)).all()


@pytest.mark.parametrize("bad", [101, 102, 150])
def test_the_last_good_parameters(monkeypatch, bad):
    """Those that left a finite loss, two steps before the bad loss, wherever a call begins."""
    X = normal(9, 2)
    settings = {**QUICK, "n_iter_no_change": 100}
    good = NeuralScoreDiffusion(**{**settings, "max_iter": bad - 2}).fit(X)
    real = training.train

    def fails(run, state, n_steps):
        after, losses = real(run, state, n_steps)
        steps = int(state.step) + 1 + np.arange(n_steps)
        return after, np.where(steps < bad, losses, np.nan)

    monkeypatch.setattr(training, "train", fails)
    model = NeuralScoreDiffusion(**{**settings, "max_iter": 300})
    with pytest.raises(RuntimeError, match=f"The loss of step {bad} is not finite"):
        model.fit(X)
    assert model.n_iter_ == bad - 1
    np.testing.assert_array_equal(leaves(model), leaves(good))


def test_what_the_last_step_left_is_looked_at():
    """One step, far too long: its own loss is finite, that of the parameters it leaves is not."""
    model = NeuralScoreDiffusion(**{**QUICK, "max_iter": 1, "learning_rate": 1e20})
    with pytest.raises(RuntimeError, match="The loss of step 2 is not finite"):
        model.fit(normal(9, 2))
    assert np.isfinite(model.sample(3)).all()


def test_a_loss_that_rises():
    """Without a loss that is not finite there is a warning, and after one what was before it."""
    X = np.random.default_rng(0).normal(size=(20, 2))
    settings = {**QUICK, "n_iter_no_change": 1000}
    with pytest.warns(ConvergenceWarning, match="The loss has risen to .* after 1000 steps"):
        NeuralScoreDiffusion(**{**settings, "weight_decay": 2010.0, "max_iter": 1000}).fit(X)
    model = NeuralScoreDiffusion(**{**settings, "weight_decay": 2010.0, "max_iter": 5000})
    with pytest.raises(RuntimeError, match="The last good parameters are kept"):
        model.fit(X)
    assert model.loss_curve_[-1] > 1e20
    assert np.abs(leaves(model)).max() < 100
    assert np.isfinite(model.sample(20)).all()


def test_numbers_beyond_32_bits():
    model = NeuralScoreDiffusion(**{**QUICK, "t0": 1e-90, "t_min": 1e-92})
    with pytest.raises(RuntimeError, match=r"t0=1e-90 .* is out of the range of 32-bit floats"):
        model.fit(normal(9, 2))
    with pytest.raises(ValueError, match="sample_weight must have a finite sum"):
        NeuralScoreDiffusion(**QUICK).fit(normal(9, 2), sample_weight=np.full(9, 1e308))


def test_the_average_has_nothing_of_the_random_start():
    """A long average of a short run is the plain mean of its parameters."""
    X = normal(9, 2)
    each = [NeuralScoreDiffusion(**{**QUICK, "max_iter": k}).fit(X) for k in (1, 2, 3)]
    mean = np.mean([leaves(model) for model in each], axis=0)
    averaged = NeuralScoreDiffusion(**{**QUICK, "max_iter": 3, "ema_decay": 0.999}).fit(X)
    np.testing.assert_allclose(leaves(averaged), mean, rtol=1e-5, atol=1e-7)


def test_rows_held_out_count_by_their_weight():
    """A repeated row is held out as one of twice the weight."""
    X = normal(9, 2)
    settings = {**QUICK, "early_stopping": True, "validation_fraction": 0.5}
    weights = np.r_[[2.0] * 4, np.ones(5)]
    weighted = NeuralScoreDiffusion(**settings).fit(X, sample_weight=weights)
    repeated = NeuralScoreDiffusion(**settings).fit(np.r_[X, X[:4]])
    plain = NeuralScoreDiffusion(**settings).fit(X)
    assert weighted.best_loss_ == pytest.approx(repeated.best_loss_, rel=1e-6)
    assert abs(weighted.best_loss_ / plain.best_loss_ - 1) > 1e-3


def test_settings_of_jax_do_not_matter():
    X = normal(9, 2)
    expected = leaves(NeuralScoreDiffusion(**QUICK).fit(X))
    for setting in (jax.enable_x64(True), jax.threefry_partitionable(False)):
        with setting:
            found = leaves(NeuralScoreDiffusion(**QUICK).fit(X))
        np.testing.assert_array_equal(found, expected)


def test_parameters_set_after_fit_do_not_change_the_model():
    X = normal(9, 2)
    model = NeuralScoreDiffusion(**QUICK).fit(X)
    expected = model.score_function(X, model.t_min_)
    model.set_params(architecture="mlp")
    np.testing.assert_array_equal(model.score_function(X, model.t_min_), expected)
    assert model.sample(2).shape == (2, 2)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("decayed", training.DECAYED)
def test_what_decays(architecture, decayed):
    """One step takes learning rate x decay of what decays, and of nothing else."""
    problem = training.Problem(architecture, "dsm", 4, decayed, averaged=False)
    rates = training.Rates(1e-3, 100.0, 0.0, 1e-3, 0.1)
    run = training.Run(problem, rates, np.zeros((3, 2)), np.ones(3) / 3)
    before = training.begin(run, 8, 0)
    after, _ = training.train(run, before, 1)
    for block, layers in before.params.items():
        for old, new in zip(layers, after.params[block], strict=True):
            for name in ("weight", "bias"):
                if decayed == "papers" and architecture == "time-conditioned":
                    expected = block == "body"
                else:
                    expected = decayed != "weights" or name == "weight"
                a, b = np.asarray(getattr(old, name)), np.asarray(getattr(new, name))
                step = np.abs(b - (0.9 if expected else 1.0) * a)
                assert step.max() < 1.01e-3  # Adam's first step is at most the learning rate


def test_seeds_and_copies():
    X = normal(12, 2)
    one, same = (NeuralScoreDiffusion(**QUICK).fit(X) for _ in range(2))
    other = NeuralScoreDiffusion(**{**QUICK, "random_state": 1}).fit(X)
    np.testing.assert_array_equal(leaves(one), leaves(same))
    assert not np.array_equal(leaves(one), leaves(other))
    np.testing.assert_array_equal(one.sample(5), same.sample(5))


def test_warm_start():
    X = normal(12, 2)
    model = NeuralScoreDiffusion(warm_start=True, **{**QUICK, "max_iter": 300}).fit(X)
    first = model.loss_curve_
    again = model.fit(X).loss_curve_
    assert again[:50].mean() < first[:50].mean()


def test_early_stopping_keeps_the_best():
    X = normal(40, 1)
    model = NeuralScoreDiffusion(
        early_stopping=True, n_iter_no_change=3, **{**QUICK, "max_iter": 20000}
    ).fit(X)
    assert model.n_iter_ < 20000
    assert np.isfinite(model.best_loss_)
    with pytest.raises(ValueError, match="needs at least 2 distinct samples"):
        NeuralScoreDiffusion(early_stopping=True, t0=1.0, **QUICK).fit(np.ones((3, 1)))


def test_convergence_is_reported():
    X = normal(12, 2)
    with pytest.warns(ConvergenceWarning, match=r"not settled after 20 steps \(max_iter\)"):
        NeuralScoreDiffusion(**QUICK).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = {**QUICK, "max_iter": 3000, "n_iter_no_change": 1, "tol": 0.5}
        assert NeuralScoreDiffusion(**quiet).fit(X).n_iter_ < 3000


def test_progress(capsys, monkeypatch):
    monkeypatch.setattr(_neural, "SECONDS_BETWEEN_REPORTS", 0.0)
    NeuralScoreDiffusion(verbose=1, **QUICK).fit(normal(9, 1))
    assert "step 20 of 20, loss" in capsys.readouterr().err


def test_search_over_weight_decay_compiles_once():
    X, seen = normal(30, 2), []

    def listen(event, duration, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(duration)

    NeuralScoreDiffusion(**QUICK).fit(X[:20]).score(X[20:])
    jax.monitoring.register_event_duration_secs_listener(listen)
    grid = {"weight_decay": [0.0, 0.1, 1.0], "learning_rate": [1e-3, 1e-2]}
    GridSearchCV(NeuralScoreDiffusion(**QUICK), grid, cv=2, error_score="raise").fit(X)
    jax.monitoring.unregister_event_duration_listener(listen)
    assert len(seen) <= 1  # the last fit is to more points than the folds


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"architecture": "unet"}, ValueError, "'architecture' parameter .* must be one of"),
        ({"objective": "nce"}, ValueError, "'objective' parameter .* must be one of"),
        ({"hidden_width": 0}, ValueError, "'hidden_width' parameter .* an integer of at least 1"),
        ({"max_iter": 2.5}, TypeError, "'max_iter' parameter .* an integer of at least 1"),
        ({"learning_rate": -1.0}, ValueError, "'learning_rate' parameter .* a positive float"),
        ({"weight_decay": -1.0}, ValueError, "'weight_decay' parameter .* a non-negative float"),
        ({"ema_decay": 1.0}, ValueError, "'ema_decay' parameter .* less than 1"),
        ({"early_stopping": "yes"}, TypeError, "'early_stopping' parameter .* True or False"),
        ({"checkpoint": 3}, TypeError, "'checkpoint' parameter .* None or a path"),
        ({"t_min": 0}, ValueError, "must be positive with solver='heun'"),
        ({"solver": "exact"}, ValueError, "'solver' parameter .* must be one of"),
    ],
)
def test_bad_parameters(parameters, error, sentence):
    model = NeuralScoreDiffusion(**{**QUICK, **parameters})
    before = dict(vars(model))
    with pytest.raises(error, match=sentence):
        model.fit(normal(9, 2))
    assert vars(model) == before


def test_a_checkpoint_needs_a_seed(tmp_path):
    settings = {**QUICK, "random_state": None}
    with pytest.raises(ValueError, match="needs an integer random_state"):
        NeuralScoreDiffusion(checkpoint=str(tmp_path / "x.npz"), **settings).fit(normal(9, 2))

"""Runs in files: gone on with bit for bit, and refused where they are of something else."""

import subprocess
import sys
import time
from dataclasses import replace

import jax
import numpy as np
import pytest
from given import TRAINING, normal

from smoothdiff.training import Settings, _checkpoint, _fit, _loop, fit_network
from smoothdiff.training._loop import begin

QUICK = Settings(max_iter=20, hidden_width=8, batch_size=16)
SCALES = {"t0": 0.3, "t_min": 0.003}
pytestmark = pytest.mark.filterwarnings("ignore:The loss had not settled")


def fit(points, settings=QUICK, **options):
    weights = np.full(len(points), 1 / len(points))
    return fit_network(points, weights, **{**SCALES, "seed": 0, **options}, settings=settings)


def flat(params):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(params)])


def assert_same(run, other):
    np.testing.assert_array_equal(flat(run.best), flat(other.best))
    np.testing.assert_array_equal(run.losses, other.losses)
    for name in ("best_loss", "waited", "failed"):
        assert getattr(run, name) == getattr(other, name)
        assert type(getattr(run, name)) is type(getattr(other, name))


def interrupted_at(call, real=_loop.train):
    """The steps as they are, until the user interrupts a call of them."""
    calls = []

    def train(*args):
        calls.append(args)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*args)

    return train


HELD_OUT = {"early_stopping": True, "validation_fraction": 0.4, "learning_rate": 0.01}
SETTINGS = {
    "plain": {},
    "averaged": {"ema_decay": 0.9},
    "early stopping": HELD_OUT,
    "averaged early stopping": {**HELD_OUT, "ema_decay": 0.9},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_run_stopped_and_resumed_is_the_same(tmp_path, monkeypatch, name):
    """Bit for bit: interrupted after 350 of 700 steps, gone on with from the 300 that are whole."""
    X, path = normal(12, 2), tmp_path / "run.npz"
    settings = replace(QUICK, max_iter=700, n_iter_no_change=100, **SETTINGS[name])
    whole = fit(X, settings)
    with monkeypatch.context() as patch:
        patch.setattr(_loop, "train", interrupted_at(4))
        with pytest.warns(UserWarning, match="Training interrupted by user after 300 steps") as w:
            stopped = fit(X, settings, checkpoint=path)
    assert w[0].filename == __file__
    assert stopped.n_steps == 300
    assert_same(fit(X, settings, checkpoint=path), whole)
    assert_same(fit(X, settings, checkpoint=path), whole)  # nothing left to do
    with pytest.raises(ValueError, match="is of other data or parameters"):
        fit(normal(12, 2, seed=1), settings, checkpoint=path)
    with pytest.raises(ValueError, match="has taken 700 steps, more than max_iter=400"):
        fit(X, replace(settings, max_iter=400), checkpoint=path)
    assert list(tmp_path.iterdir()) == [path]


def test_losses_on_rows_held_out_are_remembered(tmp_path, monkeypatch):
    """What is kept, and the wait, are of looks before the checkpoint as well as after it."""
    X, path = normal(12, 2), tmp_path / "run.npz"
    settings = replace(QUICK, max_iter=10000, n_iter_no_change=6, **HELD_OUT)
    whole = fit(X, settings)
    calls_to_the_best = whole.n_steps // 100 - whole.waited
    with monkeypatch.context() as patch:
        patch.setattr(_loop, "train", interrupted_at(calls_to_the_best + 4))
        with pytest.warns(UserWarning, match="interrupted"):
            stopped = fit(X, settings, checkpoint=path)
    assert stopped.waited == 3
    assert not np.array_equal(flat(stopped.state.kept), flat(whole.best))
    assert_same(fit(X, settings, checkpoint=path), whole)


def test_a_killed_process_is_resumed(tmp_path):
    """Bit for bit, by another process, from the last file that the killed one left."""
    path = tmp_path / "run.npz"
    child = subprocess.Popen([sys.executable, "-c", TRAINING, path])
    try:
        while not path.exists() or len(np.load(path)["losses"]) == 0:
            assert child.poll() is None
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    taken = len(np.load(path)["losses"])
    assert taken % 1000 == 0
    settings = replace(QUICK, n_iter_no_change=10**9, max_iter=taken + 300)
    assert_same(fit(normal(12, 2), settings, checkpoint=path), fit(normal(12, 2), settings))


def test_a_run_resumed_stops_where_the_whole_one_does(tmp_path):
    """The wait for a falling loss goes on as well: 15 times 100 steps, of which some are before."""
    X, path = normal(12, 2), tmp_path / "run.npz"
    settings = replace(QUICK, tol=0.9, n_iter_no_change=15)
    whole = fit(X, replace(settings, max_iter=5000))
    assert 1500 < whole.n_steps < 5000
    for max_iter in (1050, 5000, 5000):  # the last has nothing left to do
        resumed = fit(X, replace(settings, max_iter=max_iter), checkpoint=path)
    assert_same(resumed, whole)


def test_a_run_that_fails_when_it_is_resumed(tmp_path, monkeypatch):
    """At the very first step: what was before is not known, and the checkpoint's are kept."""
    X, path = normal(12, 2), tmp_path / "run.npz"
    before = fit(X, replace(QUICK, max_iter=200), checkpoint=path)
    content = path.read_bytes()
    real = _loop.train

    def fails(*args):
        state, losses = real(*args)
        return state, np.full_like(losses, np.nan)

    monkeypatch.setattr(_loop, "train", fails)
    run = fit(X, replace(QUICK, max_iter=400), checkpoint=path)
    assert (run.failed, run.n_steps) == (201, 200)
    np.testing.assert_array_equal(flat(run.best), flat(before.best))
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"step,loss\n1,2\n", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_checkpoint(tmp_path, content):
    path = tmp_path / "run.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run.npz' is not a checkpoint of a training run"):
        fit(normal(9, 2), checkpoint=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["x" * 300, "no/run.npz", "a\0b"])
def test_a_file_that_cannot_be_written(tmp_path, name):
    with pytest.raises(ValueError, match=r"'checkpoint' .* must be a file that can be written"):
        fit(normal(9, 2), checkpoint=tmp_path / name)
    assert list(tmp_path.iterdir()) == []


OTHERS = {
    "tol": {"settings": replace(QUICK, tol=0.5)},
    "average": {"settings": replace(QUICK, ema_decay=0.9)},
    "architecture": {"settings": replace(QUICK, architecture="mlp")},
    "rate": {"settings": replace(QUICK, learning_rate=0.5)},
    "rows held out": {"settings": replace(QUICK, early_stopping=True)},
    "seed": {"seed": 1},
    "t0": {"t0": 0.4},
    "t_min": {"t_min": 0.004},
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_of_another_run(tmp_path, name):
    path = tmp_path / "run.npz"
    fit(normal(9, 2), checkpoint=path)
    with pytest.raises(ValueError, match="is of other data or parameters"):
        fit(normal(9, 2), checkpoint=path, **OTHERS[name])


def test_a_checkpoint_of_other_weights_or_other_first_parameters(tmp_path):
    X, path = normal(9, 2), tmp_path / "run.npz"
    first = fit(X)
    fit(X, checkpoint=path, params=first.params)
    with pytest.raises(ValueError, match="is of other data or parameters"):
        fit(X, checkpoint=path)
    weights = np.arange(1.0, 10.0) / 45
    with pytest.raises(ValueError, match="is of other data or parameters"):
        fit_network(
            *(X, weights), **SCALES, seed=0, settings=QUICK, checkpoint=path, params=first.params
        )


def test_a_longer_run_is_the_same_run(tmp_path):
    """And one with another part held out, where nothing is."""
    X, path = normal(9, 2), tmp_path / "run.npz"
    fit(X, replace(QUICK, max_iter=100), checkpoint=path)
    longer = replace(QUICK, max_iter=200, validation_fraction=0.5)
    assert_same(fit(X, longer, checkpoint=path), fit(X, longer))


def test_what_is_saved_is_what_is_loaded(tmp_path):
    X, path = normal(9, 2), tmp_path / "run.npz"
    settings = replace(QUICK, max_iter=300, **HELD_OUT)
    run = fit(X, settings)
    _checkpoint.save(path, run, "mark")
    begun = begin(X, np.full(9, 1 / 9), **SCALES, seed=0, settings=settings)
    back = _checkpoint.load(path, begun, "mark")
    assert_same(back, run)
    for one, other in zip(jax.tree.leaves(back.state), jax.tree.leaves(run.state), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.asarray(other).dtype


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    """Training goes on without checkpoints."""
    real = _checkpoint.save

    def full(path, run, mark):
        if run.n_steps:
            raise OSError(28, "No space left on device")
        real(path, run, mark)

    monkeypatch.setattr(_fit, "save", full)
    match = "could not be written: .* No space left on device"
    with pytest.warns(UserWarning, match=match) as caught:
        run = fit(normal(9, 2), replace(QUICK, max_iter=100), checkpoint=tmp_path / "x.npz")
    assert caught[0].filename == __file__
    assert run.n_steps == 100

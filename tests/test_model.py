"""The fitted diffusion on arrays: means of named rows, without a rounding that shows."""

from fractions import Fraction

import numpy as np
import pytest
from given import many_zeros, normal

import smoothdiff.solvers._steps
from smoothdiff import SmoothedPLDiffusion
from smoothdiff.model import means_of_rows


def means_by_hand(rows, parents, weights):
    """Weighted means in fractions, rounded once."""
    out = np.empty((len(parents), rows.shape[1]))
    for i, (named, shares) in enumerate(zip(parents, weights, strict=True)):
        pairs = [(k, Fraction(w)) for k, w in zip(named, shares, strict=True) if k >= 0]
        total = sum(w for _, w in pairs)
        for j in range(rows.shape[1]):
            out[i, j] = float(sum(w * Fraction(rows[k, j]) for k, w in pairs) / total)
    return out


@pytest.fixture
def some():
    """Rows with zeros at several scales, and four parents or fewer of each mean."""
    rng = np.random.default_rng(0)
    rows = many_zeros(30, 5) * 10.0 ** np.array([-150, -8, 0, 8, 150])
    parents = np.stack([rng.permutation(30)[:4] for _ in range(300)])
    weights = -np.sort(-rng.dirichlet(np.ones(4), size=300), axis=1)
    used = rng.integers(1, 5, size=300)
    padding = np.arange(4) >= used[:, None]
    weights[padding], parents[padding] = 0, -1
    return rows, parents, weights / weights.sum(axis=1, keepdims=True)


def test_means_are_right_to_rounding(some):
    np.testing.assert_allclose(means_of_rows(*some), means_by_hand(*some), rtol=1e-15, atol=0)


def test_no_rounding_shows(some):
    """One parent is copied, agreement is kept, and nothing leaves the parents' range."""
    rows, parents, _ = some
    found = means_of_rows(*some)
    used = rows[np.where(parents < 0, parents[:, :1], parents)]
    low, high = used.min(axis=1), used.max(axis=1)
    assert ((low <= found) & (found <= high)).all()
    np.testing.assert_array_equal(found[low == high], low[low == high])
    one = (parents >= 0).sum(axis=1) == 1
    assert one.sum() > 30
    np.testing.assert_array_equal(found[one], rows[parents[one, 0]])


def test_no_rows():
    found = means_of_rows(normal(5, 2), np.empty((0, 3), dtype=int), np.empty((0, 3)))
    assert found.shape == (0, 2)


def test_draws_and_fields_work_on_bare_arrays():
    """A Diffusion needs no estimator: same generator, same numbers."""
    X = normal(40, 3)
    model = SmoothedPLDiffusion(random_state=3).fit(X)
    diffusion = model.diffusion_
    end = diffusion.sample(np.random.default_rng(3), 20, parents=True)
    x, parents, weights = model.sample(20, return_parents=True)
    np.testing.assert_array_equal(end.x, x)
    np.testing.assert_array_equal(end.weights, weights)
    points = diffusion.subspace.project(X)
    named = parents >= 0
    np.testing.assert_array_equal(end.parents >= 0, named)
    np.testing.assert_allclose(
        diffusion.cloud.points[end.parents[named]], points[parents[named]], rtol=0, atol=1e-12
    )
    found = diffusion.log_density(x)
    np.testing.assert_array_equal(found.value, model.score_samples(x))
    np.testing.assert_array_equal(found.error, 0)
    assert not found.off.any()
    t = 0.5 * model.t0_
    np.testing.assert_array_equal(diffusion.denoise(x, t), model.denoise(x, t))


def test_says_nothing_unless_asked(monkeypatch, capsys):
    """Of draws and densities by steps, three of them."""
    monkeypatch.setattr("smoothdiff._progress.SECONDS_BETWEEN_REPORTS", -1.0)
    X = normal(20, 1)
    diffusion = SmoothedPLDiffusion(solver="heun", n_steps=3, spacing=0.4).fit(X).diffusion_
    for verbose in ({}, {"verbose": 1}):
        diffusion.sample(np.random.default_rng(0), 5, **verbose)
        drawn = capsys.readouterr()
        diffusion.log_density(X, **verbose)
        weighed = capsys.readouterr()
        for said in drawn, weighed:
            assert bool(said.out + said.err) == bool(verbose)


def test_the_last_step_is_the_last_of_all(monkeypatch, capsys):
    """Three blocks of rows, the last of them short, of five steps each."""
    monkeypatch.setattr("smoothdiff._progress.SECONDS_BETWEEN_REPORTS", -1.0)
    for module in ("model", "_compute"):
        monkeypatch.setattr(f"smoothdiff.{module}.ROWS_PER_TASK", 4)
    X = normal(20, 1)
    diffusion = SmoothedPLDiffusion(solver="euler", n_steps=5, spacing=0.4).fit(X).diffusion_
    diffusion.sample(np.random.default_rng(0), 10, verbose=1)
    assert "step 15 of 15," in capsys.readouterr().err.splitlines()[-1]
    diffusion.log_density(X[:8], verbose=1)
    assert "step 10 of 10," in capsys.readouterr().err.splitlines()[-1]


def test_the_noise_of_a_draw_is_one_of_very_many(monkeypatch):
    """Its key has 128 bits: no two of a hundred draws are alike."""
    keys = []
    real = smoothdiff.solvers._steps.counted_normals

    def seen(key, *how):
        keys.append(key)
        return real(key, *how)

    monkeypatch.setattr(smoothdiff.solvers._steps, "counted_normals", seen)
    model = SmoothedPLDiffusion(solver="sde", n_steps=1, t_min=0.01, random_state=0)
    diffusion, generator = model.fit(normal(10, 1)).diffusion_, np.random.default_rng(0)
    for _ in range(100):
        diffusion.sample(generator, 1)
    keys = np.array(keys)
    assert keys.shape == (100, 2)
    for bits in keys.T:
        assert len(np.unique(bits)) == 100
        assert bits.min() < 2**60
        assert bits.max() > 2**63

"""The frame and the unit of the data change results only as they must: x -> c x, t -> c^2 t."""

from functools import cache

import numpy as np
import pytest
from given import normal
from scipy.stats import special_ortho_group
from sklearn.base import clone

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.starts import STARTS

ROTATION = special_ortho_group.rvs(3, random_state=0)
X = normal(40, 3) * [2, 1.5, 1]
POINTS = np.concatenate([normal(8, 3, 1) * [2, 1.5, 1], X[:4]])


class Transformed:
    """What a row, and a direction, becomes: x -> c x Q + shift, g -> c g Q."""

    def __init__(self, Q=1.0, c=1.0, shift=0.0):
        self.Q, self.c, self.shift = np.eye(3) * Q if np.ndim(Q) < 2 else Q, c, np.asarray(shift)

    def points(self, x):
        return self.c * x @ self.Q + self.shift

    def directions(self, g):
        return self.c * g @ self.Q

    def field(self, x, t):
        """The field of `gaussian` in the new frame: a score is one over a length."""
        original = (x - self.shift) @ self.Q.T / self.c
        return gaussian(original, t / self.c**2) @ self.Q / self.c


def gaussian(x, t):
    """Score of N((1, 0, 0), diag(4, 1, 2)) at variance t, which singles out each axis."""
    return (np.array([1.0, 0.0, 0.0]) - x) / (np.array([4.0, 1.0, 2.0]) + t)


TRANSFORMATIONS = {
    "translation": Transformed(shift=[3.0, -50.0, 0.25]),
    "reflection": Transformed([1, -1, 1]),
    "permuted columns": Transformed(np.eye(3)[:, [2, 0, 1]]),
    "smaller": Transformed(c=1e-3),
    "larger": Transformed(c=700.0),
    "all": Transformed(ROTATION, 20.0, [-1.0, -2.0, -3.0]),
}
NETWORK = NeuralScoreDiffusion(
    **{"max_iter": 100, "tol": 1.0, "n_iter_no_change": 1, "hidden_width": 8},
    **{"batch_size": 16, "n_steps": 4, "random_state": 0},
)
MODELS = {
    "empirical": EmpiricalScoreDiffusion(n_steps=20),
    "empirical, 2 components": EmpiricalScoreDiffusion(n_components=2, n_steps=20),
    **{start: SmoothedPLDiffusion(kappa=0.3, start=start) for start in STARTS},
    "2 components": SmoothedPLDiffusion(kappa=0.3, n_components=2),
    "heun": SmoothedPLDiffusion(kappa=0.3, solver="heun", n_steps=20),
    "cube": LocalAverageDiffusion(n_steps=4, n_quadrature=4),
    "interval": LocalAverageDiffusion(n_components=1, n_steps=4),
    "min-norm": LocalAverageDiffusion(window="min-norm", n_steps=4, n_quadrature=4),
    "network": NETWORK,
    "field": ScoreDiffusion(gaussian, n_steps=4),
    "field, 2 components": ScoreDiffusion(gaussian, n_steps=4, n_components=2),
}
# Quasi-random points and random parameters are drawn in the frame of principal axes, of which a
# rotation or reflection may turn one round; training also draws rows in the order of their values.
TURNS = {"reflection", "all"}
LEFT_OUT = {"cube": TURNS, "network": {*TURNS, "permuted columns"}}
PAIRS = [(m, t) for m in MODELS for t in TRANSFORMATIONS if t not in LEFT_OUT.get(m, ())]


@cache
def plainly_fitted(name):
    return clone(MODELS[name]).fit(X)


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def changed(request):
    """The model fitted to data and to their image, the transformation, and a tolerance."""
    name, transformation = request.param
    model, change = MODELS[name], TRANSFORMATIONS[transformation]
    plain, image = plainly_fitted(name), clone(model)
    if isinstance(model, ScoreDiffusion):
        image.set_params(field=change.field)
    tolerance = 1e-3 if name == "network" else 1e-8  # trained in 32 bits
    return plain, image.fit(change.points(X)), change, tolerance


def test_every_estimator_is_here(makers):
    assert {type(model) for model in MODELS.values()} == {make.cls for make in makers}


def test_scales(changed):
    plain, image, change, _ = changed
    np.testing.assert_allclose(image.spacing_, change.c * plain.spacing_, rtol=1e-9)
    np.testing.assert_allclose(image.t0_, change.c**2 * plain.t0_, rtol=1e-9)
    np.testing.assert_allclose(image.t_min_, change.c**2 * plain.t_min_, rtol=1e-9)


def test_density(changed):
    plain, image, change, tolerance = changed
    if plain.diffusion_.solver.no_density:
        return
    expected = plain.score_samples(POINTS) - 3 * np.log(change.c)
    found = image.score_samples(change.points(POINTS))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_score_function_and_denoiser(changed):
    plain, image, change, tolerance = changed
    for share in (0.01, 0.5, 1.0):
        t, t_image = share * plain.t0_, share * image.t0_ * (1 - 1e-12)
        score = image.score_function(change.points(POINTS), t_image)
        expected = change.directions(plain.score_function(POINTS, t)) / change.c**2
        scale = np.abs(expected).max()
        np.testing.assert_allclose(score, expected, rtol=tolerance, atol=tolerance * scale)
        denoised = image.denoise(change.points(POINTS), t_image)
        expected = change.points(plain.denoise(POINTS, t))
        np.testing.assert_allclose(denoised, expected, rtol=0, atol=10 * tolerance * change.c)


def test_flow(changed):
    plain, image, change, tolerance = changed
    expected = change.points(plain.flow(POINTS, plain.t0_, plain.t_min_))
    found = image.flow(change.points(POINTS), image.t0_, image.t_min_)
    np.testing.assert_allclose(found, expected, rtol=0, atol=10 * tolerance * change.c)


def test_decomposition(changed):
    plain, image, change, tolerance = changed
    if not hasattr(plain, "decompose"):
        return
    before = plain.decompose(POINTS, 0.3 * plain.t0_)
    after = image.decompose(change.points(POINTS), 0.3 * image.t0_)
    for found, expected in ((after.a, before.a), (after.v, before.v)):
        np.testing.assert_allclose(
            found, change.points(expected), rtol=0, atol=tolerance * max(change.c, 1e-3)
        )
    np.testing.assert_array_equal(after.parents, before.parents)
    np.testing.assert_allclose(after.weights, before.weights, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(after.face_dim, before.face_dim)


@pytest.mark.parametrize("c", [1e-3, 30.0])
@pytest.mark.parametrize("start", STARTS)
def test_given_scales_change_with_the_unit(start, c):
    """Under x -> c x: t -> c^2 t and spacing -> c spacing, with kappa as it is."""
    given = {"t0": 0.5, "t_min": 0.04, "spacing": 0.6}
    unit = {"t0": 0.5 * c**2, "t_min": 0.04 * c**2, "spacing": 0.6 * c}
    plain = SmoothedPLDiffusion(kappa=0.4, start=start, **given).fit(X)
    image = SmoothedPLDiffusion(kappa=0.4, start=start, **unit).fit(c * X)
    expected = plain.score_samples(POINTS) - 3 * np.log(c)
    np.testing.assert_allclose(image.score_samples(c * POINTS), expected, rtol=1e-8, atol=1e-8)
    moved = c * plain.flow(POINTS, 0.3, 0)
    np.testing.assert_allclose(image.flow(c * POINTS, 0.3 * c**2, 0), moved, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["euler", "heun", "sde"])
def test_samples_change_with_the_unit(makers, method):
    """Powers of two, so that no rounding differs: the very same numbers, times c."""
    c = 2.0**20
    for make in makers:
        if make.cls in (NeuralScoreDiffusion, ScoreDiffusion):  # 32 bits; a field of its own unit
            continue
        small, large = (make(solver=method).fit(scale * X) for scale in (1.0, c))
        expected = c * small.sample(20, random_state=0)
        np.testing.assert_allclose(large.sample(20, random_state=0), expected, rtol=1e-12)

"""Every score, starting law and solver, once, for the tests of this folder.

A case makes its object from points (n, r) and a unit c: whoever knows how lengths enter its
parameters says so here, and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import jax.numpy as jnp
import numpy as np
import pytest

from smoothdiff.cloud import PointCloud
from smoothdiff.network import ARCHITECTURES, initialize
from smoothdiff.ode import METHODS
from smoothdiff.scores import (
    WINDOWS,
    CallableScore,
    EarlyStoppedScore,
    EmpiricalBayesScore,
    EmpiricalScore,
    FixedDeltaScore,
    LocalAverageScore,
    PLScore,
    SmoothedPLScore,
    TemperatureScore,
    TikhonovScore,
)
from smoothdiff.scores._neural import NeuralScore
from smoothdiff.solvers import MixedCellFlow, NoisedPoints, Steps
from smoothdiff.starts import LAWS, Start, starting_law
from smoothdiff.subspace import Subspace

SPACING = 0.4


# ------------------------------------------------------------------ scores


@dataclass(frozen=True)
class ScoreCase:
    """A score of a set of points, and what it does not follow."""

    name: str
    make: Callable
    """(points, c) -> Score."""
    lacks: dict = field(default_factory=dict)
    """Names of laws that do not hold, and why."""

    def __repr__(self):
        return self.name


def whole(r):
    """All of R^r, about the origin."""
    return Subspace(np.zeros(r), np.eye(r), np.ones(r), 0.0, np.zeros(r, dtype=bool))


def exact_score(np_like, points):
    """The ESF by its formula, in the arrays of NumPy or JAX."""

    def score(x, t):
        y = np_like.asarray(points)  # within the call, in whatever precision that has
        exponents = -((x[:, None] - y) ** 2).sum(-1) / (2 * t)
        share = np_like.exp(exponents - exponents.max(1)[:, None])
        return (share @ y / share.sum(1)[:, None] - x) / t

    return score


def numpy_alone(points):
    formula = exact_score(np, points)

    def score(x, t):
        assert isinstance(x, np.ndarray)  # JAX cannot trace it
        return formula(x, t)

    return score


def torch_score(points):
    import torch

    points = torch.as_tensor(points)

    class Formula(torch.nn.Module):
        def forward(self, x, t):
            share = torch.softmax(-((x[:, None] - points) ** 2).sum(-1) / (2 * t), dim=1)
            return (share @ points - x) / t

    return Formula()


def of_field(make_field):
    def make(points, c):
        del c  # the points carry the unit
        return CallableScore(make_field(points), whole(points.shape[1]), points[:3], 0.1)

    return make


def network(architecture):
    def make(points, c):
        r = points.shape[1]
        params = initialize(np.random.default_rng(0), architecture, r, 8, (1e-3, 0.5))
        return NeuralScore(params, architecture, 2.0 * c)

    return make


def average(window):
    def make(points, c):
        return LocalAverageScore(PointCloud.of(points), 0.3, SPACING * c, window, 16)

    return make


IN_A_FRAME = {"rotation": "its quasi-random points are drawn along the axes"}
OF_NO_POINTS = {
    "rotation": "its parameters are what they are",
    "translation": "its parameters are what they are",
}
SCORES = [
    ScoreCase("empirical", lambda y, c: EmpiricalScore(PointCloud.of(y))),
    ScoreCase("smoothed PL", lambda y, c: SmoothedPLScore(PointCloud.of(y), 0.3, SPACING * c)),
    ScoreCase("fixed delta", lambda y, c: FixedDeltaScore(PointCloud.of(y), 0.1 * c, SPACING * c)),
    ScoreCase("PL", lambda y, c: PLScore(PointCloud.of(y))),
    *(
        ScoreCase(f"average, {window}", average(window), {} if window == "min-norm" else IN_A_FRAME)
        for window in WINDOWS
    ),
    ScoreCase(
        "empirical Bayes",
        lambda y, c: EmpiricalBayesScore(PointCloud.of(y), 0.05 * c ** -y.shape[1]),
    ),
    ScoreCase("Tikhonov", lambda y, c: TikhonovScore(PointCloud.of(y), 0.5)),
    ScoreCase("early stopping", lambda y, c: EarlyStoppedScore(PointCloud.of(y), 0.01 * c**2)),
    ScoreCase("temperature", lambda y, c: TemperatureScore(PointCloud.of(y), 2.0)),
    *(ScoreCase(f"network, {name}", network(name), OF_NO_POINTS) for name in ARCHITECTURES),
    ScoreCase("NumPy field", of_field(numpy_alone)),
    ScoreCase("JAX field", of_field(lambda y: exact_score(jnp, y))),
    ScoreCase("PyTorch field", of_field(torch_score)),
]


@pytest.fixture(params=SCORES, ids=repr)
def score_case(request):
    if "PyTorch" in request.param.name:
        pytest.importorskip("torch")
    return request.param


@pytest.fixture
def score_cases():
    """All of them at once."""
    return SCORES


# ------------------------------------------------------------------ starting laws


MIXTURE = [Start("local", 0.5, 4), Start("isotropic", 2.0, weight=2.0), Start("gaussian")]


@pytest.fixture(params=[*LAWS, "mixture"])
def law(request):
    """Makes the law of a cloud at variance 0.2 c^2."""
    name = request.param
    starts = MIXTURE if name == "mixture" else [Start(name, n_neighbors=4)]
    return lambda cloud, c=1.0: starting_law(starts, cloud, 0.2 * c**2, SPACING * c)


# ------------------------------------------------------------------ solvers


@dataclass(frozen=True)
class SolverCase:
    """A solver of a cloud's flow; ``steps`` 0 stands for a closed form."""

    name: str
    make: Callable
    """(cloud, n_steps) -> Solver."""
    method: str = "exact"

    def __repr__(self):
        return self.name


FIELDS = {
    "smoothed PL": lambda cloud: SmoothedPLScore(cloud, 0.3, SPACING),
    "fixed delta": lambda cloud: FixedDeltaScore(cloud, 0.1, SPACING),
    "empirical": EmpiricalScore,
    "average": lambda cloud: LocalAverageScore(cloud, 0.3, SPACING, "ball", 8),
}


# Those of whose methods one will do, but with --run-slow.
SLOW = ("fixed delta", "average")


def steps(name, method):
    return lambda cloud, n: Steps(FIELDS[name](cloud), method, n, 2.0)


SOLVERS = [
    SolverCase("MixedCellFlow", lambda cloud, n: MixedCellFlow(FIELDS["smoothed PL"](cloud))),
    SolverCase("NoisedPoints", lambda cloud, n: NoisedPoints(EmpiricalScore(cloud), n, 2.0)),
    *(
        pytest.param(
            SolverCase(f"{name}, {method}", steps(name, method), method),
            marks=[pytest.mark.slow] * (name in SLOW and method != "heun"),
        )
        for name in FIELDS
        for method in METHODS
    ),
]


@pytest.fixture(params=SOLVERS, ids=repr)
def solver_case(request):
    return request.param

"""The estimators, once, for tests that ask for ``make``: each test runs for every one of them.

A test that has to leave some out says why: ``@pytest.mark.without(Estimator, because="...")``.
"""

import pytest
from given import gaussian_score, normal
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)

# Settings that cost little: few steps, and a network whose training counts as settled at once.
ESTIMATORS = [
    EmpiricalScoreDiffusion(n_steps=5),
    SmoothedPLDiffusion(n_steps=5),
    LocalAverageDiffusion(n_steps=4, n_quadrature=4),
    NeuralScoreDiffusion(
        **{"max_iter": 200, "tol": 1.0, "n_iter_no_change": 1, "hidden_width": 8},
        **{"batch_size": 16, "n_steps": 4, "random_state": 0},
    ),
    ScoreDiffusion(gaussian_score, n_steps=4),
]


class Maker:
    """Makes estimators of one class, cheap but for the parameters given."""

    def __init__(self, cheap):
        self.cheap, self.cls = cheap, type(cheap)

    def __call__(self, **parameters):
        return clone(self.cheap).set_params(**parameters)

    def takes(self, parameter):
        return parameter in self.cheap.get_params()

    def __repr__(self):
        return self.cls.__name__


def pytest_configure(config):
    config.addinivalue_line("markers", "without(*estimators, because): estimators left out")


def pytest_generate_tests(metafunc):
    if "check" in metafunc.fixturenames:
        mark = parametrize_with_checks([*map(_of_one_component, ESTIMATORS)]).mark
        metafunc.parametrize(*mark.args, ids=_name)  # a function's own name holds its address
    if "make" in metafunc.fixturenames:
        left_out = set()
        for mark in metafunc.definition.iter_markers("without"):
            assert mark.kwargs["because"]
            left_out |= set(mark.args)
        makers = [Maker(cheap) for cheap in ESTIMATORS if type(cheap) not in left_out]
        metafunc.parametrize("make", makers, indirect=True, ids=repr, scope="module")


def _of_one_component(estimator):
    """The checks' data have many shapes, for each of which what is slow to compile is left out."""
    if isinstance(estimator, NeuralScoreDiffusion | LocalAverageDiffusion):
        return clone(estimator).set_params(n_components=1)
    return estimator


def _name(value):
    """Of an estimator, or of a check of scikit-learn."""
    return getattr(value, "func", type(value)).__name__


@pytest.fixture(scope="module")
def make(request):
    """Makes estimators of one class."""
    return request.param


@pytest.fixture
def makers():
    """All of them at once."""
    return [Maker(cheap) for cheap in ESTIMATORS]


@pytest.fixture(scope="module")
def model(make):
    """A fitted estimator that nobody may change; draws from it name their seed."""
    return make().fit(normal(40, 3))

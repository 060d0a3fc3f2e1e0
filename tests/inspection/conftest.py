"""Figures are drawn without a screen and closed after each test; models of a few columns."""

import sys

import numpy as np
import pytest

from smoothdiff import SmoothedPLDiffusion


@pytest.fixture(autouse=True)
def _no_figures_left(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    yield
    if sys.modules.get("matplotlib.pyplot"):
        sys.modules["matplotlib.pyplot"].close("all")


def table(d, n=30):
    """Rows of d columns that are no line and no plane."""
    rng = np.random.default_rng(d)
    return rng.normal(size=(n, d)) * np.linspace(1.0, 0.5, d)


@pytest.fixture(scope="session")
def fitted():
    """A model of d columns and its rows, fitted once."""
    made = {}

    def get(d):
        if d not in made:
            X = table(d)
            made[d] = SmoothedPLDiffusion(random_state=0).fit(X), X
        return made[d]

    return get

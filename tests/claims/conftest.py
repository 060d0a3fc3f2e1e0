"""Figures in little time."""

import pytest

from smoothdiff.claims import _figures, trained
from smoothdiff.claims._experiment import smoothed


@pytest.fixture
def quick(monkeypatch):
    """Few samples, networks for one t that learn next to nothing, and none for all t."""
    few = {"max_iter": 20, "batch_size": 16, "learning_rate": 1e-3}
    monkeypatch.setattr(_figures, "N", 50)
    monkeypatch.setattr(_figures, "line_network", lambda full: smoothed(n_components=2))
    for data, given in trained.AT_ONE_T.items():
        monkeypatch.setitem(trained.AT_ONE_T, data, (*given[:2], few, few))
    monkeypatch.setattr(trained, "WIDTH_AT_ONE_T", 16)
    trained.at_one_t.cache_clear()
    yield
    trained.at_one_t.cache_clear()

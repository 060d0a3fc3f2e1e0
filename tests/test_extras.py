"""Without an extra: what needs it says so in a sentence, and how to get it."""

import sys

import numpy as np
import pytest

import smoothdiff


@pytest.fixture
def without(monkeypatch):
    """Make packages impossible to import, as where they are not installed."""

    def block(*packages):
        class Absent:
            @staticmethod
            def find_spec(name, *_):
                if name.split(".")[0] in packages:
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        for name in [*sys.modules]:
            if name.split(".")[0] in packages:
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setattr(sys, "meta_path", [Absent, *sys.meta_path])

    return block


def test_an_over_sampler_without_imbalanced_learn(without, monkeypatch):
    without("imblearn")
    monkeypatch.delitem(sys.modules, "smoothdiff.over_sampler", raising=False)
    with pytest.raises(ImportError, match=r"needs imbalanced-learn: .*smoothdiff\[imblearn\]"):
        smoothdiff.DiffusionOverSampler  # noqa: B018


def test_a_picture_without_matplotlib(without):
    without("matplotlib")
    from smoothdiff.inspection import ParentsDisplay

    X = np.random.default_rng(0).normal(size=(6, 4))
    model = smoothdiff.SmoothedPLDiffusion(random_state=0).fit(X)
    with pytest.raises(ImportError, match=r"needs matplotlib, .*smoothdiff\[plot\]"):
        ParentsDisplay.from_estimator(model, X)


def test_a_table_as_an_array_without_pandas(without):
    """Only frames need it: who has one has it."""
    without("pandas", "polars")
    X = np.random.default_rng(0).normal(size=(20, 2))
    model = smoothdiff.TableDiffusion(random_state=0).fit(X)
    assert model.sample(3).shape == (3, 2)


def test_a_parquet_file_without_pyarrow(without):
    without("pyarrow")
    from smoothdiff.cli._binary import pandas_for_parquet

    with pytest.raises(ImportError, match=r"need pandas and pyarrow: .*smoothdiff\[parquet\]"):
        pandas_for_parquet()

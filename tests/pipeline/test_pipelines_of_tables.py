"""Tables into pipelines, and out of them; arrays stay arrays."""

import subprocess
import sys

import numpy as np
import pytest
from given import normal
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.preprocessing import PowerTransformer, RobustScaler, StandardScaler

from smoothdiff import GenerativePipeline, SmoothedPLDiffusion, make_generative_pipeline

X = normal(40, 3) * np.array([0.5, 1.0, 2.0]) + 5


def pipe_of(*steps):
    return make_generative_pipeline(*steps, SmoothedPLDiffusion(random_state=0))


def test_table_in_table_out():
    pd = pytest.importorskip("pandas")
    names = ["mass", "length", "count"]
    frame = pd.DataFrame(X, columns=names).astype({"count": int})
    for steps in ([StandardScaler()], ["passthrough", PCA()], [None], []):
        pipe = pipe_of(*steps).fit(frame)
        new = pipe.sample(4, random_state=0)
        assert isinstance(new, pd.DataFrame)
        assert list(new.columns) == names
        assert (new.dtypes == np.float64).all()
        assert list(pipe.feature_names_in_) == names
        assert pipe.n_features_in_ == 3
        assert list(pipe.sample(0).columns) == names
        array = clone(pipe).fit(frame.to_numpy())
        np.testing.assert_allclose(array.sample(4, random_state=0), new)
        held_out = frame.assign(count=X[:, 2])
        np.testing.assert_allclose(array.score_samples(X), pipe.score_samples(held_out))


def test_array_in_array_out():
    pipe = pipe_of("passthrough", StandardScaler()).fit(X.tolist())
    assert type(pipe.sample(2)) is np.ndarray
    assert not hasattr(pipe, "feature_names_in_")
    assert pipe.n_features_in_ == 3
    assert pipe.score_samples(X.tolist()).shape == (40,)


def test_frames_between_the_steps_change_nothing():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    columns = ColumnTransformer([("p", PCA(), ["c", "a"])], remainder=PowerTransformer())
    plain, framed = pipe_of(StandardScaler(), clone(columns)), pipe_of(StandardScaler(), columns)
    # Names are lost between the steps of the first, so that its columns are numbers.
    plain.set_params(columntransformer__transformers=[("p", PCA(), [2, 0])]).fit(frame)
    framed.set_output(transform="pandas").fit(frame)
    pd.testing.assert_frame_equal(framed.sample(4, 0), plain.sample(4, 0))
    np.testing.assert_allclose(framed.score_samples(frame), plain.score_samples(frame))
    deep = GenerativePipeline([("scale", StandardScaler()), ("inner", pipe_of(RobustScaler()))])
    deep.set_output(transform="pandas").fit(frame)
    assert list(deep.sample(2).columns) == ["a", "b", "c"]
    assert np.isfinite(deep.score(frame))


def test_arrays_need_no_pandas():
    code = """
import sys

class Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())

import numpy as np
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler
from smoothdiff import make_generative_pipeline

pipe = make_generative_pipeline(StandardScaler(), GaussianMixture())
pipe.fit(np.arange(12.0).reshape(6, 2) ** 2)
print(pipe.sample(2).shape, pipe.score_samples([[1.0, 2.0]]).shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(2, 2) (1,)"

"""Outliers among rows of a table: judged by the density of their coordinates."""

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

from smoothdiff import (
    DiffusionOutlierDetector,
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
)
from smoothdiff.persistence import load, save

pd = pytest.importorskip("pandas")

WARMTH = {"Oslo": 2.0, "Bonn": 10.0, "Rome": 20.0}
DENSITY = SmoothedPLDiffusion(t_min_scale=0.5)


def weather(rng, n):
    """Cities, and their temperatures; whether it rained, now and then not known; one year."""
    city = rng.choice(list(WARMTH), size=n)
    degrees = np.array([WARMTH[c] for c in city]) + rng.normal(size=n)
    rain = np.where(rng.random(n) < 0.2, np.nan, rng.gamma(2, size=n))
    return pd.DataFrame({"city": city, "degrees": degrees, "rain": rain, "year": 2026})


@pytest.fixture(name="table")
def of_300_rows(rng):
    return weather(rng, 300)


@pytest.fixture(name="detector")
def fitted(table):
    return DiffusionOutlierDetector(TableDiffusion(), contamination=0.05).fit(table)


def test_rows_whose_columns_contradict_each_other_are_found(detector, table, rng):
    """Each value by itself is common. A forest, which splits by columns, tells them less well."""
    new = weather(rng, 2000)
    mixed = new.assign(degrees=rng.permutation(new["degrees"]))
    mixed = mixed[np.abs(mixed["degrees"] - mixed["city"].map(WARMTH)) > 5]
    flagged = np.mean(detector.predict(new) == -1)
    assert abs(flagged - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean(detector.predict(mixed) == -1) > 0.95
    both, label = pd.concat([new, mixed]), np.repeat([0, 1], [len(new), len(mixed)])
    embed = detector.embedding_.embed
    forest = IsolationForest(random_state=0).fit(embed(table))
    of_forest = roc_auc_score(label, -forest.score_samples(embed(both)))
    assert roc_auc_score(label, -detector.score_samples(both)) > max(0.99, of_forest + 0.03)


def test_scores_are_densities_of_coordinates(detector, table, rng):
    """Those of a TableDiffusion of the same estimator; of training rows, with their fold out."""
    new = weather(rng, 50)
    model = TableDiffusion(DENSITY).fit(table)
    np.testing.assert_array_equal(detector.score_samples(new), model.score_coordinates(new))
    Z, scores = model.embed(table), detector.score_samples(table)
    of_numbers = DiffusionOutlierDetector(DENSITY, contamination=0.05).fit(Z)
    np.testing.assert_array_equal(scores, detector.cv_score_samples_)
    np.testing.assert_allclose(scores, of_numbers.cv_score_samples_, rtol=1e-12)
    assert np.mean(detector.predict(table) == -1) == 0.05
    assert detector.n_features_in_ == 4
    assert detector.feature_names_in_.tolist() == list(table)


def test_repeated_rows_count_as_in_a_table(table, rng):
    """A row that is there three times has a narrower law than one of three that are alike."""
    repeated, new = pd.concat([table.head(60)] * 3), weather(rng, 20)
    scores = DiffusionOutlierDetector(TableDiffusion()).fit(repeated).score_samples(new)
    model = TableDiffusion(DENSITY).fit(repeated)
    np.testing.assert_array_equal(scores, model.score_coordinates(new))


@pytest.mark.parametrize(("column", "value"), [("city", "Paris"), ("city", None), ("year", 2025)])
def test_values_that_no_training_row_has_are_outliers(detector, table, column, value):
    changed = table.head(6).copy()
    changed.loc[3, column] = value
    scores = detector.score_samples(changed)
    assert scores[3] == -np.inf
    kept = np.arange(6) != 3
    np.testing.assert_array_equal(scores[kept], detector.cv_score_samples_[:6][kept])
    assert detector.predict(changed)[3] == -1
    assert detector.score_samples(changed.iloc[3:4]).tolist() == [-np.inf]


def test_gaps_are_values_where_training_rows_have_them(detector, table):
    """Among numbers, and among categories."""
    assert np.isfinite(detector.score_samples(table.assign(rain=np.nan))).all()
    some = table.assign(city=table["city"].where(table.index % 5 > 0))
    of_some = DiffusionOutlierDetector(TableDiffusion()).fit(some)
    assert np.isfinite(of_some.score_samples(some.assign(city=None))).all()


def test_ordered_categories_may_be_any_that_are_declared(rng):
    size = pd.Categorical.from_codes(rng.integers(2, size=60), list("smlx"), ordered=True)
    table = pd.DataFrame({"size": size, "u": rng.normal(size=60)})
    detector = DiffusionOutlierDetector(TableDiffusion()).fit(table)
    declared = table.head(3).assign(size=pd.Categorical(list("sml"), list("smlx"), ordered=True))
    assert np.isfinite(detector.score_samples(declared)).all()
    other = table.head(3).assign(size=pd.Categorical(list("smz"), list("smz"), ordered=True))
    assert np.isfinite(detector.score_samples(other)).tolist() == [True, True, False]


def test_containers(detector, table, rng):
    new = weather(rng, 20)
    as_array = DiffusionOutlierDetector(TableDiffusion()).fit(table.to_numpy())
    expected = detector.score_samples(new)
    np.testing.assert_array_equal(as_array.score_samples(new.to_numpy()), expected)
    np.testing.assert_array_equal(as_array.score_samples(new.to_numpy().tolist()), expected)
    assert not hasattr(as_array, "feature_names_in_")
    polars = pytest.importorskip("polars")

    def told(frame):
        columns = {name: frame[name].to_list() for name in frame}
        columns["rain"] = [None if r != r else r for r in columns["rain"]]
        return polars.DataFrame(columns)

    of_polars = DiffusionOutlierDetector(TableDiffusion()).fit(told(table))
    np.testing.assert_array_equal(of_polars.score_samples(told(new)), expected)


def test_the_estimator_and_kinds_of_the_table_are_used(table, rng):
    """Dropped columns may hold anything."""
    of_rows = TableDiffusion(EmpiricalScoreDiffusion(), kinds={"city": "drop"})
    detector = DiffusionOutlierDetector(of_rows).fit(table)
    assert type(detector.estimator_) is EmpiricalScoreDiffusion
    new = weather(rng, 9)
    scores = detector.score_samples(new)
    np.testing.assert_array_equal(detector.score_samples(new.assign(city="Paris")), scores)
    np.testing.assert_array_equal(detector.score_samples(new.drop(columns="city")), scores)


def test_a_second_fit_forgets_the_table(detector, table):
    detector.fit(table.to_numpy())
    assert not hasattr(detector, "feature_names_in_")
    detector.fit(table)
    numbers = table[["degrees"]].to_numpy()
    detector.set_params(estimator=DENSITY).fit(numbers)
    assert detector.embedding_ is None
    assert detector.n_features_in_ == 1
    assert not hasattr(detector, "feature_names_in_")
    assert detector.predict(numbers).shape == (300,)


def test_saved_and_loaded(detector, tmp_path, rng):
    save(detector, tmp_path / "detector.sdf")
    new = weather(rng, 20)
    scores = load(tmp_path / "detector.sdf").score_samples(new)
    np.testing.assert_array_equal(scores, detector.score_samples(new))


def test_an_estimator_without_density_is_refused(table):
    class Donor(GaussianMixture):
        score_samples = property()

    with pytest.raises(TypeError, match="as that of TableDiffusion"):
        DiffusionOutlierDetector(TableDiffusion(Donor())).fit(table)

"""Told apart and learned from: against scikit-learn by hand, and what must come out."""

import numpy as np
import pytest
from made import clouds, mixed
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from smoothdiff.metrics import c2st, efficacy
from smoothdiff.metrics._classifier import separation
from smoothdiff.metrics._rows import read

pd = pytest.importorskip("pandas")

FAST = RandomForestClassifier(20, random_state=0)


def test_c2st_is_the_area_of_cross_validated_probabilities():
    made, real = clouds(80, 80)
    rng = np.random.default_rng(0)
    X = np.concatenate([made[rng.permutation(80)], real[rng.permutation(80)]])
    label = np.repeat([1, 0], 80)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    score = cross_val_predict(LogisticRegression(), X, label, cv=folds, method="predict_proba")
    expected = roc_auc_score(label, score[:, 1])
    assert c2st(made, real, classifier=LogisticRegression()) == pytest.approx(expected)


def test_c2st_at_both_ends():
    made, real, train = clouds(300, 300, 300)
    assert abs(c2st(made, real, classifier=FAST) - 0.5) < 0.08
    assert c2st(made + 9, real, classifier=FAST) == 1
    assert c2st(real, real, classifier=DecisionTreeClassifier(random_state=0)) < 0.4  # copies
    found = c2st(made + 1, real, train, classifier=FAST)
    assert found > 0.7
    assert abs(found.baseline - 0.5) < 0.08


def test_c2st_takes_as_many_of_each():
    made, real = clouds(500, 60)
    assert len(separation(*read({"a": made, "b": real}), classifier=FAST).label) == 120
    assert c2st(made, real, classifier=DummyClassifier()) == 0.5
    few = separation(*read({"a": made, "b": made}), classifier=FAST, max_rows=30)
    assert len(few.label) == 60


def test_c2st_of_mixed_tables_with_gaps():
    real, made = mixed(200, 0.0), mixed(200, 0.25)
    found = c2st(made.assign(n=made["n"] + 4), real, classifier=FAST)
    assert 0.9 < found < 1
    found = c2st(made, real, classifier=FAST)
    assert found == c2st(made[made.columns[::-1]], real, classifier=FAST)


def test_the_column_that_gives_rows_away():
    made, real = clouds(200, 200)
    made[:, 1] += 2
    apart = separation(*read({"a": made, "b": real}), classifier=FAST, importance=True)
    assert apart.giveaways[0] == 1
    assert apart.importance[1] > 10 * max(abs(apart.importance[0]), abs(apart.importance[2]), 0.01)


def test_efficacy_of_classes():
    train, test = mixed(300, 0.0), mixed(200, 0.1)
    made = train.sample(300, replace=True, random_state=0)
    model = RandomForestClassifier(20, random_state=0)
    found = efficacy(made, train, test, "t", model=model)
    assert found.baseline > found - 0.1
    assert found.baseline > test["t"].value_counts(normalize=True).max()
    shuffled = made.assign(t=made["t"].sample(frac=1, random_state=1).to_numpy())
    assert efficacy(shuffled, train, test, "t", model=model) < found - 0.15


def test_efficacy_by_hand():
    """A line through the generated rows, judged on the real ones."""
    train, test = clouds(60, 60, d=2)
    made = np.column_stack([train[:, 0], 2 * train[:, 0]])
    found = efficacy(made, train, test, 1, model=LinearRegression())
    expected = LinearRegression().fit(made[:, :1], made[:, 1]).score(test[:, :1], test[:, 1])
    assert found == pytest.approx(expected)
    assert found.baseline == pytest.approx(
        LinearRegression().fit(train[:, :1], train[:, 1]).score(test[:, :1], test[:, 1])
    )


def test_rows_without_a_target_are_left_out():
    train, test = mixed(200, 0.0), mixed(100, 0.1)
    model = RandomForestClassifier(20, random_state=0)
    known = [table[table["g"].notna()] for table in (train, test)]
    found = efficacy(train, train, test, "g", model=model)
    assert found == efficacy(known[0], known[0], known[1], "g", model=model)


@pytest.mark.parametrize(
    ("target", "is_class"), [("t", True), ("n", True), ("x", False), ("d", False), ("g", True)]
)
def test_what_is_classified(target, is_class):
    right, wrong = RandomForestClassifier(5, random_state=0), LinearRegression()
    if not is_class:
        right, wrong = wrong, right
    table = mixed(120, 0.0).dropna()
    efficacy(table, table, table, target, model=right)
    with pytest.raises(TypeError, match="model must be a "):
        efficacy(table, table, table, target, model=wrong)

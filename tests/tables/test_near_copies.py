"""New rows keep away from training rows as real rows do from each other: by brute force."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from smoothdiff import TableDiffusion
from smoothdiff.metrics import copied_rows, distance_to_closest_record

pd = pytest.importorskip("pandas")


def people(n, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    return pd.DataFrame(
        {
            "age": age,
            "paid": np.where(rng.random(n) < 0.4, 0.0, (rng.exponential(age)).round(2)),
            "city": rng.choice(["Oslo", "Rome", "Lima"], n),
            "score": rng.normal(age / 20).round(3),
        }
    )


def to_nearest_other(Z):
    return (cdist(Z, Z) + np.diag(np.full(len(Z), np.inf))).min(axis=1)


@pytest.fixture(scope="module")
def fitted():
    X = people(300, 0)
    return X, {r: TableDiffusion(redraw=r, random_state=0).fit(X) for r in ("near", "equal", None)}


def test_the_radius_is_a_quantile_of_distances_to_the_nearest_other(fitted):
    X, models = fitted
    distances = np.sort(to_nearest_other(models["near"].embed(X)))
    below = np.mean(distances < models["near"]._table.singles.radius * (1 - 1e-9))
    assert 0.04 < below < 0.06
    assert models["equal"]._table.singles.radius == 0


def test_no_row_is_nearer_to_a_parent(fitted):
    X, models = fitted
    radius = models["near"]._table.singles.radius
    closest = {}
    for redraw, model in models.items():
        new, parents, _ = model.sample(500, random_state=1, return_parents=True)
        Z, known = model.embed(new), model.embed(X)
        distance = np.linalg.norm(known[parents] - Z[:, None], axis=2)
        closest[redraw] = np.where(parents >= 0, distance, np.inf).min(axis=1)
    assert (closest["near"] > radius).all()
    assert (closest["equal"] <= radius).mean() > 0.1


def test_near_copies_become_rarer_than_among_held_out_rows(fitted):
    X, models = fitted
    held_out = people(300, 1)
    closer = {
        redraw: distance_to_closest_record(model.sample(500, random_state=1), X, held_out).closer()
        for redraw, model in models.items()
    }
    assert closer["near"] < 0.05 < closer["equal"]


def test_none_draws_what_comes(fitted):
    """Copies come out as they are drawn, and the rows are those of the model itself."""
    X = fitted[0].round({"paid": -1, "score": 0})
    single = X[~X.duplicated(keep=False)]
    copied = {
        redraw: copied_rows(model.fit(X).sample(2000, random_state=1), single)
        for redraw, model in {r: TableDiffusion(redraw=r) for r in ("equal", None)}.items()
    }
    assert copied[None] > 0
    assert copied["equal"] == 0


def test_repeated_rows_may_come_again():
    """Half of the rows are one row, which is no copy; the others are."""
    X = people(60, 0)
    both = pd.concat([X, X[:1].loc[[0] * 60]], ignore_index=True)
    model = TableDiffusion(random_state=0).fit(both)
    assert model._table.singles.radius == 0  # the closest 5% are at distance 0
    new = model.sample(400)
    assert copied_rows(new, X[:1]) > 0.1
    assert copied_rows(new, X[1:]) == 0


def test_an_integer_weight_is_as_many_rows():
    X = people(60, 0)
    weighted = TableDiffusion(random_state=0).fit(X, sample_weight=np.r_[61, np.ones(59)])
    assert weighted._table.singles.radius == 0


def test_the_radius_does_not_depend_on_the_order_of_rows():
    X = people(1500, 0)
    shuffled = X.sample(frac=1, random_state=0)
    radii = [TableDiffusion().fit(t)._table.singles.radius for t in (X, shuffled)]
    assert radii[0] == pytest.approx(radii[1])
    exact = np.quantile(to_nearest_other(TableDiffusion().fit(X).embed(X)), [0.03, 0.07])
    assert exact[0] < radii[0] < exact[1]  # a thousand rows are asked


def test_with_by_and_where():
    X = people(300, 0)
    model = TableDiffusion(by="city", random_state=0).fit(X)
    new, parents, _ = model.sample(
        100, random_state=1, where={"age": (30, 40)}, return_parents=True
    )
    distance = np.linalg.norm(model.embed(X)[parents] - model.embed(new)[:, None], axis=2)
    assert (np.where(parents >= 0, distance, np.inf) > model._table.singles.radius).all()
    assert new["age"].between(30, 40).all()


@pytest.mark.parametrize("redraw", ["far", 1, True])
def test_redraw_is_checked(redraw):
    with pytest.raises((ValueError, TypeError), match="'redraw' parameter of TableDiffusion must"):
        TableDiffusion(redraw=redraw).fit(people(30, 0))

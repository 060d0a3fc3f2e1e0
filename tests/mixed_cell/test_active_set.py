"""The active-set kernel where it is stopped and resumed."""

import jax
import numpy as np
import pytest

from smoothdiff._compute import float64
from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import _batch
from smoothdiff.mixed_cell._active_set import minimize, no_corners

B = 16


def solve(start, index, points, x, rho):
    candidates = points.T[:, index]
    with float64():
        start = no_corners(x.shape[1], x.shape[1] + 1, B).here() if start is None else start
        solved = minimize(start, index, candidates, np.ones(B), x.T, rho, 1, rows=B)
        return jax.tree.map(np.asarray, solved)


def objective(active, points, x, rho):
    """(1 - rho) |x - a|^2 + rho sum_k theta_k |x - y_k|^2 of each row."""
    y, theta = points[active.corner], active.theta
    a = (theta[..., None] * y).sum(axis=0)
    spread = (theta * ((x - y) ** 2).sum(axis=-1)).sum(axis=0)
    return (1 - rho) * ((x - a) ** 2).sum(axis=-1) + rho * spread


SLOW = [pytest.param(r, marks=pytest.mark.slow) for r in (2, 40)]


@pytest.mark.parametrize("r", [3, 7, *SLOW])
def test_resuming_keeps_the_corners(r):
    """Corners stay candidates, whichever of their slots are empty: the minimum only falls."""
    rng = np.random.default_rng(r)
    points, x, rho = rng.normal(size=(60, r)), rng.normal(size=(B, r)), np.full(B, 0.2)
    first, rest = np.arange(30), np.arange(30, 60)

    def columns(index):
        return np.repeat(index[:, None], B, axis=1)

    active, once = solve(None, columns(first), points, x, rho)
    # Move the empty slots to the front.
    order = np.argsort(active.corner >= 0, axis=0, kind="stable")
    bordered = np.concatenate([order, np.full((1, B), r + 1)])
    inverse = np.stack(
        [active.inverse[..., b][np.ix_(bordered[:, b], bordered[:, b])] for b in range(B)], axis=-1
    )
    active = active._replace(
        corner=np.take_along_axis(active.corner, order, 0),
        theta=np.take_along_axis(active.theta, order, 0),
        positions=np.take_along_axis(active.positions, order[None], 1),
        inverse=inverse,
    )
    assert (active.corner[0] < 0).any()  # the first slot is empty in some row
    again = solve(active, columns(first), points, x, rho)[1]
    np.testing.assert_allclose(again.a, once.a, rtol=0, atol=1e-12)
    # With other points at hand instead of these, the objective only falls.
    resumed, minimum = solve(active, columns(rest), points, x, rho)
    before, after = (objective(state, points, x, rho) for state in (active, resumed))
    assert np.all(after <= before + 1e-12)
    assert np.any(after < before - 1e-3)
    np.testing.assert_array_less(minimum.defect, 1e-11)


@pytest.mark.parametrize("r", [3, 7])
def test_a_spoiled_inverse_is_formed_anew(r, monkeypatch):
    """Rows that rounding spoiled are not solved from the start, and not in integers."""
    rng = np.random.default_rng(r)
    points, x, rho = rng.normal(size=(60, r)), rng.normal(size=(B, r)), np.full(B, 0.2)
    cloud = PointCloud(points, np.full(60, 1 / 60))
    m = _batch.candidates_per_row(r)
    candidates = np.linalg.norm(x[:, None] - points, axis=-1).argsort(axis=1)[:, :m]
    with float64():
        active, once = _batch.minimize_rows(None, candidates, cloud, np.ones(B), x, rho)
        noise = 1 + 0.1 * rng.normal(size=active.inverse.shape)
        spoiled = active._replace(inverse=active.inverse * noise)
        alone = _batch._minimize(spoiled, candidates, cloud, np.ones(B), x, rho)[1]
        assert (alone.defect > _batch.DEFECT).any()
        monkeypatch.setattr(_batch, "_from_the_start", None)
        again = _batch.minimize_rows(spoiled, candidates, cloud, np.ones(B), x, rho)[1]
    np.testing.assert_array_less(again.defect, _batch.DEFECT)
    np.testing.assert_allclose(again.a, once.a, rtol=0, atol=1e-12)


def test_rows_of_few_corners_need_few_slots(monkeypatch):
    """Slots change the time taken, not the minimum; rows that run out of them take all."""
    r, n = 7, 300
    rng = np.random.default_rng(0)
    points, x, rho = rng.normal(size=(60, r)), rng.normal(size=(n, r)), np.full(n, 0.2)
    cloud = PointCloud(points, np.full(60, 1 / 60))
    m = _batch.candidates_per_row(r)
    candidates = np.linalg.norm(x[:, None] - points, axis=-1).argsort(axis=1)[:, :m]
    used, in_slots = [], _batch._in_slots

    def counted(slots, active, *rest):
        used.append((slots, rest[0].shape[0]))
        return in_slots(slots, active, *rest)

    with float64():
        wide, once = _batch.minimize_rows(None, candidates, cloud, np.ones(n), x, rho)
        monkeypatch.setattr(_batch, "_in_slots", counted)
        for name, value in {"FEW_SLOTS": 4, "SPARED": 3, "WORTH": 256 * r**2}.items():
            monkeypatch.setattr(_batch, name, value)
        few, again = _batch.minimize_rows(None, candidates, cloud, np.ones(n), x, rho)
        assert used[0] == (5, n)
        assert used[1][0] == r + 1
        assert 0 < used[1][1] < n  # some rows run out of slots
        before = [field.copy() for field in few]
        # Resumed with the same candidates, nothing changes, the state that was given included.
        resumed, last = _batch.minimize_rows(few, candidates, cloud, np.ones(n), x, rho)
    assert 0 < used[2][1] < n  # those of few corners go on in few slots
    for solved in again, last:
        np.testing.assert_allclose(solved.a, once.a, rtol=0, atol=1e-12)
        np.testing.assert_array_less(solved.defect, 1e-11)
    assert all(np.array_equal(a, b) for a, b in zip(before, few, strict=True))
    for state in few, resumed:
        corner = state.in_slots(r + 1).corner
        np.testing.assert_array_equal(np.sort(corner, axis=0), np.sort(wide.corner, axis=0))


def test_the_same_corners_in_other_slots(rng):
    """Moved to more slots or to fewer, corners are the same, and their system is still solved."""
    r, n = 7, 40
    points, x, rho = rng.normal(size=(60, r)), rng.normal(size=(n, r)), np.full(n, 0.2)
    cloud = PointCloud(points, np.full(60, 1 / 60))
    candidates = np.tile(np.arange(60), (n, 1))[:, : _batch.candidates_per_row(r)]
    with float64():
        wide = _batch.minimize_rows(None, candidates, cloud, np.ones(n), x, rho)[0]
        n_corners = (wide.corner >= 0).sum(axis=0)
        rows = np.flatnonzero(n_corners < r)
        assert len(rows) > 5
        some = wide.take(rows)
        narrow = some.in_slots(n_corners[rows].max())
        back = narrow.in_slots(r + 1)
        assert len(narrow.theta) < len(back.theta) == r + 1
        given = candidates[rows], cloud, np.ones(len(rows)), x[rows], rho[rows]
        state, minimum = _batch._in_slots(r + 1, back, *given)
        first = _batch._in_slots(r + 1, some, *given)[1]
    np.testing.assert_array_equal(state.corner, back.corner)  # none entered, none left
    np.testing.assert_allclose(minimum.a, first.a, rtol=0, atol=1e-13)
    np.testing.assert_array_less(minimum.defect, 1e-13)
    for slots, state in (len(narrow.theta), narrow), (r + 1, back):
        used = np.concatenate([state.corner >= 0, np.ones((1, len(rows)), bool)])
        assert (state.inverse[~used[:, None] & np.ones_like(used)] == 0).all(), slots
        for name in "positions", "theta":
            empty = np.broadcast_to(~used[:-1], getattr(state, name).shape)
            assert (getattr(state, name)[empty] == 0).all()

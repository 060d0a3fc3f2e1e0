"""The Smoothed PL-ESF nearest to a score: its own strength comes back, and nothing is nearer."""

import numpy as np
import pytest

from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import perturbed_line, uniform_line
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

LINE = PointCloud.of(uniform_line(4, 2))
SPACING = 1 / 3


def places(n=300):
    return np.random.default_rng(0).uniform(-1.3, 1.3, (n, 2)) * [1, 0.1]


@pytest.mark.parametrize("kappa", [0.1, 0.5, 1.2])
@pytest.mark.parametrize("t", [0.02, 1e-4, np.geomspace(1e-3, 0.02, 300)])
def test_a_smoothed_score_gives_its_own_kappa(kappa, t):
    x = places()
    found = closest_smoothing(SmoothedPLScore(LINE, kappa, SPACING)(x, t), LINE, x, t, SPACING)
    assert found.kappa == pytest.approx(kappa, rel=1e-5)
    assert found.residual < 1e-8 * found.residual_of_esf


def test_nothing_is_nearer():
    """Of an even grid of kappa, on uneven points, for a score that is no Smoothed PL-ESF."""
    cloud = PointCloud.of(perturbed_line())
    x, t = np.linspace(-1.2, 1.2, 401)[:, None], 0.01
    score = np.tanh(3 * EmpiricalScore(cloud)(x, t) / 30) * 10
    found = closest_smoothing(score, cloud, x, t, 0.2)

    def residual(kappa):
        return t * ((score - SmoothedPLScore(cloud, kappa, 0.2)(x, t)) ** 2).mean()

    assert found.residual == pytest.approx(residual(found.kappa), rel=1e-12)
    assert found.residual <= min(residual(kappa) for kappa in np.linspace(0.01, 2, 400))
    assert found.residual_of_esf == pytest.approx(
        t * ((score - EmpiricalScore(cloud)(x, t)) ** 2).mean(), rel=1e-12
    )


def test_the_ends_of_the_range():
    """A linear score smooths all away; the PL-ESF, the score of the nearest point, nothing."""
    x, t = places(), 0.01
    linear = closest_smoothing(np.c_[np.zeros(300), -x[:, 1] / t], LINE, x, t, SPACING)
    assert linear.kappa < 0.01
    nearest = SmoothedPLScore(LINE, SPACING / np.sqrt(t), SPACING)(x, t)
    found = closest_smoothing(nearest, LINE, x, t, SPACING)
    assert found.residual < 1e-20
    assert found.kappa == pytest.approx(SPACING / 0.1, rel=0.01)  # no x is nearer a jump


def test_callables_and_arrays_are_one():
    x, t = places(), np.repeat([0.01, 0.02, 0.03], 100)
    field = SmoothedPLScore(LINE, 0.5, SPACING)
    found = [
        closest_smoothing(f, cloud, x, t, SPACING)
        for f in (field, field.__call__, field(x, t))
        for cloud in (LINE, LINE.points)
    ]
    assert len({one.kappa for one in found}) == 1
    kappa, residual, from_esf = found[0]
    assert (kappa, residual, from_esf) == (
        found[0].kappa,
        found[0].residual,
        found[0].residual_of_esf,
    )
    assert repr(found[0]).startswith("ClosestSmoothing(kappa=0.")


def test_zero_is_the_projection_on_the_line_and_the_limit_within_it():
    x, t = places(), 0.01
    found = closest_smoothing(np.c_[np.zeros(300), -x[:, 1] / t], LINE, x, t, SPACING)
    assert found.residual_of_zero < 1e-25
    field = EmpiricalScore(LINE)
    inside = x[np.abs(x[:, 0]) < 1]
    found = closest_smoothing(field, LINE, inside, t, SPACING)
    least = SmoothedPLScore(LINE, 1e-9, SPACING)(inside, t)
    expected = t * ((field(inside, t) - least) ** 2).sum(axis=1).mean()
    assert found.residual_of_zero == pytest.approx(expected, rel=1e-6)


def test_a_mean_over_p_t_by_quadrature():
    """Against an even sum over the line, for uneven points with weights."""
    cloud, t = PointCloud.of(np.array([[-1.0], [-0.2], [1.0]]), [1, 2, 3]), 0.02
    field = EmpiricalScore(PointCloud.of(cloud.points))
    found = closest_smoothing(field, cloud, t=t, spacing=0.4)
    x = np.linspace(-2.5, 2.5, 8001)[:, None]
    p = np.exp(EmpiricalScore(cloud).law.log_density(x, t))

    def mean(other):
        return t * (p @ ((field(x, t) - other(x, t)) ** 2)[:, 0]) * (x[1, 0] - x[0, 0])

    assert found.residual_of_esf == pytest.approx(mean(EmpiricalScore(cloud)), rel=1e-4)
    assert found.residual == pytest.approx(mean(SmoothedPLScore(cloud, found.kappa, 0.4)), rel=2e-3)
    assert found.weighting == "p_t"
    assert len(found.kappas) == 0
    assert np.isnan(found.interval).all()


def test_a_mean_over_p_t_by_draws():
    """Near that by quadrature: a field that adds noise of known size across the line."""
    cloud, t = PointCloud.of(perturbed_line()), 0.005
    line = closest_smoothing(EmpiricalScore(cloud), cloud, t=t, spacing=0.2)
    flat = PointCloud.of(np.c_[cloud.points, np.zeros(len(cloud))])
    drawn = closest_smoothing(EmpiricalScore(flat), flat, t=t, spacing=0.2, n_samples=4000)
    assert drawn.weighting == "p_t"
    low, high = drawn.interval
    assert low <= drawn.kappa <= high
    assert drawn.n_rows == 4000
    assert abs(np.log(drawn.kappa / line.kappa)) < 4 * np.log(drawn.kappas).std()


@pytest.mark.parametrize("weighting", ["p_t", "grid"])
def test_every_gap_and_every_t_has_its_own(weighting):
    """A field that smooths one gap by 0.3 and the other by 0.9, and more at the larger t."""
    cloud, levels = PointCloud.of(np.array([[-1.0], [0.0], [1.0]])), [0.01, 0.04]

    def field(x, t):
        kappa = 0.3 if t < 0.02 else 0.6
        low, high = (SmoothedPLScore(cloud, k * kappa, 0.5)(x, t) for k in (1, 3))
        return np.where(x < 0, low, high)

    found = closest_smoothing(field, cloud, t=levels, weighting=weighting)
    assert list(found.per_t) == levels
    assert list(found.per_gap) == [(-1, 0), (0, 1)]
    alone = closest_smoothing(field, cloud, t=0.04, weighting=weighting)
    gaps = [part.kappa for part in alone.per_gap.values()]
    np.testing.assert_allclose(gaps, [0.6, 1.8], rtol=1e-4)
    assert found.per_t[0.04].kappa == pytest.approx(alone.kappa, rel=1e-3)
    assert found.per_t[0.01].kappa < found.kappa < found.per_t[0.04].kappa
    assert 0.3 < found.per_gap[-1, 0].kappa < 0.6
    lines = str(found).splitlines()
    assert len(lines) == 1 + 1 + 2 + 2
    assert lines[1].startswith(weighting)
    assert len({len(line) for line in lines}) == 1
    assert found.per_t[0.01]._line("") in str(found).replace("t = 0.01", " " * 8)


def test_replicates_are_fits_to_rows_drawn_again():
    """Their spread is that of exact fits, within what 60 of each tell."""
    cloud, t, rng = PointCloud.of(perturbed_line()), 0.01, np.random.default_rng(1)
    x = rng.uniform(-1, 1, (200, 1))
    values = 0.7 * SmoothedPLScore(cloud, 0.8, 0.2)(x, t) + rng.normal(size=(200, 1))
    found = closest_smoothing(values, cloud, x, t, 0.2, n_bootstrap=400, random_state=3)
    exact = []
    for _ in range(60):
        rows = rng.integers(200, size=200)
        again = closest_smoothing(values[rows], cloud, x[rows], t, 0.2, n_bootstrap=0)
        assert len(again.kappas) == 0
        exact.append(np.log(again.kappa))
    spread = np.log(found.kappas).std()
    assert 0.005 < spread < 0.5
    assert 0.65 < spread / np.std(exact) < 1.5
    assert abs(np.log(found.kappas).mean() - np.mean(exact)) < spread
    low, high = found.interval
    assert low < found.kappa < high
    same = closest_smoothing(values, cloud, x, t, 0.2, n_bootstrap=400, random_state=3)
    np.testing.assert_array_equal(same.kappas, found.kappas)


def test_replicates_where_nothing_tells_kappa():
    """Hardly any draw is in a gap: all large kappa fit alike, and the interval holds the one."""
    found = closest_smoothing(EmpiricalScore(LINE), LINE, t=1e-4, spacing=SPACING)
    assert found.residual < 1e-9
    low, high = found.interval
    assert low <= found.kappa * (1 + 1e-12)
    assert found.kappa <= high * (1 + 1e-12)


def test_in_a_plane_nothing_is_nearer():
    """More rows than are looked at first, of several t, against a grid of kappa."""
    rng = np.random.default_rng(0)
    cloud = PointCloud.of(rng.normal(size=(60, 2)))
    spacing, t = cloud.spacing(), rng.uniform(0.02, 0.3, 100)
    x = cloud.points[rng.integers(60, size=100)] + np.sqrt(t)[:, None] * rng.normal(size=(100, 2))
    values = EmpiricalScore(cloud)(x, t)
    found = closest_smoothing(values, cloud, x, t, n_bootstrap=0)

    def residual(kappa):
        smoothed = SmoothedPLScore(cloud, kappa, spacing)(x, t)
        return (t * ((values - smoothed) ** 2).sum(axis=1)).mean()

    assert found.residual == pytest.approx(residual(found.kappa), rel=1e-12)
    assert found.residual <= min(map(residual, np.geomspace(0.05, 5, 12)))
    assert found.residual <= min(residual(found.kappa * (1 + e)) for e in (-0.003, 0.003))


def never(x, t):
    raise AssertionError("called before the check")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"field": np.ones(3)}, r"field must be callable, or of the shape \(300, 2\) of x"),
        ({"field": np.full((300, 2), np.nan)}, "field must be finite. Got nan"),
        ({"field": lambda x, t: x[:, 0]}, r"field must return shape \(300, 2\)"),
        ({"field": lambda x, t: x * np.inf}, "What field returns must be finite"),
        ({"field": never, "t": 0.0}, "t must be positive, finite. Got 0.0"),
        ({"field": never, "t": [0.1, 0.2]}, r"t must have shape \(300,\). Got shape \(2,\)"),
        ({"field": never, "x": np.ones((3, 5))}, r"x must have shape \(n, 2\). Got shape \(3, 5\)"),
        ({"field": never, "spacing": 0}, "spacing must be positive, finite. Got 0.0"),
        (
            {"field": never, "weighting": "uniform"},
            "weighting must be one of 'given', 'p_t', 'grid'",
        ),
        ({"field": never, "weighting": "p_t"}, "leave x out"),
        ({"field": never, "x": None, "weighting": "given"}, "weighting='given' needs x"),
        ({"x": None}, "field must be callable where no x is given"),
        (
            {"field": never, "x": None, "weighting": "grid"},
            "weighting='grid' needs points on a line",
        ),
        ({"field": never, "x": None, "t": []}, "t must be one or more levels"),
        ({"field": never, "n_bootstrap": -1}, "n_bootstrap must be an integer of at least 0"),
        ({"field": never, "random_state": -1}, "random_state must be a seed. Got -1"),
    ],
)
def test_what_is_refused(arguments, sentence):
    usual = {"field": places(), "cloud": LINE, "x": places(), "t": 0.1, "spacing": SPACING}
    with pytest.raises(ValueError, match=sentence):
        closest_smoothing(**{**usual, **arguments})


def test_t_must_be_given():
    with pytest.raises(TypeError, match="t must be real numbers"):
        closest_smoothing(never, LINE)

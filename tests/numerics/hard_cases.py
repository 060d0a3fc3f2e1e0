"""What the library's numbers are measured on, each case beside its formula in 50 digits.

An error is given twice: relative to the value, and in roundings. One rounding is that of the value
and what rounding its arguments alone would change: coordinates by half a unit in the last place of
the largest of them, variances and the like by half a unit in their own. Near ties, and at t far
below the distances squared, this is much more than the rounding of the value: no algorithm that is
given floats can know better. Data are taken in float32 or float64 as a user may have them, and the
formula gets those very numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import precise
from precise import mp

from smoothdiff.cloud import PointCloud
from smoothdiff.flow import position
from smoothdiff.likelihood import smoothed_pl_log_density
from smoothdiff.mixed_cell import solve
from smoothdiff.noise import NoisedLaw
from smoothdiff.scores import EmpiricalScore, LocalAverageScore, SmoothedPLScore
from smoothdiff.starts import LAWS, Start, starting_law

EPS = np.finfo(float).eps
# Roundings, as measured below, that every case keeps to.
LIMIT = 64
# Draws of rounded arguments.
DRAWS = 3

LINE = np.array([-1.0, -0.62, -0.13, 0.31, 0.9])[:, None]
PLANE = np.array([[-0.9, -0.4], [-0.2, 0.8], [0.3, -0.7], [0.45, 0.35], [1.0, -0.1], [-0.4, 0.1]])
FIVE = np.random.default_rng(5).normal(size=(8, 5))
# Four points on a circle but for 1e-12, two that are 1e-6 apart, and one far away.
NEARLY_DEGENERATE = np.array(
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0 + 1e-12], [1e-6, 1e-6], [40.0, 3.0]]
)
WITH_OUTLIERS = np.concatenate([PLANE, [[3e3, -2e3], [-5e5, 1e5]]])
RATIOS = (1e-12, 1e-6, 0.4, 1 - 1e-6, 1 - 1e-12)
VARIANCES = (1e-12, 1e-6, 1e-2)


@dataclass(frozen=True)
class Case:
    """A function at some rows x (n, r) of some points."""

    function: str
    name: str
    library: Callable
    """(x, points, *rounded) -> array of n rows."""
    formula: Callable
    """The same of one row, in lists of mpmath's numbers."""
    x: np.ndarray
    points: np.ndarray
    rounded: tuple = ()
    """Parameters that count as rounded; those that are exact are in the two functions."""
    terms: Callable = precise.no_terms
    """What a value is the difference of, where that is larger: its rounding counts too."""
    weak: str = ""
    """Why more roundings are known."""

    def __repr__(self):
        return f"{self.function}, {self.name}"


def measure(case, dtype):
    """Largest error of a case, relative to the value, and in roundings."""
    x, points = case.x.astype(dtype), case.points.astype(dtype)
    found = np.asarray(case.library(x, points, *case.rounded))
    if found.dtype != np.float64:
        raise AssertionError(f"{case} comes in {found.dtype}")
    rng = np.random.default_rng(0)
    relative = roundings = 0.0
    for row, values in zip(x, found.reshape(len(x), -1), strict=True):
        given = precise.exact((row, points, case.rounded))
        value = _row(case.formula(*given[:2], *given[2]))
        change = max(_distance(value, _moved(case, given, rng)) for _ in range(DRAWS))
        size = mp.sqrt(precise.dot(value, value))
        error = _distance(value, precise.exact(values))
        relative = max(relative, float(error / size) if size else np.inf * bool(error))
        terms = case.terms(*given[:2], *given[2])
        roundings = max(roundings, float(error / (EPS * (size + terms) + change)))
    return {"relative error": relative, "roundings": roundings}


def _row(value):
    return value if isinstance(value, list) else [value]


def _distance(u, v):
    return mp.sqrt(precise.square(u, v))


def _moved(case, given, rng):
    """The formula of arguments that are rounded up or down."""
    x, points, parameters = given
    largest = max(abs(c) for y in points for c in y)
    reach = max([largest, *map(abs, x)])

    def nudge(value, size):
        return value + size * mp.mpf(EPS) / 2 * int(rng.choice([-1, 1]))

    return _row(
        case.formula(
            [nudge(c, reach) for c in x],
            [[nudge(c, largest) for c in y] for y in points],
            *(nudge(p, p) for p in parameters),
        )
    )


# ---------------------------------------------------------------- rows


def directions(n, r, seed=0):
    u = np.random.default_rng(seed).normal(size=(n, r))
    return u / np.linalg.norm(u, axis=1, keepdims=True)


def around(points, t):
    """Rows a few standard deviations from points."""
    u = directions(4, points.shape[1])
    return points[:4] + np.sqrt(t) * np.array([0.1, 1.0, 3.0, 6.0])[:, None] * u


def ties(points):
    """Rows halfway between two points, but for 0, 1e-15, 1e-9 and 1e-3 of the way."""
    off = np.array([0.0, 1e-15, 1e-9, 1e-3])[:, None]
    return (points[0] + points[1]) / 2 + off * (points[1] - points[0])


def tails(points):
    """Rows outside of the data, up to 1e6 times as far as those are apart."""
    return np.array([5.0, 1e3, 1e6])[:, None] * directions(3, points.shape[1])


def within(points):
    """Rows between the points, in faces of every dimension."""
    shares = np.random.default_rng(3).dirichlet(np.full(len(points), 0.4), 4)
    return shares @ points


PLACES = {"near points": lambda points: around(points, 1e-2), "near ties": ties, "tails": tails}


# ---------------------------------------------------------------- cases


def of_the_noised_law():
    def log_p(x, points, t):
        return NoisedLaw(PointCloud.of(points)).log_density(x, t)

    def score(x, points, t):
        return EmpiricalScore(points)(x, t)

    for points in (LINE, PLANE, FIVE):
        r = points.shape[1]
        for t in VARIANCES:
            for place, rows in (
                ("near points", around(points, t)),
                ("near ties", ties(points)),
                ("tails", tails(points)),
            ):
                name = f"r = {r}, t = {t:g}, {place}"
                yield Case("log p_t", name, log_p, precise.log_density, rows, points, (t,))
                yield Case("ESF", name, score, precise.empirical_score, rows, points, (t,))


TWINS = (
    "at rho = 1e-12 the gradients of two points 1e-6 apart differ by less than their rounding, so "
    "that the face may be a neighboring one: a is off by 1e-12, v by the distance of the two faces"
)


def of_the_mixed_cell():
    clouds = (
        ("line", LINE, precise.cell_on_line),
        ("plane", PLANE, precise.cell_in_plane),
        ("nearly degenerate", NEARLY_DEGENERATE, precise.cell_in_plane),
    )
    for name, points, cell in clouds:
        for rho in RATIOS:
            where = f"{name}, rho = {ratio(rho)}"
            weak = TWINS if name == "nearly degenerate" and rho == RATIOS[0] else ""
            rows = np.concatenate([within(points)[:2], ties(points)[3:], tails(points)[1:2]])
            yield Case(
                "denoiser a",
                where,
                partial(_denoiser, rho=rho),
                partial(lambda x, y, cell, rho: cell(x, y, rho)[0], cell=cell, rho=mp.mpf(rho)),
                rows,
                points,
                weak=weak,
            )
            # kappa and spacing that make this ratio at t = 1e-12, which rounding makes inexact.
            parameters = 1e-12, rho * 1e6 * 0.3, 0.3
            yield Case(
                "Smoothed PL-ESF",
                f"{where}, t = 1e-12",
                _smoothed_score,
                partial(precise.smoothed_score, cell),
                rows,
                points,
                parameters,
                weak=weak,
            )
            yield Case(
                "flow from t to 1e-6 t",
                where,
                _flow,
                partial(precise.flow, cell),
                rows,
                points,
                (1e-12, 1e-18, *parameters[1:]),
                weak=weak,
            )


def ratio(rho):
    return f"{rho:g}" if rho < 0.9 else f"1 - {1 - rho:.0e}"


def _denoiser(x, points, rho):
    return solve(x, PointCloud.of(points), rho).a


def _smoothed_score(x, points, t, kappa, spacing):
    return SmoothedPLScore(points, kappa, spacing)(x, t)


def _flow(x, points, t, s, kappa, spacing):
    score = SmoothedPLScore(points, kappa, spacing)
    return position(solve(x, score.cloud, score.rho(t)), score.rho(s))


LAWS_OF_STARTS = {name: [Start(name, n_neighbors=3)] for name in LAWS} | {
    "mixture of widths 1 to 1e6": [
        Start("local", n_neighbors=3),
        Start("isotropic", 1e12, weight=1e-6),
        Start("gaussian", weight=1e-3),
    ]
}


def of_the_smoothed_law():
    spacing, t0 = 0.3, 0.04
    for name, starts in LAWS_OF_STARTS.items():
        total = sum(start.weight for start in starts)
        laws = [(s.weight / total, s.name, s.scale * t0, spacing, s.n_neighbors) for s in starts]
        log_start = partial(precise.log_starting_law, laws=precise_laws(laws))
        for data, points, ratios in (
            ("plane", PLANE, ((0.1, 1e-12), (1 - 1e-12, 0.1))),
            ("two outliers", WITH_OUTLIERS, ((0.1, 0.01),)),
        ):
            for rho_0, rho_min in ratios:
                where = f"{name}, {data}, rho {ratio(rho_0)} to {ratio(rho_min)}"
                yield Case(
                    "log-density",
                    where,
                    partial(_log_density, starts, t0, spacing, rho_0, rho_min),
                    partial(
                        precise.smoothed_log_density,
                        precise.cell_in_plane,
                        log_start,
                        rho_0=mp.mpf(rho_0),
                        rho_min=mp.mpf(rho_min),
                    ),
                    np.concatenate([within(PLANE)[:1], tails(PLANE)[1:]]),
                    points,
                )


def precise_laws(laws):
    return [(mp.mpf(w), name, *map(mp.mpf, (t0, spacing)), m) for w, name, t0, spacing, m in laws]


def _log_density(starts, t0, spacing, rho_0, rho_min, x, points):
    cloud = PointCloud.of(points)
    start = starting_law(starts, cloud, t0, spacing)
    return smoothed_pl_log_density(x.astype(float), cloud, start, rho_0, rho_min)


def of_averages():
    kappa, spacing = 0.5, 0.2
    for t in (1e-12, 1e-2):
        for place, rows in PLACES.items():
            yield Case(
                "local average",
                f"interval, t = {t:g}, {place}",
                _average,
                precise.average_on_line,
                rows(LINE),
                LINE,
                (t, kappa, spacing),
                precise.terms_of_average,
            )
            for window in ("cube", "ball", "gaussian"):
                score = LocalAverageScore(PLANE, kappa, spacing, window, 8)
                ends, outward = score._rule
                chords = precise.exact(np.stack([*ends, outward], axis=1))
                yield Case(
                    "local average",
                    f"{window} as sampled, t = {t:g}, {place}",
                    partial(_average, window=window),
                    partial(precise.average_over_chords, chords=chords),
                    rows(PLANE),
                    PLANE,
                    (t, kappa, spacing),
                    precise.terms_of_average,
                )


def _average(x, points, t, kappa, spacing, window="cube"):
    return LocalAverageScore(points, kappa, spacing, window, 8)(x, t)


CASES = [
    *of_the_noised_law(),
    *of_the_mixed_cell(),
    *of_the_smoothed_law(),
    *of_averages(),
]

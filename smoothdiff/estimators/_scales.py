"""The scales of a fit: spacing, t0 and t_min, from the parameters and the data."""

from typing import NamedTuple

import numpy as np

from .._progress import ColumnWarning, warn
from ..noise import karras_times
from . import _validation as checks

__all__ = [
    "LONGEST",
    "SHORTEST",
    "T_MIN_FRACTION",
    "Scales",
    "check_extent",
    "check_scales",
    "check_size",
    "find_scales",
    "warn_of_scales",
]

# t_min_scale="auto" for spheres in one dimension, and where the default path ends before it falls
# to t_min = 0.
T_MIN_FRACTION = 0.01
# Ratio of the last two variances of a grid beyond which steps are of no use.
LARGEST_STEP = 100.0
# Lengths whose squares, some sums and parts of them are floats of full precision.
SHORTEST = 1e-145
LONGEST = 1e150
SMALLEST, LARGEST = 1e-290, 1e300  # these squares
# Least positive t_min in units of t0: below it, and far below what floats resolve of the data,
# quotients of squares by t overflow. Data without such noise have t_min = 0.
SMALLEST_T_MIN = 1e-100
# A column whose deviation is less than this part of the noise left in it is drowned; the noise is
# that of so many points.
DROWNED, LOOKED_AT = 1 / 3, 100
# Without the numbers: scikit-learn reports failures of the same words once, not for each pair.
CROSSED = (
    "The 't_min' parameter of {} must not exceed t0{}; t_min_scale sets it in units of t0, "
    "for a search over both."
)


class Scales(NamedTuple):
    """Length and time scales of a fit."""

    spacing: float
    t0: float
    t_min: float


def check_extent(estimator, X, center, t):
    """Refuse rows so far from the data that squares of distances, or these over t, overflow."""
    extent = _extent(X, center)
    if not extent <= LONGEST * min(np.sqrt(t), 100.0):
        raise ValueError(
            f"{type(estimator).__name__} squares distances, and X has values {extent:.3g} apart or "
            "away from the training data: squares of that, in units of the noise, are no floats."
        )


def _extent(X, center):
    """Largest difference of a value to the center's."""
    center = np.asarray(center, dtype=np.float64)
    with np.errstate(over="ignore"):
        return float(np.maximum(X.max(axis=0) - center, center - X.min(axis=0)).max())


def check_size(estimator, name, least=SHORTEST, most=LONGEST):
    """Refuse a number that is given and whose products with others of its kind are no floats."""
    value = getattr(estimator, name)
    if not isinstance(value, str) and not least <= value <= most:
        auto = "" if name == "kappa" else "'auto' or "
        checks.refuse(estimator, name, f"{auto}a float between {least:.0e} and {most:.0e}")


def check_scales(estimator):
    """Check the parameters that every estimator has."""
    name = type(estimator).__name__
    t0, t_min, solver = estimator.t0, estimator.t_min, estimator.solver
    checks.check_number(estimator, "t0", auto=True)
    checks.check_number(estimator, "t_min", auto=True, zero=True)
    checks.check_number(estimator, "t0_scale")
    checks.check_number(estimator, "t_min_scale", auto=True, zero=True)
    checks.check_number(estimator, "spacing", auto=True)
    check_size(estimator, "t0", SMALLEST, LARGEST)
    check_size(estimator, "spacing")
    checks.check_choice(estimator, "solver", estimator.SOLVERS)
    checks.check_count(estimator, "n_steps")
    checks.check_number(estimator, "schedule_rho", infinite=True)
    if estimator.schedule_rho < 1:
        checks.refuse(estimator, "schedule_rho", "at least 1, where times are even in sqrt(t)")
    if not isinstance(t_min, str) and not isinstance(t0, str) and t_min > t0:
        raise ValueError(CROSSED.format(name, ""))
    if not isinstance(estimator.t_min_scale, str) and estimator.t_min_scale > 1:
        checks.refuse(estimator, "t_min_scale", "'auto' or a float in [0, 1]")
    if solver != "exact" and (t_min == 0 or (t_min == "auto" and estimator.t_min_scale == 0)):
        zero = "t_min" if t_min == 0 else "t_min_scale"
        raise ValueError(
            f"The {zero!r} parameter of {name} must be positive with solver={solver!r}, which "
            f"steps in t. Got {getattr(estimator, zero)!r} instead"
            + ("; use solver='exact' to end at 0." if "exact" in estimator.SOLVERS else ".")
        )


def find_scales(estimator, X, weights, cloud, subspace) -> Scales:
    """Numbers for the parameters that are "auto", from weighted rows."""
    name, needs_spacing = type(estimator).__name__, estimator._needs_spacing
    spacing, t0, t_min = estimator.spacing, estimator.t0, estimator.t_min
    if spacing == "auto":
        size = np.maximum(X.max(axis=0), -X.min(axis=0))[~subspace.constant].max()
        spacing = cloud.spacing(8 * np.finfo(float).eps * float(size))
    length = np.float64(spacing or _extent(X, X[0]))
    with np.errstate(over="ignore", under="ignore"):
        auto = estimator.t0_scale * length**2
    if t0 == "auto" and length > 0 and not SMALLEST < auto < LARGEST:
        raise ValueError(
            f"{name} squares distances, and t0_scale * spacing**2 is {auto:.3g} with a spacing of "
            f"{spacing:.3g}: no float of full precision. Choose another unit."
        )
    if spacing == 0 and (t0 == "auto" or needs_spacing):
        n = np.count_nonzero(weights)
        found = "one sample" if n == 1 else f"{n} samples"
        found += " of positive weight" if n < len(X) else ""
        found += ", all of them equal" if n > 1 else ""
        found += " but for rounding" if len(cloud) > 1 else ""
        remedy = "set t0 and spacing" if needs_spacing else "set t0"
        raise ValueError(
            f"{name} needs distinct samples to take a length scale from, and "
            f"X has {found}; {remedy} to use it all the same."
        )
    t0 = auto if t0 == "auto" else t0
    if needs_spacing and not SHORTEST <= np.sqrt(t0) / spacing <= LONGEST:
        raise ValueError(
            f"{name} needs t0 / spacing**2 between {SMALLEST:.0e} and {LARGEST:.0e}. "
            f"Got t0={t0:.3g} and spacing={spacing:.3g} instead."
        )
    if t_min == "auto":
        scale = estimator.t_min_scale
        t_min = t0 * (estimator._auto_t_min_scale(subspace) if scale == "auto" else scale)
    if t_min > t0:
        raise ValueError(CROSSED.format(name, ", which follows from the data"))
    if 0 < t_min < max(SMALLEST_T_MIN * t0, SMALLEST):
        raise ValueError(
            f"{name} divides squared distances by t_min, and t_min={t_min:.3g} is too small for "
            f"that beside t0={t0:.3g}: it must be 0, or at least {SMALLEST_T_MIN:.0e} t0 and "
            f"{SMALLEST:.0e}."
        )
    return Scales(float(spacing), float(t0), float(t_min))


def warn_of_scales(estimator, variances, n):
    """Warn of scales that do not fit the solver or the columns, of such variances in n rows."""
    t0, t_min = estimator.t0_, estimator.t_min_
    if estimator.solver != "exact":
        before, end = karras_times(t0, t_min, estimator.n_steps, estimator.schedule_rho)[-2:]
        if before > LARGEST_STEP * end * (1 + 1e-9):
            warn(
                f"The last of {estimator.n_steps} steps falls from t = {before:.3g} to {end:.3g}, "
                f"too far for solver={estimator.solver!r}, so that samples and densities will be "
                "wrong. Raise t_min or n_steps, or set schedule_rho=inf."
            )
    noise, deviation = _noise_left(estimator.diffusion_), np.sqrt(variances)
    drowned = (deviation > 0) & (deviation < DROWNED * noise)
    if n > 1 and drowned.any():
        warn(
            "The noise that samples keep, of standard deviation "
            f"{noise[drowned].max():.3g}, drowns what varies much less: "
            f"{checks.name_columns(estimator, np.flatnonzero(drowned))} of X. Scale the columns "
            "first, for example with StandardScaler, or set a smaller t_min.",
            ColumnWarning,
        )


def _noise_left(diffusion):
    """Standard deviation of the noise that samples keep in each column, (d,).

    Of what a starting law adds to a point samples keep the part sqrt(t_min / t0), and sqrt(t_min)
    off the subspace.
    """
    subspace, t_min = diffusion.subspace, diffusion.t_min
    directions = subspace.components.T
    n = len(diffusion.cloud)
    looked_at = np.unique(np.linspace(0, n - 1, LOOKED_AT).astype(int))
    inside = diffusion.start.variances_along(directions, looked_at).mean(axis=0)
    off = np.maximum(1 - (directions**2).sum(axis=1), 0) * ~subspace.constant
    return np.sqrt(t_min / diffusion.t0 * inside + t_min * off)

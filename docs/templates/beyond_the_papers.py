"""What beyond_the_papers.md says of the fields in the plane and of the networks beside them."""

from statistics import fmean

from figures import RESULTS, Row

found = RESULTS["plane_fields"]
WINDOWS = ("cube", "ball", "gaussian", "min-norm")

# ------------------------------------------------------------------ how far apart

NORMAL = [f"normal {k}" for k in range(5)]
CLOUDS = {"five clouds of 30, normal": NORMAL}
CLOUDS |= {"circle of 8": ["circle of 8"], "grid, 6 x 5": ["grid of 30"]}
CLOUDS |= {f"{kind} line of 30": [f"{kind} line of 30"] for kind in ("even", "uneven")}
# The time t0, where both weights are the same, is given once.
WHEN = {
    "p_t, t0/10000": "noised, t0/10000",
    "p_t0, t0/10000": "start, t0/10000",
    "p_t, t0/4": "noised, t0/4",
    "p_t, t0": "noised, t0",
}


def distances(clouds, when, rho="0.1"):
    """Means over clouds: each window of the same kappa, the best width of any, the nulls."""
    rows = [found[f"fields, {cloud}, {WHEN[when]}, rho_0 {rho}"] for cloud in clouds]
    same = {window: fmean(row[f"{window}, same"] for row in rows) for window in WINDOWS}
    best = fmean(min(row[f"{window}, best"] for window in WINDOWS) for row in rows)
    esf, none = (fmean(row[key] for row in rows) for key in ("esf", "zero"))
    return Row({"same": same, "best": best, "esf": esf, "none": none}, when)


apart = [
    ("" if k else label, when, *distances(clouds, when).values())
    for label, clouds in CLOUDS.items()
    for k, when in enumerate(WHEN)
]
scattered = distances(NORMAL, "p_t0, t0/10000")
uneven = distances(["uneven line of 30"], "p_t0, t0/10000").same["cube"]
half = [
    distances(NORMAL, when, "0.5").same[window] / distances(NORMAL, when).same[window]
    for when in ("p_t, t0/4", "p_t, t0")
    for window in WINDOWS
]

# ------------------------------------------------------------------ what a network follows

LEARNED = [
    f"{cloud}, decay {decay}"
    for cloud in ("circle of 8", "normal of 12", "even line of 8")
    for decay in (0, 3)
]
TIMES = ("t0", "t0/4", "t0/16", "t0/64", "t0/1000")
EARLY = TIMES[:2]


def losses(network, time):
    row = found[f"network, {network}, {time}"]
    return row | {"any_window": min(row[window] for window in WINDOWS)}


followed = [
    ("" if k else network, time, losses(network, time))
    for network in LEARNED
    for k, time in enumerate(TIMES)
]
plane = [(time, losses(network, time)) for network in LEARNED[:4] for time in TIMES]
early = [row for time, row in plane if time in EARLY]
late = [row for time, row in plane if time not in EARLY]
cube_nearer = [row for row in early if row.cube < row.smoothed]
smoothed_nearer = [row for row in late if row.smoothed < row.cube]
constant_nearer = [row for _, row in plane if row["esf times c"] < min(row.cube, row.smoothed)]


def left(row):
    """The part of the network's squared distance from the ESF that the nearest smoothing leaves."""
    return min(row.smoothed, row.any_window) / row.esf


least_left = min(left(row) for _, row in plane)
third = [row for _, row in plane if left(row) > 1 / 3]
on_the_line = [left(losses("even line of 8, decay 0", time)) for time in TIMES[1:]]
at_one_t = max(RESULTS["networks"][f"two points, decay {decay}"].part for decay in (1, 3, 5, 7))

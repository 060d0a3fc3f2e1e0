"""The formulas in 50 digits, slowly: what the library's numbers are held against.

Loops over mpmath's numbers, which have no largest exponent. Points and positions are lists of lists
of them; a parameter is taken as it is. Nothing here imports the package.
"""

from itertools import combinations, pairwise

import mpmath

mp = mpmath.mp.clone()
mp.dps = 50


def exact(values):
    """An array of floats, to the last digit."""
    if hasattr(values, "__len__"):
        return [exact(value) for value in values]
    return mp.mpf(float(values))


def dot(u, v):
    return mp.fsum(a * b for a, b in zip(u, v, strict=True))


def minus(u, v):
    return [a - b for a, b in zip(u, v, strict=True)]


def square(u, v):
    """Squared distance."""
    return dot(minus(u, v), minus(u, v))


def mean(weights, points):
    """Weighted mean of points, for weights of any sum."""
    total = mp.fsum(weights)
    return [dot(weights, column) / total for column in zip(*points, strict=True)]


# ---------------------------------------------------------------- noised empirical law


def log_density(x, points, t):
    """Log p_t(x)."""
    total = mp.fsum(mp.exp(-square(x, y) / (2 * t)) for y in points)
    return mp.log(total / len(points)) - len(x) * mp.log(2 * mp.pi * t) / 2


def empirical_score(x, points, t):
    """(D_t(x) - x) / t."""
    shares = [mp.exp(-square(x, y) / (2 * t)) for y in points]
    return [d / t for d in minus(mean(shares, points), x)]


def average_on_line(x, points, t, kappa, spacing):
    """Average of the score over [x - w, x + w], which is the rise of log p over 2 w."""
    w = spacing - kappa * mp.sqrt(t)
    ends = [log_density([x[0] + sign * w], points, t) for sign in (1, -1)]
    return [(ends[0] - ends[1]) / (2 * w)]


def average_over_chords(x, points, t, kappa, spacing, chords):
    """Sum of the rises of log p along chords, given by two ends and a vector, over w."""
    w = spacing - kappa * mp.sqrt(t)
    total = [mp.mpf(0)] * len(x)
    for *ends, vector in chords:
        first, second = (
            log_density([a + w * b for a, b in zip(x, end, strict=True)], points, t) for end in ends
        )
        total = [s + (first - second) * b for s, b in zip(total, vector, strict=True)]
    return [s / w for s in total]


def terms_of_average(x, points, t, kappa, spacing):
    """Size of the log-densities that an average is a difference of."""
    return abs(log_density(x, points, t)) / (spacing - kappa * mp.sqrt(t))


def no_terms(*_):
    return 0


# ---------------------------------------------------------------- mixed cells


def cell_on_line(x, points, rho):
    """The denoiser a, the point v and the face's dimension, by v2's formulas in each gap."""
    (x,) = x
    y = sorted(point[0] for point in points)
    for left, right in pairwise(y):
        middle, half = (left + right) / 2, (right - left) / 2
        if abs(x - middle) < (1 - rho) * half:
            return [middle + (x - middle) / (1 - rho)], [middle], 1
    a = min(y, key=lambda point: abs(x - point))
    return [a], [a + (x - a) / rho], 0


def cell_in_plane(x, points, rho):
    """The same from every face of up to three points: that whose conditions hold.

    The face's points are as near to v as any, and a lies between them.
    """
    for size in (1, 2, 3):
        for face in combinations(points, size):
            center = circumcenter(face)
            if center is None:
                continue
            inner = onto(x, face, center)
            a = [c + p / (1 - rho) for c, p in zip(center, inner, strict=True)]
            v = [(b - (1 - rho) * c) / rho for b, c in zip(x, a, strict=True)]
            nearest = min(square(v, y) for y in points)
            slack = (square(v, face[0]) + 1) * mp.mpf(10) ** -30  # equal, but for rounding
            if square(v, face[0]) <= nearest + slack and between(a, face):
                return a, v, size - 1
    raise AssertionError("no face meets the conditions")


def circumcenter(face):
    """Point of the hull as far from all of the one to three points; None if there is none."""
    first, *others = face
    e = [minus(y, first) for y in others]
    if not e:
        return first
    if len(e) == 1:
        return [(a + b) / 2 for a, b in zip(*face, strict=True)]
    twist = e[0][0] * e[1][1] - e[0][1] * e[1][0]
    if twist == 0:
        return None
    s, u = (dot(d, d) / (2 * twist) for d in e)
    return [first[0] + s * e[1][1] - u * e[0][1], first[1] - s * e[1][0] + u * e[0][0]]


def onto(x, face, center):
    """Part of x - center along the face."""
    away = minus(x, center)
    if len(face) == 1:
        return [mp.mpf(0)] * len(x)
    if len(face) == 3:
        return away
    e = minus(face[1], face[0])
    return [dot(away, e) / dot(e, e) * c for c in e]


def between(a, face):
    """Whether a point of the face's hull is a mean of its points."""
    if len(face) == 1:
        return True
    if len(face) == 2:
        return square(a, face[0]) <= square(*face) >= square(a, face[1])
    sides = [
        (p[0] - a[0]) * (q[1] - a[1]) - (p[1] - a[1]) * (q[0] - a[0])
        for p, q in ((face[0], face[1]), (face[1], face[2]), (face[2], face[0]))
    ]
    return min(sides) >= 0 or max(sides) <= 0


def smoothed_score(cell, x, points, t, kappa, spacing):
    """(a - x) / t, with ``cell`` one of the two above."""
    a, _, _ = cell(x, points, kappa * mp.sqrt(t) / spacing)
    return [d / t for d in minus(a, x)]


def flow(cell, x, points, t, s, kappa, spacing):
    """x_s from x_t, in closed form."""
    rho_t, rho_s = (kappa * mp.sqrt(variance) / spacing for variance in (t, s))
    a, v, _ = cell(x, points, rho_t)
    return [(1 - rho_s) * b + rho_s * c for b, c in zip(a, v, strict=True)]


def smoothed_log_density(cell, log_start, x, points, rho_0, rho_min):
    """Log-density of the law that the flow carries from rho_0 to rho_min."""
    a, v, j = cell(x, points, rho_min)
    origin = [(1 - rho_0) * b + rho_0 * c for b, c in zip(a, v, strict=True)]
    along, across = (1 - rho_0) / (1 - rho_min), rho_0 / rho_min
    return log_start(origin, points) + j * mp.log(along) + (len(x) - j) * mp.log(across)


# ---------------------------------------------------------------- starting laws in the plane


def log_gaussian(x, center, S):
    """Log N(x; center, S) for a matrix of 2 x 2, by Cramer's rule."""
    (a, b), (_, d) = S
    u, v = minus(x, center)
    det = a * d - b * b
    return -(d * u * u - 2 * b * u * v + a * v * v) / (2 * det) - mp.log(4 * mp.pi**2 * det) / 2


def second_moment(vectors):
    """Mean of their outer products."""
    pairs = [[dot(u, v) for v in zip(*vectors, strict=True)] for u in zip(*vectors, strict=True)]
    return combine((mp.mpf(1) / len(vectors), pairs))


def combine(*terms):
    """Sum of factors times matrices."""
    return [[mp.fsum(c * M[i][j] for c, M in terms) for j in (0, 1)] for i in (0, 1)]


UNIT = [[1, 0], [0, 1]]


def trace(M):
    return M[0][0] + M[1][1]


def shrinkage(M, m):
    """Chen et al. 2010, equation 23, in two dimensions."""
    squares, total = mp.fsum(value**2 for row in M for value in row), trace(M)
    spread = m * (squares - total**2 / 2)
    return min(total**2 / spread, 1) if spread > 0 else mp.mpf(1)


def whole(points):
    """Mean of the cloud, and its shrunk covariance."""
    center = mean([mp.mpf(1)] * len(points), points)
    M = second_moment([minus(y, center) for y in points])
    e = shrinkage(M, len(points))
    return center, combine((1 - e, M), (e * trace(M) / 2, UNIT))


def components(name, points, t0, spacing, m, shares=(0.1, 0.1)):
    """Centers and covariances of a law, its m nearest neighbors found by sorting."""
    if name == "gaussian":
        return [whole(points)]
    nearest = [sorted(points, key=lambda y, x=x: square(x, y))[1 : m + 1] for x in points]
    radii = [square(x, near[-1]) for x, near in zip(points, nearest, strict=True)]
    by_size = sorted(mp.sqrt(radius) for radius in radii)
    median = (by_size[(len(radii) - 1) // 2] + by_size[len(radii) // 2]) / 2
    shape = whole(points)[1]
    w_g, w_s = exact(shares)
    out = []
    for x, near, radius in zip(points, nearest, radii, strict=True):
        C = second_moment([minus(y, x) for y in near])
        sphere, e = trace(C) / 2, shrinkage(C, m)
        S = {
            "isotropic": (t0, UNIT),
            "adaptive": (t0 * radius / median**2, UNIT),
            "local-pca": (t0 / spacing**2, combine((1 - e, C), (e * sphere, UNIT))),
            "local": (
                t0 / spacing**2,
                combine(
                    (1 - w_g - w_s, C),
                    (sphere * w_g * 2 / trace(shape), shape),
                    (sphere * w_s, UNIT),
                ),
            ),
        }[name]
        out.append((x, combine(S)))
    return out


def log_starting_law(x, points, laws):
    """Log of a weighted sum of laws, each given by its weight and the rest of `components`."""
    total = mp.mpf(0)
    for weight, name, t0, spacing, m in laws:
        parts = components(name, points, t0, spacing, m)
        density = mp.fsum(mp.exp(log_gaussian(x, *part)) for part in parts) / len(parts)
        total += weight * density
    return mp.log(total)

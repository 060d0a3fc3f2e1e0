"""An order of points in space."""

import numpy as np

from .._compute import slices

__all__ = ["numbered", "part_met", "spatial_order"]

# Values that are copied together.
AT_ONCE = 1 << 22


def numbered(n):
    """The numbers 0 to n - 1, in 32 bits where these hold them."""
    return np.arange(n, dtype=np.int32 if n < 1 << 31 else np.int64)


def spatial_order(points, size):
    """Order in which each run of ``size`` rows is compact: a k-d tree by recursive halving.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.neighbors import spatial_order
    >>> sorted(spatial_order(np.array([[0.0], [5.0], [1.0]]), 2).tolist())
    [0, 1, 2]
    """
    order = numbered(len(points))
    pending = [(0, len(points))]
    while pending:
        start, stop = pending.pop()
        blocks = -(-(stop - start) // size)
        if blocks < 2:
            continue
        half = blocks // 2 * size
        axis = _widest(points, order[start:stop])
        column = points[order[start:stop], axis]
        order[start:stop] = order[start:stop][np.argpartition(column, half)]
        pending += [(start, start + half), (start + half, stop)]
    return order


def part_met(x, size, around, width):
    """Part of a cloud that a run of ``size`` rows of x may meet, as if all were even.

    ``around`` (d,) is how wide a box one row meets, ``width`` (d,) that of the cloud. Axes along
    which the cloud has no width leave nothing out.
    """
    own = np.ptp(x, axis=0) * min(size / len(x), 1) ** (1 / x.shape[1])
    varies = width > 0
    return np.minimum((around + own)[varies] / width[varies], 1).prod()


def _widest(points, index):
    """The axis along which these points extend farthest."""
    low, high = points[index[0]].copy(), points[index[0]].copy()
    for some in slices(len(index), max(AT_ONCE // points.shape[1], 1)):
        part = points[index[some]]
        np.minimum(low, part.min(axis=0), out=low)
        np.maximum(high, part.max(axis=0), out=high)
    return np.argmax(high - low)

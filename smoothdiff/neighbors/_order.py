"""An order of points in space."""

import numpy as np

__all__ = ["spatial_order"]

# Points of which copies are made.
AT_ONCE = 1 << 20


def spatial_order(points, size):
    """Order in which each run of ``size`` rows is compact: a k-d tree by recursive halving.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.neighbors import spatial_order
    >>> sorted(spatial_order(np.array([[0.0], [5.0], [1.0]]), 2).tolist())
    [0, 1, 2]
    """
    order = np.arange(len(points))
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


def _widest(points, index):
    """The axis along which these points extend farthest."""
    low, high = points[index[0]].copy(), points[index[0]].copy()
    for start in range(0, len(index), AT_ONCE):
        part = points[index[start : start + AT_ONCE]]
        np.minimum(low, part.min(axis=0), out=low)
        np.maximum(high, part.max(axis=0), out=high)
    return np.argmax(high - low)

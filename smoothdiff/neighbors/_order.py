"""An order of points in space."""

import numpy as np

__all__ = ["spatial_order"]


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
        rows = points[order[start:stop]]
        half = blocks // 2 * size
        axis = np.argmax(rows.max(axis=0) - rows.min(axis=0))
        order[start:stop] = order[start:stop][np.argpartition(rows[:, axis], half)]
        pending += [(start, start + half), (start + half, stop)]
    return order

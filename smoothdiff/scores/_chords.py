"""log p_t at the ends of many chords through every row: what rows and ends share, once.

With h = 1 / 2t and any origin o, the exponent of point y_k at the end x + w n of a chord is

    log w_k - h |x + w n - y_k|^2 = D_k(x) + T_k(n) - h (w^2 |n|^2 + 2 w n.(x - o))
    D_k(x) = log w_k - h |x - y_k|^2,    T_k(n) = 2 h w n.(y_k - o)

D varies with the row and T with the end, never with both: distances are needed once for a row,
and the sum over k of exp(D_k + T_k) is a product of two matrices of exponentials, one of rows and
one of ends. Each is scaled by the largest of its row or column, so that a term which underflows
is below the smallest float. Where some sum itself comes near that, as it does for small t, few
points matter to any one row: D + T is then looked through, and an exponential taken only of the
points that at some end are within exp(-NEGLIGIBLE) of the largest.

Points come in tiles, nearest first, as in `smoothdiff.mixture`, with a bound on what is left
out. Shapes are fixed by the cloud and the chords, whatever the number of rows, but for that of a
block of them, of which there are three.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._compute import IN_ONE_THREAD, OnDevices, map_threads
from .._derived import Derived, derived
from ..cloud import PointCloud
from ..neighbors import spatial_order
from ..neighbors._order import part_met

__all__ = ["Chords"]

# Rows of a compiled call: few, where these lie far apart among the points; points of a tile, and
# chords at once.
ROWS, TILE, AT_ONCE = (32, 8, 2), 64, 256
# Rows that would take as long as what a tile of points costs besides.
OVERHEAD = 14
# Rows that share a variance from which a product pays.
FEW_ROWS = 4
# exp(-45) = 3e-20, a thousandth of the rounding of the sum that a point or a tile is left out of.
NEGLIGIBLE = 45.0
# Terms lost to underflow are below 1e-307 each: nothing beside a sum of this.
TINY = 1e-280


class Chords(Derived):
    """Chords through any row: their ends (2, q, r), in units of w, and vectors (q, r)."""

    def __init__(self, cloud: PointCloud, ends, outward):
        q, r = outward.shape
        pieces = -(-q // AT_ONCE)
        size = -(-q // pieces)
        padded = np.zeros((3, pieces * size, r))
        padded[:2, :q], padded[2, :q] = ends, outward
        self._pieces = [padded[:, i * size : (i + 1) * size] for i in range(pieces)]
        self.cloud = cloud

    @derived
    def _tiles(self):
        """Points (T, TILE, r), log-weights (T, TILE), boxes (T, r) twice, logs of weights (T,)."""
        n, r = self.cloud.points.shape
        T = 1 << (-(-n // TILE) - 1).bit_length()
        order = spatial_order(self.cloud.points, TILE)
        points, log_weight = np.zeros((T, TILE, r)), np.full((T, TILE), -np.inf)
        points.reshape(-1, r)[:n] = self.cloud.points[order]
        log_weight.reshape(-1)[:n] = np.log(self.cloud.weights[order])
        exists = np.isfinite(log_weight)[..., None]
        lower = np.where(exists, points, np.inf).min(axis=1)
        upper = np.where(exists, points, -np.inf).max(axis=1)
        with np.errstate(divide="ignore"):
            peak = np.logaddexp.reduce(log_weight, axis=1)
        return OnDevices((points, log_weight, lower, upper, peak))

    @derived
    def _widths(self):
        """Of the cloud and, in the median, of a tile, (2, r)."""
        _, _, lower, upper, peak = self._tiles.arrays
        lower, upper = lower[np.isfinite(peak)], upper[np.isfinite(peak)]
        return upper.max(axis=0) - lower.min(axis=0), np.median(upper - lower, axis=0)

    def rise(self, x, t, w):
        """Sum over chords of the rise of log p_t along each, times its vector, (n, r)."""

        def weigh(log_sums, first, x, w, t, piece):
            return np.einsum("nq,qr->nr", log_sums[:, 0] - log_sums[:, 1], piece[2])

        return self._over_blocks(weigh, False, x, t, w, x.shape[1:])

    def spread(self, x, t, w):
        """Sum over chords of the difference of the scores at its ends along its vector, (n,)."""

        def weigh(log_sums, first, x, w, t, piece):
            apart = w * ((piece[0] - piece[1]) * piece[2]).sum()
            return ((first[:, 0] - first[:, 1]).sum(axis=1) - apart) / t

        return self._over_blocks(weigh, True, x, t, w, ())

    def _over_blocks(self, weigh, moments, x, t, w, shape):
        """Sum of ``weigh`` over the pieces, for rows in blocks of one variance and near others."""
        _, group = np.unique(t, return_inverse=True)
        blocks = []
        for rows in np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1]):
            size = self._rows_together(x[rows], t[rows[0]], w[rows[0]])
            rows = rows[spatial_order(x[rows], size)]
            blocks += [(rows[start : start + size], size) for start in range(0, len(rows), size)]

        def call(item):
            (rows, size), piece = item
            t_, w_ = t[rows[0]], w[rows[0]]
            padded = x[rows[np.minimum(np.arange(size), len(rows) - 1)]]
            arguments = *self._tiles.here(), padded, len(rows), 1 / (2 * t_), w_, piece
            for product in (True, False) if len(rows) >= FEW_ROWS else (False,):
                fine, *sums = _sums(*arguments, product=product, moments=moments)
                if fine:
                    break
            sums = [np.asarray(s)[: len(rows)].reshape(len(rows), 2, -1) for s in sums]
            return weigh(*sums, x[rows], w_, t_, piece)

        out = np.zeros((len(x), *shape))
        items = [(block, piece) for block in blocks for piece in self._pieces]
        for ((rows, _), _), part in zip(items, map_threads(call, items), strict=True):
            out[rows] += part
        return out

    def _rows_together(self, x, t, w):
        """How many rows a block has, few where that leaves out much more; speed alone."""
        reach = w * np.abs(self._pieces[0][:2]).max() + np.sqrt(2 * t * NEGLIGIBLE)
        width, of_tile = self._widths

        def cost(size):
            return part_met(x, size, 2 * reach + of_tile, width) * (1 + OVERHEAD / size)

        return min(ROWS, key=cost)


@partial(jax.jit, static_argnames=("product", "moments"), compiler_options=IN_ONE_THREAD)
def _sums(points, log_weight, lower, upper, peak, x, n_rows, h, w, piece, *, product, moments):
    """Whether nothing underflowed; log sums (rows, ends); with ``moments`` mean projections.

    The projections are of y_k - o on the vector of the end's chord, relative to x - o.
    """
    ends, outward = jnp.concatenate([piece[0], piece[1]]).T, jnp.concatenate([piece[2], piece[2]]).T
    reach = w * jnp.abs(ends).max(axis=1)
    lower, upper = lower - reach, upper + reach

    def bound(tile, low, high):
        """Most that a tile can add to the sum at any end of rows between low and high."""
        gap = jnp.maximum(jnp.maximum(lower[tile] - high, low - upper[tile]), 0.0)
        return peak[tile] - h * (gap**2).sum(axis=-1)

    bounds = bound(slice(None), x.min(axis=0), x.max(axis=0))
    # In rows, whose best are known: the best of all is found without looking at each.
    bounds = bounds.reshape(1 << len(peak).bit_length() // 2, -1)
    origin = x.mean(axis=0)
    shift = h * w * (w * (ends**2).sum(axis=0) + 2 * (x - origin) @ ends)
    is_row = (jnp.arange(len(x)) < n_rows)[:, None]

    def promising(state):
        _, best, first_tile, top, total, _ = state
        worst = jnp.where(is_row, top + jnp.log(total) - shift, jnp.inf).min()
        more = best.max() > worst - NEGLIGIBLE
        return more & (first_tile | (total.min() > TINY)) if product else more

    def add_tile(state):
        bounds, best, _, top, total, first = state
        line = best.argmax()
        place = bounds[line].argmax()
        bounds = bounds.at[line, place].set(-jnp.inf)
        best = best.at[line].set(bounds[line].max())
        tile = line * bounds.shape[1] + place
        y = points[tile] - origin
        energy = log_weight[tile] - h * ((x[:, None] - origin - y) ** 2).sum(axis=2)
        tilt = 2 * h * w * y @ ends
        along = y @ outward if moments else jnp.zeros((len(y), 1))
        if product:
            row, column = energy.max(axis=1), tilt.max(axis=0)
            left, right = jnp.exp(energy - row[:, None]), jnp.exp(tilt - column)
            highest, sums = row[:, None] + column, left @ right
            firsts = left @ (right * along) if moments else 0.0
        else:
            turned = lax.optimization_barrier(tilt.T)

            def add_points(i):
                highest = jnp.maximum(top[i], (energy[i][:, None] + tilt).max(axis=0))
                share = (energy[i] + turned - highest[:, None]).max(axis=0)

                def add_point(k, sums):
                    def add():
                        term = jnp.exp(energy[i, k] + tilt[k] - highest)
                        return sums[0] + term, sums[1] + term * along[k]

                    return lax.cond(share[k] > -NEGLIGIBLE, add, lambda: sums)

                none = jnp.zeros_like(highest)
                return highest, *lax.fori_loop(0, len(share), add_point, (none, none))

            def add_row(i, out):
                none = jnp.zeros_like(top[i])
                matters = bound(tile, x[i], x[i]) > (top[i] - shift[i]).min() - NEGLIGIBLE
                found = lax.cond(matters, add_points, lambda i: (top[i], none, none), i)
                return tuple(o.at[i].set(f) for o, f in zip(out, found, strict=True))

            empty = top, jnp.zeros_like(top), jnp.zeros_like(top)
            highest, sums, firsts = lax.fori_loop(0, n_rows, add_row, empty)
        new_top = jnp.maximum(top, highest)
        old, new = jnp.exp(top - new_top), jnp.exp(highest - new_top)
        total, first = total * old + sums * new, first * old + firsts * new
        return bounds, best, False, new_top, total, first

    start = jnp.full(shift.shape, -1e300), jnp.zeros(shift.shape), jnp.zeros(shift.shape)
    state = bounds, bounds.max(axis=1), True, *start
    *_, top, total, first = lax.while_loop(promising, add_tile, state)
    fine = (total.min() > TINY) if product else True
    return fine, top + jnp.log(total) - shift, first / total

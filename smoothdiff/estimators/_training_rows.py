"""The rows that an estimator was given, as the distinct weighted ones that it learns from."""

from .._large_cloud import LargeCloud, is_large
from ..cloud import PointCloud, distinct_rows, of_sum_one, regrouped

__all__ = ["TrainingRows"]


class TrainingRows:
    """Distinct rows of X (n, d), and their points in a subspace once `cloud` was called.

    Attributes
    ----------
    data : array of shape (m, d)
    share : array of shape (m,)
        Weights of sum 1.
    rows : integer array of shape (m,)
        The first row of X that each is.
    group : integer array of shape (n,)
        The one that each row of X is, -1 for those of no weight.
    """

    def __init__(self, X, weights):
        self._large = is_large(X)
        self.rows, weight, self.group = distinct_rows(X, weights, by_value=not self._large)
        # What is large and has nothing to merge is not copied.
        self._whole = self._large and len(self.rows) == len(X)
        self.data = X if self._whole else X[self.rows]
        self.share = of_sum_one(weight) if self._large else weight / weights.sum()

    def cloud(self, subspace, n_neighbors):
        """The points, in the order of which all attributes are from now on."""
        if not self._large:
            return PointCloud(subspace.project(self.data), self.share, n_neighbors)
        cloud, order, group = LargeCloud.arranged(
            lambda out: subspace.project(self.data, out),
            (len(self.data), subspace.dim),
            self.share,
            n_neighbors,
        )
        self.group = group if self._whole else regrouped(self.group, group)
        self.rows = order if self._whole else self.rows[order]
        self.share, self._order = cloud.weights, order
        return cloud

    def in_order(self):
        """The distinct rows as the cloud has them, (m, d)."""
        return self.data[self._order] if self._large else self.data

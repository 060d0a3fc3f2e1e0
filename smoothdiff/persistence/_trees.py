"""KDTree and BallTree of scikit-learn, by the points that they are built from again."""

from sklearn.metrics import DistanceMetric
from sklearn.neighbors import BallTree, KDTree

from ._kinds import Kind, Kinds

__all__ = ["FAMILY"]

METRICS = ("euclidean", "manhattan", "chebyshev", "minkowski")
# Places in what a tree gives to pickles.
LEAF_SIZE, METRIC, SAMPLE_WEIGHT = 4, 11, 12


def _tree(cls):
    def fits(value):
        return type(value) is cls and _metric_of(value) is not None

    def write(tree, writer):
        state = tree.__getstate__()
        weight = state[SAMPLE_WEIGHT]
        metric = _metric_of(tree)
        return {
            "data": writer.put(state[0]),
            "leaf_size": state[LEAF_SIZE],
            "metric": metric,
            "p": state[METRIC].__getstate__()[0] if metric == "minkowski" else None,
            "sample_weight": writer.put(weight),
        }

    def read(fields, reader):
        if fields["metric"] not in METRICS:
            raise ValueError(f"it names the metric {fields['metric']!r}, which files do not hold")
        options = {} if fields["p"] is None else {"p": fields["p"]}
        return cls(
            reader.get(fields["data"]),
            leaf_size=fields["leaf_size"],
            metric=fields["metric"],
            sample_weight=reader.get(fields["sample_weight"]),
            **options,
        )

    return Kind(fits, write, read)


def _metric_of(tree):
    """Name of a tree's metric, if it has one of `METRICS`."""
    metric = type(tree.__getstate__()[METRIC])
    for name in METRICS:
        options = {"p": 3} if name == "minkowski" else {}
        if type(DistanceMetric.get_metric(name, **options)) is metric:
            return name
    return None


FAMILY = Kinds({"sklearn.KDTree": _tree(KDTree), "sklearn.BallTree": _tree(BallTree)})

"""Objects with attributes: the classes that files may hold, by name, and no others.

A class is looked up in the tables below, an empty object of it is made, and its attributes are
set: neither its constructor runs nor anything that a class defines for pickles. Names in files are
short ones, so that modules may move; a class or attribute that is renamed needs a new version of
the format.
"""

from importlib import import_module

from sklearn.base import BaseEstimator

from . import _trees

__all__ = ["FAMILY", "OURS"]

# Where the classes of this library live. All that a fitted estimator can hold are here.
OURS = {
    "ClassConditionalDiffusion": "estimators",
    "DiffusionOutlierDetector": "estimators",
    "EmpiricalScoreDiffusion": "estimators",
    "LocalAverageDiffusion": "estimators",
    "NeuralScoreDiffusion": "estimators",
    "ScoreDiffusion": "estimators",
    "SmoothedPLDiffusion": "estimators",
    "SmoothedPLDiffusionCV": "estimators",
    "DiffusionOverSampler": "over_sampler",
    "GenerativePipeline": "pipeline",
    "TableDiffusion": "tables",
    # what these are made of
    "Diffusion": "model",
    "PointCloud": "cloud",
    "Subspace": "subspace",
    "NoisedLaw": "noise",
    "Layer": "network",
    "CallableScore": "scores._callable",
    "Chords": "scores._chords",
    "EDMDenoiser": "scores._conventions",
    "VPNoisePredictor": "scores._conventions",
    "EmpiricalScore": "scores._empirical",
    "LocalAverageScore": "scores._local_average",
    "NeuralScore": "scores._neural",
    "EarlyStoppedScore": "scores._regularized",
    "EmpiricalBayesScore": "scores._regularized",
    "TemperatureScore": "scores._regularized",
    "TikhonovScore": "scores._regularized",
    "FixedDeltaScore": "scores._smoothed_pl",
    "PLScore": "scores._smoothed_pl",
    "SmoothedPLScore": "scores._smoothed_pl",
    "MixedCellFlow": "solvers._mixed_cell",
    "NoisedPoints": "solvers._noised_points",
    "Steps": "solvers._steps",
    "Adaptive": "starts._adaptive",
    "WholeGaussian": "starts._gaussian",
    "Isotropic": "starts._isotropic",
    "Local": "starts._local",
    "LocalPCA": "starts._local_pca",
    "StackedLaw": "starts._stacked",
    "Start": "starts._start",
    "SingleRow": "estimators._class_laws",
    "Column": "tables._columns",
    "Corners": "tables._coordinates",
    "Line": "tables._coordinates",
    "SingleRows": "tables._copies",
    "BuildArray": "tables._frame",
    "BuildPandas": "tables._frame",
    "BuildPolars": "tables._frame",
    "Group": "tables._groups",
    "OneRow": "tables._groups",
    "_Fit": "tables._groups",
    "TableModel": "tables._model",
    "Schema": "tables._schema",
    "Scale": "tables._values",
    # what searches choose by
    "Constrained": "metrics._scorers",
    "Scorer": "metrics._scorers",
    # what the command line fits
    "BuildRows": "cli._mixed",
    "Notation": "cli._cells",
    "RowsOfNumbers": "cli._rows",
}
# Parts of scikit-learn whose estimators files may hold.
PARTS = (
    *("calibration", "cluster", "compose", "covariance", "cross_decomposition", "decomposition"),
    *("discriminant_analysis", "dummy", "ensemble", "feature_extraction", "feature_selection"),
    *("impute", "isotonic", "kernel_approximation", "kernel_ridge", "linear_model", "manifold"),
    *("mixture", "model_selection", "multiclass", "multioutput", "naive_bayes", "neighbors"),
    *("neural_network", "pipeline", "preprocessing", "random_projection", "semi_supervised"),
    *("svm", "tree"),
)
# Classes of scikit-learn that are no estimators, and that fitted ones hold.
OTHERS = {
    "make_column_selector": "compose",
    "Bunch": "utils",
    "MetadataRequest": "utils._metadata_requests",
    "MethodMetadataRequest": "utils._metadata_requests",
    "_PassthroughScorer": "metrics._scorer",
    **dict.fromkeys(
        (
            *("GroupKFold", "GroupShuffleSplit", "KFold", "LeaveOneGroupOut", "LeaveOneOut"),
            *("LeavePGroupsOut", "LeavePOut", "PredefinedSplit", "RepeatedKFold"),
            *("RepeatedStratifiedKFold", "ShuffleSplit", "StratifiedGroupKFold"),
            *("StratifiedKFold", "StratifiedShuffleSplit", "TimeSeriesSplit"),
        ),
        "model_selection",
    ),
}
# An attribute that is a matter of the machine: a folder of pickles, in which `fit` would look.
LEFT_OUT = "memory"


def name_of(cls):
    """The name by which files know a class, or None."""
    library, _, part = cls.__module__.partition(".")
    name = f"{library}.{cls.__name__}"
    if library == "sklearn" and cls.__name__ not in OTHERS:
        name = f"{library}.{part.partition('.')[0]}.{cls.__name__}"
    try:
        return name if class_of(name) is cls else None
    except ValueError:
        return None


def class_of(name):
    """The class of a name.

    Raises
    ------
    ValueError
        For one that files do not hold.
    """
    library, *parts = name.split(".")
    own = parts.pop() if parts else ""
    module, found = None, None
    if library == "smoothdiff" and not parts and own in OURS:
        module = f"smoothdiff.{OURS[own]}"
    elif library == "sklearn" and not parts and own in OTHERS:
        module = f"sklearn.{OTHERS[own]}"
    elif library == "sklearn" and len(parts) == 1 and parts[0] in PARTS and not own.startswith("_"):
        module = f"sklearn.{parts[0]}"
    if module is not None:
        found = getattr(import_module(module), own, None)
    listed = own in OURS or own in OTHERS
    if not isinstance(found, type) or not (listed or issubclass(found, BaseEstimator)):
        raise ValueError(f"it names the class {name!r}, which files do not hold")
    return found


class _Classes:
    """Objects of the classes in the tables, and scikit-learn's trees."""

    def write(self, value, writer):
        """Describe an object by its attributes, or None if its class is not in the tables."""
        tree = _trees.FAMILY.write(value, writer)
        name = name_of(type(value))
        if tree is not None or name is None:
            return tree
        if isinstance(value, tuple):
            return {"is": name, "items": [writer.put(item) for item in value]}
        state = _state_of(value)
        return {"is": name, "state": {key: writer.put(item, key) for key, item in state.items()}}

    def read(self, fields, reader):
        """Make an object, and set its attributes."""
        name = fields["is"]
        if name in _trees.FAMILY:
            return _trees.FAMILY.read(fields, reader)
        cls = class_of(name)
        if issubclass(cls, tuple):
            items = [reader.get(item) for item in fields["items"]]
            later = getattr(cls, "_fields", ())[len(items) :]  # than the version that wrote it
            return tuple.__new__(cls, [*items, *(cls._field_defaults[name] for name in later)])
        made = object.__new__(cls)
        vars(made).update({key: reader.get(item) for key, item in fields["state"].items()})
        if LEFT_OUT in vars(made):
            vars(made)[LEFT_OUT] = None
        return made


def _state_of(value):
    """Attributes by name, without those that are computed again when they are asked for."""
    ours = type(value).__module__.startswith("smoothdiff.")
    state = value.__getstate__() if ours else vars(value)
    return {name: _kept(name, item) for name, item in (state or {}).items()}


def _kept(name, item):
    if name == LEFT_OUT:
        return None
    # Requests for metadata lead back to the estimator that makes them, for its name in errors.
    return type(item).__name__ if name == "owner" and isinstance(item, BaseEstimator) else item


FAMILY = _Classes()

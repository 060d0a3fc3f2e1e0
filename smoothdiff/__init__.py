"""Closed-form generative estimators: diffusion with a smoothed empirical score.

Importing this package loads nothing else and touches no setting of JAX or NumPy; a name's module
is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cloud import PointCloud
    from .estimators import (
        ClassConditionalDiffusion,
        DiffusionOutlierDetector,
        EmpiricalScoreDiffusion,
        LocalAverageDiffusion,
        NeuralScoreDiffusion,
        ScoreDiffusion,
        SmoothedPLDiffusion,
        SmoothedPLDiffusionCV,
    )
    from .over_sampler import DiffusionOverSampler as DiffusionOverSampler
    from .pipeline import GenerativePipeline, make_generative_pipeline
    from .tables import TableDiffusion

__version__ = "0.2.0"

__all__ = [
    "ClassConditionalDiffusion",
    "DiffusionOutlierDetector",
    "EmpiricalScoreDiffusion",
    "GenerativePipeline",
    "LocalAverageDiffusion",
    "NeuralScoreDiffusion",
    "PointCloud",
    "ScoreDiffusion",
    "SmoothedPLDiffusion",
    "SmoothedPLDiffusionCV",
    "TableDiffusion",
    "make_generative_pipeline",
]

# Where names live that are not estimators; DiffusionOverSampler needs imbalanced-learn, and is
# therefore not among those of ``import *``.
HOMES = {
    "DiffusionOverSampler": ".over_sampler",
    "GenerativePipeline": ".pipeline",
    "PointCloud": ".cloud",
    "TableDiffusion": ".tables",
    "make_generative_pipeline": ".pipeline",
}


def __getattr__(name):
    if name in __all__ or name in HOMES:
        return getattr(import_module(HOMES.get(name, ".estimators"), __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__, *HOMES})

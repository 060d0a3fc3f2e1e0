"""Pipelines that sample: back through the transformers, with a density in the input's units."""

from ._jacobians import register_log_jacobian
from ._pipeline import GenerativePipeline, make_generative_pipeline

__all__ = ["GenerativePipeline", "make_generative_pipeline", "register_log_jacobian"]

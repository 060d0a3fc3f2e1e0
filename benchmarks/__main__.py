"""Run all benchmarks, or those named: ``python -m benchmarks density sampling``."""

import sys
from importlib import import_module

NAMES = (
    "startup",
    "density",
    "devices",
    "sampling",
    "memory",
    "growth",
    "local_average",
    "plane_fields",
    "training",
    "networks",
    "likelihood",
    "search",
    "shrinkage",
    "candidates",
    "noise_left",
    "quality",
    "outliers",
    "contradictions",
    "tables",
    "table_choices",
    "over_sampling",
    "metrics",
    "membership",
    "numerics",
    "explorer",
    "summary",
)

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        import_module(f"benchmarks.{name}").main()

"""Benchmarks: ratios against peers, side by side in one run, kept as JSON in ``results``."""

"""How many inputs are generated: a few, always the same, or with --examples as many as asked for.

A long run takes its seed from Hypothesis's own option: ``--examples 10000 --hypothesis-seed 1``.
"""

import pytest
from hypothesis import HealthCheck, settings

FEW = 6


def pytest_configure(config):
    asked_for = config.getoption("--examples")
    settings.register_profile(
        "smoothdiff",
        max_examples=asked_for or FEW,
        derandomize=asked_for is None,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        print_blob=True,
    )
    settings.load_profile("smoothdiff")


@pytest.fixture(autouse=True)
def _how_many(request, record_property):
    """Of a long run, for docs/robustness.md."""
    if asked_for := request.config.getoption("--examples"):
        record_property("examples", asked_for)
        record_property("seed", request.config.getoption("--hypothesis-seed"))

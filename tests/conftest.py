"""The option for slow tests, and the fixtures that every file shares."""

import os
import shutil
import tempfile

import jax
import numpy as np
import pytest

# Their names are all the same, and they hold no doctests to collect.
collect_ignore_glob = ["*conftest.py"]


def pytest_addoption(parser):
    parser.addoption("--run-slow", action="store_true", help="also run the tests marked slow")
    parser.addoption(
        "--examples", type=int, help="inputs generated for each property, at random (a few, fixed)"
    )


def pytest_configure(config):
    """Workers, and the interpreters that tests start, share what is compiled."""
    if hasattr(config, "workerinput") or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    config.compiled = tempfile.mkdtemp(prefix="smoothdiff-compiled-")
    settings = {
        "jax_compilation_cache_dir": config.compiled,
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        os.environ[name.upper()] = str(value)
        jax.config.update(name, value)


def pytest_unconfigure(config):
    if hasattr(config, "compiled"):
        shutil.rmtree(config.compiled, ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --run-slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


def _jax_settings():
    return {**jax.config.values, "jax_enable_x64": jax.config.jax_enable_x64}


@pytest.fixture(autouse=True)
def _global_state():
    """No test may change a JAX setting or draw from NumPy's global generator."""
    settings = _jax_settings()
    state = np.random.get_state()
    yield
    assert _jax_settings() == settings
    after = np.random.get_state()
    assert all(np.array_equal(a, b) for a, b in zip(state, after, strict=True))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def compilations():
    """Programs that JAX compiles from here on; the list may be cleared."""
    seen, listening = [], True

    def listen(event, duration, **_):
        if listening and event == "/jax/core/compile/backend_compile_duration":
            seen.append(duration)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    listening = False  # JAX 0.8.0 cannot take a listener back


@pytest.fixture(params=[False, True], ids=["x32", "x64"])
def user_precision(request):
    """Run a test under each of the settings of jax_enable_x64 that a user may have made."""
    with jax.enable_x64(request.param):
        yield request.param


@pytest.fixture(autouse=True, scope="session")
def _small_forests():
    """Forests that judge generated rows are a tenth of their size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smoothdiff.metrics._classifier.TREES", 20)
        yield

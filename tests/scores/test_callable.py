"""Fields of the user's own: who may be called, in what framework, and how exact its slopes are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from given import gaussian_score, normal

from smoothdiff.scores import CallableScore, divergence_by_differences
from smoothdiff.subspace import Subspace, fit_subspace

T = 0.3


def whole(d):
    return Subspace(np.zeros(d), np.eye(d), np.ones(d), 0.0, np.zeros(d, dtype=bool))


def callable_score(field, d=3, t=T):
    return CallableScore(field, whole(d), normal(4, d), t)


# ------------------------------------------------------------------ the ways to be a field
# All of them the score of N(0, diag(1, 4, 9)): s = -x / (v + t), divergence -sum 1 / (v + t).

V = np.array([1.0, 4.0, 9.0])


class WithDenoise:
    def denoise(self, x, t):
        return x * (V / (V + t))


class WithScore:
    def score(self, x, t):
        return -x / (V + t)


class Network:
    """Called as a network is, and with a denoiser that counts first."""

    def __call__(self, x, t):
        raise AssertionError("the denoiser is what is asked for")

    denoise = WithDenoise.denoise


def of_numpy_alone(x, t):
    assert type(x) is np.ndarray
    return -x / (V + t)


def of_jax_alone(x, t):
    assert isinstance(x, jax.Array)
    return -x / (V + t)


def jax_in_numpy_out(x, t):
    return np.asarray(-jnp.asarray(x) / (V + t))


@jax.jit
def compiled(x, t):
    return -x / (np.array([1.0, 4.0, 9.0]) + t)


FIELDS = {
    "function of any arrays": lambda x, t: -x / (V + t),
    "NumPy's alone": of_numpy_alone,
    "JAX's alone": of_jax_alone,
    "JAX within": jax_in_numpy_out,
    "compiled": compiled,
    "denoise": WithDenoise(),
    "score": WithScore(),
    "denoise and call": Network(),
    "bound method": WithScore().score,
}


@pytest.mark.parametrize("name", FIELDS)
def test_ways_to_be_a_field(name, user_precision):
    score, x = callable_score(FIELDS[name]), 2 * normal(30, 3, 1)
    t = np.linspace(0.1, 2, 30)
    # What is NumPy outside and JAX within computes in the user's own precision.
    rough = name == "JAX within" and not user_precision
    tolerance = 1e-6 if rough else 1e-12
    for when in (T, t):
        expected = -x / (V + np.reshape(when, (-1, 1)))
        np.testing.assert_allclose(score(x, when), expected, rtol=tolerance, atol=tolerance)
        value, error = score.divergence(x, when)
        exact = -(1 / (V + np.broadcast_to(when, 30)[:, None])).sum(axis=1)
        assert np.all(np.abs(value - exact) <= error + 1e-12)
        assert np.all(error < (1e-3 if rough else 1e-8))


def test_fields_that_jax_can_trace_are_differentiated():
    """Exactly, which differences are not."""
    x = normal(30, 3, 1)
    exact = -(1 / (V + T)).sum()
    for name in ("function of any arrays", "JAX's alone", "compiled", "denoise", "score"):
        np.testing.assert_allclose(
            callable_score(FIELDS[name]).divergence(x, T)[0], exact, rtol=1e-14
        )


def test_a_derivative_that_lies_is_not_believed():
    """A custom rule that says 0: differences disagree and are taken."""

    @jax.custom_jvp
    def field(x, t):
        return -x / (1 + t)

    field.defjvp(lambda primals, tangents: (field(*primals), jnp.zeros_like(primals[0])))
    value, error = callable_score(field).divergence(normal(10, 3), T)
    exact = -3 / (1 + T)
    assert np.all(np.abs(value - exact) <= error)
    assert np.all(error < 1e-3)  # it computes in the user's precision


def test_calls_are_of_few_sizes_and_bounded():
    """At most 4096 rows and powers of two of them, one float t a call, all rows answered."""
    seen = []

    def field(x, t):
        assert isinstance(t, float)
        seen.append(len(x))
        return of_numpy_alone(x, t)

    score = callable_score(field)
    del seen[:]
    x, t = normal(10_000, 3), np.repeat([0.1, 0.2], [9000, 1000])
    np.testing.assert_allclose(score(x, t), -x / (V + t[:, None]), rtol=1e-14)
    assert max(seen) == 4096
    assert all(size & (size - 1) == 0 for size in seen)
    assert len(seen) == 4


def test_a_field_in_data_coordinates_is_projected():
    """Two of four directions: U f(m + U' x), and the divergence of that."""
    X = normal(30, 4) * [3, 2, 0.1, 0.1] + [5, 0, -1, 0]
    subspace = fit_subspace(X, np.full(30, 1 / 30), 2)
    A = np.diag([1.0, 2.0, 3.0, 4.0])

    def field(x, t):
        return -x @ A / (1 + t)

    score, x = CallableScore(field, subspace, X[:3], T), normal(8, 2)
    U = subspace.components
    np.testing.assert_allclose(score(x, T), field(subspace.lift(x), T) @ U.T, rtol=1e-12)
    expected = -np.trace(U @ A @ U.T) / (1 + T)
    np.testing.assert_allclose(score.divergence(x, T)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("field", [gaussian_score, of_numpy_alone], ids=["traced", "differences"])
def test_probes_in_many_dimensions(field):
    """Of 12 dimensions 40 random signs: a linear isotropic field has no spread; others do."""
    v = np.linspace(1, 5, 12)
    x, probes = normal(10, 12), np.sign(normal(40, 12, 2))

    def one(x, t):
        if field is of_numpy_alone:
            assert type(x) is np.ndarray
        return -(x + 0.3 * x[:, ::-1]) / (v + t)

    value, error = CallableScore(one, whole(12), x[:3], T).divergence(x, T, probes)
    exact = -(1 / (v + T)).sum()
    assert np.all(error > 0)
    assert np.all(np.abs(value - exact) < 4 * error)


# ------------------------------------------------------------------ low precision


def mlp(dtype, d=2, width=32, seed=0):
    """A random network of float32 parameters, evaluated in the given precision; NumPy alone."""
    rng = np.random.default_rng(seed)
    shapes = (d + 1, width), (width, width), (width, d)
    weights = [
        (rng.normal(size=s) / np.sqrt(s[0])).astype(np.float32).astype(dtype) for s in shapes
    ]

    def field(x, t):
        t = float(t)
        h = np.column_stack([np.asarray(x), np.full(len(x), np.log(t))]).astype(dtype)
        for W in weights[:-1]:
            h = np.tanh(h @ W)
        return h @ weights[-1] / dtype(np.sqrt(t))

    return field


def jax_mlp(dtype, d=2, width=32):
    shapes = (d, width), (width, d)
    weights = [
        (normal(*s, seed) / np.sqrt(s[0])).astype(np.float32).astype(dtype)
        for seed, s in enumerate(shapes)
    ]

    def field(x, t):
        h = jnp.tanh(jnp.asarray(x, dtype) @ weights[0])
        return h @ weights[1] / jnp.asarray(t, dtype) ** 0.5

    return field


@pytest.mark.parametrize("t", [1e-5, 1e-2, 1.0])
@pytest.mark.parametrize("make", [mlp, jax_mlp], ids=["NumPy", "JAX"])
@pytest.mark.parametrize("offset", [0.0, 10.0])
def test_the_error_of_a_float32_network_bounds_the_true_one(make, t, offset):
    """Against the same network in 64 bits, for every row of 200."""
    x = normal(200, 2, 1) + offset
    rough = CallableScore(make(np.float32), whole(2), x[:4], t)
    fine = CallableScore(make(np.float64), whole(2), x[:4], t)
    value, error = rough.divergence(x, t)
    exact, exact_error = fine.divergence(x, t)
    assert np.all(exact_error < 1e-4 * (1 + np.abs(exact)))
    assert np.all(np.abs(value - exact) <= error + exact_error)
    np.testing.assert_allclose(rough(x, t), fine(x, t), rtol=1e-3, atol=1e-4 / np.sqrt(t))


def test_the_error_of_float32_is_larger_than_that_of_float64():
    x = normal(50, 2)
    rough, fine = (callable_score(mlp(dtype), 2) for dtype in (np.float32, np.float64))
    errors = [score.divergence(x, T)[1] for score in (rough, fine)]
    assert errors[0].min() > 100 * errors[1].max()


# ------------------------------------------------------------------ PyTorch


def torch_network(dtype):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Sequential(
                torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2)
            )

        def forward(self, x, t):
            assert x.dtype == self.body[0].weight.dtype
            return self.body(x) / t**0.5

    return Network().to(getattr(torch, dtype))


@pytest.mark.parametrize("t", [1e-5, 0.3])
def test_a_pytorch_module_gets_tensors_of_its_own_type(t):
    x = normal(30, 2, 1)
    scores = {
        dtype: CallableScore(torch_network(dtype), whole(2), x[:4], t)
        for dtype in ("float32", "float64")
    }
    value, error = scores["float32"].divergence(x, t)
    exact, _ = scores["float64"].divergence(x, t)
    numeric, numeric_error = divergence_by_differences(scores["float64"], x, t)
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=numeric_error.max() + 1e-7)
    assert np.all(np.abs(value - exact) <= error)
    np.testing.assert_allclose(scores["float32"](x, t), scores["float64"](x, t), rtol=1e-3, atol=1)


def test_a_pytorch_function_and_denoiser():
    torch = pytest.importorskip("torch")
    v = torch.as_tensor(V)

    class Denoiser:
        def denoise(self, x, t):
            assert isinstance(x, torch.Tensor)
            return x * v / (v + t)

    def score(x, t):
        assert isinstance(x, torch.Tensor)
        return -x / (v + t)

    x = normal(10, 3, 1)
    for field in (Denoiser(), score):
        found = callable_score(field)
        np.testing.assert_allclose(found(x, T), -x / (V + T), rtol=1e-12)
        np.testing.assert_allclose(found.divergence(x, T)[0], -(1 / (V + T)).sum(), rtol=1e-12)


def test_a_pytorch_module_keeps_no_gradient():
    network = torch_network("float64")
    CallableScore(network, whole(2), normal(4, 2), T).divergence(normal(5, 2), T)
    assert all(parameter.grad is None for parameter in network.parameters())


# ------------------------------------------------------------------ what is no field


def raising(x, t):
    raise KeyError("weights")


BAD = {
    "a number": (3.0, TypeError, "must be a callable field"),
    "nothing": (None, TypeError, "must be a callable field"),
    "denoise is data": (type("D", (), {"denoise": 3})(), TypeError, "must be a callable field"),
    "wrong shape": (
        lambda x, t: np.ones(len(x)),
        ValueError,
        r"must return shape \(4, 3\)\. Got shape \(4,\) instead\.",
    ),
    "wrong number of columns": (
        lambda x, t: x[:, :2],
        ValueError,
        r"must return shape \(4, 3\)\. Got shape \(4, 2\) instead\.",
    ),
    "NaN": (
        lambda x, t: np.where(np.arange(len(x))[:, None] < 2, np.nan, 1.0) * np.ones(3),
        ValueError,
        r"returned NaN or infinity for 2 of 4 rows at t=0\.3\.",
    ),
    "infinity": (
        lambda x, t: np.full(x.shape, np.inf),
        ValueError,
        r"returned NaN or infinity for 4 of 4 rows at t=0\.3\.",
    ),
    "integers": (
        lambda x, t: np.zeros(x.shape, dtype=int),
        TypeError,
        r"must return real numbers\. Got dtype int64 instead\.",
    ),
    "complex": (
        lambda x, t: x + 1j,
        TypeError,
        r"must return real numbers\. Got dtype complex128 instead\.",
    ),
    "it raises": (
        raising,
        ValueError,
        r"could not be called with x of shape \(4, 3\) and t=0\.3: KeyError: 'weights'",
    ),
    "one argument": (
        lambda x: x,
        ValueError,
        r"could not be called with x of shape \(4, 3\) and t=0\.3: TypeError: .*positional",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_field(case):
    """One sentence, when it is made."""
    field, error, sentence = BAD[case]
    with pytest.raises(error, match=sentence) as caught:
        callable_score(field)
    assert "\n" not in str(caught.value)


def test_what_ceases_to_be_one():
    """Fine at the variance at which it was tried, and not at another."""

    def field(x, t):
        return -x / (1 + t) if t > 0.1 else np.full(np.shape(x), np.nan)

    score = callable_score(field)
    with pytest.raises(ValueError, match=r"NaN or infinity for 4 of 4 rows at t=0\.05"):
        score(normal(4, 3), 0.05)


class InPlace:
    def denoise(self, x, t):
        x *= V / (V + t)
        return x


def test_a_denoiser_may_work_in_place():
    x = normal(4, 3)
    given = x.copy()
    np.testing.assert_allclose(callable_score(InPlace())(x, T), -x / (V + T), rtol=1e-12)
    np.testing.assert_array_equal(x, given)

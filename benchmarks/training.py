"""Training steps a second: the library, the same network as a bare lax.scan, and PyTorch's loop.

All three regress on the exact score, with the papers' weight decay, on all cores. The bare scan is
what one would write for a single experiment: no progress, checkpoints, averages or checks. The
PyTorch loop (if PyTorch is there) is the ordinary one: modules, autograd, AdamW. The limit is the
matrix products alone: two of size width x width x batch, each three times (forward, and backward
to its input and its weight), at the rate of a chain of such products.
"""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax

from smoothdiff import NeuralScoreDiffusion
from smoothdiff.datasets import uniform_line
from smoothdiff.network import initialize

from ._measure import record, seconds

LEARNING_RATE, WEIGHT_DECAY, T0, T_MIN = 5e-5, 3.0, 0.02, 1e-6
ENDS = T_MIN ** (1 / 3), T0 ** (1 / 3)


def ours(points, width, batch, n_steps):
    """A whole call of fit, after a first one that compiles."""

    def fit(n):
        model = NeuralScoreDiffusion(
            hidden_width=width,
            weight_decay=WEIGHT_DECAY,
            learning_rate=LEARNING_RATE,
            batch_size=batch,
            max_iter=n,
            n_iter_no_change=n,
            t0=T0,
            t_min=T_MIN,
            n_components=points.shape[1],
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the loss may go on falling
            return model.fit(points).loss_curve_

    fit(100)
    return lambda: fit(n_steps)


def bare_scan(points, width, batch, n_steps):
    """The same network, loss and optimizer in one scan."""
    y = jnp.asarray(points, jnp.float32)
    params = jax.tree.map(
        lambda leaf: jnp.asarray(leaf, jnp.float32),
        initialize(
            np.random.default_rng(0), "time-conditioned", points.shape[1], width, (T_MIN, T0)
        ),
    )
    body_only = {name: name == "body" for name in params}
    optimizer = optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY, mask=body_only)

    def dense(layer, x):
        return x @ layer[0].T + layer[1]

    def network(params, x, t):
        time = jax.nn.relu(dense(params["time"][0], jnp.log(t)))
        h = jnp.concatenate([x, dense(params["embed"][0], time)], axis=1)
        for layer in params["body"][:-1]:
            h = jax.nn.relu(dense(layer, h))
        stretch, shift = jnp.split(dense(params["modulate"][0], time), 2, axis=1)
        return (dense(params["body"][-1], h) * (1 + stretch) + shift) / jnp.sqrt(t)

    def loss(params, key):
        one, two, three = jax.random.split(key, 3)
        t = jax.random.uniform(one, (batch, 1), minval=ENDS[0], maxval=ENDS[1]) ** 3
        start = y[jax.random.randint(two, (batch,), 0, len(y))]
        x = start + jnp.sqrt(t) * jax.random.normal(three, start.shape)
        squares = ((x[:, None] - y) ** 2).sum(-1)
        score = (jax.nn.softmax(-squares / (2 * t)) @ y - x) / t
        return (t * (network(params, x, t) - score) ** 2).sum(1).mean()

    def step(carry, key):
        params, moments = carry
        value, gradient = jax.value_and_grad(loss)(params, key)
        updates, moments = optimizer.update(gradient, moments, params)
        return (optax.apply_updates(params, updates), moments), value

    @jax.jit
    def train(params, keys):
        return jax.lax.scan(step, (params, optimizer.init(params)), keys)[1]

    keys = jax.random.split(jax.random.key(0), n_steps)
    train(params, keys).block_until_ready()
    return lambda: np.asarray(train(params, keys))


def pytorch_loop(points, width, batch, n_steps):
    """The same network, loss and optimizer as one writes them in PyTorch."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self, d):
            super().__init__()
            self.time = nn.Linear(1, width)
            self.embed = nn.Linear(width, width)
            self.modulate = nn.Linear(width, 2 * d)
            self.body = nn.Sequential(
                nn.Linear(d + width, width),
                nn.ReLU(),
                nn.Linear(width, width),
                nn.ReLU(),
                nn.Linear(width, d),
            )

        def forward(self, x, t):
            time = torch.relu(self.time(torch.log(t)))
            out = self.body(torch.cat([x, self.embed(time)], dim=1))
            stretch, shift = self.modulate(time).chunk(2, dim=1)
            return (out * (1 + stretch) + shift) / torch.sqrt(t)

    torch.manual_seed(0)
    y = torch.tensor(points, dtype=torch.float32)
    network = Network(y.shape[1])
    body = list(network.body.parameters())
    others = [p for name, p in network.named_parameters() if not name.startswith("body")]
    groups = [{"params": body}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)

    def train(n):
        losses = []
        for _ in range(n):
            t = (ENDS[0] + (ENDS[1] - ENDS[0]) * torch.rand(batch, 1)) ** 3
            start = y[torch.randint(len(y), (batch,))]
            x = start + torch.sqrt(t) * torch.randn(start.shape)
            squares = ((x[:, None] - y) ** 2).sum(-1)
            score = (torch.softmax(-squares / (2 * t), dim=1) @ y - x) / t
            loss = (t * (network(x, t) - score) ** 2).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()

    train(100)
    return lambda: train(n_steps)


def products_alone(width, batch, n_products):
    """A chain of matrix products of the size that a step takes."""
    weight = jnp.eye(width)

    @jax.jit
    def chain(h):
        return jax.lax.fori_loop(0, n_products, lambda _, h: weight @ h, h)

    h = jnp.ones((width, batch))
    chain(h).block_until_ready()
    return lambda: chain(h).block_until_ready()


def compare(points, width, batch, n_steps):
    """Steps a second of each way, and the losses that they end at."""
    ways = {"ours": ours, "bare_scan": bare_scan}
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed; its loop is left out.")
    else:
        ways["pytorch"] = pytorch_loop
    out = {}
    for name, way in ways.items():
        elapsed, losses = seconds(way(points, width, batch, n_steps))
        out[f"{name}_steps_per_s"] = n_steps / elapsed
        out[f"{name}_last_loss"] = float(losses[-n_steps // 4 :].mean())
    products_s, _ = seconds(products_alone(width, batch, 6 * n_steps))
    out["limit_steps_per_s"] = n_steps / products_s
    out["part_of_limit"] = products_s / (n_steps / out["ours_steps_per_s"])
    for name in list(ways)[1:]:
        out[f"ratio_to_{name}"] = out["ours_steps_per_s"] / out[f"{name}_steps_per_s"]
    return out


def main():
    rng = np.random.default_rng(0)
    results = {
        "papers' d=2, width 128, batch 1024": compare(uniform_line(4, 2), 128, 1024, 2000),
        "default sizes, 500 points, d=2": compare(0.3 * rng.normal(size=(500, 2)), 128, 256, 2000),
        "small, width 64, batch 64, circle": compare(uniform_line(8, 2), 64, 64, 5000),
    }
    record("training", results)
    return results

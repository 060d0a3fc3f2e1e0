"""What tests are given: data, and fields that a pickle can name."""

import os
import signal

import numpy as np

# Code that begins with it, in an interpreter of its own, judges with forests of 20 trees, as
# conftest has it here.
FEW_TREES = "import smoothdiff.metrics._classifier as forests\nforests.TREES = 20\n"
# Trains a network until it is killed, with the checkpoint that is its argument.
TRAINING = """
import sys
import numpy as np
from smoothdiff.training import Settings, fit_network
X = np.random.default_rng(0).normal(size=(12, 2))
settings = Settings(max_iter=10**9, n_iter_no_change=10**9, hidden_width=8, batch_size=16)
options = dict(t0=0.3, t_min=0.003, seed=0, checkpoint=sys.argv[1])
fit_network(X, np.full(12, 1 / 12), settings=settings, **options)
"""


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def many_zeros(n, d, seed=0):
    """A table as hospitals keep it: rounded numbers, and zeros where nothing was measured."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.gamma(2.0, 3.0, size=(n, d)), 1)
    return np.where(rng.uniform(size=(n, d)) < 0.4, 0.0, values)


def gaussian_score(x, t):
    """Score of data N(0, I): at variance t they are N(0, (1 + t) I)."""
    return -x / (1 + t)


def dies_once(marker, function, *block):
    """The function, but that whoever comes first is killed, as a lost machine would be."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return function(*block)
    os.kill(os.getpid(), signal.SIGKILL)

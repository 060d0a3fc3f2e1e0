"""What tests are given: data, and fields that a pickle can name."""

import numpy as np

# Code that begins with it, in an interpreter of its own, judges with forests of 20 trees, as
# conftest has it here.
FEW_TREES = "import smoothdiff.metrics._classifier as forests\nforests.TREES = 20\n"


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

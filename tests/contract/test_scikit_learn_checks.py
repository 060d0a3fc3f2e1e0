"""scikit-learn's own checks, for every estimator."""

import numpy as np


def test_scikit_learn_checks(estimator, check):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:  # some of the checks draw from the global generator themselves
        np.random.set_state(state)

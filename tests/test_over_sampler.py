"""Over-sampling: new rows of the small classes, by imbalanced-learn's rules."""

import numpy as np
import pytest

pytest.importorskip("imblearn")

from imblearn.utils.estimator_checks import parametrize_with_checks

from smoothdiff import DiffusionOverSampler

MARK = parametrize_with_checks([DiffusionOverSampler(random_state=0)]).mark


# pytest wants a list of them.
@pytest.mark.parametrize(MARK.args[0], list(MARK.args[1]), ids=MARK.kwargs["ids"])
def test_imbalanced_learn_checks(estimator, check):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:  # some of the checks draw from the global generator themselves
        np.random.set_state(state)

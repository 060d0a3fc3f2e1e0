"""Starting laws: what the denoising begins from, one Gaussian at each training point.

    p_t0 = sum_k w_k N(y_k, S_k)

A law is one file, which says what S_k is, and one line of `LAWS`. A `Start` names one with its
parameters; a list of them is a mixture.
"""

from ._adaptive import Adaptive
from ._base import StartingLaw
from ._gaussian import WholeGaussian
from ._isotropic import Isotropic
from ._local import Local
from ._local_pca import LocalPCA
from ._stacked import StackedLaw, stacking_weights
from ._start import LAWS, Start, starting_law

__all__ = [
    "LAWS",
    "STARTS",
    "Adaptive",
    "Isotropic",
    "Local",
    "LocalPCA",
    "StackedLaw",
    "Start",
    "StartingLaw",
    "WholeGaussian",
    "stacking_weights",
    "starting_law",
]

STARTS = tuple(LAWS)

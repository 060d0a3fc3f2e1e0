"""Starting laws: what the denoising begins from, one Gaussian at each training point.

    p_t0 = sum_k w_k N(y_k, S_k)

A law is one file, which says what S_k is, and one line of `LAWS`.
"""

from ._adaptive import Adaptive
from ._base import StartingLaw
from ._isotropic import Isotropic
from ._local_pca import LocalPCA

__all__ = ["LAWS", "STARTS", "Adaptive", "Isotropic", "LocalPCA", "StartingLaw"]

LAWS = {"isotropic": Isotropic, "adaptive": Adaptive, "local-pca": LocalPCA}
STARTS = tuple(LAWS)

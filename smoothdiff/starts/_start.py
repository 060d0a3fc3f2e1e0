"""The names of the starting laws, and a law by its name and parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..cloud import PointCloud
from ._adaptive import Adaptive
from ._base import StartingLaw
from ._gaussian import WholeGaussian
from ._isotropic import Isotropic
from ._local import Local
from ._local_pca import LocalPCA
from ._stacked import StackedLaw

__all__ = ["LAWS", "Start", "starting_law"]

LAWS = {
    "isotropic": Isotropic,
    "adaptive": Adaptive,
    "local-pca": LocalPCA,
    "local": Local,
    "gaussian": WholeGaussian,
}


@dataclass(frozen=True)
class Start:
    """A starting law by name, one of a mixture.

    Parameters
    ----------
    name : str
        One of `LAWS`.
    scale : float, default=1.0
        Its covariances are so many times those of the same law at the model's t0.
    n_neighbors : int, default=10
        Neighbors that shape it, where it looks at any.
    shrinkage : (float, float), default=(0.1, 0.1)
        w_g and w_s of "local".
    weight : float, default=1.0
        Its part of the mixture, relative to the others'.

    Examples
    --------
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.starts import Start
    >>> starts = [Start("local", weight=0.9), Start("gaussian", weight=0.1)]
    >>> model = SmoothedPLDiffusion(start=starts, random_state=0).fit([[0.0], [1.0], [3.0]])
    >>> model.sample(2).shape
    (2, 1)
    """

    name: str = "local"
    scale: float = 1.0
    n_neighbors: int = 10
    shrinkage: tuple[float, float] = (0.1, 0.1)
    weight: float = 1.0

    def law(self, cloud: PointCloud, t0, spacing) -> StartingLaw:
        """The law for a cloud."""
        if self.name == "gaussian":  # whose covariance is not that of noise at t0
            return WholeGaussian(cloud, t0, scale=self.scale)
        more = {"shrinkage": self.shrinkage} if self.name == "local" else {}
        return LAWS[self.name](cloud, self.scale * t0, spacing, self.n_neighbors, **more)


def starting_law(starts: Sequence[Start], cloud: PointCloud, t0, spacing) -> StartingLaw:
    """The mixture of some laws, or the one law.

    Examples
    --------
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.starts import Start, starting_law
    >>> law = starting_law([Start("isotropic", scale=2.0)], as_cloud([0.0, 1.0]), 0.1, 0.5)
    >>> law.covariances.tolist()
    [0.2, 0.2]
    """
    laws = [start.law(cloud, t0, spacing) for start in starts]
    if len(laws) == 1:
        return laws[0]
    total = sum(start.weight for start in starts)
    return StackedLaw(laws, [start.weight / total for start in starts])

"""SmoothedPLDiffusion: the smoothed score, which interpolates, in closed form."""

from functools import partial
from typing import NamedTuple, cast

import numpy as np

from .._compute import map_rows
from .._progress import warn
from ..mixed_cell import neighborhood_size, solve
from ..scores import SmoothedPLScore
from ..solvers import MixedCellFlow
from ._docs import documented
from ._smoothed import SmoothedDiffusion

__all__ = ["Decomposition", "SmoothedPLDiffusion"]


class Decomposition(NamedTuple):
    """Where points lie among the training points; see `SmoothedPLDiffusion.decompose`."""

    a: np.ndarray
    v: np.ndarray
    parents: np.ndarray
    weights: np.ndarray
    face_dim: np.ndarray


@documented
class SmoothedPLDiffusion(SmoothedDiffusion):
    """Diffusion driven by the Smoothed PL-ESF: interpolates the data, in closed form.

    The score of the noised training set is smoothed across the boundaries between training
    points. Its flow then carries noise not onto the points alone but onto the faces between
    neighboring ones (segments, triangles, ... of their Delaunay complex), and every sample is a
    weighted mean of a few named training rows. Sampling takes one geometric solve for each row,
    certified to be exact, and the density is exact as well: no network, no training, no ODE.

    The defaults are the best for `sample`, of tables and clouds; data on a curve or surface want a
    narrower start, ``start_neighbors=4, start_shrinkage=(0, 0.02)``. Who calls `score_samples`
    should fit `SmoothedPLDiffusionCV` instead: held-out rows lie off the faces by more than the
    little noise that good samples keep, and the density there is poor.

    Parameters
    ----------
    kappa : float, default=0.1
        Smoothing strength: the score keeps its unsmoothed form within ``kappa sqrt(t)`` of a
        training point. With t0="auto" it is a dial from 0 (interpolate) to 1 (memorize);
        ``kappa sqrt(t0) >= spacing_`` memorizes.
    $t0
    $t_min
    spacing : "auto" or float, default="auto"
        Typical half-distance between neighbors ("Delta"); "auto" is half the median distance of
        a point to the nearest other one.
    $start
    $n_components
    solver : {"exact", "euler", "heun", "sde"}, default="exact"
        "exact" uses the closed-form flow; "euler" and "heun" step the probability-flow ODE, and
        agree with it as n_steps grows, in samples and density. "sde" steps the reverse-time SDE
        with the same score, whose law is another one and has no density here.
    $steps
    $workers

    Attributes
    ----------
    $subspace
    $covariances
    $points

    References
    ----------
    On the Interpolation Effect of Score Smoothing in Diffusion Models, arXiv 2502.19499.
    Edelsbrunner, Deformable smooth surface design, 1999 (mixed cells).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> angle = 2 * np.pi * np.arange(8) / 8
    >>> X = np.c_[np.cos(angle), np.sin(angle)]  # eight points on a circle
    >>> model = SmoothedPLDiffusion(kappa=0.5, t_min=0, random_state=0).fit(X)
    >>> new, parents, weights = model.sample(3, return_parents=True)
    >>> bool(np.allclose(new, np.einsum("nk,nkd->nd", weights, X[parents])))
    True
    """

    SOLVERS = ("exact", *SmoothedDiffusion.SOLVERS)

    def __init__(
        self,
        *,
        kappa=0.1,
        t0="auto",
        t_min="auto",
        t0_scale=1.0,
        t_min_scale="auto",
        spacing="auto",
        start="local",
        start_neighbors=10,
        start_shrinkage=(0.1, 0.1),
        n_components="auto",
        solver="exact",
        n_steps=200,
        schedule_rho=2.0,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.kappa = kappa
        self.t0 = t0
        self.t_min = t_min
        self.t0_scale = t0_scale
        self.t_min_scale = t_min_scale
        self.spacing = spacing
        self.start = start
        self.start_neighbors = start_neighbors
        self.start_shrinkage = start_shrinkage
        self.n_components = n_components
        self.solver = solver
        self.n_steps = n_steps
        self.schedule_rho = schedule_rho
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _n_neighbors(self, dim):
        return max(super()._n_neighbors(dim), neighborhood_size(dim))

    def _make_score(self, cloud, subspace, scales):
        return SmoothedPLScore(cloud, float(self.kappa), scales.spacing)

    def _make_solver(self, score):
        return MixedCellFlow(score) if self.solver == "exact" else super()._make_solver(score)

    def _warn_of_density(self, remarks):
        super()._warn_of_density(remarks)
        score = cast(SmoothedPLScore, self.diffusion_.score)
        reach = score.kappa * np.sqrt(self.t0_)
        if remarks.unreached and reach >= self.spacing_:
            warn(
                "Rows that no sample reaches have log-density -inf: kappa sqrt(t0) is "
                f"{reach:.3g}, not below spacing_ = {self.spacing_:.3g}, so that samples stay near "
                "single training points. Lower kappa or t0."
            )

    def decompose(self, X, t):
        r"""Which training points make up the denoiser at X, and how.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
        t : float or array of shape (n,)
            Variance, in (0, t0_].

        Returns
        -------
        Decomposition, a named tuple of
            a : array of shape (n, n_features)
                Smoothed denoiser in the subspace, a point of a Delaunay face: where the flow
                ends.
            v : array of shape (n, n_features)
                Point of the dual Voronoi face, equidistant from the parents; in the subspace,
                X is :math:`(1 - \rho) a + \rho v`, rho = kappa sqrt(t) / spacing_.
            parents : integer array of shape (n, k)
                Training rows that ``a`` is made of, by decreasing weight; -1 is padding.
            weights : array of shape (n, k)
                Their weights, of sum 1; 0 is padding.
            face_dim : integer array of shape (n,)
                Dimension of the face: 0 for a training point, 1 for a segment, ...
        """
        X, t = self._check_field(X, t)
        with self._workers():
            parts = Decomposition(
                *map_rows(partial(_decompose, self.diffusion_), X, np.broadcast_to(t, len(X)))
            )
        return parts._replace(parents=self._training_rows(parts.parents))


def _decompose(diffusion, X, t):
    """A `Decomposition` whose parents are points of the cloud."""
    subspace, score = diffusion.subspace, diffusion.score
    cell = solve(subspace.project(X), diffusion.cloud, score.rho(t), faces=True)
    a, v = subspace.lift(cell.a), subspace.lift(cell.v)
    return a, v, cell.parents, cell.weights, cell.face_dim

"""SmoothedPLDiffusion: the smoothed score, which interpolates, in closed form."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..flow import position, reachable
from ..likelihood import smoothed_pl_log_density
from ..mixed_cell import neighborhood_size, solve
from ..scores import SmoothedPLScore
from ._smoothed import SmoothedDiffusion

__all__ = ["Decomposition", "SmoothedPLDiffusion"]


class Decomposition(NamedTuple):
    """Where points lie among the training points; see `SmoothedPLDiffusion.decompose`."""

    a: np.ndarray
    v: np.ndarray
    parents: np.ndarray
    weights: np.ndarray
    face_dim: np.ndarray


class SmoothedPLDiffusion(SmoothedDiffusion):
    """Diffusion driven by the Smoothed PL-ESF: interpolates the data, in closed form.

    The score of the noised training set is smoothed across the boundaries between training
    points. Its flow then carries noise not onto the points alone but onto the faces between
    neighboring ones (segments, triangles, ... of their Delaunay complex), and every sample is a
    weighted mean of a few named training rows. Sampling takes one geometric solve for each row,
    certified to be exact, and the density is exact as well: no network, no training, no ODE.

    Parameters
    ----------
    kappa : float, default=0.1
        Smoothing strength: the score keeps its unsmoothed form within ``kappa sqrt(t)`` of a
        training point. With t0="auto" it is a dial from 0 (interpolate) to 1 (memorize);
        ``kappa sqrt(t0) >= spacing_`` memorizes.
    t0 : "auto" or float, default="auto"
        Variance at which denoising starts; "auto" is ``spacing_ ** 2``.
    t_min : "auto" or float, default="auto"
        Variance at which it ends, that is how much noise samples keep; "auto" is 0.01 t0.
        0 is allowed for sampling, and then there is no density.
    spacing : "auto" or float, default="auto"
        Typical half-distance between neighbors ("Delta"); "auto" is half the median distance of
        a point to the nearest other one.
    start : {"isotropic", "adaptive", "local-pca"}, default="adaptive"
        Covariances of the starting law, one Gaussian at each training point: all t0 I (the
        papers'), scaled by the distance to the nearest neighbors, or shaped by the differences
        to them.
    start_neighbors : int, default=10
        Neighbors that the last two use.
    n_components : "auto", int, float in (0, 1), "mle" or None, default="auto"
        Tangent dimensions: "auto" is the numerical rank, the others are as in scikit-learn's
        PCA. The data along the normal directions are modeled as Gaussian.
    solver : {"exact", "euler", "heun", "sde"}, default="exact"
        "exact" uses the closed-form flow; "euler" and "heun" step the probability-flow ODE, and
        agree with it as n_steps grows, in samples and density. "sde" steps the reverse-time SDE
        with the same score, whose law is another one and has no density here.
    n_steps : int, default=200
        Steps from t0 to t_min.
    schedule_rho : float, default=2.0
        Exponent of the Karras grid of times; 1 is even in sqrt(t), inf geometric.
    n_jobs : int or None, default=None
        Workers for large inputs, by joblib.
    random_state : int, RandomState, Generator or None, default=None
    verbose : int, default=0
        Verbosity of joblib.

    Attributes
    ----------
    mean_ : array of shape (n_features,)
    components_ : array of shape (n_components_, n_features)
        Tangent directions.
    explained_variance_ : array of shape (n_components_,)
        Weighted mean square along each (divisor n, as for a likelihood).
    noise_variance_ : float
        Mean variance along the normal directions.
    n_components_ : int
    spacing_, t0_, t_min_ : float
    start_covariances_ : array of shape (n_samples,) or (n_samples, n_components_, n_components_)
        Covariance of the starting law at each training point: variances for "isotropic" and
        "adaptive", matrices (formed on access) for "local-pca".
    points_ : array of shape (n_samples, n_components_)
        Training data in tangent coordinates.
    weights_ : array of shape (n_samples,)
        Sample weights, of sum 1. They enter the starting law and the subspace; the faces do
        not depend on them.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

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

    def __init__(
        self,
        *,
        kappa=0.1,
        t0="auto",
        t_min="auto",
        spacing="auto",
        start="adaptive",
        start_neighbors=10,
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
        self.spacing = spacing
        self.start = start
        self.start_neighbors = start_neighbors
        self.n_components = n_components
        self.solver = solver
        self.n_steps = n_steps
        self.schedule_rho = schedule_rho
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @cached_property
    def _score_field(self):
        return SmoothedPLScore(self._cloud, self.kappa, self.spacing_)

    @property
    def _n_neighbors(self):
        return max(self.start_neighbors, neighborhood_size(self.n_components_))

    def _exact_terminal(self, x, near, return_parents):
        rho = self._score_field.rho
        cell = solve(x, self._cloud, rho(self.t0_), near=near)
        parents = (
            (self._training_rows(cell.parents), cell.weights) if return_parents else (None,) * 2
        )
        return position(cell, rho(self.t_min_)), *parents

    def _parents(self, end):
        cell = solve(end, self._cloud, self._score_field.rho(self.t_min_))
        return self._training_rows(cell.parents), cell.weights

    def _training_rows(self, parents):
        return np.where(parents >= 0, self._cloud_rows[parents], -1)

    def _log_density(self, x):
        log_p, rho = super()._log_density(x), self._score_field.rho
        if self.solver != "exact" and rho(self.t0_) > 1:  # off the support steps see no edge
            cell = solve(x, self._cloud, rho(self.t_min_), faces=True)
            log_p = np.where(reachable(cell, self._cloud, rho(self.t0_)), log_p, -np.inf)
        return log_p

    def _exact_log_density(self, x):
        rho = self._score_field.rho
        return smoothed_pl_log_density(
            x, self._cloud, self._starting_law, rho(self.t0_), rho(self.t_min_)
        )

    def _exact_flow(self, x, times):
        rho = [self._score_field.rho(t) for t in times]
        cell = solve(x, self._cloud, rho[0], faces=rho[0] < max(rho))
        lost = ~reachable(cell, self._cloud, max(rho)) if rho[0] < max(rho) else np.zeros(0, bool)
        if lost.any():
            raise ValueError(
                f"{int(lost.sum())} of {len(x)} rows have no origin at the larger variance, the "
                f"first is row {int(np.argmax(lost))}: where kappa * sqrt(t) >= spacing_ the flow "
                "is onto shrunken cells around the training points, and these rows lie outside."
            )
        return [x if r == rho[0] else position(cell, r) for r in rho]

    def decompose(self, X, t):
        """Which training points make up the denoiser at X, and how.

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
                X is (1 - rho) a + rho v with rho = kappa sqrt(t) / spacing_.
            parents : integer array of shape (n, k)
                Training rows that ``a`` is made of, by decreasing weight; -1 is padding.
            weights : array of shape (n, k)
                Their weights, of sum 1; 0 is padding.
            face_dim : integer array of shape (n,)
                Dimension of the face: 0 for a training point, 1 for a segment, ...
        """
        X, t = self._check_field(X, t)
        return Decomposition(*self._by_rows(self._decompose_rows, X, np.broadcast_to(t, len(X))))

    def _decompose_rows(self, X, t):
        subspace = self._subspace
        cell = solve(subspace.project(X), self._cloud, self._score_field.rho(t), faces=True)
        a, v = subspace.lift(cell.a), subspace.lift(cell.v)
        return a, v, self._training_rows(cell.parents), cell.weights, cell.face_dim

"""EmpiricalScoreDiffusion: the exact empirical score, which memorizes."""

from functools import cached_property

import numpy as np

from ..scores import EmpiricalScore
from ._base import BaseDiffusion

__all__ = ["EmpiricalScoreDiffusion"]


class EmpiricalScoreDiffusion(BaseDiffusion):
    """Diffusion driven by the exact score of its training set: the baseline that copies.

    The law at variance t is the noised training set p_t, a kernel density estimate of bandwidth
    sqrt(t); as t falls to 0, every sample falls on a training point. The density and the samples
    are exact.

    Parameters
    ----------
    t0 : "auto" or float, default="auto"
        Variance at which denoising starts; "auto" is ``spacing_ ** 2``.
    t_min : "auto" or float, default="auto"
        Variance at which it ends; "auto" is 0.01 t0. With 0, samples are training points and
        there is no density.
    spacing : "auto" or float, default="auto"
        Length scale of the data; "auto" is half the median distance of a point to the nearest
        other one.
    n_components : "auto", int, float in (0, 1), "mle" or None, default="auto"
        Tangent dimensions: "auto" is the numerical rank, the others are as in scikit-learn's
        PCA. The data along the normal directions are modeled as Gaussian.
    solver : {"exact", "euler", "heun", "sde"}, default="exact"
        "exact" draws from p_t_min itself; "euler" and "heun" step the probability-flow ODE from
        t0, "sde" the reverse-time SDE. `flow` and `trajectory` have no closed form and step with
        "heun" if solver is "exact" or "sde".
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
    start_covariances_ : array of shape (n_samples,)
        Variance of the starting law at each training point, t0_.
    points_ : array of shape (n_samples, n_components_)
        Training data in tangent coordinates.
    weights_ : array of shape (n_samples,)
        Sample weights, of sum 1.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    References
    ----------
    On the Interpolation Effect of Score Smoothing in Diffusion Models, arXiv 2502.19499.
    Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import EmpiricalScoreDiffusion
    >>> X = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    >>> model = EmpiricalScoreDiffusion(t_min=0, random_state=0).fit(X)
    >>> model.n_components_
    1
    >>> bool(np.isin(model.sample(5).round(6), X).all())
    True
    """

    def __init__(
        self,
        *,
        t0="auto",
        t_min="auto",
        spacing="auto",
        n_components="auto",
        solver="exact",
        n_steps=200,
        schedule_rho=2.0,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.t0 = t0
        self.t_min = t_min
        self.spacing = spacing
        self.n_components = n_components
        self.solver = solver
        self.n_steps = n_steps
        self.schedule_rho = schedule_rho
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @cached_property
    def _score_field(self):
        return EmpiricalScore(self._cloud, self._noised_law)

    @property
    def _flow_method(self):
        return "euler" if self.solver == "euler" else "heun"

    def _exact_terminal(self, x, near, return_parents):
        points = self._cloud.points[near]  # the same noise, at the variance t_min
        x = points + np.sqrt(self.t_min_ / self.t0_) * (x - points)
        return x, self._cloud_rows[near][:, None], np.ones((len(x), 1))

    def _parents(self, end):
        near = self._cloud.neighbors.query(end, 1)[1]
        return self._cloud_rows[near], np.ones(near.shape)

    def _check_has_density(self):
        """Always: the SDE draws from p_t_min as the ODE does."""

    def _exact_log_density(self, x):
        return self._noised_law.log_density(x, self.t_min_)

"""EmpiricalScoreDiffusion: the exact empirical score, which memorizes."""

from .._progress import warn
from ..scores import EmpiricalScore
from ..solvers import NoisedPoints, Steps
from ._base import BaseDiffusion
from ._docs import documented

__all__ = ["EmpiricalScoreDiffusion"]

# Error of log-densities by steps from which it is told.
FAR_OFF = 0.1


@documented
class EmpiricalScoreDiffusion(BaseDiffusion):
    """Diffusion driven by the exact score of its training set: the baseline that copies.

    The law at variance t is the noised training set p_t, a kernel density estimate of bandwidth
    sqrt(t); as t falls to 0, every sample falls on a training point. With solver="exact" the
    density and the samples are exact.

    Parameters
    ----------
    $t0
    $t_min
    spacing : "auto" or float, default="auto"
        Length scale of the data; "auto" is half the median distance of a point to the nearest
        other one.
    $n_components
    solver : {"exact", "euler", "heun", "sde"}, default="exact"
        "exact" draws from p_t_min itself; "euler" and "heun" step the probability-flow ODE from
        t0, "sde" the reverse-time SDE. Away from the training points "euler" and "heun" jump over
        the edges between them, and their densities are off by as much as is warned of; that of
        "sde" is the exact one. `flow` and `trajectory` have no closed form and step with
        "heun" if solver is "exact" or "sde".
    $steps
    $workers

    Attributes
    ----------
    $subspace
    $variances
    $points

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

    SOLVERS = ("exact", *BaseDiffusion.SOLVERS)

    def __init__(
        self,
        *,
        t0="auto",
        t_min="auto",
        t0_scale=1.0,
        t_min_scale="auto",
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
        self.t0_scale = t0_scale
        self.t_min_scale = t_min_scale
        self.spacing = spacing
        self.n_components = n_components
        self.solver = solver
        self.n_steps = n_steps
        self.schedule_rho = schedule_rho
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _make_score(self, cloud, subspace, scales):
        return EmpiricalScore(cloud)

    def _make_solver(self, score):
        exact = NoisedPoints(score, self.n_steps, self.schedule_rho)
        if self.solver == "exact":
            return exact
        return Steps(score, self.solver, self.n_steps, self.schedule_rho, law=exact)

    def _warn_of_error(self, error):
        if error > FAR_OFF:
            warn(
                f"Steps jump over the edges between training points: log-densities by "
                f"solver={self.solver!r} are off by up to {error:.2g}, compared with the closed "
                "form, which solver='exact' gives."
            )

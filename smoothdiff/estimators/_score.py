"""ScoreDiffusion: any score field as an estimator."""

import numpy as np

from ..scores import CallableScore
from ..subspace import whole_space
from ._docs import documented
from ._smoothed import StartedDiffusion

__all__ = ["ScoreDiffusion"]


@documented
class ScoreDiffusion(StartedDiffusion):
    """Diffusion driven by a score field of your own: samples, likelihood, flow and paths by steps.

    The field may be a formula, a network of JAX or PyTorch, or anything else that can be called.
    The data that `fit` sees are where the denoising starts from and what scales it; the field
    itself is taken as it is.

    Parameters
    ----------
    field : callable or object
        ``field(x, t)``, the score (gradient of the log-density at variance t), or an object with
        ``denoise(x, t)`` or ``score(x, t)``. It is called with x (n, n_features), in the data's
        coordinates and up to 4096 rows at a time, and the float t, and returns an array of the
        shape of x. It gets NumPy arrays if it takes them, else JAX's or PyTorch's (a
        ``torch.nn.Module`` gets tensors of the type and device of its parameters).
        `smoothdiff.scores.EDMDenoiser` and `VPNoisePredictor` wrap networks of other conventions.
    $t0
    $t_min
    $spacing
    $start_of_fields
    n_components : "auto", int, float in (0, 1), "mle" or None, default=None
        None runs the field in all directions of the space. Otherwise it is run in the tangent
        directions alone, as for the other estimators, and its part along the normal ones is
        replaced by that of a Gaussian.
    solver : {"heun", "euler", "sde"}, default="heun"
        "euler" and "heun" step the probability-flow ODE, "sde" the reverse-time SDE with the same
        score, whose law is another one and has no density here.
    $steps
    $workers

    Attributes
    ----------
    $subspace
    $covariances
    $points

    Notes
    -----
    `score_samples` needs the divergence of the field. It is differentiated by JAX or PyTorch where
    that works and agrees with differences, and by differences otherwise: in more than 10 dimensions
    along 16 fixed directions. The error that this leaves is estimated, from the precision of the
    field's values too, and a warning says it from 1e-6 on.

    References
    ----------
    Song et al., Score-Based Generative Modeling through Stochastic Differential Equations, 2021,
    section 4.3 (likelihood by ODE).

    Examples
    --------
    The score of data that are a standard normal: the law at variance t is N(0, 1 + t).

    >>> import numpy as np
    >>> from smoothdiff import ScoreDiffusion
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> model = ScoreDiffusion(lambda x, t: -x / (1 + t), random_state=0).fit(X)
    >>> model.sample(3).shape
    (3, 2)
    """

    def __init__(
        self,
        field,
        *,
        start="isotropic",
        start_neighbors=10,
        start_shrinkage=(0.1, 0.1),
        t0="auto",
        t_min="auto",
        t0_scale=1.0,
        t_min_scale="auto",
        spacing="auto",
        n_components=None,
        solver="heun",
        n_steps=200,
        schedule_rho=2.0,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.field = field
        self.start = start
        self.start_neighbors = start_neighbors
        self.start_shrinkage = start_shrinkage
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

    def _fit_subspace(self, X, share, n_effective):
        if self.n_components is None:
            return whole_space(X, share)
        return super()._fit_subspace(X, share, n_effective)

    def _make_score(self, cloud, subspace, scales):
        some = subspace.lift(cloud.points[:: -(-len(cloud) // 4)])
        return CallableScore(self.field, subspace, np.ascontiguousarray(some), scales.t0)

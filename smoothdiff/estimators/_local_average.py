"""LocalAverageDiffusion: the empirical score averaged over a window, run by steps."""

from .._progress import warn
from ..scores import WINDOWS, LocalAverageScore
from . import _validation as checks
from ._docs import documented
from ._smoothed import SmoothedDiffusion

__all__ = ["LocalAverageDiffusion"]

# Points that p_t sums over in a second, measured in 8 dimensions, and what is long enough to say.
PAIRS_PER_SECOND, SECONDS_TO_WARN = 7e8, 60.0


@documented
class LocalAverageDiffusion(SmoothedDiffusion):
    """Diffusion driven by the empirical score averaged over a window around each point.

    The window's half-width at variance t is ``spacing_ - kappa sqrt(t)``: about half the distance
    between neighbors at the end, and nothing where that is negative. For points evenly spaced on
    a line the averaged score does nearly what `SmoothedPLDiffusion` does in closed form, and tends
    to it as t falls. Scattered points, on a line or in the plane, have gaps of many widths and the
    window has one: there it is another smoothing (docs/beyond_the_papers.md). It is run by steps,
    with a choice of windows; the density is that of the flow, by as many steps.

    It is the dear one of the estimators: with the cube each row, step and evaluation of the score
    takes 2 r n_quadrature evaluations of p_t in r dimensions. The densities of 50 rows in 8
    dimensions take some 15 seconds with 500 training points on two cores; where minutes are to be
    expected a warning says so before the run.

    Parameters
    ----------
    kappa : float, default=0.1
        Smoothing strength; smaller smooths more, and ``kappa sqrt(t) >= spacing_`` not at all.
    $t0
    $t_min
    spacing : "auto" or float, default="auto"
        Typical half-distance between neighbors ("Delta"), the window's half-width; "auto" is half
        the median distance of a point to the nearest other one. In several dimensions gaps are
        wider than that, and 1.5 times as much bridges more of them.
    $start
    $n_components
    solver : {"heun", "euler", "sde"}, default="heun"
        "euler" and "heun" step the probability-flow ODE, "sde" the reverse-time SDE with the same
        score, whose law is another one and has no density here.
    $steps
    window : {"cube", "ball", "gaussian", "min-norm"}, default="cube"
        What the score is averaged over: a cube along the principal axes, a ball, a Gaussian of
        the cube's variance, or line segments through the point, of whose averages the smallest is
        taken: those in the directions between the training points nearest to it. In one tangent
        dimension all but the Gaussian are one interval, and exact. "min-norm" has no density in
        more: it jumps where another line becomes the best.
    n_quadrature : int, default=64
        Quasi-random points of the average, rounded up to a power of two, or the largest number of
        lines of "min-norm". They are fixed, so that the field is a deterministic function.
    $workers

    Attributes
    ----------
    $subspace
    $covariances
    $points

    References
    ----------
    On the Interpolation Effect of Score Smoothing, arXiv 2502.19499 (v1), equations 24 and 77.
    Scarvelis, Borde and Solomon, Closed-Form Diffusion Models, 2023 (Gaussian window).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import LocalAverageDiffusion
    >>> X = np.linspace(-1, 1, 4).reshape(-1, 1) * [3.0, 4.0]  # four points on a line
    >>> model = LocalAverageDiffusion(kappa=0.5, t_min=1e-8, random_state=0).fit(X)
    >>> new = model.sample(100)
    >>> bool(np.allclose(new[:, 0] * 4, new[:, 1] * 3, atol=5e-3))
    True
    """

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
        solver="heun",
        n_steps=200,
        schedule_rho=2.0,
        window="cube",
        n_quadrature=64,
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
        self.window = window
        self.n_quadrature = n_quadrature
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _check_parameters(self):
        checks.check_choice(self, "window", WINDOWS)
        checks.check_count(self, "n_quadrature")
        super()._check_parameters()

    def _make_score(self, cloud, subspace, scales):
        return LocalAverageScore(
            cloud, float(self.kappa), scales.spacing, self.window, int(self.n_quadrature)
        )

    def _say_cost(self, n):
        """A step of Heun evaluates the score twice, and each time p_t many times."""
        diffusion, score = self.diffusion_, self.diffusion_.score
        assert isinstance(score, LocalAverageScore)
        evaluations = 2 * n * diffusion.n_steps * score.evaluations
        seconds = evaluations * len(diffusion.cloud) / PAIRS_PER_SECOND
        if seconds > SECONDS_TO_WARN:
            warn(
                f"{n} rows take {evaluations:.2g} evaluations of the law of {len(diffusion.cloud)} "
                f"points, some {seconds / 60:.0f} minutes on two cores. A smaller n_quadrature or "
                "n_steps takes less."
            )

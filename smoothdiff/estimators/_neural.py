"""NeuralScoreDiffusion: a score network, trained in JAX."""

import os
from numbers import Integral

import numpy as np

from .. import training
from ..network import ARCHITECTURES
from ..scores._neural import NeuralScore
from . import _validation as checks
from ._base import BaseDiffusion
from ._docs import documented

__all__ = ["NeuralScoreDiffusion"]


@documented
class NeuralScoreDiffusion(BaseDiffusion):
    """Diffusion driven by a network that is trained to match the score.

    Trained on a finite set, a network does not learn the exact score, which memorizes, but a
    smoother one: weight decay plays the part of `SmoothedPLDiffusion`'s kappa. The network works in
    the tangent directions, on data scaled to the unit ball.

    Parameters
    ----------
    architecture : {"time-conditioned", "mlp"}, default="time-conditioned"
        The papers' networks for all noise levels, or for the one level ``t0`` alone: then
        ``score_function(X, t0_)`` is the product, and there are no samples and no density.
    objective : {"esf", "dsm"}, default="esf"
        Regress on the exact empirical score, or denoising score matching, whose steps do not
        slow down with the number of training points.
    hidden_width : int, default=128
    weight_decay : float, default=0.01
        Of AdamW; larger smooths more.
    decayed : {"papers", "all", "weights"}, default="papers"
        What decays: the papers' choice (of a time-conditioned network the part that sees x, of
        "mlp" all), all parameters, or all but biases.
    learning_rate : float, default=1e-3
    batch_size : int, default=256
    max_iter : int, default=5000
        Most steps of the optimizer; ``tol`` may end training before.
    tol, n_iter_no_change : float, default=1e-4; int, default=10
        Training ends when the mean loss of 100 steps (with ``early_stopping`` the loss on the rows
        held out) has not fallen by ``tol`` of it for so many times 100 steps.
    early_stopping : bool, default=False
        Hold out rows, and keep the parameters with the smallest denoising loss on them.
    validation_fraction : float, default=0.1
        Part of the distinct rows that is held out.
    ema_decay : float, default=0.0
        Decay of the moving average of the parameters that is used; 0 for the last ones. Until
        1 / (1 - ema_decay) steps it is their plain mean.
    warm_start : bool, default=False
        Begin with the parameters of the last fit, if they are of the same architecture and shapes.
    checkpoint : str or None, default=None
        File to save the run to, every 1000 steps and after the last whole 100, and to go on from
        where it exists: the result is that of a run that was never stopped, bit for bit. It needs
        an integer ``random_state``, and is refused for other data or parameters than its own.
    $t0
    $t_min
    spacing : "auto" or float, default="auto"
        Length scale of the data; "auto" is half the median distance of a point to the nearest
        other one.
    $n_components
    solver : {"heun", "euler", "sde"}, default="heun"
        Steps of the probability-flow ODE, or of the reverse-time SDE, whose law has no density
        here.
    $steps
    $workers

    Attributes
    ----------
    $subspace
    $variances
    loss_curve_ : array of shape (n_iter_,)
        Loss of each step.
    n_iter_ : int
        Steps taken.
    best_loss_ : float
        Smallest mean loss of 100 steps (the parameters kept are the last all the same), or on the
        rows held out (the parameters kept are those that had it).
    $points

    Notes
    -----
    Ctrl-C ends training with a warning and leaves a model with the parameters reached so far.

    There is no ``partial_fit``: the subspace, the scales, the exact score and the law that
    sampling starts from are those of all the data. ``warm_start`` goes on from the last network.

    References
    ----------
    On the Interpolation Effect of Score Smoothing in Diffusion Models, arXiv 2502.19499,
    appendix J.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import NeuralScoreDiffusion
    >>> X = np.linspace(-1, 1, 4).reshape(-1, 1)
    >>> model = NeuralScoreDiffusion(tol=0.5, n_iter_no_change=1, random_state=0)
    >>> model.set_params(n_steps=20).fit(X)  # doctest: +ELLIPSIS
    NeuralScoreDiffusion(...)
    >>> model.sample(5).shape
    (5, 1)
    """

    def __init__(
        self,
        *,
        architecture="time-conditioned",
        objective="esf",
        hidden_width=128,
        weight_decay=0.01,
        decayed="papers",
        learning_rate=1e-3,
        batch_size=256,
        max_iter=5000,
        tol=1e-4,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        ema_decay=0.0,
        warm_start=False,
        checkpoint=None,
        t0="auto",
        t_min="auto",
        t0_scale=1.0,
        t_min_scale="auto",
        spacing="auto",
        n_components="auto",
        solver="heun",
        n_steps=200,
        schedule_rho=2.0,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.architecture = architecture
        self.objective = objective
        self.hidden_width = hidden_width
        self.weight_decay = weight_decay
        self.decayed = decayed
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.ema_decay = ema_decay
        self.warm_start = warm_start
        self.checkpoint = checkpoint
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

    def _check_parameters(self):
        checks.check_choice(self, "architecture", ARCHITECTURES)
        checks.check_choice(self, "objective", training.OBJECTIVES)
        checks.check_choice(self, "decayed", training.DECAYED)
        for name in ("hidden_width", "batch_size", "max_iter", "n_iter_no_change"):
            checks.check_count(self, name)
        checks.check_number(self, "learning_rate")
        for name in ("weight_decay", "tol", "ema_decay"):
            checks.check_number(self, name, zero=True)
        for name in ("early_stopping", "warm_start"):
            checks.check_flag(self, name)
        checks.check_number(self, "validation_fraction")
        for name in ("ema_decay", "validation_fraction"):
            if getattr(self, name) >= 1:
                checks.refuse(self, name, "less than 1")
        if self.checkpoint is not None:
            if not isinstance(self.checkpoint, (str, os.PathLike)):
                checks.refuse(self, "checkpoint", "None or a path", TypeError)
            parent = os.path.dirname(os.path.abspath(self.checkpoint))
            if os.path.isdir(self.checkpoint or ".") or not os.path.isdir(parent):
                checks.refuse(self, "checkpoint", "a file in a directory that exists")
            if not isinstance(self.random_state, Integral):
                raise ValueError(
                    "NeuralScoreDiffusion with a checkpoint needs an integer random_state, so that "
                    f"the run can be taken up again. Got {self.random_state!r} instead."
                )
        super()._check_parameters()

    # ------------------------------------------------------------------ training

    def _make_score(self, cloud, subspace, scales):
        run = training.fit_network(
            *(cloud.points, cloud.weights),
            t0=scales.t0,
            t_min=scales.t_min,
            seed=int(checks.make_generator(self.random_state).integers(2**31)),
            settings=training.Settings.of(self.get_params(deep=False)),
            params=self._warm_params(cloud.dim),
            checkpoint=self.checkpoint,
            verbose=self.verbose,
        )
        self._params, self._failed = run.params, run.failed
        self._params_of = self.architecture, self.hidden_width, cloud.dim
        self.best_loss_ = run.best_loss
        self.loss_curve_ = run.losses.astype(np.float64)
        self.n_iter_ = run.n_steps
        return NeuralScore(run.params, self.architecture, run.scale)

    def _warm_params(self, dim):
        """Parameters to go on from: those of the last fit, if they are of the same shapes."""
        shapes = self.architecture, self.hidden_width, dim
        same = self.warm_start and getattr(self, "_params_of", None) == shapes
        return self._params if same else None

    def fit(self, X, y=None, sample_weight=None):
        """Learn the subspace and the scales of the data, and train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 2 equals a repeated row, a weight of 0 a missing one.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For parameters or data that cannot be used; the estimator is then unchanged.
        RuntimeError
            If the loss is not finite at some step. The model is then fitted, with the last
            parameters before the loss rose.
        """
        super().fit(X, y, sample_weight)
        if self._failed:
            cause = (
                f"learning_rate={self.learning_rate!r} or weight_decay={self.weight_decay!r} is "
                "too large. The last good parameters are kept."
            )
            if self._failed == 1:  # of the parameters that training began with
                cause = (
                    f"t0={self.t0_:.3g} or t_min={self.t_min_:.3g}, in the data's units, is out of "
                    "the range of 32-bit floats."
                )
            raise RuntimeError(
                f"The loss of step {self._failed} is not finite: most likely {cause}"
            )
        return self

    # ------------------------------------------------------------------ the score

    @property
    def _one_level(self):
        """Whether the network, if there is one, is for t0 alone."""
        return getattr(self, "_params_of", (self.architecture,))[0] == "mlp"

    def _check_field(self, X, t):
        X, t = super()._check_field(X, t)
        if self._one_level and np.any(t != self.t0_):
            raise ValueError(
                "NeuralScoreDiffusion with architecture='mlp' knows the score at t0 alone, "
                f"{self.t0_:.6g}. Got another t."
            )
        return X, t

    def _refuse_one_level(self, what):
        if self._one_level:
            raise ValueError(
                f"{what} of NeuralScoreDiffusion needs the score at all noise levels, and "
                "architecture='mlp' knows that of t0 alone; use 'time-conditioned'."
            )

    def sample(self, n_samples=1, random_state=None, *, return_parents=False, out=None):
        """Draw new points; see `SmoothedPLDiffusion.sample`. There are no parents to return."""
        self._refuse_one_level("sample")
        return super().sample(n_samples, random_state, return_parents=return_parents, out=out)

    def flow(self, X, t, s):
        """Carry points along the ODE from variance t to s; see `SmoothedPLDiffusion.flow`."""
        self._refuse_one_level("flow")
        return super().flow(X, t, s)

    def trajectory(self, X=None, n_samples=1, times=None, random_state=None):
        """States along the denoising path; see `SmoothedPLDiffusion.trajectory`."""
        self._refuse_one_level("trajectory")
        return super().trajectory(X, n_samples, times, random_state)

    def score_samples(self, X, *, out=None):
        """Log-density of X at ``t_min_``; see `SmoothedPLDiffusion.score_samples`."""
        self._refuse_one_level("score_samples")
        return super().score_samples(X, out=out)

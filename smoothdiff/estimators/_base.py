"""What the estimators share: they check what they are given, and hand it to a `Diffusion`."""

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from .._compute import workers
from .._large_cloud import is_large
from .._memory import memory_told
from .._progress import ColumnWarning, Progress, warn
from ..cloud import PointCloud, of_sum_one
from ..model import Diffusion
from ..ode import METHODS
from ..scores import OfPoints, Score
from ..scores._divergence import EXACT_MAX_DIM
from ..solvers import Solver, Steps
from ..starts import Isotropic, StartingLaw
from ..subspace import Subspace, fit_subspace
from . import _validation as checks
from ._batches import Output, Remarks, slices
from ._fields import FieldMixin
from ._scales import T_MIN_FRACTION, Scales, check_extent, check_scales, find_scales, warn_of_scales
from ._training_rows import TrainingRows

__all__ = ["BaseDiffusion"]

# Relative error of log-densities from which it is told.
TOLD_ERROR = 1e-6


class BaseDiffusion(FieldMixin, DensityMixin, BaseEstimator):
    """Base of the estimators: a subclass says which score, start and solver its diffusion has."""

    SOLVERS: tuple[str, ...] = tuple(METHODS)

    # ------------------------------------------------------------------ what a subclass says

    def _make_score(self, cloud: PointCloud, subspace: Subspace, scales: Scales) -> Score:
        raise NotImplementedError

    def _make_start(self, cloud: PointCloud, scales: Scales) -> StartingLaw:
        return Isotropic(cloud, scales.t0)

    def _make_solver(self, score: Score) -> Solver:
        return Steps(score, self.solver, self.n_steps, self.schedule_rho)

    def _auto_t_min_scale(self, subspace: Subspace) -> float:
        """t_min in units of t0: spheres leave noise of length sqrt(r t_min)."""
        return T_MIN_FRACTION / subspace.dim

    _needs_spacing = False
    _lighter = "fit fewer rows"

    def _n_neighbors(self, dim):
        """Neighbors of each training point that the model will look up."""
        return 1

    # ------------------------------------------------------------------ fitting

    def fit(self, X, y=None, sample_weight=None):
        """Learn the subspace, the spacing and the time scale of the data.

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

        Warns
        -----
        UserWarning
            Where the noise of t_min is wider than a column, which it drowns, or where a solver's
            steps are too few.
        """
        checks.check_workers(self)
        with checks.unchanged_on_error(self), workers(self.n_jobs):
            self._check_parameters()
            checks.check_seed(self.random_state)
            X = checks.check_finite_data(self, X, reset=True, keep_float32=True)
            X = X if is_large(X) else X.astype(np.float64, copy=False)
            weights = checks.check_sample_weight(sample_weight, len(X))
            checks.check_n_components(self, *X.shape)
            check_extent(self, X, X[0], 1.0)
            with memory_told(f"fit of {type(self).__name__} to {len(X)} rows", self._lighter):
                self._fit(X, weights)
            self._generator = checks.make_generator(self.random_state)
        return self

    def _fit(self, X, weights):
        training = TrainingRows(X, weights)
        subspace = self._fit_subspace(training.data, training.share, weights.sum())
        variances = subspace.column_variances(training.data, training.share)
        cloud = training.cloud(subspace, self._n_neighbors(subspace.dim))
        scales = find_scales(self, X, weights, cloud, subspace)
        score = self._make_score(cloud, subspace, scales)
        exact = scales.t_min == 0 and subspace.noise_variance == 0
        self.diffusion_ = Diffusion(
            subspace=subspace,
            cloud=cloud,
            score=score,
            start=self._make_start(cloud, scales),
            solver=self._make_solver(score),
            t0=scales.t0,
            t_min=scales.t_min,
            n_steps=int(self.n_steps),
            schedule_rho=float(self.schedule_rho),
            rows=training.in_order() if exact else None,
        )
        self._rows, self._group = training.rows, training.group
        self.mean_, self.components_ = subspace.mean, subspace.components
        self.explained_variance_ = subspace.explained_variance
        self.noise_variance_ = subspace.noise_variance
        self.n_components_ = subspace.dim
        self.spacing_, self.t0_, self.t_min_ = scales
        self._weightless = subspace.project(X[self._group < 0])
        self.weights_ = of_sum_one(weights) if is_large(X) else weights / weights.sum()
        warn_of_scales(self, variances, len(cloud))

    def _fit_subspace(self, X, share, n_effective):
        return fit_subspace(X, share, self.n_components, n_effective)

    def _check_parameters(self):
        check_scales(self)

    @property
    def points_(self):
        """Training rows in tangent coordinates, (n_samples, n_components_)."""
        check_is_fitted(self)
        points = self.diffusion_.cloud.at(self._group)
        points[self._group < 0] = self._weightless
        return points

    @property
    def start_covariances_(self):
        """Covariance of the starting law at each training point; NaN for those of no weight."""
        check_is_fitted(self)
        covariances = np.asarray(self.diffusion_.start.covariances)[self._group]
        covariances[self._group < 0] = np.nan
        return covariances

    # ------------------------------------------------------------------ sampling and density

    def sample(self, n_samples=1, random_state=None, *, return_parents=False, out=None):
        """Draw new points.

        They are drawn in batches of 1048576, each of which may be written to a file before the
        next one is begun.

        Parameters
        ----------
        n_samples : int, default=1
            0 gives an empty array.
        random_state : int, RandomState, Generator or None
            Overrides the constructor's for this call. By default successive calls continue the
            constructor's sequence, which starts anew with each fit.
        return_parents : bool, default=False
            Also return which training rows each sample was made from.
        out : path or array of shape (n_samples, n_features), optional
            Where the points go: a .npy file of float64, which is there when all are, or an array
            of floats, which may be mapped to a file. Parents are not written.

        Returns
        -------
        X : array of shape (n_samples, n_features), float64
            Or ``out``; the file is mapped to memory, for reading.
            Where no noise is left (t_min=0, data in a subspace), exactly the weighted means of
            the parents: a sample with one parent equals that row bit for bit.
        parents : integer array of shape (n_samples, k)
            Rows of the training data, by decreasing weight; -1 is padding. Only with
            ``return_parents``. Of equal training rows the first is named.
        parent_weights : array of shape (n_samples, k)
            Their weights, of sum 1 in each row; 0 is padding. Only with ``return_parents``.

        Raises
        ------
        ValueError, TypeError, OSError
            For parameters that cannot be used; nothing is drawn or written then.
        """
        check_is_fitted(self)
        n = checks.check_n_samples(n_samples)
        if return_parents and not isinstance(self.diffusion_.score, OfPoints):
            raise ValueError(
                f"{type(self).__name__} does not make samples from single training rows and has no "
                "parents to return; SmoothedPLDiffusion does."
            )
        target = Output(out, (n, self.n_features_in_))
        if out is not None and return_parents:
            raise ValueError("With out=... only the points are kept: leave out return_parents.")
        self._say_cost(n)
        generator = self._generator_for(random_state)
        report = Progress(n, "rows", self.verbose)
        batches = (
            self._draw(generator, rows.stop - rows.start, parents=return_parents, done=report.add)
            for rows in slices(n)
        )
        remedy = "lower n_samples, or set out to a file, into which they go batch by batch"
        with memory_told(f"sample of {n} rows", remedy):
            if not return_parents:
                return target.filled(end.x for end in batches)
            x, parents, weights = (np.concatenate(part) for part in zip(*batches, strict=True))
            return x, self._training_rows(parents), weights

    def _points_of(self, rows):
        """How much of each point of the cloud some training rows are, (n_points,)."""
        rows = rows[self._group[rows] >= 0]
        return np.bincount(self._group[rows], self.weights_[rows], len(self._rows))

    def _draw(self, generator, n, *, parents=False, around=None, done=None):
        """Draw n rows; with ``around``, (n,), each starts in the noise of a point of the cloud."""
        with self._workers():
            return self.diffusion_.sample(
                generator, n, parents=parents, around=around, verbose=self.verbose, done=done
            )

    def score_samples(self, X, *, out=None):
        """Log-density, at the variance ``t_min_``, of the law that `sample` draws from.

        In closed form with solver "exact", else by steps of the ODE. The density that "sde"
        draws from is known only for the exact score, in the limit of many steps.

        It is with respect to the volume of the columns that vary in the training data. A row that
        differs from them in a column that is constant there cannot be drawn: it has -inf, and a
        warning names the columns. For the held-out log-density of each training row use a loop
        over folds (``[model.fit(X[a]).score_samples(X[b]) for a, b in KFold(5).split(X)]``):
        scikit-learn's cross_val_predict knows no method "score_samples".

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            An array of float32, which may be mapped to a file, is read a batch at a time.
        out : path or array of shape (n,), optional
            Where the log-densities go, as for `sample`.

        Returns
        -------
        array of shape (n,), float64, or ``out``

        Raises
        ------
        ValueError
            If ``t_min_`` is 0: the law then sits on the training points and the faces between
            them and has no density. If a smoothed score is sampled by "sde".
        """
        check_is_fitted(self)
        reason = self.diffusion_.solver.no_density
        if reason is not None:
            raise ValueError(f"score_samples of {type(self).__name__} has no density {reason}.")
        X = self._check_rows(X, keep_float32=True)
        if self.t_min_ == 0:
            raise ValueError(
                f"score_samples of {type(self).__name__} needs t_min > 0: at t_min=0 the samples "
                "lie on the training points and the faces between them, where there is no density."
            )
        target = Output(out, (len(X),))
        self._say_cost(len(X))
        report, remarks = Progress(len(X), "rows", self.verbose), Remarks(self.diffusion_.subspace)

        def log_density(rows):
            with self._workers():
                found = self.diffusion_.log_density(X[rows], verbose=self.verbose, done=report.add)
            remarks.add(X[rows], found)
            return found.value

        with memory_told(f"score_samples of {type(self).__name__}", self._lighter):
            log_p = target.filled(map(log_density, slices(len(X))))
        self._warn_of_density(remarks)
        return log_p

    def _warn_of_density(self, remarks):
        if remarks.n_off:
            warn(
                f"{remarks.n_off} of {remarks.n} rows differ from the training data in columns "
                f"that are constant there, so that their log-density is -inf: "
                f"{checks.name_columns(self, np.flatnonzero(remarks.differs))}.",
                ColumnWarning,
            )
        self._warn_of_error(remarks.error)

    def _warn_of_error(self, error):
        if error > TOLD_ERROR:
            probed = self.n_components_ > EXACT_MAX_DIM
            warn(
                f"The divergence of this score is estimated in {self.n_components_} dimensions: "
                f"log-densities have {'a standard' if probed else 'an'} error of up to {error:.2g}."
            )

    def score(self, X, y=None):
        """Mean log-density of X under the model; larger is better. ``y`` is ignored."""
        return float(np.mean(self.score_samples(X)))

    # ------------------------------------------------------------------ small things

    def _say_cost(self, n):
        """Warn before n rows take minutes, where a subclass can tell."""

    def _check_rows(self, X, *, keep_float32=False):
        """Rows that a method is given, as float64, or as float32 if they may be that."""
        X = checks.check_finite_data(self, X, reset=False, keep_float32=keep_float32)
        check_extent(self, X, self.mean_, self.t_min_ or self.t0_)
        return X

    def _workers(self):
        checks.check_workers(self)
        return workers(self.n_jobs)

    def _generator_for(self, random_state):
        return self._generator if random_state is None else checks.make_generator(random_state)

    def _fitted_to(self, X):
        """Whether X has the training rows, in their order."""
        check_is_fitted(self)
        try:
            X = checks.check_finite_data(self, X, reset=False)
        except (TypeError, ValueError):
            return False
        return len(X) == len(self._group) and np.allclose(
            self.diffusion_.subspace.project(X), self.points_, rtol=1e-9
        )

    def _training_rows(self, parents):
        """Rows of the training data for points of the cloud; -1 stays."""
        return np.where(parents >= 0, self._rows[parents], np.intp(-1))

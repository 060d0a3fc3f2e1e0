"""Documentation that the estimators share, written once."""

from string import Template

__all__ = ["documented"]

SHARED = {
    "t0": """t0 : "auto" or float, default="auto"
    Variance at which denoising starts; "auto" is ``t0_scale * spacing_ ** 2``.""",
    "t_min": """t_min : "auto" or float, default="auto"
    Variance at which it ends, that is how much noise samples keep; "auto" is
    ``t_min_scale * t0_``. 0, where the solver is exact, leaves none, and then there is no density.
t0_scale : float, default=1.0
    t0="auto" in units of ``spacing_ ** 2``: a number without a unit, for searches.
t_min_scale : "auto" or float in [0, 1], default="auto"
    t_min="auto" in units of ``t0_``; "auto" is 0.1 for starts that are shaped by the data's
    neighbors, and 0.01 / n_components_ for spheres and for data that lie in a flat subspace.""",
    "spacing": """spacing : "auto" or float, default="auto"
    Typical half-distance between neighbors ("Delta"); "auto" is half the median distance of
    a point to the nearest other one.""",
    "start": """start : str or list of smoothdiff.starts.Start, default="local"
    Covariances of the starting law, one Gaussian at each training point: "isotropic", all t0 I (the
    papers'); "adaptive", scaled by the distance to the nearest neighbors; "local-pca", shaped by
    the differences to them; "local", shaped by those and by the whole cloud. "gaussian" is one
    Gaussian for all. A list is their mixture, with weights.
start_neighbors : int, default=10
    Neighbors that shape the noise, counted by weight: heavy rows start narrow. Ten suit
    tables and clouds, and are too many for data on a curve or surface: take 4.
start_shrinkage : (float, float), default=(0.1, 0.1)
    Of "local": how much its shape is that of the whole cloud, and how much a sphere. (0, 0.02)
    keeps samples on a curve or surface that has no noise.""",
    "n_components": """n_components : "auto", int, float in (0, 1), "mle" or None, default="auto"
    Tangent dimensions: "auto" is the numerical rank, the others are as in scikit-learn's
    PCA. The data along the normal directions are modeled as Gaussian. They are those
    of one flat subspace: a helix has three. Columns that are constant in the data are no
    directions: samples have the constant there.""",
    "steps": """n_steps : int, default=200
    Steps from t0 to t_min.
schedule_rho : float, default=2.0
    Exponent of the Karras grid of times, 1 or more; 1 is even in sqrt(t), inf geometric.""",
    "workers": """n_jobs : int or None, default=None
    Cores to use; None means what ``joblib.parallel_config`` says, or else all of them, and
    within a worker of joblib or dask always one. Where ``parallel_config`` names a backend of
    processes or machines, blocks of 65536 rows are handed to it. Numbers do not depend on it.
random_state : int, RandomState, Generator or None, default=None
verbose : int, default=0
    Progress of long runs on standard error.""",
    "subspace": """mean_ : array of shape (n_features,)
components_ : array of shape (n_components_, n_features)
    Tangent directions.
explained_variance_ : array of shape (n_components_,)
    Weighted mean square along each (divisor n, as for a likelihood).
noise_variance_ : float
    Mean variance along the normal directions.
n_components_ : int
spacing_, t0_, t_min_ : float""",
    "points": """points_ : array of shape (n_samples, n_components_)
    Training data in tangent coordinates.
weights_ : array of shape (n_samples,)
    Sample weights, of sum 1. They enter the starting law and the subspace; the faces do
    not depend on them.
diffusion_ : smoothdiff.model.Diffusion
    The fitted model on arrays, which all methods call. Parameters that are set after `fit`
    change nothing in it.
n_features_in_ : int
feature_names_in_ : array of shape (n_features_in_,)
    Only when X has string column names.""",
    "covariances": """start_covariances_ : array of shape (n_samples,) or (n_samples, r, r)
    Covariance of the starting law at each training point: variances for "isotropic" and
    "adaptive", matrices (formed on access) for the others.""",
    "variances": """start_covariances_ : array of shape (n_samples,)
    Variance of the starting law at each training point, t0_.""",
}
# Of fields that are given, which need not be flat off the data.
SHARED["start_of_fields"] = SHARED["start"].replace('default="local"', 'default="isotropic"', 1)


def documented(cls):
    """Fill in the $names of a class's docstring."""
    if cls.__doc__ is not None:
        texts = {name: text.replace("\n", "\n    ") for name, text in SHARED.items()}
        cls.__doc__ = Template(cls.__doc__).substitute(texts)
    return cls

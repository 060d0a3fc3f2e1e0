"""Held-out log-likelihood of small tables: SmoothedPLDiffusionCV beside other densities.

Wine and breast cancer by the protocol of Fong, Holmes and Walker (Martingale posterior
distributions, 2023): of columns correlated above 0.98 one is kept, half of the rows train, split
seeds 100 to 109, standardized on the training rows. The others are held out in the same way, five
splits. All are tuned on the training rows alone. Mean log-density of a held-out row in nats, and
the null: the one Gaussian.
"""

import sys
import warnings

import numpy as np
from scipy.stats import gaussian_kde
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.neighbors import KernelDensity

from smoothdiff import SmoothedPLDiffusion, SmoothedPLDiffusionCV

from ._measure import record, seconds

# Mean of the ten splits as printed (their best, the recursive Bayesian predictive copula).
PUBLISHED = {"wine": -14.57, "breast cancer": -13.01}
FOLDS = KFold(5, shuffle=True, random_state=0)


def tables():
    """Name, rows (n, d) and seeds of the splits."""
    for name, load in {
        "wine": datasets.load_wine,
        "breast cancer": datasets.load_breast_cancer,
    }.items():
        yield name, uncorrelated(load().data), range(100, 110)
    few = range(100, 105)
    yield "iris", datasets.load_iris().data, few
    yield "diabetes", datasets.load_diabetes().data, few
    digits = PCA(15, random_state=0).fit_transform(datasets.load_digits().data)
    yield "digits, 15 components", digits, few
    rng = np.random.default_rng(0)
    u = rng.uniform(0, 4 * np.pi, 400)
    helix = np.c_[np.cos(u), np.sin(u), u / 4] + 0.05 * rng.normal(size=(400, 3))
    yield "helix", helix, few
    yield "swiss roll", datasets.make_swiss_roll(800, noise=0.3, random_state=0)[0], few


def uncorrelated(X, most=0.98):
    """The columns, without those that are correlated above ``most`` with one before."""
    correlation, kept = np.abs(np.corrcoef(X.T)), []
    for j in range(X.shape[1]):
        if (correlation[j, kept] <= most).all():
            kept.append(j)
    return X[:, kept]


class Kde:
    """scipy's gaussian_kde as a density estimator, with its factor as a parameter."""

    def fit(self, X):
        def held_out(factor):
            parts = [gaussian_kde(X[a].T, factor).logpdf(X[b].T) for a, b in FOLDS.split(X)]
            return np.concatenate(parts).mean()

        factors = gaussian_kde(X.T).factor * np.linspace(0.5, 1.6, 12)
        self.kde_ = gaussian_kde(X.T, max(factors, key=held_out))
        return self

    def score_samples(self, X):
        return self.kde_.logpdf(X.T)


def searched(model, **grid):
    def score(model, X, y=None):
        return float(np.mean(model.score_samples(X)))  # KernelDensity.score is a sum

    return GridSearchCV(model, grid, cv=FOLDS, scoring=score)


def contenders(X):
    n, d = X.shape
    mixtures = {"n_components": [1, 2, 3, 5, 8, 12], "reg_covar": [1e-3, 1e-2, 1e-1]}
    bandwidths = 1.06 * n ** (-1 / (d + 4)) * np.linspace(0.3, 1.5, 13)
    settings = {"max_iter": 500, "random_state": 0}
    return {
        "SmoothedPLDiffusionCV": SmoothedPLDiffusionCV(random_state=0),
        "SmoothedPLDiffusion, t_min = t0": SmoothedPLDiffusion(t_min_scale=1.0),
        "KernelDensity": searched(KernelDensity(leaf_size=n), bandwidth=bandwidths),
        "gaussian_kde": Kde(),
        **{
            f"GaussianMixture, {kind}": searched(
                GaussianMixture(covariance_type=kind, **settings), **mixtures
            )
            for kind in ("full", "tied", "diag")
        },
        "BayesianGaussianMixture": searched(
            BayesianGaussianMixture(**settings), n_components=[3, 8], reg_covar=[1e-3, 1e-2, 1e-1]
        ),
        "one Gaussian": searched(GaussianMixture(1), reg_covar=[1e-6, 1e-3, 1e-2, 1e-1]),
    }


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.filterwarnings("ignore", "The search chose")
    warnings.filterwarnings("ignore", ".*share their value with all neighbors")
    warnings.filterwarnings("ignore", ".*of the rows repeat others")
    results = {}
    for name, X, seeds in tables():
        found, times = {}, {}
        for seed in seeds:
            train, test = train_test_split(X, test_size=0.5, random_state=seed)
            mean, deviation = train.mean(axis=0), train.std(axis=0)
            train, test = (train - mean) / deviation, (test - mean) / deviation
            for model_name, model in contenders(train).items():
                took, fitted = seconds(lambda m=model, X=train: m.fit(X), 1)
                found.setdefault(model_name, []).append(fitted.score_samples(test).mean())
                times.setdefault(model_name, []).append(took)
        for model_name, values in found.items():
            error = np.std(values, ddof=1) / np.sqrt(len(values))
            results[f"{name}: {model_name}"] = {
                "mean": float(np.mean(values)),
                "standard_error": float(error),
                "seconds": float(np.median(times[model_name])),
            }
            print(
                f"{name:24} {model_name:34} {np.mean(values):8.2f} +- {error:.2f}", file=sys.stderr
            )
        if name in PUBLISHED:
            results[f"{name}: R-BP copula, as printed"] = {"mean": PUBLISHED[name]}
    record("likelihood", results)


if __name__ == "__main__":
    main()

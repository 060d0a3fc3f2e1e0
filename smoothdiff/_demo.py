"""The demonstration: density models on scikit-learn's digits, searched, compared and drawn.

Digits are given as their first 15 principal components. All models are searched alike, by
cross-validation on the training part, and judged on a part that no search has seen.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from threading import Lock
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from joblib import parallel_config
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid, train_test_split
from sklearn.neighbors import KernelDensity

from .estimators import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from .inspection import ParentsDisplay
from .metrics import memorized_fraction
from .tables import check_target, replacing

__all__ = ["chosen", "contenders", "draw", "judge", "reading", "run", "table"]

SEED, FOLDS, DRAWN = 0, 3, 1000


class Contender(NamedTuple):
    """A model and the parameters to search."""

    name: str
    model: Any
    grid: list[dict]


class Result(NamedTuple):
    """How a searched model did."""

    name: str
    model: Any
    chosen: dict
    log_likelihood: np.ndarray
    """Log-density of each held-out row, (n,)."""
    memorized: float
    """Fraction of its samples that are near-copies of training rows."""
    memorized_bare: float
    """The same at t_min = 0, without the noise that samples keep; NaN if there is no t_min."""
    seconds: float
    """To search, fit and sample."""


def contenders(X):
    """The four models and their grids for training rows X (n, d)."""
    unit = SmoothedPLDiffusion().fit(X).spacing_ ** 2
    bandwidths = np.sqrt(unit) * np.arange(0.4, 1.01, 0.05)
    starts = ["isotropic", "adaptive", "local-pca"]
    smoothed = []
    for t0 in unit * np.array([0.5, 1.0, 2.0]):
        # At t_min = t0 nothing is denoised, and kappa has no say.
        smoothed.append({"t0": [t0], "t_min": [t0], "start": starts})
        t_min = [t0 / 4, t0 / 2]
        kappa = [0.05, 0.1, 0.2]
        smoothed.append({"t0": [t0], "t_min": t_min, "start": starts, "kappa": kappa})
    return [
        Contender("SmoothedPL", SmoothedPLDiffusion(), smoothed),
        Contender("Empirical", EmpiricalScoreDiffusion(t0=2 * unit), [{"t_min": bandwidths**2}]),
        # One leaf: with more, scikit-learn cuts the far tails of a row's density.
        Contender("KernelDensity", KernelDensity(leaf_size=len(X)), [{"bandwidth": bandwidths}]),
        Contender(
            "GaussianMixture",
            GaussianMixture(max_iter=500, random_state=SEED),
            [{"n_components": [10, 20, 40, 80], "reg_covar": [1.0, 2.0, 4.0, 8.0]}],
        ),
    ]


def judge(contender, train, test, progress):
    """Search a model on rows ``train`` (n, d) and judge it on rows ``test`` (m, d)."""
    name, model, grid = contender
    progress.stage(name)

    def mean_log_likelihood(model, X, y=None):
        progress.step()
        return float(np.mean(model.score_samples(X)))  # score of KernelDensity is a sum

    began = perf_counter()
    folds = KFold(FOLDS, shuffle=True, random_state=SEED)
    search = GridSearchCV(model, grid, scoring=mean_log_likelihood, cv=folds)
    # Threads share what is compiled, and report to one bar.
    with parallel_config("threading", n_jobs=-1):
        best = search.fit(train).best_estimator_
    samples = _draw(best)
    seconds = perf_counter() - began
    bare = float("nan")
    if "t_min" in best.get_params():
        bare = memorized_fraction(_draw(clone(best).set_params(t_min=0).fit(train)), train)
    log_likelihood = best.score_samples(test)
    memorized = memorized_fraction(samples, train)
    return Result(name, best, search.best_params_, log_likelihood, memorized, bare, seconds)


def _draw(model):
    if isinstance(model, GaussianMixture):  # its sample takes no seed, and returns labels as well
        return model.sample(DRAWN)[0]
    return model.sample(DRAWN, random_state=SEED)


def table(results):
    """The results as lines of text."""
    lines = [
        f"{'':16}{'log-likelihood':>16}{'memorized':>12}{'memorized':>12}{'seconds':>10}",
        f"{'':16}{'held out':>16}{'samples':>12}{'at t_min=0':>12}",
    ]
    for result in results:
        bare = "-" if np.isnan(result.memorized_bare) else f"{result.memorized_bare:.3f}"
        lines.append(
            f"{result.name:16}{result.log_likelihood.mean():16.2f}{result.memorized:12.3f}"
            f"{bare:>12}{result.seconds:10.1f}"
        )
    return "\n".join(lines)


def chosen(results):
    """The parameters that the searches chose, as lines of text."""
    lines = []
    for result in results:
        values = (
            f"{name}={value if isinstance(value, str) else format(value, '.4g')}"
            for name, value in sorted(result.chosen.items())
        )
        lines.append(f"{result.name:16}{', '.join(values)}")
    return "\n".join(lines)


def reading(results):
    """What the table says of the first model and the best of the others, in one sentence."""
    ours, *others = results
    best = max(others, key=lambda result: result.log_likelihood.mean())
    gain = ours.log_likelihood - best.log_likelihood
    mean, error = gain.mean(), gain.std(ddof=1) / np.sqrt(len(gain))
    return (
        f"On the {len(gain)} held-out rows {ours.name} is {abs(mean):.2f} nats a row (standard "
        f"error {error:.2f}) {'above' if mean > 0 else 'below'} {best.name}, the best of the "
        f"others{'' if abs(mean) > 2 * error else ', which is no clear difference'}; without the "
        f"noise that samples keep (t_min=0), {ours.memorized_bare:.0%} of its samples are "
        "near-copies of one training row."
    )


def draw(model, train, test, pca, output):
    """Write a picture of samples at t_min = 0 and their parents, below held-out digits."""

    def pixels(points):
        """Images with a margin of one pixel: the digits reach the edges of theirs."""
        images = pca.inverse_transform(points).reshape(-1, 8, 8)
        return np.pad(images, ((0, 0), (1, 1), (1, 1))).reshape(len(images), -1)

    bare = clone(model).set_params(t_min=0).fit(train)
    display = ParentsDisplay.from_estimator(
        bare,
        train,
        n_samples=10,
        random_state=SEED,
        inverse_transform=pixels,
        reference=test[:10],
        im_kw={"vmin": 0, "vmax": 16, "interpolation": "lanczos"},
    )
    figure = display.figure_
    figure.set_figheight(figure.get_figheight() + 1.0)  # the lines above and below
    figure.suptitle("New digits, and the training digits that each is made of", size="x-large")
    figure.supxlabel(
        "The first ten samples of SmoothedPLDiffusion at t_min = 0: each is exactly the weighted "
        f"mean of its parents.\nThe tuned t_min = {model.t_min_:.3g} would add noise. Real digits "
        f"are held out; all are shown by their {train.shape[1]} principal components.",
        size="medium",
    )
    with replacing(output) as file:
        figure.savefig(file, format=output.suffix[1:].lower(), dpi=150)
    sys.modules["matplotlib.pyplot"].close(figure)


def run(output):
    """Print the comparison and write the picture.

    Parameters
    ----------
    output : str or path-like
        Picture to write, in the format of its suffix.

    Raises
    ------
    OSError, ValueError
        If the picture cannot be written there; before any work.
    """
    began, output = perf_counter(), Path(output)
    check_target(output, _picture_suffixes() or (output.suffix.lower(),))
    rows, digit = load_digits(return_X_y=True)
    train, test = train_test_split(rows, stratify=digit, random_state=SEED)
    pca = PCA(15, random_state=SEED).fit(train)
    train, test = pca.transform(train), pca.transform(test)
    entries = contenders(train)
    n_fits = sum(len(ParameterGrid(entry.grid)) for entry in entries) * FOLDS
    with Progress(n_fits) as progress:
        results = [judge(entry, train, test, progress) for entry in entries]
    print(
        f"Digits by {train.shape[1]} principal components, {len(train)} training rows and "
        f"{len(test)} held out. Log-likelihood in nats a row.\n\n{table(results)}\n\n"
        f"Chosen by {FOLDS}-fold cross-validation on the training rows, {n_fits} fits:\n"
        f"{chosen(results)}\n\n{fill(reading(results), 79)}\n"
    )
    try:
        draw(results[0].model, train, test, pca, output)
        print(f"Picture: {output}")
    except ImportError as error:
        print(f"No picture. {error}")
    print(f"{perf_counter() - began:.0f} seconds in all.")


def _picture_suffixes():
    """Suffixes that matplotlib can write; none without it."""
    if find_spec("matplotlib") is None:
        return ()
    from matplotlib.backend_bases import FigureCanvasBase

    return tuple(f".{name}" for name in sorted(FigureCanvasBase.get_supported_filetypes()))


class Progress:
    """Progress on stderr: a bar on a terminal, elsewhere one line for each stage.

    Parameters
    ----------
    total : int
        Number of steps, of all stages.
    """

    WIDTH = 32

    def __init__(self, total):
        self.total, self.done, self.name = total, 0, ""
        self._stream, self._lock = sys.stderr, Lock()
        self._bar = self._stream.isatty()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar:
            self._show("\r" + " " * (self.WIDTH + 40) + "\r")

    def stage(self, name):
        """Begin a stage."""
        self.name = name
        self._show(
            self._line() if self._bar else f"{name}: {self.done} of {self.total} fits done\n"
        )

    def step(self):
        """Count one step; threads may call it at the same time."""
        with self._lock:
            self.done += 1
            if self._bar:
                self._show(self._line())

    def _line(self):
        filled = self.WIDTH * self.done // self.total
        bar = "#" * filled + "-" * (self.WIDTH - filled)
        return f"\r[{bar}] {self.done:4d} of {self.total} fits  {self.name:<16}"

    def _show(self, text):
        self._stream.write(text)
        self._stream.flush()

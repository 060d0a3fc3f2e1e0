"""``smoothdiff demo``: density models on scikit-learn's digits, searched, compared and drawn.

Digits are given as their first 15 principal components.
"""

import math
import sys
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from time import perf_counter

from .._files import check_target, replacing
from .._progress import Progress

__all__ = [
    "DESCRIPTION",
    "EXAMPLE",
    "HELP",
    "add_arguments",
    "chosen",
    "paint",
    "reading",
    "run",
    "table",
]

HELP = "compare density models on scikit-learn's digits and draw new ones"
DESCRIPTION = (
    "Search the parameters of SmoothedPLDiffusion on scikit-learn's digits by held-out "
    "log-likelihood, print how it compares with other density models, and draw digits that it "
    "generates together with the training digits they are made of. Takes about half a minute."
)
EXAMPLE = "example: smoothdiff demo -o digits.pdf"


def add_arguments(parser):
    """Declare what the verb takes."""
    parser.add_argument(
        "-o",
        "--output",
        default="smoothdiff-demo.png",
        metavar="FILE",
        help="picture to write (default: %(default)s)",
    )


def run(arguments):
    """Print the comparison and write the picture, in the format of its suffix."""
    began, output = perf_counter(), Path(arguments.output)
    check_target(output, _picture_suffixes())

    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.model_selection import train_test_split

    from ..metrics import memorized_fraction
    from ._contest import FOLDS, SEED, contenders, judge

    rows, digit = load_digits(return_X_y=True)
    train, test = train_test_split(rows, stratify=digit, random_state=SEED)
    pca = PCA(15, random_state=SEED).fit(train)
    train, test = pca.transform(train), pca.transform(test)
    entries = contenders(train)
    progress = Progress(sum(entry.n_fits for entry in entries), "fits")
    results = [judge(entry, train, test, progress) for entry in entries]
    of_real = memorized_fraction(test, train)
    print(
        f"Digits by {train.shape[1]} principal components, {len(train)} training rows and "
        f"{len(test)} held out. Log-likelihood in nats a row.\n\n{table(results, of_real)}\n\n"
        f"Chosen by {FOLDS}-fold cross-validation on the training rows:\n"
        f"{chosen(results)}\n\n{fill(reading(results, of_real), 79)}\n"
    )
    try:
        paint(results[0].model, train, test, pca, output)
        print(f"Picture: {output}")
    except ImportError as error:
        print(f"No picture. {error}")
    print(f"{perf_counter() - began:.0f} seconds in all.")


def table(results, of_real):
    """The results as lines of text, and the fraction of near-copies among real rows."""
    lines = [
        f"{'':16}{'log-likelihood':>16}{'memorized':>12}{'memorized':>12}{'seconds':>10}",
        f"{'':16}{'held out':>16}{'samples':>12}{'at t_min=0':>12}",
    ]
    for result in results:
        bare = "-" if math.isnan(result.memorized_bare) else f"{result.memorized_bare:.3f}"
        lines.append(
            f"{result.name:16}{result.log_likelihood.mean():16.2f}{result.memorized:12.3f}"
            f"{bare:>12}{result.seconds:10.1f}"
        )
    return "\n".join([*lines, f"{'held-out rows':16}{'':16}{of_real:12.3f}"])


def chosen(results):
    """The parameters that the searches chose, as lines of text."""
    lines = []
    for result in results:
        values = (f"{name}={_in_words(value)}" for name, value in sorted(result.chosen.items()))
        lines.append(f"{result.name:16}{', '.join(values)}")
    return "\n".join(lines)


def _in_words(value):
    """A parameter's value; a mixture of starting laws by their number."""
    if isinstance(value, list):
        return f"{len(value)} laws"
    return value if isinstance(value, str) else format(value, ".4g")


def reading(results, of_real):
    """What the table says of the first model and the best of the others, in one sentence."""
    ours, *others = results
    best = max(others, key=lambda result: result.log_likelihood.mean())
    gain = ours.log_likelihood - best.log_likelihood
    mean, error = gain.mean(), gain.std(ddof=1) / math.sqrt(len(gain))
    return (
        f"On the {len(gain)} held-out rows {ours.name} is {abs(mean):.2f} nats a row (standard "
        f"error {error:.2f}) {'above' if mean > 0 else 'below'} {best.name}, the best of the "
        f"others{'' if abs(mean) > 2 * error else ', which is no clear difference'}; without the "
        f"noise that samples keep (t_min=0), {ours.memorized_bare:.0%} of its samples are "
        f"near-copies of one training row; of real rows held out, {of_real:.0%} are."
    )


def paint(model, train, test, pca, output):
    """Write a picture of samples at t_min = 0 and their parents, below held-out digits."""
    import numpy as np
    from sklearn.base import clone

    from ..inspection import ParentsDisplay
    from ._contest import SEED

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


def _picture_suffixes():
    """Suffixes that matplotlib can write; none without it."""
    if find_spec("matplotlib") is None:
        return ()
    from matplotlib.backend_bases import FigureCanvasBase

    return tuple(f".{name}" for name in sorted(FigureCanvasBase.get_supported_filetypes()))

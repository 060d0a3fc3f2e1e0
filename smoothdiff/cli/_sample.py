"""``smoothdiff sample``: from a table of numbers to a table of new ones."""

import argparse
import os
import sys
from contextlib import suppress

from .._files import check_target

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "run"]

HELP = "draw new rows that are like those of a file"
DESCRIPTION = (
    "Fit SmoothedPLDiffusion to the rows of a file and write new ones, in the same units. Files "
    "are .csv or .tsv (with a header or without; comma, semicolon or tab) or .npy."
)
# Options that are parameters of the estimator, which judges them.
PARAMETERS = {
    "kappa": "smoothing, a dial from 0 (interpolate) to 1 (memorize) if t0 is auto",
    "t0": "variance at which denoising starts, or auto",
    "t_min": "variance of the noise that the new rows keep, or auto",
    "spacing": "half the typical distance between neighbors, or auto",
    "start": "starting law: isotropic, adaptive or local-pca",
    "n_components": "tangent dimensions: a count, a share of variance, auto, mle or none",
}


def add_arguments(parser):
    """Declare what the verb takes."""
    add = parser.add_argument
    add("input", metavar="FILE", help="table of numbers, one sample a row; - for CSV on stdin")
    add("-n", "--n-samples", type=_value, metavar="N", help="new rows (default: as many as FILE)")
    add(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="where to write them (default: -, as CSV on stdout)",
    )
    add(
        "--parents",
        metavar="FILE",
        help="also write what each new row was made of: lines of sample, parent and weight, where "
        "the first two are row numbers, from 0, of the output and of the input",
    )
    add("--seed", type=_value, metavar="VALUE", help="integer from 0, for the same rows each time")
    add("-q", "--quiet", action="store_true", help="no summary on stderr")

    model = parser.add_argument_group(
        "model",
        "What SmoothedPLDiffusion is given. Numbers for t0, t-min and spacing are in standardized "
        "units, where every column has deviation 1, unless there is --scale none.",
    )
    model.add_argument(
        "--scale",
        choices=["standard", "none"],
        default="standard",
        help="standard (the default) takes the mean from each column and divides by its standard "
        "deviation, so that all count alike whatever their units; none leaves them as they are",
    )
    for name, text in PARAMETERS.items():
        option = f"--{name.replace('_', '-')}"
        model.add_argument(
            option, type=_value, default=argparse.SUPPRESS, metavar="VALUE", help=text
        )


def _value(text):
    """A number if the text is one, None for "none", else the text: the estimator is the judge."""
    if text.lower() == "none":
        return None
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def run(arguments):
    """Read, fit, draw and write."""
    from . import _files as files

    output = None if arguments.output == "-" else arguments.output
    targets = [path for path in (output, arguments.parents) if path is not None]
    for path in targets:
        check_target(path, files.SUFFIXES)
    if len({os.path.realpath(path) for path in targets}) < len(targets):
        raise ValueError("--output and --parents name the same file.")
    if arguments.input == "-":
        values, header = files.parse_csv(sys.stdin.buffer.read(), "standard input")
    else:
        values, header = files.read_table(arguments.input)

    from ..estimators import SmoothedPLDiffusion
    from ._rows import draw, lines

    given = {name: getattr(arguments, name) for name in PARAMETERS if hasattr(arguments, name)}
    model = SmoothedPLDiffusion(**given, random_state=arguments.seed)
    n = len(values) if arguments.n_samples is None else arguments.n_samples
    standardized = arguments.scale == "standard"
    rows, parents, weights = draw(model, values, n, standardized)

    written: dict = {}
    if arguments.parents is not None:
        written[arguments.parents] = lines(parents, weights), None
    if output is not None:
        written[output] = rows, header
    files.write_tables(written)
    if output is None:
        files.write_csv(sys.stdout, rows, header)
    if not arguments.quiet:
        print(
            f"smoothdiff: {n} new rows from {len(values)} of {values.shape[1]} "
            f"{'standardized ' if standardized else ''}columns "
            f"(n_components {model.n_components_}, spacing {model.spacing_:.4g}, "
            f"t0 {model.t0_:.4g}, t_min {model.t_min_:.4g})",
            file=sys.stderr,
        )

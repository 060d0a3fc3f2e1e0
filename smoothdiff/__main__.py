"""The command line: ``smoothdiff demo`` and ``smoothdiff sample``."""

import argparse
import os
import signal
import sys
from contextlib import suppress

from . import __version__

__all__ = ["main"]

# What a shell reports of a program that was stopped by SIGINT or SIGPIPE.
INTERRUPTED, BROKEN_PIPE = 130, 141


def main(argv=None):
    """Run the command line; return the exit status.

    Parameters
    ----------
    argv : list of str, optional
        By default the arguments that the program was started with.

    Returns
    -------
    int
        0 for success, 2 for an error (one sentence on stderr), 130 after Ctrl-C, 141 when the
        reader of standard output has gone.
    """
    if argv is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, ValueError, TypeError, MemoryError) as error:
        # What standard output still holds cannot be written: the interpreter is not to try again.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"smoothdiff: error: {_sentence(error)}", file=sys.stderr)
        return 2


def _stop(*_):
    """End at once on Ctrl-C, leaving no temporary file.

    JAX's compiled code, in threads and while it is loaded, crashes or goes on where a
    KeyboardInterrupt should pass through it.
    """
    for path in getattr(sys.modules.get("smoothdiff.tables"), "unfinished", ()):
        with suppress(OSError):
            os.unlink(path)
    os._exit(INTERRUPTED)


def _sentence(error):
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__


def _parser():
    parser = argparse.ArgumentParser(
        prog="smoothdiff", description="New samples and densities from data, in closed form."
    )
    parser.add_argument("--version", action="version", version=f"smoothdiff {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = commands.add_parser(
        "demo",
        help="compare density models on scikit-learn's digits and draw new ones",
        description="Search the parameters of SmoothedPLDiffusion on scikit-learn's digits by "
        "held-out log-likelihood, print how it compares with other density models, and draw "
        "digits that it generates together with the training digits they are made of. Takes "
        "about half a minute.",
    )
    demo.add_argument(
        "-o",
        "--output",
        default="smoothdiff-demo.png",
        metavar="FILE",
        help="picture to write (default: %(default)s)",
    )
    demo.set_defaults(run=_demo)

    sample = commands.add_parser(
        "sample",
        help="draw new rows that are like those of a file",
        description="Fit SmoothedPLDiffusion to the rows of a file and write new ones. Files are "
        ".csv or .tsv (with a header or without; comma, semicolon or tab) or .npy.",
    )
    add = sample.add_argument
    add("input", metavar="FILE", help="table of numbers, one sample a row; - for CSV on stdin")
    add("-n", "--n-samples", type=_value, metavar="N", help="new rows (default: as many as FILE)")
    add("-o", "--output", metavar="FILE", help="where to write them (default: stdout, as CSV)")
    add(
        "--parents",
        metavar="FILE",
        help="also write what each new row was made of: lines of sample, parent and weight, where "
        "the first two are row numbers, from 0, of the output and of the input",
    )
    for option, text in {
        "--kappa": "smoothing, a dial from 0 (interpolate) to 1 (memorize) if t0 is auto",
        "--t0": "variance at which denoising starts, or auto",
        "--t-min": "variance of the noise that the new rows keep, or auto",
        "--spacing": "half the typical distance between neighbors, or auto",
        "--start": "starting law: isotropic, adaptive or local-pca",
        "--n-components": "tangent dimensions: a count, a share of variance, auto, mle or none",
        "--seed": "non-negative integer, for the same rows each time",
    }.items():
        add(option, type=_value, default=argparse.SUPPRESS, metavar="VALUE", help=text)
    add("-q", "--quiet", action="store_true", help="no summary on stderr")
    sample.set_defaults(run=_sample)
    return parser


def _value(text):
    """A number if the text is one, None for "none", else the text: the estimator is the judge."""
    if text.lower() == "none":
        return None
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _demo(arguments):
    from ._demo import run

    run(arguments.output)


def _sample(arguments):
    import numpy as np

    from . import tables

    targets = [path for path in (arguments.output, arguments.parents) if path is not None]
    for path in targets:
        tables.check_target(path)
    if len({os.path.realpath(path) for path in targets}) < len(targets):
        raise ValueError("--output and --parents name the same file.")
    if arguments.input == "-":
        values, header = tables.parse_csv(sys.stdin.buffer.read(), "standard input")
    else:
        values, header = tables.read_table(arguments.input)

    from .estimators import SmoothedPLDiffusion

    names = ("kappa", "t0", "t_min", "spacing", "start", "n_components")
    given = {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}
    model = SmoothedPLDiffusion(**given, random_state=getattr(arguments, "seed", None)).fit(values)
    n = len(values) if arguments.n_samples is None else arguments.n_samples
    samples, parents, weights = model.sample(n, return_parents=True)

    written: dict = {}
    if arguments.parents is not None:
        sample, place = np.nonzero(parents >= 0)
        made_of = np.empty(len(sample), [("sample", int), ("parent", int), ("weight", float)])
        made_of["sample"] = sample
        made_of["parent"], made_of["weight"] = parents[sample, place], weights[sample, place]
        written[arguments.parents] = made_of, None
    if arguments.output is not None:
        written[arguments.output] = samples, header
    tables.write_tables(written)
    if arguments.output is None:
        tables.write_csv(sys.stdout, samples, header)
    if not arguments.quiet:
        print(
            f"smoothdiff: {n} new rows from {len(values)} of {values.shape[1]} columns "
            f"({model.n_components_} tangent dimensions, spacing {model.spacing_:.4g}, "
            f"t0 {model.t0_:.4g}, t_min {model.t_min_:.4g})",
            file=sys.stderr,
        )


if __name__ == "__main__":
    sys.exit(main())

"""The program: its verbs, its exit status, errors and warnings in one sentence, and Ctrl-C."""

import argparse
import os
import signal
import sys
import warnings
from contextlib import suppress

from .. import __version__
from .._files import unfinished
from . import _demo, _fit, _report, _reproduce, _sample, _score

__all__ = ["main"]

# A verb is a module with HELP, DESCRIPTION, add_arguments(parser) and run(arguments), which loads
# what is heavy only in `run`; its help ends in an EXAMPLE where it has one.
VERBS = {
    "demo": _demo,
    "fit": _fit,
    "report": _report,
    "reproduce": _reproduce,
    "sample": _sample,
    "score": _score,
}
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

    Examples
    --------
    >>> from smoothdiff.cli import main
    >>> main(["score", "no-such.sdf", "rows.csv"])  # 0, or what a shell gets for a mistake
    2
    """
    if argv is None and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _in_a_sentence(warnings.showwarning)
            arguments.run(arguments)
        sys.stdout.flush()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (OSError, ValueError, TypeError, ImportError, MemoryError) as error:
        try:
            sys.stdout.flush()
        except (OSError, ValueError):  # the interpreter is not to try again
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
    for path in list(unfinished):
        with suppress(OSError):
            os.unlink(path)
    os._exit(INTERRUPTED)


def _in_a_sentence(show):
    """What prints a UserWarning as errors are printed, each once; the others go to ``show``."""
    said = set()

    def say(message, category, *where, **options):
        # Threads of scikit-learn's forests restore the list of filters in any order; where one of
        # them finds it empty, it asks for what it has.
        if "sklearn.utils.parallel.delayed" in str(message):
            return
        if not issubclass(category, UserWarning):
            show(message, category, *where, **options)
        elif (text := _sentence(message)) not in said:
            said.add(text)
            print(f"smoothdiff: warning: {text}", file=sys.stderr)

    return say


def _sentence(error):
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    from .._reading import in_a_sentence
    from ._sentences import in_options

    return in_options(in_a_sentence(error))


def _parser():
    parser = argparse.ArgumentParser(
        prog="smoothdiff", description="New samples and densities from data, in closed form."
    )
    parser.add_argument("--version", action="version", version=f"smoothdiff {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, verb in VERBS.items():
        example = getattr(verb, "EXAMPLE", None)
        command = commands.add_parser(
            name, help=verb.HELP, description=verb.DESCRIPTION, epilog=example
        )
        verb.add_arguments(command)
        command.set_defaults(run=verb.run)
    return parser

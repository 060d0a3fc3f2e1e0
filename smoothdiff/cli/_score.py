"""``smoothdiff score``: log-densities of the rows of a table under a model."""

import sys
from time import perf_counter

from .._files import check_not_read, check_suffix, check_target
from . import _options as options
from ._fit import MODEL

__all__ = ["DESCRIPTION", "EXAMPLE", "HELP", "add_arguments", "run"]

HELP = "say how likely the rows of a table are under a model"
DESCRIPTION = (
    "Write the log-density of each row of a table under a model that fit has saved, in units of "
    "the table: larger is likelier, -inf is impossible. A table with categories, frequent values "
    "or gaps has no density; --coordinates gives that of the coordinates in which the model works, "
    "which orders rows all the same."
)
EXAMPLE = "example: smoothdiff score customers.sdf others.csv -o scores.csv"


def add_arguments(parser):
    """Declare what the verb takes."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="file that fit has saved")
    add("input", metavar="FILE", help="table with the columns of the model; - for CSV on stdin")
    add(
        "-o",
        "--output",
        metavar="FILE",
        default="-",
        help="where to write them, one a row (default: -, as CSV on stdout)",
    )
    add(
        "--coordinates",
        action="store_true",
        help="log-density of the coordinates in which the model works, for any table",
    )
    options.add_said_options(parser)
    options.add_input_options(parser.add_argument_group("table", "How FILE is read."))


def run(arguments):
    """Load, read, score and write."""
    from . import _files as files

    began = perf_counter()
    output = None if arguments.output == "-" else arguments.output
    check_suffix(arguments.model, (MODEL,))
    if output is not None:
        check_target(output, files.SUFFIXES)
        check_not_read([output], [arguments.input])
    elif arguments.json:
        raise ValueError("--json writes to stdout, and so do the scores: name a file with -o.")

    import numpy as np

    from . import _said as said
    from ._busy import busy
    from ._saved import load_model
    from ._scoring import rows_for, score

    model = load_model(arguments.model)
    rows = rows_for(model, arguments)
    with busy(f"scoring {len(rows)} rows", arguments.quiet):
        log_p = score(model, rows, arguments)
    header = ["log_density"]
    if output is None:
        files.write_csv(sys.stdout, log_p[:, None], header)
    else:
        files.write_tables({output: (log_p[:, None], header)})
    possible = log_p > -np.inf
    mean = float(np.mean(log_p))
    impossible = int((~possible).sum())
    more = f", {impossible} of them impossible" if impossible else ""
    said.say(
        arguments,
        f"mean log-density {mean:.6g} of {len(log_p)} rows{more}",
        {
            "output": output,
            "rows": len(log_p),
            "mean": mean if impossible == 0 else None,
            "impossible": impossible,
            "mean_of_possible": float(np.mean(log_p[possible])) if possible.any() else None,
            "of": "coordinates" if arguments.coordinates else "rows",
            "seconds": round(perf_counter() - began, 3),
        },
    )

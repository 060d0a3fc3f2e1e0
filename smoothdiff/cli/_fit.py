"""``smoothdiff fit``: from a table to a model in a file."""

from pathlib import Path
from time import perf_counter

from .._files import check_target
from . import _options as options

__all__ = ["DESCRIPTION", "EXAMPLE", "HELP", "MODEL", "add_arguments", "run"]

HELP = "fit a model to a table and save it"
DESCRIPTION = (
    "Fit a model to a table and save it, for sample and score. Files are as for sample. The model "
    "holds the rows of the table: who has it has them."
)
EXAMPLE = "example: smoothdiff fit customers.csv -o customers.sdf --by churned"
# How names of models end.
MODEL = ".sdf"


def add_arguments(parser):
    """Declare what the verb takes."""
    add = parser.add_argument
    add("input", metavar="FILE", help="table, one sample a row; - for CSV on stdin")
    add("-o", "--output", metavar="MODEL", help="where to save it (default: FILE, ending in .sdf)")
    add(
        "--seed",
        type=options.value,
        metavar="VALUE",
        help="integer from 0: of the folds of --search, and of samples in Python",
    )
    options.add_said_options(parser)
    options.add_table_options(parser)
    options.add_model_options(parser)


def run(arguments):
    """Read, fit and save."""
    began = perf_counter()
    if arguments.output is None and arguments.input == "-":
        raise ValueError("Name the file to save the model to with -o.")
    output = arguments.output or str(Path(arguments.input).with_suffix(MODEL))
    check_target(output, (MODEL,))

    import sys

    from ..persistence import save
    from . import _said as said
    from ._fitting import fit_file, scales_of

    model, n_rows, columns = fit_file(arguments)
    save(model, output)
    if arguments.schema and hasattr(model, "schema_"):
        print(model.schema_, file=sys.stderr)
    scales = scales_of(model)
    said.say(
        arguments,
        f"{output}: a model of {n_rows} rows of {columns}{said.in_words(scales)}",
        {
            "output": output,
            "rows": n_rows,
            "columns": columns,
            **scales,
            "schema": said.schema_of(model),
            "bytes": Path(output).stat().st_size,
            "seconds": round(perf_counter() - began, 3),
        },
    )

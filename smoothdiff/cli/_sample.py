"""``smoothdiff sample``: from a table, or a model of one, to new rows."""

import os
import sys
from time import perf_counter

from .._files import check_not_read, check_target
from . import _options as options
from ._fit import MODEL

__all__ = ["DESCRIPTION", "EXAMPLE", "HELP", "add_arguments", "run"]

HELP = "draw new rows that are like those of a file"
DESCRIPTION = (
    "Write new rows that are like those of a file: numbers, whole numbers, dates, times of a day "
    "and categories, with the gaps and the frequent values that they have. The file is a table or "
    "a model that fit has saved. Tables are .csv or .tsv (with a header or without; comma, "
    "semicolon or tab; 1,5 is a number where commas separate no cells, 31.12.2021 a date and 8:05 "
    "or 8:05 PM a time, and written so again), .parquet, or .npy or .npz, an array of numbers. "
    "Columns are named by the header, or by their number from 1 where there is none."
)
EXAMPLE = "example: smoothdiff sample customers.csv -n 1000 -o new.csv --where country=NO,SE"


def add_arguments(parser):
    """Declare what the verb takes."""
    add = parser.add_argument
    add("input", metavar="FILE", help="table, one sample a row, or model; - for CSV on stdin")
    add(
        "-n",
        "--n-samples",
        type=options.value,
        metavar="N",
        help="new rows (default: as many as FILE, or those that the model is of)",
    )
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
    add(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="only rows that fit: 'sex=F', 'city=Rome,Oslo' or 'age=30:40' (from, to; either may "
        "be left out); may be given again, for other columns or for more values of one; quotes "
        "keep the comma of a value: 'city=Rome,\"Washington, DC\"'",
    )
    add(
        "--seed",
        type=options.value,
        metavar="VALUE",
        help="integer from 0, for the same rows each time",
    )
    options.add_said_options(parser)
    options.add_table_options(parser)
    options.add_model_options(parser)


def run(arguments):
    """Read or load, fit, draw and write."""
    from . import _files as files

    began = perf_counter()
    output = None if arguments.output == "-" else arguments.output
    targets = [path for path in (output, arguments.parents) if path is not None]
    for path in targets:
        check_target(path, files.SUFFIXES)
    if len({os.path.realpath(path) for path in targets}) < len(targets):
        raise ValueError("--output and --parents name the same file.")
    check_not_read(targets, [arguments.input])
    if arguments.json and output is None:
        raise ValueError("--json writes to stdout, and so do the rows: name a file with -o.")

    from . import _said as said
    from ._fitting import scales_of
    from ._output import for_file
    from ._rows import lines

    is_model = arguments.input.lower().endswith(MODEL)
    model, n_rows, columns = (_loaded if is_model else _fitted)(arguments)
    n = n_rows if arguments.n_samples is None else arguments.n_samples
    made, parents, weights = _drawn(model, arguments, n, fresh=is_model)
    written: dict = {}
    if arguments.parents is not None:
        written[arguments.parents] = lines(parents, weights), None
    rows = for_file(made, output or "")
    if output is not None:
        written[output] = rows
    files.write_tables(written)
    if output is None:
        files.write_csv(sys.stdout, *rows)
    if arguments.schema and hasattr(model, "schema_"):
        print(model.schema_, file=sys.stderr)
    scales = scales_of(model)
    source = f"{n_rows} of {columns}" if columns else arguments.input
    said.say(
        arguments,
        f"{len(rows[0])} new rows from {source}{said.in_words(scales)}",
        {
            "output": output,
            "rows": len(rows[0]),
            "from_rows": n_rows,
            **scales,
            "seconds": round(perf_counter() - began, 3),
        },
    )


def _fitted(arguments):
    from ._fitting import fit_file

    return fit_file(arguments)


def _loaded(arguments):
    """The model of a file, the rows that it is of, if it knows them, and no word on columns."""
    from ._saved import load_model, rows_it_knows

    options.refuse_fitting_options(arguments)
    model = load_model(arguments.input)
    n = rows_it_knows(model)
    if n is None and arguments.n_samples is None and hasattr(model, "sample"):
        raise ValueError(f"Say how many rows with -n: a {type(model).__name__} does not know.")
    return model, n, None


def _drawn(model, arguments, n, fresh):
    """Rows as they come, parents and weights; classes stand beside their rows."""
    from ..estimators import ClassConditionalDiffusion
    from ._output import as_rows, joined
    from ._rows import RowsOfNumbers
    from ._saved import draw

    where = None
    if arguments.where:
        where = _conditions(model, arguments)
    made, parents, weights = draw(model, arguments, n, where, fresh=fresh)
    if isinstance(model, ClassConditionalDiffusion):
        made = joined(*made)
    if isinstance(model, RowsOfNumbers):
        made = as_rows(made, model.header_, model.comma_)
    return made, parents, weights


def _conditions(model, arguments):
    from ._cells import Notation
    from ._conditions import conditions

    if not hasattr(model, "schema_"):
        raise ValueError("--where is for tables.")
    own = getattr(model._build, "notations", {})
    notations = {name: own.get(name, Notation()) for name in (c.name for c in model.schema_)}
    return conditions(arguments.where, model.schema_, notations, arguments.na)

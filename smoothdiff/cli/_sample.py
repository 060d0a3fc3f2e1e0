"""``smoothdiff sample``: from a table to one of new rows."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .._files import check_suffix, check_target

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "run"]

HELP = "draw new rows that are like those of a file"
DESCRIPTION = (
    "Write new rows that are like those of a file: numbers, whole numbers, dates and categories, "
    "with the gaps and the frequent values that they have. Files are .csv or .tsv (with a header "
    "or without; comma, semicolon or tab; 1,5 is a number where commas separate no cells, and is "
    "written so again) or .npy, an array of numbers. Columns are named by the header, or by their "
    "number from 1 where there is none."
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
    add("input", metavar="FILE", help="table, one sample a row; - for CSV on stdin")
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
    add(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="only rows that fit: 'sex=F', 'city=Rome,Oslo' or 'age=30:40' (from, to; either may "
        "be left out); may be given again, for other columns or for more values of one; quotes "
        "keep the comma of a value: 'city=Rome,\"Washington, DC\"'",
    )
    add("--seed", type=_value, metavar="VALUE", help="integer from 0, for the same rows each time")
    add("-q", "--quiet", action="store_true", help="no summary on stderr")

    table = parser.add_argument_group("table", "How the columns are taken.")
    add = table.add_argument
    add("--header", choices=["auto", "yes", "no"], default="auto", help="names in the first line")
    add(
        "--na",
        action="append",
        default=[],
        metavar="TEXT",
        help="what means a missing value, besides empty cells, NA, NaN and null; for example '?'",
    )
    add("--fill", action="store_true", help="new rows have no gaps")
    add("--by", metavar="COLUMN", help="a model for each value of this column, as for a target")
    add(
        "--draw",
        choices=["column", "row"],
        default="column",
        help="categories of a row from a parent each (the default), or all from the same",
    )
    add(
        "--kind",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help="how to take a column: numeric, discrete, categorical, datetime, constant or drop",
    )
    add("--schema", action="store_true", help="say on stderr how each column was taken, and why")

    model = parser.add_argument_group(
        "model",
        "What SmoothedPLDiffusion is given. Numbers for t0, t-min and spacing are in standardized "
        "units, where every column has deviation 1, unless there is --scale none.",
    )
    model.add_argument(
        "--scale",
        choices=["standard", "none"],
        default="standard",
        help="none takes a table of numbers as it is, with no look at what its columns are; "
        "standard (the default) gives all columns the same weight whatever their units",
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
    given = {name: getattr(arguments, name) for name in PARAMETERS if hasattr(arguments, name)}
    is_array = arguments.scale == "none" or arguments.input.endswith(".npy")
    drawn = (_draw_numbers if is_array else _draw_table)(arguments, given)

    from ._rows import lines

    written: dict = {}
    if arguments.parents is not None:
        written[arguments.parents] = lines(drawn.parents, drawn.weights), None
    if output is not None:
        if output.endswith(".npy"):
            written[output] = _as_floats(drawn.rows.values(), output), None
        else:
            written[output] = drawn.rows.cells(), drawn.rows.header, drawn.rows.delimiter
    files.write_tables(written)
    if output is None:
        files.write_csv(sys.stdout, drawn.rows.cells(), drawn.rows.header, drawn.rows.delimiter)
    if arguments.schema and drawn.schema is not None:
        print(drawn.schema, file=sys.stderr)
    if not arguments.quiet:
        print(f"smoothdiff: {len(drawn.parents)} new rows from {drawn.summary}", file=sys.stderr)


class Drawn(NamedTuple):
    """New rows, and what is said of them."""

    rows: Any
    """`Rows` of a text file."""
    parents: Any
    weights: Any
    summary: str
    schema: Any = None


def _draw_numbers(arguments, given):
    """Rows of an array of numbers, whose columns nobody looks at."""
    from ..estimators import SmoothedPLDiffusion
    from . import _files as files
    from ._cells import Notation, Rows
    from ._rows import draw

    for option in ("where", "na", "kind", "by", "fill"):
        if getattr(arguments, option):
            raise ValueError(f"--{option} is for tables in text files, without --scale none.")
    if arguments.input == "-":
        table = files.parse_csv(sys.stdin.buffer.read(), "standard input")
    else:
        table = files.read_table(arguments.input)
    values = table.values
    model = SmoothedPLDiffusion(**given, random_state=arguments.seed)
    n = len(values) if arguments.n_samples is None else arguments.n_samples
    standardized = arguments.scale == "standard"
    rows, parents, weights = draw(model, values, n, standardized)
    what = "standardized " if standardized else ""
    summary = f"{len(values)} of {values.shape[1]} {what}columns ({_scales(model)})"
    notations = [Notation(table.commas)] * values.shape[1]
    return Drawn(Rows(list(rows.T), table.header, notations), parents, weights, summary)


def _draw_table(arguments, given):
    """Rows of a table of any columns."""
    from ..estimators import SmoothedPLDiffusion
    from ..tables import TableDiffusion
    from . import _files as files
    from ._conditions import conditions, kinds
    from ._mixed import text_frame

    if arguments.input == "-":
        data, name = sys.stdin.buffer.read(), "standard input"
    else:
        check_suffix(arguments.input, files.SUFFIXES)
        data, name = Path(arguments.input).read_bytes(), arguments.input
    frame = text_frame(data, name, arguments.na, arguments.header)
    model = TableDiffusion(
        SmoothedPLDiffusion(**given),
        by=arguments.by,
        draw=arguments.draw,
        kinds=kinds(arguments.kind, frame.names),
        missing="fill" if arguments.fill else "keep",
        random_state=arguments.seed,
    )
    model.fit(frame)
    n = len(frame) if arguments.n_samples is None else arguments.n_samples
    build: Any = frame.build
    where = conditions(arguments.where, model.schema_, build.notations, arguments.na)
    rows, parents, weights = model.sample(n, where=where, return_parents=True)
    summary = f"{len(frame)} of {len(frame.names)} columns"
    if hasattr(model.estimator_, "t_min_"):
        summary += f" ({_scales(model.estimator_)})"
    return Drawn(rows, parents, weights, summary, model.schema_)


def _scales(model):
    return (
        f"n_components {model.n_components_}, spacing {model.spacing_:.4g}, "
        f"t0 {model.t0_:.4g}, t_min {model.t_min_:.4g}"
    )


def _as_floats(rows, path):
    try:
        return rows.astype(float)
    except ValueError:
        raise ValueError(f"{path} can hold numbers only; end its name in .csv.") from None

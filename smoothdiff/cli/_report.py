"""``smoothdiff report``: are generated rows good, are they copies, what are they good for."""

from argparse import Namespace
from time import perf_counter

from .._files import check_not_read, check_target
from . import _options as options
from ._fit import MODEL
from ._reports import SUFFIXES, write_report

__all__ = ["DESCRIPTION", "EXAMPLE", "HELP", "add_arguments", "run"]

HELP = "judge new rows beside real ones, in words, numbers and pictures"
DESCRIPTION = (
    "Judge generated rows beside the training rows that they were made from and rows that were "
    "held out: are they like real ones, as diverse, new, and useful. With one table a part of it "
    "is held out, a model is fitted to the rest as fit and sample would, and its rows are judged."
)
EXAMPLE = (
    "examples: smoothdiff report new.csv train.csv test.csv -o report.html --target churned; "
    "smoothdiff report customers.csv --target churned"
)


def add_arguments(parser):
    """Declare what the verb takes."""
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="GENERATED TRAIN TEST, where GENERATED is a table or a model that fit has saved; or "
        "one table",
    )
    add(
        "-o",
        "--output",
        metavar="REPORT",
        help="where to write it: .html with pictures, .json or .txt (default: text on stdout)",
    )
    add("--target", metavar="COLUMN", help="a column to predict: are the rows useful for that")
    add(
        "--held-out",
        type=options.value,
        default=0.3,
        metavar="PART",
        help="of one table, what is held out (default: %(default)s)",
    )
    add("--seed", type=options.value, default=0, metavar="VALUE", help="integer (default: 0)")
    options.add_said_options(parser)
    options.add_table_options(parser)
    options.add_model_options(parser)


def run(arguments):
    """Read, draw where there is a model, judge and write."""
    began = perf_counter()
    if len(arguments.files) not in (1, 3):
        raise ValueError(
            "report takes one table, or three files: generated, training and held-out rows. Got "
            f"{len(arguments.files)}."
        )
    if arguments.output is not None:
        check_target(arguments.output, SUFFIXES)
        check_not_read([arguments.output], arguments.files)

    from ..metrics import report
    from . import _said as said
    from ._busy import busy

    made, train, test, more = (_of_one if len(arguments.files) == 1 else _of_three)(arguments)
    with busy("judging", arguments.quiet):
        found = report(made, train, test, random_state=arguments.seed, **more)
    if arguments.output is None:
        print(found.to_json() if arguments.json else found)
        return
    write_report(found, arguments.output)
    grades = {aspect: verdict.grade for aspect, verdict in found.verdicts.items()}
    said.say(
        arguments,
        f"{arguments.output}: " + ", ".join(f"{a} {grade}" for a, grade in grades.items()),
        {
            "output": arguments.output,
            **grades,
            "measures": {name: float(found[name]) for name in found.names},
            "seconds": round(perf_counter() - began, 3),
        },
    )


def _of_three(arguments):
    """Generated rows, training rows, held-out ones, and what is known of the first."""
    generated, *real = arguments.files
    train = _read(real[0], arguments)
    test = _alike(_read(real[1], arguments), train)
    more = {"target": _target(arguments, train)}
    if not generated.lower().endswith(MODEL):
        more["kinds"] = _kinds(arguments, train)
        return _alike(_read(generated, arguments), train), train, test, more
    from ._saved import load_model

    options.refuse_fitting_options(Namespace(**{**vars(arguments), "input": generated}))
    return _drawer(load_model(generated), arguments), train, test, more


def _of_one(arguments):
    """The same of one table, by a model of a part of it."""
    import numpy as np

    from .._checks import real, seed
    from ._busy import busy
    from ._fitting import fit_rows

    part = real(arguments.held_out, "--held-out", "a number in (0, 1)", lambda v: 0 < v < 1)
    rows = _read(arguments.files[0], arguments)
    more = {"target": _target(arguments, rows)}  # before any work
    seed(arguments.seed)
    order = np.random.default_rng(arguments.seed).permutation(len(rows))
    n_test = round(part * len(rows))
    if not 10 <= n_test <= len(rows) - 10:
        raise ValueError(
            f"{arguments.files[0]} has {len(rows)} rows: with --held-out {part} there are "
            f"{len(rows) - n_test} to fit to and {n_test} held out, and 10 of each are needed."
        )
    test, train = (_some(rows, np.sort(some)) for some in (order[:n_test], order[n_test:]))
    with busy("fitting", arguments.quiet):
        model = fit_rows(train, arguments).model
    return _drawer(model, arguments), train, test, more


def _alike(rows, train):
    """Rows of a text file as those of another are written."""
    from ._mixed import BuildRows, written_as

    builds = (getattr(table, "build", None) for table in (rows, train))
    if all(isinstance(build, BuildRows) for build in builds):
        return written_as(rows, train.build.notations)
    return rows


def _read(path, arguments):
    """A table of any columns, or an array."""
    from . import _files as files
    from ._binary import ARRAYS
    from ._fitting import read_numbers, read_rows

    here = Namespace(**{**vars(arguments), "input": path})
    suffix = files.check_suffix(path, files.SUFFIXES)
    return read_numbers(here).values if suffix in ARRAYS else read_rows(here)


def _some(rows, index):
    """Some rows of a table."""
    from ..tables import Frame
    from ..tables._frame import take

    if isinstance(rows, Frame):
        return Frame(rows.names, [take(c, index) for c in rows.columns], rows.build)
    return rows.iloc[index] if hasattr(rows, "iloc") else rows[index]


def _drawer(model, arguments):
    """The model as `report` draws from it."""
    if not hasattr(model, "sample"):
        raise ValueError(
            f"{arguments.files[0]} holds a {type(model).__name__}, which draws no rows."
        )
    return Drawer(model) if hasattr(model, "schema_") else model


class Drawer:
    """A model of a text file, whose samples are tables and not cells to be written."""

    def __init__(self, model):
        self.schema_, self.fit = model.schema_, model.fit
        self._model, self._fitted_to = model, model._fitted_to

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Rows, their parents and weights, as `TableDiffusion.sample` has them."""
        from ..tables import Frame
        from ._cells import Rows

        made, *parents = self._model.sample(n_samples, random_state, return_parents=True)
        if isinstance(made, Rows):
            names = [column.name for column in self.schema_.kept]
            made = Frame(names, made.columns, self._model._build)
        return (made, *parents) if return_parents else made


def _kinds(arguments, train):
    from ._conditions import kinds
    from ._fitting import names_of

    return kinds(arguments.kind, names_of(train)) if arguments.kind else None


def _target(arguments, train):
    """The column's name as the table has it, of arrays its number; ValueError if it has none."""
    name = arguments.target
    if name is None:
        return None
    names = getattr(train, "names", getattr(train, "columns", None))
    if names is None:
        name, names = int(name) - 1 if name.isdigit() else name, range(train.shape[1])
    if name not in list(names):
        from .._checks import listed

        raise ValueError(f"--target must be one of the columns {listed(names)}. Got {name!r}.")
    return name

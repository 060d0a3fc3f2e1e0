"""Sentences of the library, in the words of the command line: its options, and no parameters.

set kinds={'id': 'drop'}                            add --kind id=drop
The 'by' parameter of TableDiffusion names ...      --by names ...
No training row fits where={'sex': ['X']}.          No training row fits --where sex=X.
"""

import ast
import re
import shlex
from typing import Any

from ._conditions import options_of

__all__ = ["in_options"]

# Parameters and arguments whose option has another name.
OPTIONS = {"kinds": "--kind", "missing": "--fill", "random_state": "--seed"}
NAMED = ("kappa", "t0", "t_min", "spacing", "start", "n_components", "n_samples", "by", "draw")


def in_options(sentence):
    """The sentence with options in the place of parameters."""
    for pattern, replacement in REPLACEMENTS:
        sentence = re.sub(pattern, replacement, sentence)
    return sentence


def _option(name):
    return OPTIONS.get(name) or f"--{name.replace('_', '-')}"


def _kind(match):
    ((name, kind),) = ast.literal_eval(match[1]).items()
    return f"add --kind {shlex.quote(f'{name}={kind}')}"


def _conditions(match):
    try:
        return options_of(ast.literal_eval(match[1]))
    except (ValueError, SyntaxError):  # values that no literal says
        return f"--where {match[1]}"


REPLACEMENTS: list[tuple[str, Any]] = [
    (r"set kinds=(\{.*?: '\w+'\})", _kind),
    (r"set its kind to 'drop'", "add --kind COLUMN=drop"),
    (r",? or make it numbers with pandas\.to_numeric", ""),
    (r"take off signs such as % and , and make it .*?to_numeric", "take off signs such as %"),
    (r"make it dates with pandas\.to_datetime", "write dates as 2021-12-31"),
    (r"With pandas\.to_datetime they are", "Written as 2021-12-31 they are"),
    (r"kinds=\{\.\.\.: '(\w+)'\}", r"--kind COLUMN=\1"),
    (r"make it times of a day with pandas\.to_datetime\S*", "write all times as 08:30"),
    (r"where=(\{.*\})(?=\. Of |, though )", _conditions),
    (r"^where (?=gives|names|must)", "--where "),
    (r"The '(\w+)' parameter of \w+", lambda match: _option(match[1])),
    (r"missing='fill'", "--fill"),
    (r"is in by, and", "is in --by, and"),
    (r"rows: by needs", "rows: --by needs"),
    (r"\bcolumns? in by\b", "--by"),
    (
        r"^random_state must be None, a non-negative integer, .*?\. Got",
        "--seed must be a non-negative integer. Got",
    ),
    (r"^random_state\b", "--seed"),
    (r"^n_samples\b", "--n-samples"),
    (
        rf"\b({'|'.join(NAMED)})='?([\w.+-]+?)'?(?=[ ;,.]( |$)|[ ;,])",
        lambda m: f"{_option(m[1])} {m[2]}",
    ),
    (r"\bset t0 and spacing\b", "add --t0 and --spacing"),
    (r"\bset t0\b", "add --t0"),
    (r"\bt_min_scale sets", "--t-min-scale sets"),
]

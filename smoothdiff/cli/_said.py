"""What a verb says when it is done: a sentence on stderr, or JSON on stdout."""

import json
import sys

import numpy as np

__all__ = ["in_words", "say", "schema_of"]


def say(arguments, sentence, summary):
    """Print the summary as the options say; numbers of NumPy are made Python's."""
    if arguments.json:
        print(json.dumps({key: _plain(item) for key, item in summary.items()}, default=str))
    elif not arguments.quiet:
        print(f"smoothdiff: {sentence}", file=sys.stderr)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value


def in_words(scales):
    """Dimensions and scales as text in parentheses; nothing where there are none."""
    if not scales:
        return ""
    return f" ({', '.join(f'{name} {value:.4g}' for name, value in scales.items())})"


def schema_of(model):
    """How each column of a table was taken, as dicts; None for what is no table."""
    schema = getattr(model, "schema_", None)
    if schema is None:
        return None
    names = ("column", "type", "kind", "values", "missing", "how", "why")
    found = [dict(zip(names, row, strict=True)) for row in schema.rows()]
    counts = ("values", "missing")  # nobody looked at the values of a dropped column
    return [c | {name: int(c[name]) if c[name] else None for name in counts} for c in found]

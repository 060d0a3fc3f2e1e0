"""The pages of what was measured, made of their templates and the figures in benchmarks/results.

``python docs/figures.py`` writes docs/<name>.md for each docs/templates/<name>.md. A template is
the page, with these in the place of figures:

    {expression:format}     as in an f-string. Its names are the files of benchmarks/results, as in
                            `{search["178 x 13"].seconds:.1f}`, the functions below, and what
                            docs/templates/<name>.py has, which is where whatever takes more than
                            an expression belongs. A format that begins with ~ leaves out the zero
                            before the point
    {each name in values}|  begins a row of a table that is repeated for each value; several names
                            take a tuple apart

Formulas, between $ or $$, are left as they are. What has no value is an error that says in which
template and field.
"""

import json
import re
import runpy
import sys
from pathlib import Path

DOCS = Path(__file__).parent
TEMPLATES = DOCS / "templates"
NOTICE = "<!-- Made by `python docs/figures.py` of docs/templates/{}, which is what to change. -->"
EACH = re.compile(r"\{each (?P<names>[\w, ]+?) in (?P<values>.+?)\}(?P<row>\|.*\n)")
MATH = re.compile(r"(\$\$.*?\$\$|\$[^$\n]+\$)", re.DOTALL)
FIELD = re.compile(r"""\{([^{}]+?)(?::([^:{}()\[\]"']*))?\}""")


class Row(dict):
    """Results by name, which are attributes too; `where` is said of those that are missing."""

    def __init__(self, values, where):
        super().__init__(
            (name, Row(value, f"{where}[{name!r}]") if isinstance(value, dict) else value)
            for name, value in values.items()
        )
        self.where = where

    def __missing__(self, name):
        raise LookupError(f"{self.where} has no {name!r}")

    def __getattr__(self, name):
        return self[name]

    def __or__(self, other):
        return Row({**self, **other}, self.where)


RESULTS = {
    path.stem: Row(json.loads(path.read_text(encoding="utf-8"))["results"], path.stem)
    for path in (DOCS.parent / "benchmarks" / "results").glob("*.json")
}


# ------------------------------------------------------------------ for templates


class Best(float):
    """A number that is printed bold."""

    def __format__(self, spec):
        return f"**{format(float(self), spec)}**"


def lowest(values):
    """The values, bold where none is lower."""
    return [Best(value) if value == min(values) else value for value in values]


def listed(words):
    """As in a sentence: a, b and c; none."""
    *most, last = words or ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def heads(results, *tails):
    """Of names "head, tail", the heads that have every tail."""
    found = [name.rpartition(f", {tails[0]}") for name in results]
    return [
        h for h, _, end in found if h and not end and all(f"{h}, {t}" in results for t in tails)
    ]


FUNCTIONS = {"lowest": lowest, "listed": listed, "heads": heads}

# ------------------------------------------------------------------ templates


def show(value, spec):
    """A figure as text: 2e-7 and not 2e-07, 14 and not 14., and .05 where the format has a ~."""
    text = format(value, spec.removeprefix("~"))
    if isinstance(value, float):
        text = re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", text).removesuffix(".")
    return re.sub(r"\b0\.", ".", text) if spec.startswith("~") else text


def value(field, names):
    try:
        return eval(field, dict(names))
    except Exception as error:
        raise LookupError(f"the field {{{field}}} has no value: {error}") from error


def fill(template, names):
    """The page that a template's text makes of values by name."""

    def filled(text, names):
        return FIELD.sub(lambda field: show(value(field[1], names), field[2] or ""), text)

    def lines(text):
        for line in text.splitlines(keepends=True):
            if not (each := EACH.fullmatch(line)):
                yield filled(line, names)
                continue
            keys = each["names"].split(", ")
            for item in value(each["values"], names):
                items = item if len(keys) > 1 else [item]
                yield filled(each["row"], names | dict(zip(keys, items, strict=True)))

    pieces = MATH.split(template)  # every other one is a formula
    pieces[::2] = ["".join(lines(text)) for text in pieces[::2]]
    return "".join(pieces)


def pages():
    """Path and text of each page."""
    for template in sorted(TEMPLATES.glob("*.md")):
        code = template.with_suffix(".py")
        at = code
        try:
            names = FUNCTIONS | RESULTS | (runpy.run_path(str(code)) if code.exists() else {})
            at = template
            text = fill(template.read_text(encoding="utf-8"), names)
        except LookupError as error:
            raise LookupError(f"docs/templates/{at.name}: {error}") from error
        yield DOCS / template.name, f"{NOTICE.format(template.name)}\n\n{text}"


def main():
    try:
        made = dict(pages())
    except LookupError as error:
        sys.exit(str(error))
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

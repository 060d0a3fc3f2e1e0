"""Tables in text as people have them, of any seed: kinds of columns, marks, gaps, odd names."""

import csv
import io

import numpy as np

NAMES = [
    "age",
    "price (NOK)",
    "<script>",
    "$\\frac$",
    "=cmd()",
    "a,b",
    'say "hi"',
    "størrelse",
    "7",
]
WORDS = ["yes", "no", "Oslo", "=cmd()", "<b>", "-", "+47 22", "@home", "a;b,c", "l'été", "naïve"]


def column(rng, n, comma):
    """Cells of one column: every value is among few, or a number or a date."""
    kind = rng.choice(["whole", "number", "word", "date", "constant", "code", "yes", "names"])
    if kind == "whole":
        cells = [str(v) for v in rng.integers(-5, 100, n)]
    elif kind == "number":
        scale = 10.0 ** rng.integers(-3, 8)
        cells = [f"{v:.4g}" for v in scale * rng.normal(size=n)]
        cells = [c.replace(".", ",") for c in cells] if comma else cells
    elif kind == "word":
        cells = list(rng.choice(WORDS, n))
    elif kind == "date":
        days = np.datetime64("2024-01-01") + rng.integers(0, 500, n).astype("timedelta64[D]")
        cells = [str(day) for day in days]
    elif kind == "constant":
        cells = [str(rng.choice(["5", "x", "2024-02-29", "0.0"]))] * n
    elif kind == "code":
        cells = [f"{v:05d}" for v in rng.integers(0, 50, n)]
    elif kind == "yes":
        cells = list(rng.choice(["True", "False"], n))
    else:  # each its own
        cells = [f"row {i}" for i in range(n)]
    gaps = rng.random(n) < rng.choice([0, 0, 0.2])
    return [
        str(rng.choice(["", "NA"])) if gap else cell for gap, cell in zip(gaps, cells, strict=True)
    ]


def text_of(seed):
    """The bytes of a table of 1 to 60 rows and 1 to 6 columns."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 61)), int(rng.integers(1, 7))
    mark = str(rng.choice([",", ";", "\t"]))
    columns = [column(rng, n, mark != "," and rng.random() < 0.5) for _ in range(d)]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=mark, lineterminator=str(rng.choice(["\n", "\r\n"])))
    if rng.random() < 0.8:
        writer.writerow(rng.permutation(NAMES)[:d])
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode(str(rng.choice(["utf-8", "utf-8-sig", "utf-16"])))

"""One table of what the other benchmarks have found: the figure that each is about.

It measures nothing: ``python -m benchmarks`` runs all and ends with it, and ``python -m benchmarks
summary`` shows what is kept in ``benchmarks/results``, with what machine and versions it is of.
"""

import json

from ._measure import RESULTS

# What a row is about: the first of these that it has.
FIGURES = (
    "ratio",
    "ratio_with_fit",
    "exponent",
    "peak",
    "fraction",
    "mean",
    "c2st",
    "auc",
    "relative_error",
    "error",
    "samples_per_s",
    "steps_per_s",
    "seconds",
)


def leaves(row, name=""):
    """Names and values of all numbers of a row, of its parts as well."""
    for key, value in row.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{name}{key}: ")
        elif isinstance(value, (int, float)):
            yield f"{name}{key}", value


def figure(row):
    """Name and value of what a row is about; of no known name the first number."""
    numbers = dict(leaves(row)) if isinstance(row, dict) else {}
    name = next((name for name in FIGURES if name in numbers), next(iter(numbers), None))
    return f"{name} {numbers[name]:.4g}" if name else ""


def main():
    """Print the table."""
    for path in sorted(RESULTS.glob("*.json")):
        entry = json.loads(path.read_text())
        versions = entry["versions"]
        print(
            f"\n{path.stem}: {entry['cores']} cores, {entry['machine']}, Python {entry['python']}, "
            f"jax {versions.get('jax')}, scikit-learn {versions.get('scikit-learn')}"
        )
        for key, row in entry["results"].items():
            print(f"  {key:<52} {figure(row)}")


if __name__ == "__main__":
    main()

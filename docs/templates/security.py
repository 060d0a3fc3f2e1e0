"""The tables of security.md."""

from figures import RESULTS

membership = RESULTS["membership"]
POINTS = ("iris", "wine", "breast_cancer", "diabetes")
OF_NUMBERS = tuple(f"{name} as a table" for name in POINTS)
MIXED = ("ecoli", "pima", "auto", "breast-cancer", "horse-colic", "german")
UNSEEN, AGAIN = "rows that nobody was fitted on (the null)", "members drawn again"
OF_POINTS = {
    "one Gaussian": "one Gaussian",
    "members moved by noise of `t0`": "members moved",
    "`SmoothedPLDiffusion`": "SmoothedPLDiffusion",
    "the same, `kappa=0.01`": "kappa 0.01",
    "the same, `t0_scale=10`": "t0_scale 10",
    "the same, `t_min_scale=1`": "t_min_scale 1",
    "the same, `filter_copies`": "filter_copies",
    AGAIN: AGAIN,
}
OF_TABLES = {
    "`TableDiffusion`": "TableDiffusion",
    'the same, `redraw="equal"`': "near copies stay",
    "the same, `t_min_scale=1`": "t_min_scale 1",
    "the same, `filter_copies`": "filter_copies",
    AGAIN: AGAIN,
}
used = []


def row(tables, generator, attack, what="auc"):
    """A number for each table."""
    found = [membership[f"{table}, {generator}, {attack}"] for table in tables]
    used.extend(found)
    return " | ".join(f"{result[what]:.2f}" for result in found)


def both(tables, generators, attack, what="auc"):
    """Labels and numbers, for n rows and 10 n rows."""
    for label, generator in generators.items():
        for many in ("n", "10 n"):
            yield f"{label}, {many} rows", row(tables, generator, f"{many}, {attack}", what)


of_points = [
    (UNSEEN, row(POINTS, "unseen rows", "n, distance")),
    *both(POINTS, OF_POINTS, "distance"),
    ("the model's log-density", row(POINTS, "SmoothedPLDiffusion", "model, density")),
    ("the same, `t_min_scale=1`", row(POINTS, "t_min_scale 1", "model, density")),
]


def of_tables(names):
    """The null, and each setting of `TableDiffusion`."""
    null = (UNSEEN, row(names, "unseen rows", "n, distance"))
    return [null, *both(names, OF_TABLES, "distance")]


of_numbers, of_mixed = of_tables(OF_NUMBERS), of_tables(MIXED)
most_error = max(result.auc_se for result in used)

POINTS_FOUND = {"`SmoothedPLDiffusion`": "SmoothedPLDiffusion"}
found_in_points = [
    *both(POINTS, POINTS_FOUND, "calibrated", "tpr"),
    ("the model's log-density", row(POINTS, "SmoothedPLDiffusion", "model, density", "tpr")),
]


def found_in_tables(names):
    """By who knows a quarter of the table."""
    again = (f"{AGAIN}, n rows", row(names, AGAIN, "n, calibrated", "tpr"))
    return [*both(names, {"`TableDiffusion`": "TableDiffusion"}, "calibrated", "tpr"), again]


found_in_numbers, found_in_mixed = found_in_tables(OF_NUMBERS), found_in_tables(MIXED)

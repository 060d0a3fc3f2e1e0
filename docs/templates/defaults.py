"""What defaults.md says of several results together."""

from statistics import fmean, stdev

from figures import RESULTS, Row, heads, show

found, quality, tables = (RESULTS[name] for name in ("defaults", "quality", "tables"))

# ------------------------------------------------------------------ the confirmation

NEW, OLD = (
    found[f"confirmation, {which}"]
    for which in ("tables not used for the choice", "tables of the choice, new split seed")
)
by_table, columns = found["confirmation, by table"], found.columns
BASE = "local 10, .1"
NOT_OF_THE_CHOICE = ("wine", "adult", "auto", "horse", "swiss roll", "circle")
SPLITS = {table: 3 if table in NOT_OF_THE_CHOICE else 1 for table in by_table}


def pooled(name):
    """The mean over the splits of both parts."""
    parts = NEW[name], OLD[name]
    n = sum(part.splits for part in parts)
    keys = [key for key in parts[0] if key in parts[1]]
    return Row({key: sum(part.splits * part[key] for part in parts) / n for key in keys}, name)


def difference(name, least=0, most=1000):
    """Mean over splits of the C2ST beyond the recommended row's, and its standard error.

    Of the tables with so many columns. The splits of one table belong together, so the error is
    that of a mean of tables with their numbers of splits as weights.
    """
    weights = {t: n for t, n in SPLITS.items() if least <= columns[t] <= most}
    n = sum(weights.values())
    more = {table: by_table[table][name] - by_table[table][BASE] for table in weights}
    middle = sum(weights[table] * more[table] for table in weights) / n
    squares = sum((weights[table] * (more[table] - middle)) ** 2 for table in weights)
    return middle, squares**0.5 / n


def digits(number, spec=".3f"):
    return show(number, f"~{spec}")


def listed_digits(numbers, spec=".3f"):
    return ", ".join(digits(number, spec) for number in numbers)


def signed(middle, error):
    return f"{digits(middle, '+.3f')} ± {digits(error)}"


def deviations(row, spec=".3f"):
    return f"{digits(row.dev_min, spec)}-{digits(row.dev_max, spec)}"


def nats(row, base):
    """Mean held-out log-likelihood beyond the base's, where there is one."""
    if "log_likelihood" not in row:
        return ""
    more = row.log_likelihood - base.log_likelihood
    return f"{more:+.{int(abs(more) < 10)}f}" if more else "0"


LAWS = {
    "local, 10, total variance of the data": "local 10, match",
    "local, 10, 0.2": "local 10, .2",
    "local, 10, 0.01/r": "local 10, .01/r",
    "local, 10, 0.1, kappa 0.05": "local 10, .1, kappa .05",
    "local, 10, 0.1, means and deviations corrected": "local 10, .1, moments",
    "local, 5, 0.2": "local 5, .2",
    "local, 20, 0.1": "local 20, .1",
    "local, 20, 0.01/r": "today: local 20, .01/r",
    "local-pca, 10, 0.1": "local-pca 10, .1",
    "isotropic, 0.1/r": "isotropic, .1/r",
    "isotropic, 0.01/r": "isotropic, .01/r",
}
base, training_rows = pooled(BASE), pooled("training rows")
laws = [
    (label, NEW[name].c2st, pooled(name), signed(*difference(name)), nats(pooled(name), base))
    for label, name in LAWS.items()
]
few_columns = [table for table in columns if columns[table] <= 7]
smaller, usual = (found["few columns"][f"local 10, {rule}"] for rule in (".0125 r", ".1"))

# ------------------------------------------------------------------ noise that is left

left = RESULTS["noise_left"]
left_in = [f"{t} (r = {left[f'{t}, local, 0.1'].r})" for t in heads(left, "local, 0.1")]


def noise_left_by(start):
    return listed_digits(
        (left[f"{table}, {start}, 0.1"].left for table in heads(left, "local, 0.1")), ".2f"
    )


# ------------------------------------------------------------------ quality

ENDS = ("iris protocol", "mean")
of_classes = {t: quality[f"{t}, smoothdiff"] for t in heads(quality, "SMOTE") if t not in ENDS}
drifting = {table: row.drift for table, row in of_classes.items() if row.drift >= 0.03}
off = {t: row.dev_min for t, row in of_classes.items() if row.dev_min < 0.95 or row.dev_max > 1.05}


def named(numbers):
    return ", ".join(f"{name} {digits(number)}" for name, number in numbers.items())


# ------------------------------------------------------------------ one factor at a time

choice = found["choice, split seed 0"]
best = min(choice, key=lambda name: choice[name].c2st)


def factor(label, *settings):
    """A row of the table: settings that differ in one factor, at t_min/t0 0.1 unless said."""
    rows = [choice[name if "|" in name else f"{name} | 0.1"] for name in settings]
    return (
        label,
        *("; ".join(digits(row[key]) for row in rows) for key in ("c2st", "drift")),
        "; ".join(deviations(row, ".2f") for row in rows),
        "; ".join(digits(row.copied) for row in rows),
        "; ".join(nats(row, choice["local 20 | 0.1"]) or "none" for row in rows),
    )


factors = [
    factor(
        "t_min/t0: 0; 0.01/r; 0.01; 0.1; 0.5",
        *(f"local 20 | {scale}" for scale in ("0", ".01/r", "0.01", "0.1", "0.5")),
    ),
    factor(
        "m = 10, t_min/t0: 0; 0.03; 0.1; 0.2",
        *(f"m10 | {scale}" for scale in ("0", "0.03", "0.1", "0.2")),
    ),
    factor("m: 5; 7; 10; 14; 20; 40", "m5", "m7", "m10", "m14", "local 20", "m40"),
    factor("(w_g, w_s): (.1, .01); (0, .3); (.4, .05)", "w.1,.01", "w0,.3", "w.4,.05"),
    factor("t0_scale: .25; .5; 1.5; 2", "t0 0.25", "t0 0.5", "t0 1.5", "t0 2"),
    factor("kappa: .02; .05; .2; .4", "kappa 0.02", "kappa 0.05", "kappa 0.2", "kappa 0.4"),
    factor("six laws and a Gaussian; six with m = 10", "stack", "m10 stack"),
    factor("adaptive; local-pca 10; local-pca 20", "adaptive10", "local-pca10", "lpca20"),
]

# ------------------------------------------------------------------ means and deviations

moments = found["moments"]
plain, corrected, *re_weighted = (
    moments[f"{name}, t_min_scale 0.1"]
    for name in ("none", "diag", "alpha 0.25", "alpha 0.5", "alpha 1.0")
)

# ------------------------------------------------------------------ near-copies of tables

mixed = heads(tables, "smoothdiff")
near, equal = (
    {table: tables[f"{table}, {end}"] for table in mixed}
    for end in ("smoothdiff", "smoothdiff, near copies stay")
)
errors = [row.c2st_se for rows in (near, equal) for row in rows.values()]
most = max(mixed, key=lambda table: near[table].closer)


def mean(rows, key):
    return fmean(row[key] for row in rows.values())


# ------------------------------------------------------------------ choices of tables

choices = RESULTS["table_choices"]
AS_IT_IS = "as it is, a model for each class"


def beside(*names):
    """Rows of (label, choice, difference of C2ST to the default), the default's in bold."""
    for label, name in names:
        row = choices[name]
        if name == AS_IT_IS:
            yield f"**{label}**", row, ""
        else:
            more = row.c2st - choices[AS_IT_IS].c2st
            yield label, row, signed(more, row.c2st_difference_se)


even_rows = list(beside(("even", AS_IT_IS), ("independent", "independent draws")))
noise_rows = list(
    beside(("0.001", "t_min_scale 0.001"), ("0.1", AS_IT_IS), ("0.2", "t_min_scale 0.2"))
)

# ------------------------------------------------------------------ shrinkage, coordinates

SHRINKAGE = ("wine", "breast cancer", "iris", "diabetes", "digits, 15 components", "helix")
SHRINKAGE += ("swiss roll",)
shrinkage = [
    (label, " | ".join(f"{RESULTS['shrinkage'][f'{t}, m = 20'][key]:.1f}" for t in SHRINKAGE))
    for label, key in (
        ("two targets, halves", "halves"),
        ("OAS, sphere", "OAS, sphere"),
        ("(0.1, 0.1)", "default"),
    )
]
tried = list(RESULTS["candidates"].values())
n_candidates, narrower = len(tried), max(row["narrower"] for row in tried)
breast_cancer = RESULTS["candidates"]["breast cancer"]["start, w_s from .0001, m to 60"]
KINDS = ("start", "kappa", "t_min")
CHOSEN = ("start, w_s from .0001, m to 60", "kappa .01, .05, .2", "t_min .03, .1, .25, .5, 1")
candidates = [
    (
        f"**{key}**" if key in CHOSEN else key,
        f"{fmean(gains):+.3f} ± {stdev(gains) / len(gains) ** 0.5:.3f}" if any(gains) else "",
        f"{max(0.0, -min(gains)):.3f}" if any(gains) else "",
    )
    for kind in KINDS
    for key in tried[0]
    if key.startswith(kind)
    for gains in [[row[key] for row in tried]]
]
standard, whitened, half, rank = (
    found.coordinates[f"{name}, m=10"] for name in ("standard", "whitened", "half-whitened", "rank")
)

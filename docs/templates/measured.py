"""What measured.md says of several results together."""

from statistics import fmean

from figures import RESULTS, Best, heads, lowest

likelihood, quality, tables = (RESULTS[name] for name in ("likelihood", "quality", "tables"))

# ------------------------------------------------------------------ speed

density, sampling, averages = (RESULTS[name] for name in ("density", "sampling", "local_average"))
training, startup = RESULTS["training"], RESULTS["startup"]
three, ten, near, nearer = (density[k] for k in ("d=3", "d=10", "near, t0", "near, t0 / 100"))
average, averaged_late, adaptive, start = (
    density[f"near, {k}"]
    for k in ("average, t0", "average, t0 / 100", "start adaptive", "start local")
)
of_2, of_10 = sampling["d=2"], sampling["d=10"]
then_2, then_10 = RESULTS["sampling_earlier"]["d=2"], RESULTS["sampling_earlier"]["d=10"]
cubes_2, cubes_5 = averages["quadrature, d=2"], averages["quadrature, d=5"]
steps, euler = averages["steps against the closed form"], averages["20000 samples, 200 Euler steps"]
papers, usual, small = training.values()


def microseconds(row):
    """Of 1e4, 1e5 and 1e6 points."""
    return ", ".join(f"{row[f'us_{n}']:.0f}" for n in (10_000, 100_000, 1_000_000))


# ------------------------------------------------------------------ growth

GROWTH = {
    "fit": "fit",
    "as many samples as rows": "sample as many",
    "1000 samples": "sample 1000",
    "1000 log-densities": "score_samples 1000",
    "flow of 1000 points": "flow 1000",
    "smoothed score at 1000 points": "smoothed score 1000",
    "exact score at 1000 rows": "exact score 1000",
    "exact density at 1000 rows": "exact density 1000",
    "local average at 1000 rows": "local average 1000",
    "SMOTE, as many rows": "SMOTE, as many",
    "KernelDensity at 1000 rows": "KernelDensity 1000",
}


def growth_of(what):
    return [(label, RESULTS["growth"][f"{name}, by {what}"]) for label, name in GROWTH.items()]


grown = [
    (*rows, columns)
    for rows, (_, columns) in zip(growth_of("rows"), growth_of("columns"), strict=True)
]


def smote_is_faster(what, size):
    """How many times as fast as `fit` and sampling."""
    ours, sampled, smote = (
        RESULTS["growth"][f"{name}, by {what}"][size]
        for name in ("fit", "sample as many", "SMOTE, as many")
    )
    return (ours + sampled) / smote


# ------------------------------------------------------------------ memory

memory_calls = [name.removesuffix(", 1000000 x 40") for name in RESULTS["memory"] if "x 40" in name]

# ------------------------------------------------------------------ likelihood

OURS, COPULA = "SmoothedPLDiffusionCV", "R-BP copula, as printed"


def held_out(table, name=OURS):
    return likelihood[f"{table}: {name}"]


def mixture(table):
    """The best of three kinds, by the held-out rows."""
    kinds = (held_out(table, f"GaussianMixture, {kind}") for kind in ("full", "tied", "diag"))
    return max(kinds, key=lambda row: row.mean)


def nats(row):
    return f"{row.mean:.2f} ± {row.standard_error:.2f}"


OTHERS = ("digits, 15 components", "swiss roll", "helix", "iris", "diabetes")
best_of_rest = {
    table: max(
        row.mean
        for name, row in likelihood.items()
        if name.startswith(f"{table}: ") and "SmoothedPLDiffusion" not in name
    )
    for table in OTHERS
}
beside = "; ".join(
    f"{table} {nats(held_out(table))}, {best_of_rest[table]:.2f}" for table in OTHERS
)
gains = {table: held_out(table).mean - best_of_rest[table] for table in OTHERS}
likelihood_lost = [t for t in OTHERS if gains[t] < -held_out(t).standard_error]
behind_on = f"behind on {'; '.join(likelihood_lost)}" if likelihood_lost else "behind on none"
likelihood_level = [t for t in OTHERS if abs(gains[t]) <= held_out(t).standard_error]


# ------------------------------------------------------------------ numeric tables

MODELS = ("smoothdiff", "GaussianMixture", "SMOTE", "KernelDensity")
NOT_OF_THE_CHOICE = ("wine", "adult", "auto", "horse", "swiss roll", "circle")
numeric = [table for table in heads(quality, *MODELS) if table not in ("iris protocol", "mean")]


def mean(model):
    return quality[f"mean, {model}"]


def iris(model):
    return quality[f"iris protocol, {model}"]


six = fmean(quality[f"{table}, smoothdiff"].c2st for table in NOT_OF_THE_CHOICE)


def full(table):
    return "horse colic" if table == "horse" else table


def lowest_on(model):
    """Names of the tables where no other of the models has a lower C2ST."""
    best = {t: min(MODELS, key=lambda model: quality[f"{t}, {model}"].c2st) for t in numeric}
    return [full(table) for table in numeric if best[table] == model]


beside_forest = []
for table in heads(quality, "ForestDiffusion", "smoothdiff, first split"):
    pair = [quality[f"{table}, {end}"] for end in ("smoothdiff, first split", "ForestDiffusion")]
    best = {key: lowest([row[key] for row in pair]) for key in ("c2st", "w1")}
    pair = [row | {key: best[key][i] for key in best} for i, row in enumerate(pair)]
    beside_forest.append((full(table), *pair))


def ahead_of_forest(place):
    """Names of the tables where that one of the pair has the lower C2ST."""
    return [table for table, *pair in beside_forest if isinstance(pair[place].c2st, Best)]


# ------------------------------------------------------------------ mixed tables

TREES, SMOTE, STAY = "CART with donors", "SMOTE, SMOTENC", "smoothdiff, near copies stay"
SLOW = ("adversarial forest", "TVAE", "CTGAN", "ForestDiffusion")


def lowest_c2st(table, *models):
    """Of those of these models that there are."""
    names = (f"{table}, {model}" for model in models)
    return min(tables[name].c2st for name in names if name in tables)


mixed = heads(tables, "smoothdiff")
ours = {table: tables[f"{table}, smoothdiff"] for table in mixed}
trees = {table: tables[f"{table}, {TREES}"] for table in mixed}
mixed_rows = [
    (t, ours[t], *(tables[f"{t}, {end}"] for end in (STAY, TREES, SMOTE, "real rows")))
    for t in mixed
]
below_all = [t for t in mixed if ours[t].c2st < lowest_c2st(t, SMOTE, TREES, *SLOW)]
# By how much the trees are ahead, in our standard errors.
ahead = {t: (ours[t].c2st - trees[t].c2st) / ours[t].c2st_se for t in mixed}
trees_ahead = [f"{t} (by {ours[t].c2st - trees[t].c2st:.3f})" for t in mixed if ahead[t] > 1]
level = [table for table in mixed if abs(ahead[table]) <= 1]
fewer_copies = [table for table in mixed if ours[table].closer < trees[table].closer]


def nearly_real(model):
    """Tables where what is trained on a model's rows reaches 0.98 of real rows."""
    real = {table: tables[f"{table}, real rows"].efficacy for table in mixed}
    return [t for t in mixed if tables[f"{t}, {model}"].efficacy >= 0.98 * real[t]]


forests = {table: tables[f"{table}, ForestDiffusion"] for table in heads(tables, "ForestDiffusion")}
of_forests = [f"{table} {row.c2st:.3f} in {row.seconds:.0f} s" for table, row in forests.items()]
beside_them = [f"{ours[table].seconds:.1f}" for table in forests]

# ------------------------------------------------------------------ over-sampling


def sampled(table, *samplers):
    """Results of the first sampler that there is."""
    results = RESULTS["over_sampling"]
    *rest, last = (f"{table}, {sampler}" for sampler in samplers)
    return results[next((name for name in rest if name in results), last)]


def re_balanced(table, *samplers):
    """ROC AUC, average precision and balanced accuracy."""
    row = sampled(table, *samplers)
    numbers = (row.roc_auc, row.average_precision, row.balanced_accuracy)
    return " ".join(f"{number:.3f}".lstrip("0") for number in numbers)


def smotes_lead(table):
    """In balanced accuracy."""
    smote, ours = sampled(table, "SMOTE", "SMOTENC"), sampled(table, "smoothdiff")
    return smote.balanced_accuracy - ours.balanced_accuracy


smote_ahead, ours_ahead = (
    [table for table in heads(RESULTS["over_sampling"], "none") if sign * smotes_lead(table) > 0.01]
    for sign in (1, -1)
)

# ------------------------------------------------------------------ outliers, networks


def outlier_row(table, model="DiffusionOutlierDetector"):
    return RESULTS["outliers"][f"{table}, {model}"]


def areas(table):
    models = ("DiffusionOutlierDetector", "IsolationForest", "LocalOutlierFactor")
    return ", ".join(f"{outlier_row(table, model).auc:.3f}" for model in models)


SMALL = ("breast cancer: malignant", "wine: the third cultivar", "iris: virginica")


def flagged(model="DiffusionOutlierDetector"):
    """Least and most on the small tables, in percent."""
    found = [outlier_row(table, model).flagged for table in SMALL]
    return f"{100 * min(found):.0f} to {100 * max(found):.0f}%"


contradictions = RESULTS["contradictions"]


def contradiction_row(table):
    """Areas under the curve of all, and what part of new rows ours flags."""
    models = ("IsolationForest", "IsolationForest, ordinal", "LocalOutlierFactor")
    ours = contradictions[f"{table}, DiffusionOutlierDetector"]
    peers = " | ".join(f"{contradictions[f'{table}, {model}'].auc:.2f}" for model in models)
    return f"{ours.auc:.2f} | {peers} | {ours.flagged:.1%} | {ours.found:.0%}"


chosen = RESULTS["networks"]["chosen"]
ratios = [chosen[key] for key in chosen if key.startswith("ratio_")]
printed = [RESULTS["networks"][f"papers' training{seed}"] for seed in ("", ", seed 1")]
fallen = RESULTS["networks"]["papers' training, then 1e-5"]
falling = [f"{fallen[key]:.2g}" for key in fallen if key.startswith("ratio_")]


def residuals(time):
    return " and ".join(f"{row['ratio_' + time]:.2g}" for row in printed)


def in_gaps(rows):
    """Samples in the emptiest gap over those of the Smoothed PL-ESF with the kappa at t0."""
    return " and ".join(f"{row.least_gap / row.smoothed_least_gap:.0%}" for row in rows)


two_points = [RESULTS["networks"][f"two points, decay {decay}"] for decay in (1, 3, 5, 7)]
deltas = ", ".join(f"{row.delta:.2f}" for row in two_points)
most_left = max(row.part for row in two_points)
left_p_t = [f"{100 * row.part_p_t:.0f}" for row in two_points]

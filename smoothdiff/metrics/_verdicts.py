"""A report in words: what its numbers say of fidelity, diversity, novelty and usefulness.

Each grade goes by one number and what real rows get, and the sentence says both.
"""

from typing import NamedTuple

import numpy as np

__all__ = ["Verdict", "privacy", "verdicts"]

GRADES = ("excellent", "good", "fair", "poor")
# By how much the area under the curve exceeds that of real rows.
SEPARATION = (0.05, 0.15, 0.3)
# Coverage and recall beside those of real rows, at least.
SPREAD = (0.95, 0.85, 0.7)
# Rows closer to a training row than the closest 5% of held-out rows, at most.
CLOSE = (0.075, 0.15, 0.3)
# Probability that a generated row is closer to the training rows than a held-out one is, at most.
NEARER = (0.55, 0.65, 0.75)
# C_T beyond which rows are not nearer by chance.
BEYOND_CHANCE = 3.0
# Gain over a constant prediction beside that of real training rows, at least.
GAIN = (0.98, 0.9, 0.75)


class Verdict(NamedTuple):
    """A word and the sentence that gives its reason."""

    grade: str
    sentence: str


def verdicts(found) -> dict[str, Verdict]:
    """Verdicts by aspect, from a report's numbers."""
    made = {
        "fidelity": _fidelity(found),
        "diversity": _diversity(found),
        "novelty": _novelty(found),
    }
    if "efficacy" in found.names:
        made["usefulness"] = _usefulness(found)
    return made


def _grade(value, limits, *, less):
    """The first grade whose limit the value keeps to."""
    for grade, limit in zip(GRADES, limits, strict=False):
        if value <= limit if less else value >= limit:
            return grade
    return GRADES[-1]


def _fidelity(found):
    auc = found["c2st"]
    if auc.baseline > 0.5 + SEPARATION[-1]:
        return Verdict(
            "unknown",
            "A classifier tells even training rows from held-out ones, with an area under the "
            f"curve of {auc.baseline:.2f} (0.5 is chance): nothing can be said of generated ones "
            f"({auc:.2f}). A column may number the rows.",
        )
    excess = auc - max(auc.baseline, 0.5)
    giveaways = (
        [f"{name!r}" for name in found.separation.giveaways[:3]] if excess > SEPARATION[0] else []
    )
    gives = f" What gives them away most: {', '.join(giveaways)}." if giveaways else ""
    return Verdict(
        _grade(excess, SEPARATION, less=True),
        "A classifier tells generated rows from held-out ones with an area under the curve of "
        f"{auc:.2f} (0.5 is chance; training rows get {auc.baseline:.2f}).{gives or ''}",
    )


def _diversity(found):
    coverage, recall = found["coverage"], found["recall"]
    if max(coverage.baseline, recall.baseline) == 0:
        return Verdict(
            "unknown",
            "Training rows come near none of the held-out rows: nothing can be said of generated "
            f"ones ({coverage:.0%} and {recall:.0%}).",
        )
    ratio = min(
        value / value.baseline if value.baseline > 0 else 1.0 for value in (coverage, recall)
    )
    return Verdict(
        _grade(ratio, SPREAD, less=False),
        f"Generated rows come near {coverage:.0%} of the held-out rows, and {recall:.0%} of these "
        f"lie among generated ones (training rows: {coverage.baseline:.0%} and "
        f"{recall.baseline:.0%}).",
    )


def _novelty(found):
    closer, copied = found["closer"], found["copied_rows"]
    if not found.is_held_out:
        return Verdict(
            "unknown",
            f"{copied.baseline:.0%} of the rows in test equal training rows: what was not held out "
            "says nothing of copies.",
        )
    nearer, copying = found.distances.nearer, found["data_copying"]
    more = f", and C_T of {copying:.1f} says that this is none" if copying < -BEYOND_CHANCE else ""
    grades = [_grade(closer, CLOSE, less=True), _grade(nearer, NEARER, less=True)]
    if copied > copied.baseline + 0.01:
        grades.append("fair")
    return Verdict(
        max(grades, key=GRADES.index),
        f"{closer:.0%} of the generated rows are closer to a training row than the closest "
        f"{closer.baseline:.0%} of the held-out rows are; one taken at random is closer than a "
        f"held-out one with probability {nearer:.2f} (0.5 is chance{more}); {copied:.1%} equal a "
        f"training row (held-out rows: {copied.baseline:.1%}).",
    )


def _usefulness(found):
    value, null = found["efficacy"], found["constant"]
    possible, noise = value.baseline - null, value.parts.get("standard error", 0.0)
    if possible <= 2 * noise:
        better = "little better" if possible > 0 else "no better"
        return Verdict(
            "unknown",
            f"Real training rows predict {found.target!r} {better} ({value.baseline:.3f}) "
            f"than a constant does ({null:.3f}), with an uncertainty of {noise:.3f}: nothing can "
            f"be said of generated ones ({value:.3f}).",
        )
    return Verdict(
        _grade((value + noise - null) / possible, GAIN, less=False),
        f"A model that learned {found.target!r} from generated rows scores {value:.3f} on held-out "
        f"rows (uncertain by {noise:.3f}, which the grade allows for); from real rows "
        f"{value.baseline:.3f}, a constant prediction {null:.3f}.",
    )


def privacy(found) -> str:
    """What whoever is about to publish the rows must know."""
    n_close = int(np.sum(found.close))
    drop = (
        " smoothdiff.metrics.filter_copies(generated, train, test) drops these." if n_close else ""
    )
    return (
        "Before you publish: rows that this library generates are weighted means of a few named "
        "training rows, and values that these gave. That is no protection of privacy, and none "
        f"is claimed. {n_close} of {len(found.close)} generated rows are as close to a training "
        f"row as the closest 5% of held-out rows, or closer.{drop}"
    )

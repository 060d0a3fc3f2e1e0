"""The examples run, draw their picture, and print numbers that bear out what they say."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from given import FEW_TREES

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
NUMBER = r"([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)"


def output_of(tmp_path, *arguments):
    """Standard output of Python with these arguments, in a folder of its own; no warnings."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


BEGINS = {".png": b"\x89PNG", ".gif": b"GIF89a"}
ANIMATED = {"flow", "dials"}


def run(name, tmp_path, *flags):
    """Standard output of an example that has drawn its picture, which is as figures should be."""
    pytest.importorskip("matplotlib")
    picture = tmp_path / f"{name}{'.gif' if name in ANIMATED else '.png'}"
    drawn = ROOT / "tests" / "drawn.py"
    text = output_of(tmp_path, drawn, EXAMPLES / f"plot_{name}.py", picture, *flags)
    pictures = sorted(tmp_path.iterdir())
    assert pictures[0] == picture
    for path in pictures:
        assert path.read_bytes().startswith(BEGINS[path.suffix])
        assert 20_000 < path.stat().st_size < 1_000_000
        assert path.stem.startswith(name)
    return text


def numbers(pattern, text, count):
    """Numbers where # stands in the pattern: a list for each of the ``count`` lines it is in."""
    found = re.findall(re.escape(pattern).replace(r"\#", NUMBER), text)
    assert len(found) == count, f"{pattern!r} is in {len(found)} places of:\n{text}"
    return [[float(value) for value in (row if isinstance(row, tuple) else [row])] for row in found]


def interpolation(text):
    copied = [value for (value,) in numbers(": #% of samples are near copies", text, 3)]
    ((fresh,),) = numbers("new points of the spiral: #% are near copies", text, 1)
    assert fresh > 30  # the measure has no zero
    assert abs(copied[2] - fresh) < 25
    assert copied[0] == 100
    assert copied[0] > copied[1] > copied[2]


def phases(text):
    start, memory, smoothed = numbers(
        ": spread off the line #, on a training point #, near copies #, different places #", text, 3
    )
    ((variance,),) = numbers("variance t0 = #", text, 1)
    assert start[0] == pytest.approx(variance**0.5, rel=0.05)
    assert start[1] == 0
    assert memory == [0, 1, 1, 4]
    assert smoothed[0] == 0
    assert 0.2 < smoothed[1] < 0.8  # some on the points, the rest between
    assert smoothed[3] > 1000


def phase_diagram(text):
    assert numbers("regions: # of", text, 1) == [[1.0]]
    assert numbers("from a straight line #", text, 1)[0][0] < 1e-12
    assert numbers("paths: # of", text, 1) == [[0]]
    assert numbers("paths: # from A and B end on a training point, # from C", text, 1) == [[1, 0]]


def scores(text):
    curves = numbers("roughness # (formula #), loss # (limit #)", text, 6)
    exact = [value for (value,) in numbers("ESF, roughness #", text, 3)]
    for rough, formula, *_ in curves:
        assert rough == pytest.approx(formula, rel=1e-3)
    for (rough, *_), esf in zip(curves[2:], [exact[1]] * 2 + [exact[2]] * 2, strict=True):
        assert rough < esf / 5  # at the two smaller variances
    for loss, limit in numbers(", loss # (limit #)\n", "\n".join(text.split("t = 1e-06")[1:]), 2):
        assert loss == pytest.approx(limit, rel=0.01)


def denoising(text):
    rows = numbers(
        "total variation #, of sampling error alone # (99% below #); std off the line #, sqrt(t) #",
        text,
        6,
    )
    for distance, _, most, spread, noise in rows:
        assert distance < most
        assert spread == pytest.approx(noise, rel=0.02)  # its standard error is 0.5%
    assert 0 < numbers("are #% wider", text, 1)[0][0] < 10


def variants(text):
    rows = numbers(
        "limits, ESF to PL-ESF #, LA-ESF to Smoothed #; averages, ESF to LA-ESF #, "
        "PL-ESF to Smoothed #",
        text,
        7,
    )
    limits = [row[:2] for row in rows]
    for one, two in pairwise(limits):
        assert two[0] < one[0]
        assert two[1] < 0.6 * one[1]  # first order in t
    assert limits[-1][0] < 1e-6
    assert limits[-1][1] < 0.01
    assert max(max(row[2:]) for row in rows) < 1e-9


def cells(text):
    rows = numbers(
        "cells of triangles have # of the area of the triangles, (1 - rho)^2 = #; largest "
        "distance of 100 steps from the straight path # spacings",
        text,
        3,
    )
    for share, predicted, off in rows:
        assert share == pytest.approx(predicted, rel=0.03)  # counted by pixels
        assert off < 0.01


def local_average(text):
    rows = numbers(
        "W1 to Smoothed PL-ESF, of LA-ESF #, of the ESF #, of itself # (up to #)", text, 3
    )
    for averaged, _, _, most in rows:
        assert averaged < 1.5 * most  # no further than sampling error takes it
    assert rows[-1][1] > 3 * rows[-1][0]  # the ESF is told apart
    ((averaged, exact),) = numbers(
        "W1 of LA-ESF and Smoothed PL-ESF #, of the ESF and Smoothed PL-ESF #", text, 1
    )
    assert averaged < exact / 10
    ((plane, apart),) = numbers(
        "W1 of LA-ESF and Smoothed PL-ESF #, largest distance along the line to one tangent "
        "dimension #",
        text,
        1,
    )
    assert plane == averaged
    assert apart < 1e-9


def regularized(text):
    table = {}
    for line in text.splitlines()[1:11]:
        name, *values = re.split(r"\s{2,}", line.strip())
        table[name] = [float(value) for value in values]
    assert len(table) == 10
    noisy = {"empirical Bayes", "Tikhonov", "early stopping"}
    memorized, off, coverage = table["ESF"]
    assert memorized == 1
    for name, (copied, distance, covered) in table.items():
        assert (distance > 10 * off) == (name in noisy)
        if name.endswith(("average", "Smoothed PL-ESF")):
            assert copied < 0.6
            assert covered > 5 * coverage
    assert table["Smoothed PL-ESF"][2] == max(
        covered for name, (_, _, covered) in table.items() if name not in noisy
    )
    sentence = text.splitlines()[11]
    assert "stays under empirical Bayes, Tikhonov, early stopping." in sentence
    assert "Smoothed PL-ESF covers most" in sentence


def weight_decay(text):
    rows = numbers("decay #: delta #, residual #, distance from the ESF #, ratio #", text, 4)
    deltas = [delta for _, delta, *_ in rows]
    assert 0.5 < deltas[0] < 0.75  # the papers' 0.65, with more steps
    for one, two in pairwise(deltas):
        assert two < one - 0.03
    assert max(ratio for *_, ratio in rows) < 0.05
    seen = numbers("p_t: delta #, residual #, from the ESF #, ratio #, of no score #", text, 4)
    for _, residual, from_esf, ratio, null in seen:
        assert ratio == pytest.approx(residual / from_esf, abs=0.002)
        assert residual < min(from_esf / 2, null / 4)  # a fifth of the null at decay 7


def network(text):
    row = "t = #, {}: kappa #, residual #, of no tangent score #, ratio #"
    for t, kappa, residual, null, ratio in numbers(row.format("over p_t"), text, 4):
        assert ratio == pytest.approx(residual / null, abs=0.002)
        # Close is a tenth; of the fewer steps, not at the least t, which is learned last.
        assert ratio < (0.1 if t > 1e-3 or "26000 steps" in text else 0.2)
        assert t < 0.02 or kappa * t**0.5 < 1 / 3  # at t0, where the gaps are decided, it smooths
    assert len(numbers(row.format("evenly along the line"), text, 4)) == 4
    rows = numbers("samples at t = #: std off the line # (sqrt(t) #)", text, 3)
    assert rows[0][1] == pytest.approx(rows[0][2], rel=0.02)
    assert rows[-1][1] < 0.1 * rows[0][1]  # they collapse onto the line,
    parts = "in the middle halves of the gaps, {}: #%, #%, #%"
    assert min(numbers(parts.format("network"), text, 1)[0]) > 0  # and not all to the points
    assert min(numbers(parts.format("Smoothed PL-ESF"), text, 1)[0]) > 0
    for _, error in numbers("normal part at t = #: rms error # of its rms size", text, 3):
        assert error < 0.2


def leave_the_corners(text):
    """Parts of the networks' samples, of 4, 8 and 16 points."""
    rows = numbers(
        ", #: # within 0.05 of the polygon, # away from its corners, median distance #",
        text.replace("network", "0").replace("Smoothed PL-ESF", "1").replace("ESF", "2"),
        9,
    )
    for which, near, between, median in rows:
        assert near > (0.85, 0.98, 1 - 1e-9)[int(which)]
        assert median < (0.03, 1e-9, 0.003)[int(which)]
        assert which != 1 or between > 0.1
        assert which < 2 or between == 0
    return [between for which, _, between, _ in rows if which == 0]


def circle(text):
    few, more, most = leave_the_corners(text)
    assert 0 < few < 0.02 < more < most  # of 4 points few leave the corners, of 16 many
    assert most > 0.2


def circle_full(text):
    """After the papers' steps fewer do."""
    few, more, most = leave_the_corners(text)
    assert 0 < few < more
    assert few < 0.02
    assert most > 4 * more


def uneven(text):
    ratios = [ratio for (ratio,) in numbers("each gap: ratio #", text, 3)]
    assert max(ratios) < 0.1
    assert ratios[2] <= min(ratios)  # the freest fit is the nearest
    assert numbers("half-gap #: delta #, rho #", text, 5)
    rows = numbers("weight decay #: rho #, ratio #", text, 4)
    parts = [rho for _, rho, _ in rows]
    for one, two in pairwise(parts):
        assert two < one
    ((rho,),) = numbers("the same part rho = # of each gap", text, 1)
    assert rho == parts[0]


def flow(text):
    rows = numbers("#% end on a training point, the others as far as # from the nearest", text, 4)
    shares, far = zip(*rows, strict=True)
    assert shares[0] == shares[2] == 100  # the exact score memorizes,
    assert far[0] == far[2] == 0
    assert max(shares[1], shares[3]) < 90  # smoothed, not all
    assert far[1] == pytest.approx(1 / 3, abs=0.03)  # up to the middles of gaps
    assert numbers("# MB", text, 1)[0][0] < 1


def dials(text):
    row = "{} = #: #% of one point, #% of two points, #% of three points; # from"
    ends = {name: numbers(row.format(name), text, 2) for name in ("kappa", "t0_scale")}
    (*rest, near), (*_, copied) = ends["kappa"]
    assert ends["kappa"][1] == [1, 100, 0, 0, copied]
    assert copied < 1e-9 < near
    assert rest[1] < 50
    assert ends["t0_scale"][1][-1] > 1.2 * near  # farther away, though more are copies
    kept = numbers(row.format("t_min_scale"), text, 2)
    assert kept[0][1:] == [*rest[1:], near]
    assert kept[1][1:4] == rest[1:]  # noise changes no parents
    assert kept[1][-1] > 1.5 * near
    assert numbers("# MB", text, 1)[0][0] < 1


def decay_search(text):
    ((memorized,),) = numbers("ESF: held-out log-likelihood #", text, 1)
    for name, gain in (("kappa", 2.0), ("weight_decay", 0.3)):
        n_values = text.count(f"\n{name} ")
        assert n_values >= 4
        rows = numbers(f"\n{name} #: held-out log-likelihood #", text, n_values)
        ((best, likelihood),) = numbers(f"best {name}: #, #", text, 1)
        assert likelihood == max(row[1] for row in rows)
        assert likelihood > memorized + 5
        assert likelihood > rows[0][1] + gain  # the first smooths least
        ((searched,),) = numbers("SmoothedPLDiffusionCV: held-out log-likelihood #", text, 1)
        assert searched > likelihood
    assert best > 0


def displays(text):
    rows = numbers("region of #%: #% of other samples, #% of new points", text, 3)
    for share, drawn, unseen in rows:
        assert drawn == pytest.approx(share, abs=3)  # its standard error is 1
        assert unseen == pytest.approx(share, abs=12)
    assert numbers("off their means by #", text, 1)[0][0] < 1e-12
    assert numbers("off the flow by #", text, 1)[0][0] < 1e-12


CLAIMS = {
    check.__name__: check
    for check in (
        interpolation,
        phases,
        phase_diagram,
        scores,
        denoising,
        variants,
        cells,
        local_average,
        regularized,
        weight_decay,
        network,
        circle,
        uneven,
        decay_search,
        displays,
        flow,
        dials,
    )
}
# What would be printed if the claim were false: a pattern and what takes its place.
FALSE = {
    "interpolation": (r"(kappa = 0\.2: )\d+%", r"\g<1>100%"),
    "phases": (r"(exact score: .*)point 1\.000", r"\g<1>point 0.950"),
    "phase_diagram": (r"0 of 62", "3 of 62"),
    "scores": (r"(06: kappa = 1\.2, loss) \S+", r"\1 0.0900"),
    "denoising": (r"(Smoothed PL-ESF, t = 1e-05: total variation) \S+,", r"\1 0.0500,"),
    "variants": (r"(t = 6.*Smoothed) \S+;", r"\1 2.0e-01;"),
    "cells": (r"(rho = 0\.4: .*paths? )\S+( spacings)", r"\g<1>2.0e-01\2"),
    "local_average": (r"(W1 of LA-ESF and Smoothed PL-ESF) \S+(, of)", r"\1 0.01000\2"),
    "weight_decay": (r"(decay 7: delta) \S+,", r"\1 0.600,"),
    "network": (r"(t = 0.0001, over p_t.* ratio) \S+", r"\1 0.250"),
    "circle": (r"(n = 8, network:) \S+", r"\1 0.500"),
    "uneven": (r"(in each gap: ratio) \S+", r"\1 0.5000"),
    "flow": (r"(line, Smoothed PL-ESF:) \S+%", r"\1 95.0%"),
    "dials": (r"(kappa = 1: )\S+%", r"\g<1>90.0%"),
    "displays": (r"(region of 50%:) \S+%", r"\1 60.0%"),
    "decay_search": (r"(\nweight_decay 0: held-out log-likelihood) \S+", r"\1 -1.00"),
    "regularized": (r"(Smoothed PL-ESF {2,}\S+ +)\S+", r"\g<1>0.2000"),
}
SLOW = {"regularized", "local_average", "network", "circle", "decay_search", "uneven", "denoising"}
SLOW |= {"cells", "variants", "displays", "weight_decay", "flow", "dials"}
# Networks: a short run by default, and the papers with --full.
TRAINED = ("weight_decay", "network", "circle", "uneven", "decay_search")


def test_the_first_code_of_the_readme(tmp_path):
    """As written, without a warning, to a likelihood that is not absurd."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S).group(1)
    text = output_of(tmp_path, "-c", code)
    assert float(text.split()[-1]) > -3
    assert not list(tmp_path.iterdir())


def test_the_table_of_the_readme(tmp_path):
    """As written, on a file of customers, with forests of 20 trees."""
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")  # its report has pictures
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    code = "\n".join(blocks[1:3])
    rng = np.random.default_rng(0)
    rows = [
        f"{rng.integers(18, 80)},{rng.choice(['NO', 'SE', 'DK'])},{rng.choice(['yes', 'no'])},"
        f"{rng.choice(['', '0', '12.5', '99.9'])}"
        for _ in range(80)
    ]
    (tmp_path / "customers.csv").write_text("\n".join(["age,country,churned,paid", *rows]))
    check = "assert set(some.country) <= {'NO', 'SE'} and some.age.between(30, 40).all()"
    check += "\nassert new.shape == (60, 4) and (new.dtypes == table.dtypes).all()"
    check += "\nassert 0 < len(safe) <= 60 and 'usefulness' in found.verdicts"
    assert "drawn first" in output_of(tmp_path, "-c", f"{FEW_TREES}{code}\n{check}")
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_every_example_has_a_claim():
    assert {path.stem.removeprefix("plot_") for path in EXAMPLES.glob("*.py")} == set(CLAIMS)


# With --full the same holds, but for circles.
FULL = {**CLAIMS, "circle": circle_full}
CASES = [
    pytest.param(name, (), CLAIMS, marks=[pytest.mark.slow] * (name in SLOW), id=name)
    for name in CLAIMS
]
CASES += [
    pytest.param(name, ("--full",), FULL, marks=pytest.mark.slow, id=f"{name}-full")
    for name in TRAINED
]


@pytest.mark.parametrize(("name", "flags", "claims"), CASES)
def test_example(name, flags, claims, tmp_path):
    text = run(name, tmp_path, *flags)
    claims[name](text)
    false, n_changed = re.subn(*FALSE[name], text)
    assert n_changed == 1
    with pytest.raises(AssertionError):
        claims[name](false)

"""Each call of docs/refusals.md is made: it is refused as the page says, and nothing is changed."""

import ast
import copy
import inspect
import pickle
import re
import shlex
import traceback
from pathlib import Path

import numpy as np
import pytest
from scene import CHEAP, MODULES, fitted, make_folder, names_for
from table import TABLE

import smoothdiff
from smoothdiff import cli
from smoothdiff.cli import main

OURS = str(Path(smoothdiff.__file__).parent)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("refusals")
    make_folder(path)
    return path


def contents(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def kept(value):
    """What must not change in an object, nor in what it holds."""
    try:
        return dict(vars(value)), pickle.dumps(value)
    except (TypeError, pickle.PicklingError, AttributeError):
        return None


def refused(call, names):
    """The error of a call; the object whose method is called is as it was."""
    tree = ast.parse(call, mode="eval").body
    owners = []
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        owner = eval(ast.unparse(tree.func.value), dict(names))
        owners.append(owner)
        if tree.func.attr == "fit" and type(owner).__name__ in CHEAP:
            # One that is fitted stays so, draws no number, and is refused in the same words.
            again = copy.deepcopy(fitted(type(owner).__name__))
            again.set_params(**owner.get_params(deep=False))
            if getattr(owner, "random_state", 0) is None and not getattr(owner, "checkpoint", None):
                again.set_params(random_state=np.random.RandomState(0))
            owners.append(again)
        tree.func.value = ast.Name("owner", ast.Load())
    code = compile(ast.fix_missing_locations(ast.Expression(tree)), "<the page>", "eval")
    errors = []
    for owner in owners or [None]:
        before = kept(owner)
        with pytest.raises(Exception) as caught:  # noqa: PT011, the caller looks at it
            eval(code, {**names, "owner": owner})
        errors.append(caught.value)
        assert kept(owner) == before, call
    assert len({str(error) for error in errors}) == 1, call
    return errors[0]


def check_sentence(said, refusal, case, names):
    sentence = refusal.sentence.replace("{name}", case.name)
    if "{got}" in sentence:
        sentence = sentence.replace("{got}", repr(eval(case.got, dict(names))))
    if refusal.is_open:
        assert said.startswith(sentence.removesuffix(" ...")), case
    else:
        assert said == sentence, case


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of sums that meet infinity
@pytest.mark.parametrize("refusal", TABLE, ids=lambda r: f"{r.section}: {r.sentence[:40]}")
def test_it_is_refused_and_nothing_changes(refusal, folder, monkeypatch, capsys):
    if refusal.section == "Pictures" or any(c.startswith("smoothdiff demo") for c in refusal.calls):
        pytest.importorskip("matplotlib", reason="it would be drawn")
    monkeypatch.chdir(folder)
    before = contents(folder)
    for case in refusal.cases():
        if case.call.startswith("smoothdiff "):
            check_command(case, refusal, capsys)
            continue
        names = names_for(case.name if case.of_model else "")
        error = refused(case.call, names)
        assert refusal.error in [c.__name__ for c in type(error).__mro__], (case, error)
        check_sentence(
            str(error) if not isinstance(error, KeyError) else error.args[0], refusal, case, names
        )
        if not refusal.is_open:
            assert traceback.extract_tb(error.__traceback__)[-1].filename.startswith(OURS), case
    assert contents(folder) == before


def check_command(case, refusal, capsys):
    try:
        status = main(shlex.split(case.call)[1:])
    except SystemExit as stopped:  # argparse, which says the usage first
        status = stopped.code
        assert refusal.is_open
    out, err = capsys.readouterr()
    assert (status, out) == (2, ""), case
    *usage, last = err.splitlines()
    assert not usage or refusal.is_open, case
    check_sentence(last.partition(": error: ")[2], refusal, case, {})


# ------------------------------------------------------------------ nothing is left out

# What is made by the library, or is a word of a formula that takes what others have checked.
MADE = {
    *("AlphaPrecisionBetaRecall", "ClosestRecords", "PRDC", "Report", "Value"),
    *("Claim", "Outcome", "Tried", "Agreement", "ClosestSmoothing", "Loss"),
    *("Frame", "Schema", "MixedCell", "Method", "CallableScore", "NoisedLaw"),
    *("Denoiser", "Field", "OfPoints", "Score", "Solver", "StartingLaw"),
    *("NoisedPoints", "Steps", "Adaptive", "Isotropic", "Local", "LocalPCA", "StackedLaw"),
    *("Start", "WholeGaussian", "stacking_weights", "starting_law", "distinct_rows"),
    "draw_by_weight",
    *("candidates_per_row", "neighborhood_size", "counted_normals", "states", "log_density"),
    *("karras_times", "divergence_by_differences"),
}


def test_every_public_name_is_in_the_table():
    words = set(re.findall(r"\w+", " ".join(c.call for r in TABLE for c in r.cases())))
    words |= {case.name for r in TABLE for case in r.cases()}
    public = {
        name
        for module in MODULES
        for name in module.__all__
        if callable(getattr(module, name)) and not inspect.ismodule(getattr(module, name))
    }
    assert public - words == MADE & public - words
    assert not MADE - public
    assert "DiffusionOverSampler" in words


def test_every_command_is_in_the_table():
    tried = {r.calls[0].split()[1] for r in TABLE if r.section == "Commands"}
    assert set(cli._main.VERBS) <= tried

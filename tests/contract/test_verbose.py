"""Progress of long runs, on standard error and only where it is asked for."""

import pytest
from given import normal

from smoothdiff import EmpiricalScoreDiffusion, _compute, model


@pytest.fixture(autouse=True)
def _always(monkeypatch):
    monkeypatch.setattr("smoothdiff._progress.SECONDS_BETWEEN_REPORTS", -1.0)
    for module in (_compute, model):
        monkeypatch.setattr(module, "ROWS_PER_TASK", 5)


def test_silent_by_default(make, capsys):
    fitted = make().fit(normal(40, 3))
    fitted.sample(12)
    fitted.score_samples(normal(12, 3))
    fitted.trajectory(n_samples=2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
def test_steps_of_all_blocks_are_counted(make, solver, capsys):
    """12 rows are three blocks of 5, each of 4 steps."""
    fitted = make(solver=solver, n_steps=4).fit(normal(40, 3)).set_params(verbose=1)
    fitted.sample(12, random_state=0)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(",")[0] for line in err.splitlines()] == [
        f"step {i} of 12" for i in range(1, 13)
    ]


@pytest.mark.without(EmpiricalScoreDiffusion, because="its density has a closed form")
def test_steps_of_a_density_are_counted(make, capsys):
    fitted = make(solver="heun", n_steps=4).fit(normal(40, 3)).set_params(verbose=1)
    fitted.score_samples(normal(12, 3))
    assert "step 12 of 12" in capsys.readouterr().err

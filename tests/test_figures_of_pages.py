"""Pages of what was measured have the figures of benchmarks/results."""

import importlib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def figures(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    return importlib.import_module("figures")


def test_pages_are_what_templates_and_results_give(figures):
    made = dict(figures.pages())
    assert {DOCS / "measured.md", DOCS / "defaults.md", DOCS / "security.md"} < set(made)
    old = [path.name for path in made if path.read_text(encoding="utf-8") != made[path]]
    assert not old, (
        f"{', '.join(old)} of docs: not what docs/templates and benchmarks/results give. Change "
        "the template, run `python docs/figures.py`, and read what changed"
    )


def test_a_template_is_filled(figures):
    template = (
        '{1000 * a["1 x 2"].seconds:.0f} ms ({a["1 x 2"].error:~+.2f}), {small:.0e}, {n}.\n'
        "Left as it is: $x^{2}$ and\n$$\n\\frac{n}{2}\n$$\n"
        "| what | s |\n"
        "{each name, row in a.items()}| {name} | {row.seconds:#.2g} |\n"
    )
    rows = {"1 x 2": {"seconds": 0.25, "error": -0.034}, "3: 4": {"seconds": 14.2}}
    page = figures.fill(template, {"a": figures.Row(rows, "a"), "small": 2e-7, "n": 20.5})
    assert page == (
        "250 ms (-.03), 2e-7, 20.5.\n"
        "Left as it is: $x^{2}$ and\n$$\n\\frac{n}{2}\n$$\n"
        "| what | s |\n"
        "| 1 x 2 | 0.25 |\n"
        "| 3: 4 | 14 |\n"
    )


def test_the_best_is_bold(figures):
    assert [f"{value:.1f}" for value in figures.lowest([0.3, 0.25, 0.25])] == [
        "0.3",
        "**0.2**",
        "**0.2**",
    ]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('{search["178 x 13"].secnds:.1f}', "search['178 x 13'] has no 'secnds'"),
        ('{search["no"].seconds:.1f}', "search has no 'no'"),
        ("{serch:.1f}", "name 'serch' is not defined"),
    ],
)
def test_what_is_missing_is_said_with_its_field(figures, field, said, monkeypatch, tmp_path):
    (tmp_path / "page.md").write_text(f"A figure: {field}\n")
    monkeypatch.setattr(figures, "TEMPLATES", tmp_path)
    with pytest.raises(LookupError) as caught:
        list(figures.pages())
    expression = field.removesuffix(":.1f}") + "}"
    assert str(caught.value) == (
        f"docs/templates/page.md: the field {expression} has no value: {said}"
    )

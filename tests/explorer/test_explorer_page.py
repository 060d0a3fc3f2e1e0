"""The explorer's page: one file that asks for nothing, cells that tile the plane, links, input."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import reference
from browser import PAGE, run


def script(name):
    return "".join(
        (Path(__file__).parent / file).read_text("utf-8") for file in ("helpers.js", name)
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return run(tmp_path_factory.mktemp("browser"), script("steps.js"))


def test_page_is_made_of_its_parts():
    spec = importlib.util.spec_from_file_location("make", PAGE.parent / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    assert PAGE.read_text("utf-8") == make.joined(), "run python docs/explorer/make.py"


def test_page_is_one_small_file():
    text = PAGE.read_text("utf-8")
    assert len(text.encode()) < 100_000
    assert not re.search(r"https?://|@import|url\(|<script src|<link rel=\"stylesheet", text)
    assert re.findall(r'(?:href|src)="([^"]*)"', text) == ["data:,"]


def test_nothing_is_asked_for(found):
    assert found["resources"] == 0


def test_everything_has_a_name(found):
    assert found["unnamed"] == []
    assert "points" in found["fallback"]


def test_cells_tile_the_plane(found):
    assert found["cells"]["tried"] == 2400
    assert found["cells"]["wrong"] == []


def test_the_papers_four_points(found):
    four = found["four"]
    np.testing.assert_allclose([four["t0"], four["delta"]], [0.02, 1 / 3], rtol=1e-12)
    y = np.array(four["points"])[:, 0]
    share = reference.line_atoms(y, four["rho0"], four["t0"]).sum()
    deviation = np.sqrt(share * (1 - share) / four["n"])
    assert abs(four["onPoints"] - share) < 4 * deviation


def test_samples_flow_straight_to_their_ends(found):
    np.testing.assert_allclose(found["four"]["moved"], found["four"]["ends"], rtol=0, atol=1e-9)


def test_link_restores_the_state(found):
    link, again = found["link"]
    assert link == again
    assert link.startswith("preset=four&kappa=1.234&t0=2.5&t=0.31&show=cells,density,score,flow,")
    moved, again = found["moved"]
    assert moved == again
    assert "0.125,-0.5" in moved
    assert found["address"] == "#" + moved
    start, read = found["bad"]
    assert read == start


def test_a_point_is_dragged_added_and_removed(found):
    wanted, reached = found["dragged"]
    np.testing.assert_allclose(reached, wanted, atol=1e-9)
    assert found["sharesAfter"] != found["sharesBefore"]
    n, last = found["added"]
    assert n == 13
    np.testing.assert_allclose(last, [0, 0.02], atol=1e-9)
    assert found["removed"] == 12
    assert [found["least"], found["most"]] == [1, 60]


def test_keyboard_and_screen_reader(found):
    assert found["taken"] == [True, True, False]
    was, now, label = found["stepped"]
    np.testing.assert_allclose(now, np.add(was, [0.05, 0.005]), atol=1e-12)
    assert label.startswith("Point 2 at ")
    n, listed, focused = found["deleted"]
    assert n == listed == 11
    assert focused.startswith("2: ")
    assert re.match(r"kappa 0\.90, rho .* 300 samples end: ", found["live"])
    assert re.match(r"Here, \(.0\.05, 0\.00\) flows to ", found["probe"])


def test_degenerate_points(found):
    for text in found["degenerate"]:
        assert "NaN" not in text
        assert "flows to" in text


def test_link_theme_and_embedding(tmp_path):
    link = "preset=grid&kappa=0.7&t0=1.5&t=0.5&show=cells,flow&seed=4"
    out = run(tmp_path, script("link.js"), f"?embed&theme=dark#{link}")
    assert out["state"] == link
    assert float(out["kappa"]) == 0.7
    assert out["layers"] == ["cells", "flow"]
    assert out["header"] == 0
    assert out["first"] == out["third"]
    assert [out["first"][0], out["second"][0]] == [True, False]
    assert out["first"][1] != out["second"][1]

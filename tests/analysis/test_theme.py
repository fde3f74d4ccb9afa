"""The theme: put back afterwards, telling designs apart, the same bytes each time."""

import re
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont

from analysis import theme
from analysis.caption import ask
from workbench.designs import DESIGNS

# Machado, Oliveira, Fernandes 2009: how a deuteranope and a protanope see linear RGB.
BLINDNESS = {
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}


def luminance(colour):
    channels = [c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(channels, [0.2126, 0.7152, 0.0722]))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_settings_are_put_back():
    before = dict(mpl.rcParams)
    with theme.use(theme.DARK):
        assert mpl.rcParams["figure.facecolor"] == theme.DARK.paper
    assert dict(mpl.rcParams) == before


def test_a_design_keeps_its_colour_within_a_theme():
    with theme.use(theme.LIGHT):
        assert theme.tint("sqs", 1.0) == to_rgb("#0072B2")
        assert theme.tint("sfn", 0.0) == to_rgb("#ffffff")
    with theme.use(theme.DARK):
        assert theme.tint("sqs", 1.0) == to_rgb("#56B4E9")


@pytest.mark.parametrize("look", theme.THEMES, ids=lambda look: look.name)
def test_text_and_designs_stand_out_from_the_paper(look):
    assert contrast(look.ink, look.paper) > 10
    assert contrast(look.faint, look.paper) > 4.5
    assert all(contrast(colour, look.paper) > 3 for colour in look.designs)


@pytest.mark.parametrize("look", theme.THEMES, ids=lambda look: look.name)
@pytest.mark.parametrize("kind", BLINDNESS)
def test_a_colour_blind_reader_tells_the_designs_apart(look, kind):
    seen = [np.array(BLINDNESS[kind]) @ to_rgb(colour) for colour in look.designs]
    assert len(seen) == len(DESIGNS)
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 0.28


@pytest.mark.parametrize("look", theme.THEMES, ids=lambda look: look.name)
@pytest.mark.parametrize("kind", BLINDNESS)
def test_a_colour_blind_reader_tells_coordination_from_work_and_from_the_designs(look, kind):
    seen = {c: np.array(BLINDNESS[kind]) @ to_rgb(c) for c in (*look.designs, look.quiet, look.ink)}
    own = np.array(BLINDNESS[kind]) @ to_rgb(look.accent)
    assert min(np.linalg.norm(own - other) for other in seen.values()) > 0.2
    missed = np.array(BLINDNESS[kind]) @ to_rgb(look.warning)
    assert np.linalg.norm(missed - seen[look.ink]) > 0.28


def test_text_is_set_in_the_typeface_of_the_project_and_stays_text():
    assert theme.FONTS.joinpath("LICENSE.txt").read_text().count("SIL OPEN FONT LICENSE") == 1
    assert sum(path.stat().st_size for path in theme.FONTS.iterdir()) < 1_000_000
    with theme.use(theme.LIGHT):
        for weight, file in (("normal", "Inter-Regular.ttf"), ("bold", "Inter-Bold.ttf")):
            found = findfont(FontProperties(weight=weight), fallback_to_default=False)
            assert Path(found) == theme.FONTS / file
        figure = theme.blank()
        figure.text(0.5, 0.5, "Known after 5 s")
        drawn = theme.encoded(figure, "svg", "A title", "What & how").decode()
    assert "<title>A title</title><desc>What &amp; how</desc>" in drawn
    assert ">Known after 5 s</text>" in drawn
    assert re.search(r"font-family: 'Inter', 'DejaVu Sans', .*sans-serif;", drawn)


def test_a_figure_grows_by_the_words_around_it_and_its_panels_keep_their_height():
    layouts = []
    for title in ("Short", "Long " * 60):
        with theme.use(theme.LIGHT):
            figure = theme.blank(panels_in=3.0)
            ask(figure, title)
            _, _, _, height = figure.get_layout_engine().get()["rect"]
            layouts.append((figure.get_figheight(), height * figure.get_figheight()))
    (low, one), (high, other) = layouts
    assert high > low + 1
    assert (one, other) == (pytest.approx(3.0), pytest.approx(3.0))


def test_a_picture_for_a_video_has_1920_by_1080_pixels():
    with theme.use(theme.DARK, theme.STILL):
        figure = theme.blank(theme.STILL)
        assert tuple(figure.get_size_inches() * figure.dpi) == (1920, 1080)


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    written = []
    for name in ("one", "two"):
        with theme.use(theme.LIGHT):
            figure = theme.blank()
            figure.subplots().plot([1, 2], [2, 1])
            paths = theme.save(figure, tmp_path / name / "chart")
        written.append({path.name: path.read_bytes() for path in paths})
    assert set(written[0]) == {"chart.svg", "chart.png"}
    assert written[0] == written[1]

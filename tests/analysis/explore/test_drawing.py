"""The picture has a line and a bar a design, in one order, and a pinned one behind."""

from dataclasses import replace

import pytest

from analysis.explore.drawing import BAR, GHOST_BAR, PURPOSES, live_view
from workbench.designs import DESIGNS


@pytest.fixture
def folders(folder):
    return [folder(name, "model", 1_000_000) for name in DESIGNS]


def bars(axes, height):
    return [one for one in axes.patches if one.get_height() == pytest.approx(height)]


def test_lines_and_bars_show_what_was_simulated(folders, picture):
    time, usd = picture(lambda figure: live_view(folders, figure)).axes
    known = [line.get_xdata()[0] for line in time.get_lines()[1::2]]
    assert known == [one.run.detected_s for one in folders]
    assert [text.get_text() for text in usd.get_yticklabels()] == list(DESIGNS)
    widths = [sum(b.get_width() for b in bars(usd, BAR)[n :: len(folders)]) for n in range(4)]
    assert widths == pytest.approx([one.run.cost_usd for one in folders])
    assert len(bars(usd, BAR)) == len(folders) * len(PURPOSES)
    assert bars(usd, GHOST_BAR) == []
    assert usd.texts[0].get_text() == f"${folders[0].run.cost_usd:.2f}"


def test_a_pinned_one_is_pale_behind_and_its_difference_is_written(folders, folder, picture):
    old = [folder(name, "model", 1_000_000, value_max=500) for name in DESIGNS]
    time, usd = picture(lambda figure: live_view(folders, figure, old)).axes
    assert [line.get_alpha() for line in time.get_lines()] == [0.35] * 8 + [1.0] * 8
    assert len(bars(usd, GHOST_BAR)) == len(DESIGNS)
    percent = 100 * (folders[0].run.cost_usd / old[0].run.cost_usd - 1)
    assert f"({percent:+.0f} %)" in usd.texts[0].get_text()


def test_purposes_keep_their_order_where_one_costs_nothing(folders, picture):
    free = [replace(one, bill=one.bill[one.bill["label"] != "knowing"]) for one in folders]
    _, usd = picture(lambda figure: live_view(free, figure)).axes
    assert [b.get_width() for b in bars(usd, BAR)[8:12]] == [0.0] * 4

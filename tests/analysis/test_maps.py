"""Maps of winners: each cell tells the verdict of its own runs, and who cannot."""

import re

import pytest

from analysis.charts import who_wins, who_wins_default
from analysis.frames import Frames
from analysis.maps import CANNOT, cell, factors
from analysis.needs import NothingToShow


@pytest.mark.parametrize("name", ["who_wins", "who_wins_default"])
def test_each_cell_tells_the_verdict_of_its_runs(frames, picture, name):
    maps = {"who_wins": who_wins, "who_wins_default": who_wins_default}[name].MAPS
    chosen, figure = maps.select(frames), picture(name)
    for axes, panel in zip(figure.axes, maps.panels, strict=True):
        found = factors(chosen.runs, panel)
        cells = [text.get_text() for text in axes.texts]
        assert len(cells) == len(found)
        for told, row in zip(cells, found.itertuples(), strict=True):
            if len(row.best) > 1:
                assert told == "="
            else:
                winner, number = re.fullmatch(r"(\w+)\n([\d.]+)×", told).groups()
                assert (winner,) == row.best
                assert abs(float(number) / row.ratio - 1) < 0.06


def test_sizes_that_were_run_with_one_length_only_are_left_out(frames):
    runs = who_wins_default.select(frames).runs
    assert set(runs["items"]) == {1_000, 1_000_000}
    assert set(runs["mean_ms"]) == {10, 500, 2_000, 10_000}


def test_the_runs_named_are_of_the_one_target_that_the_verdicts_stand_on(frames):
    assert set(who_wins_default.select(frames).runs["target"]) == {"model"}
    assert "local" in set(frames.runs["target"])


def test_a_design_that_cannot_is_marked_and_the_others_are_compared(folder, stored, picture):
    folders = [
        folder(design, "model", items, 7, "dollars", value_max=value_max)
        for design in ("sqs", "sfn", "durable")
        for items in (100, 1_000)
        for value_max in (20, 1_000)
        if (design, items, value_max) != ("durable", 1_000, 1_000)
    ]
    two = [(design, value_max) for design in ("sqs", "sfn") for value_max in (20, 1_000)]
    folders += [folder(one, "model", 100, 7, "time", value_max=v) for one, v in two]
    chosen = who_wins.select(Frames(stored(*folders)))
    found = factors(chosen.runs, who_wins.BEST[0])
    marked = {(row.items, row.mean_ms): row.unable for row in found.itertuples() if row.unable}
    assert marked == {(1_000, 500): ("durable",)}
    assert [CANNOT in cell(row) for row in found.itertuples()].count(True) == 1
    assert f"{CANNOT}: durable cannot work 1,000 items of 0.5 s" in who_wins.say(chosen)


def test_without_runs_at_best_knobs_nothing_is_drawn_and_the_study_is_named(folder, stored):
    frames = Frames(stored(folder("sqs", "model", 100), folder("sfn", "model", 100)))
    with pytest.raises(NothingToShow, match="workbench sweep who_wins"):
        who_wins.select(frames)

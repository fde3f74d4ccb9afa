"""The map of winners."""

import re

from analysis.charts.who_wins import factors, select


def test_each_cell_tells_the_verdict_of_its_runs(frames, picture):
    figure = picture("who_wins")
    found = factors(select(frames).runs, "per_million_usd")
    cells = [text.get_text() for text in figure.axes[0].texts]
    assert len(cells) == len(found)
    for told, row in zip(cells, found.itertuples(), strict=True):
        if len(row.best) > 1:
            assert told == "="
        else:
            winner, number = re.fullmatch(r"(\w+)\n([\d.]+)×", told).groups()
            assert (winner,) == row.best
            assert abs(float(number) / row.ratio - 1) < 0.06


def test_sizes_that_were_run_with_one_length_only_are_left_out(frames):
    runs = select(frames).runs
    assert set(runs["items"]) == {1_000, 1_000_000}
    assert set(runs["value_max_ms"]) == {20, 1_000, 4_000, 20_000}


def test_the_runs_named_are_of_the_one_target_that_the_verdicts_stand_on(frames):
    assert set(select(frames).runs["target"]) == {"model"}
    assert "local" in set(frames.runs["target"])

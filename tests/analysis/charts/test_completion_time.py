"""Completion time and detection lag against items."""

import numpy as np
import pytest

from analysis.charts.completion_time import completion_time
from analysis.measures import by_size
from analysis.needs import same_knobs, usable


@pytest.fixture
def figure(frames, picture):
    return picture(lambda figure: completion_time(frames.runs, figure))


def test_the_model_is_a_line_with_a_band_and_local_is_dots_without_a_line(figure):
    top = figure.axes[0]
    lines = {line.get_label(): line for line in top.get_lines()}
    assert lines["sqs model"].get_linestyle() == "-"
    dots = [line for line in top.get_lines() if line.get_marker() == "o"]
    assert [line.get_linestyle() for line in dots] == ["None"]
    assert len(top.collections) >= 2  # the bands of both designs


def test_the_lines_show_the_median_of_the_runs(figure, frames):
    chosen = same_knobs(usable(frames.runs)).runs
    sizes = by_size(chosen, "processed_s").query("design == 'sfn' and target == 'model'")
    line = next(x for x in figure.axes[0].get_lines() if x.get_label() == "sfn model")
    np.testing.assert_allclose(line.get_ydata(), sizes["middle"])
    np.testing.assert_allclose(line.get_xdata(), sizes["items"])


def test_plain_runs_of_one_size_are_drawn_too(folder, stored, picture):
    from workbench.runs.records import runs_frame

    runs = runs_frame(stored(folder("sqs", "local", 100), folder("sfn", "local", 100)))
    figure = picture(lambda figure: completion_time(runs, figure))
    assert [axes.get_title("left") for axes in figure.axes] == [
        "All items done",
        "Known to be done",
    ]


def test_a_lag_of_nothing_is_still_drawn(folder, stored, picture):
    from workbench.runs.records import runs_frame

    one = folder("sqs", "local", 100)
    runs = runs_frame(stored(one, detected_s=one.run.processed_s))
    figure = picture(lambda figure: completion_time(runs, figure))
    low, high = figure.axes[1].get_ylim()
    assert 0 < low < high

"""Completion time and detection lag against items."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.caption import words_of
from analysis.frames import Frames
from analysis.gallery import named
from analysis.measures import by_size
from analysis.needs import same_knobs, usable
from workbench.runs.sets import runs_frame


@pytest.fixture
def figure(picture):
    return picture("completion_time")


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
    runs = runs_frame(stored(folder("sqs", "local", 100), folder("sfn", "local", 100)))
    figure = picture("completion_time", SimpleNamespace(runs=runs))
    assert [axes.get_title("left") for axes in figure.axes] == [
        "All items done",
        "Against the soonest",
        "Known after the last item, runs of all sizes",
    ]


def test_a_lag_of_nothing_is_still_drawn(folder, stored, picture):
    one = folder("sqs", "local", 100)
    frames = Frames(stored(one, detected_s=one.run.processed_s))
    figure = picture("completion_time", frames)
    chart = named("completion_time")
    assert chart.say(chart.select(frames)).endswith("Known 0 ms with sqs after the last item.")
    low, high = figure.axes[2].get_xlim()
    assert 0 < low < high


def test_a_band_that_is_no_wider_than_its_line_is_not_explained(picture, frames):
    late = frames.runs["seed"].map({7: 1, 8: 2, 9: 3})
    spread = frames.runs.assign(processed_s=frames.runs["processed_s"] * late)
    figure = picture("completion_time", SimpleNamespace(runs=spread))
    assert "bands hold nine runs of ten" in words_of(figure, "below")
    assert "bands" not in words_of(picture("completion_time"), "below")


def test_how_late_it_is_known_is_a_dot_for_every_run_and_no_line_against_items(figure, frames):
    runs = same_knobs(usable(frames.runs)).runs.query("design == 'sqs'")
    dots = next(x for x in figure.axes[2].get_lines() if x.get_label() == "sqs delays")
    assert dots.get_linestyle() == "None"
    assert sorted(dots.get_xdata()) == pytest.approx(sorted(runs["detection_lag_s"]))


def test_the_second_panel_is_in_multiples_of_the_soonest(figure, frames):
    lines = [x for x in figure.axes[1].get_lines() if x.get_label().endswith("model")]
    times = np.array([line.get_ydata() for line in lines])
    assert times.min(axis=0) == pytest.approx(np.ones(times.shape[1]))
    shown = by_size(same_knobs(usable(frames.runs)).runs, "processed_s")
    at_most = shown.query("target == 'model' and items == 100_000_000")["middle"]
    assert times[:, -1].max() == pytest.approx(at_most.max() / at_most.min())

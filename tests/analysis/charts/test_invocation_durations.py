"""Durations of the processor's invocations."""

import numpy as np
import pandas as pd
import pytest

from analysis.charts.invocation_durations import alike
from analysis.gallery import named
from analysis.words import duration


@pytest.fixture
def figure(picture):
    return picture("invocation_durations")


def test_cold_starts_stand_apart_and_count_their_init(figure, frames):
    assert [a.get_title("left") for a in figure.axes] == ["Warm", "Cold, with its init"]
    warm, cold = (min(line.get_xdata()[0] for line in axes.get_lines()) for axes in figure.axes)
    assert warm == pytest.approx(0.8, abs=0.2)
    assert cold == pytest.approx(1.04)


def test_each_curve_rises_from_nothing_to_all_of_them(figure):
    for axes in figure.axes:
        for line in axes.get_lines():
            if not line.get_label().startswith("_"):
                shares = line.get_ydata()
                assert (shares[0], shares[-1]) == (0, 100)
                assert np.all(np.diff(line.get_xdata()) >= 0)


def test_the_sentence_tells_the_medians_that_the_dots_mark(figure, frames):
    chart = named("invocation_durations")
    told = chart.say(chart.select(frames))
    assert told.startswith(
        "In batches of 10,000 items an invocation takes in the median (99th percentile): "
    )
    marks = [line.get_xdata()[0] for axes in figure.axes for line in axes.get_lines()[1::2]]
    assert len(marks) >= 2  # warm and cold
    assert [f"{duration(middle)} (" in told for middle in marks] == [True] * len(marks)


def test_designs_whose_times_are_one_to_the_eye_have_one_curve():
    times = {"sqs": 1.0, "sfn": 1.5, "counters": 1.01}
    part = pd.concat(
        pd.DataFrame({"design": design, "total_s": factor * np.arange(1.0, 50.0)})
        for design, factor in times.items()
    )
    assert alike(part) == [["sqs", "counters"], ["sfn"]]

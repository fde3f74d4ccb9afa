"""Durations of the processor's invocations."""

import numpy as np
import pytest

from analysis.gallery import named
from analysis.words import duration
from workbench.designs import DESIGNS


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
    assert len(marks) == 2 * len(DESIGNS)  # warm and cold
    assert [f"{duration(middle)} (" in told for middle in marks] == [True] * len(marks)

"""Durations of the processor's invocations."""

import numpy as np
import pytest

from analysis.charts.invocation_durations import invocation_durations


@pytest.fixture
def figure(frames, picture):
    return picture(lambda figure: invocation_durations(frames.runs, frames.invocations, figure))


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

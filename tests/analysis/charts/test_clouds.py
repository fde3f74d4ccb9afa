"""The two clouds of settings: the price of knowing, and cost against time."""

import pytest

from analysis.charts.cost_against_time import cost_against_time
from analysis.charts.price_of_knowing import price_of_knowing


@pytest.mark.parametrize("draw", [price_of_knowing, cost_against_time])
def test_every_setting_is_a_dot_and_the_best_are_named(frames, picture, draw):
    figure = picture(lambda figure: draw(frames.runs, figure), panels=1)
    [axes] = figure.axes
    faint = [dots for dots in axes.collections if dots.get_alpha() is not None]
    assert sum(len(dots.get_offsets()) for dots in faint) == 10  # 7 of sqs, 3 of sfn
    names = {text.get_text() for text in axes.texts}
    assert {"sqs default", "sfn default"} <= names
    key = figure._supxlabel.get_text()
    assert all(f"{name}: " in key for name in names if not name.endswith("default"))


def test_axes_are_in_time_and_dollars(frames, picture):
    figure = picture(lambda figure: price_of_knowing(frames.runs, figure), panels=1)
    [axes] = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "delay from the last item to knowing"
    assert axes.get_ylabel() == "dollars for knowing, per million items"

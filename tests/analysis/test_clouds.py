"""The two clouds of settings: the price of knowing, and cost against time."""

from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.caption import words_of
from analysis.clouds import front, one_size
from analysis.gallery import named
from analysis.words import dollars, duration
from workbench.designs import DESIGNS

DOTS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=30)


@pytest.mark.parametrize("name", ["price_of_knowing", "cost_against_time"])
def test_every_setting_is_a_dot_and_the_best_are_named(picture, name):
    figure = picture(name)
    [axes] = figure.axes
    faint = [dots for dots in axes.collections if dots.get_alpha() is not None]
    assert (
        sum(len(dots.get_offsets()) for dots in faint) == 12
    )  # 7 of sqs, 3 of sfn, 1 each of the others
    names = [text.get_text() for text in axes.texts]
    assert {f"{design}, default" for design in DESIGNS} < set(names)
    assert len(names) == len(DESIGNS) + 1  # and the one that stands out


def test_the_front_is_of_all_designs_and_the_title_tells_of_a_dot_on_it(frames):
    chart = named("price_of_knowing")
    chosen = chart.select(frames)
    best = chosen.table[chosen.table["best"]]
    for dot in chosen.table.itertuples():
        below = (best["detection_lag_s"] <= dot.detection_lag_s) & (
            best["coordination_per_million_usd"] <= dot.coordination_per_million_usd
        )
        assert below.any()
    told = {
        f"{dot.design} knows {duration(dot.detection_lag_s)} after the last item, for "
        f"{dollars(dot.coordination_per_million_usd)} of coordination a million items"
        for dot in best.itertuples()
    }
    assert chart.find(chosen) in told


def test_axes_are_in_time_and_dollars(picture):
    figure = picture("price_of_knowing")
    [axes] = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "delay from the last item to knowing"
    assert " ".join(axes.get_ylabel().split()) == "coordination, dollars per million items"


@pytest.mark.parametrize(("per_usd", "joined"), [(-1, True), (1, False)])
def test_the_caption_explains_a_line_only_where_one_is_drawn(picture, frames, per_usd, joined):
    runs = frames.runs.assign(detected_s=100 * frames.runs["per_million_usd"] ** per_usd)
    figure = picture("cost_against_time", SimpleNamespace(runs=runs))
    caption = words_of(figure, "below")
    assert ("the line joins those that none beats" in caption) == joined
    [axes] = figure.axes
    assert [len(line.get_xdata()) > 1 for line in axes.get_lines()] == [joined]


def test_a_setting_that_is_cheapest_and_quickest_is_told_once(frames):
    chart = named("cost_against_time")
    dear_is_fast = frames.runs.assign(detected_s=1_000 / frames.runs["per_million_usd"])
    cheap_is_fast = frames.runs.assign(detected_s=frames.runs["per_million_usd"] * 100)
    turned, alike = (
        chart.say(chart.select(SimpleNamespace(runs=runs)))
        for runs in (dear_is_fast, cheap_is_fast)
    )
    assert alike.startswith(
        "Of 12 settings at 1 million items, a batch takes, in dollars per million items and in "
        "time: sqs by default $"
    )
    both = "cheapest and quickest"
    assert (alike.count(both), alike.count("est ")) == (4, 8)
    assert turned.count(both) == 2  # of those with one setting


@given(DOTS)
def test_no_dot_on_the_front_is_beaten_and_every_other_is(dots):
    found = front(pd.DataFrame(dots, columns=["x", "y"]), "x", "y")
    best = found[found["best"]]
    for dot in found.itertuples():
        beaten = ((best["x"] <= dot.x) & (best["y"] <= dot.y)) & (
            (best["x"] < dot.x) | (best["y"] < dot.y)
        )
        twin = ((best["x"] == dot.x) & (best["y"] == dot.y)).any()
        assert beaten.any() or twin
        assert not (dot.best and beaten.any())


def test_a_sweep_is_shown_at_the_size_that_has_most_settings(frames):
    chosen = one_size(frames.runs)
    assert set(chosen.runs["items"]) == {1_000_000}
    settings = chosen.runs.groupby("design")["setting"].nunique()
    assert settings.to_dict() == {"sqs": 7, "sfn": 3, "counters": 1, "durable": 1}

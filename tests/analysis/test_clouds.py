"""The two clouds of settings: the price of knowing, and cost against time."""

from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.clouds import by_setting, front, key, numbered, one_size
from analysis.gallery import named

DOTS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=30)


@pytest.mark.parametrize("name", ["price_of_knowing", "cost_against_time"])
def test_every_setting_is_a_dot_and_the_best_are_named(picture, name):
    figure = picture(name)
    [axes] = figure.axes
    faint = [dots for dots in axes.collections if dots.get_alpha() is not None]
    assert (
        sum(len(dots.get_offsets()) for dots in faint) == 12
    )  # 7 of sqs, 3 of sfn, 1 each of the others
    names = {text.get_text() for text in axes.texts}
    assert {"sqs default", "sfn default"} <= names
    key = figure._supxlabel.get_text()
    assert all(f"{name}: " in key for name in names if not name.endswith("default"))


def test_axes_are_in_time_and_dollars(picture):
    figure = picture("price_of_knowing")
    [axes] = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "delay from the last item to knowing"
    assert axes.get_ylabel() == "dollars for dispatch and knowing, per million items"


@pytest.mark.parametrize(("per_usd", "joined"), [(-1, True), (1, False)])
def test_the_caption_explains_a_line_only_where_one_is_drawn(picture, frames, per_usd, joined):
    runs = frames.runs.assign(detected_s=100 * frames.runs["per_million_usd"] ** per_usd)
    figure = picture("cost_against_time", SimpleNamespace(runs=runs))
    caption = " ".join(figure._supxlabel.get_text().split()).lower()
    assert ("the line joins" in caption) == joined
    assert "down and to the left is better" in caption


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


def test_the_best_settings_have_numbers_and_the_caption_says_what_they_are(frames):
    lag, price = "detection_lag_s", "coordination_per_million_usd"
    dots = numbered(by_setting(one_size(frames.runs), lag, price), lag, price)
    told = dict(zip(dots["name"], dots["setting"], strict=True))
    assert told["sqs 1"] == "poll_s=1, track=message" or told["sqs 1"] == "track=message, poll_s=1"
    assert {"sqs default", "sfn default"} <= set(told)
    assert f"sqs 1: {told['sqs 1']}" in key(dots)


def test_a_preset_is_named_and_has_no_line_in_the_caption():
    settings = ["default", "tuned", "poll_s=1"]
    dots = pd.DataFrame({"design": "sqs", "setting": settings, "x": [3, 2, 1], "y": [1, 2, 3]})
    named = numbered(dots.assign(best=True), "x", "y")
    assert list(named["name"]) == ["sqs default", "sqs tuned", "sqs 1"]
    assert key(named) == ["sqs 1: poll_s=1"]

"""The front of a sweep."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analysis.clouds import key, numbered
from analysis.sweeps import by_setting, front, one_size

DOTS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=30)


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
    assert settings.to_dict() == {"sqs": 7, "sfn": 3, "counters": 1}


def test_the_best_settings_have_numbers_and_the_caption_says_what_they_are(frames):
    lag, price = "detection_lag_s", "knowing_per_million_usd"
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

"""Paths, templates, sizes; how states fail."""

from random import Random

import pytest

from workbench.targets.local.stepfunctions import data
from workbench.targets.local.stepfunctions.data import (
    StateFailed,
    catcher_for,
    matches,
    retry_wait_s,
)

DATA = {"a": {"b-c": [10]}, "list": [1], "text": "x"}
CONTEXT = {"Execution": {"Name": "run-1"}}


@pytest.mark.parametrize(
    ("path", "value"),
    [("$", DATA), ("$.a.b-c", [10]), ("$$.Execution.Name", "run-1")],
)
def test_a_path_reads_the_value_there(path, value):
    assert data.read(path, DATA, CONTEXT) == value


@pytest.mark.parametrize("path", ["$.z", "$.list.v", "$.text.v", "$$.Nothing"])
def test_a_path_to_nothing_is_a_runtime_error(path):
    with pytest.raises(StateFailed) as failed:
        data.read(path, DATA, CONTEXT)
    assert failed.value.error == "States.Runtime"
    assert repr(path) in failed.value.cause


def test_an_error_is_added_to_a_copy_of_the_input():
    given = {"n": 1}
    caught = data.with_error("$.error", given, StateFailed("Bad", "luck"))
    assert caught == {"n": 1, "error": {"Error": "Bad", "Cause": "luck"}}
    assert given == {"n": 1}


def test_an_error_that_does_not_fit_into_the_input_is_a_mismatch():
    with pytest.raises(StateFailed) as failed:
        data.with_error("$.error", [1], StateFailed("Bad"))
    assert failed.value.error == "States.ResultPathMatchFailure"


def test_a_template_is_filled_at_every_depth():
    template = {
        "fixed": 1,
        "whole.$": "$",
        "list": [{"n.$": "$.n"}, "$.n"],
        "text.$": "States.JsonToString($$.Execution)",
    }
    assert data.fill(template, {"n": "é"}, CONTEXT) == {
        "fixed": 1,
        "whole": {"n": "é"},
        "list": [{"n": "é"}, "$.n"],
        "text": '{"Name":"run-1"}',
    }


def test_size_is_that_of_utf8_without_blanks():
    assert data.size_bytes({"é": [1, 2]}) == len('{"é":[1,2]}'.encode())


def test_256_kib_may_pass_and_one_byte_more_may_not():
    data.check_size("x" * (262_144 - 2), "it")
    with pytest.raises(StateFailed) as failed:
        data.check_size("x" * (262_144 - 1), "it")
    assert failed.value.error == "States.DataLimitExceeded"
    assert "262145" in failed.value.cause


@pytest.mark.parametrize(
    ("names", "error", "matched"),
    [
        (["A", "B"], "B", True),
        (["A"], "B", False),
        (["States.ALL"], "ValueError", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "Sandbox.Timedout", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.DataLimitExceeded", False),
    ],
)
def test_error_equals(names, error, matched):
    assert matches(names, error) is matched


def retrier(*errors, **extra):
    usual = {"IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}
    return {"ErrorEquals": list(errors), **usual, **extra}


def waits(count, **extra):
    used, dice = {}, Random(1)
    return [retry_wait_s([retrier("E", **extra)], used, "E", dice) for _ in range(count)]


def test_each_wait_is_longer_by_the_rate_until_the_tries_are_used_up():
    assert waits(4) == [1, 2, 4, None]
    assert waits(1, MaxAttempts=0) == [None]


def test_a_wait_grows_up_to_its_limit():
    assert waits(5, IntervalSeconds=3, MaxAttempts=4, MaxDelaySeconds=10) == [3, 6, 10, 10, None]


def test_full_jitter_is_anything_up_to_the_wait():
    drawn = waits(200, IntervalSeconds=8, MaxAttempts=200, BackoffRate=1, JitterStrategy="FULL")
    assert all(0 <= wait <= 8 for wait in drawn)
    assert min(drawn) < 1
    assert max(drawn) > 7


def test_each_retrier_counts_for_itself_and_the_first_that_matches_decides():
    retriers = [
        retrier("A", "B", MaxAttempts=2),
        retrier("C", IntervalSeconds=5),
        retrier("States.ALL"),
    ]
    used, dice = {}, Random(1)
    waited = [retry_wait_s(retriers, used, error, dice) for error in ("A", "B", "C", "B")]
    assert waited == [1, 2, 5, None]


def test_the_first_catcher_that_covers_the_error_catches():
    catchers = [
        {"ErrorEquals": ["A"], "Next": "X"},
        {"ErrorEquals": ["States.ALL"], "Next": "Y"},
    ]
    assert [catcher_for(catchers, e)["Next"] for e in ("A", "B")] == ["X", "Y"]
    assert catcher_for(catchers, "States.Runtime") is None

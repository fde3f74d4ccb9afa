"""Paths, templates and sizes of the data between states."""

import pytest

from workbench.targets.local.stepfunctions import data
from workbench.targets.local.stepfunctions.failures import StateFailed

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

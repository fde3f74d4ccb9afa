"""Intrinsic functions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.targets.local.stepfunctions.failures import StateFailed
from workbench.targets.local.stepfunctions.intrinsics import evaluate, parse, paths_of

DATA = {"name": "b-7", "n": 3, "list": [1, "two"], "text": '{"k": [true]}'}


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("States.Format('batch {} has {}', $.name, $.n)", "batch b-7 has 3"),
        ("States.Format('a \\{\\} of {}', true)", "a {} of true"),
        ("States.Format($.name)", "b-7"),
        ("States.Format('it\\'s {}', $.list)", 'it\'s [1,"two"]'),
        ("States.JsonToString($)", json.dumps(DATA, separators=(",", ":"))),
        ("States.StringToJson($.text)", {"k": [True]}),
        ("States.Array()", []),
        ("States.Array(1, -2.5, null, 'x', $.n, $$.Execution.Name)", [1, -2.5, None, "x", 3, "e"]),
        ("States.StringToJson(States.Format('[{}]', $.n))", [3]),
    ],
)
def test_a_call_gives_its_value(call, value):
    assert evaluate(call, DATA, {"Execution": {"Name": "e"}}) == value


@pytest.mark.parametrize(
    "call",
    [
        "States.Format('{} {}', 1)",
        "States.Format('{}', 1, 2)",
        "States.StringToJson('{')",
        "States.JsonToString($.missing)",
        "States.JsonToString(1, 2)",
    ],
)
def test_a_call_that_cannot_be_done_is_a_runtime_error(call):
    with pytest.raises(StateFailed) as failed:
        evaluate(call, DATA, {})
    assert failed.value.error == "States.Runtime"


@pytest.mark.parametrize(
    "text",
    [
        "States.UUID()",
        "States.Array(1",
        "States.Array 1",
        "States.Array(1) 2",
        "$.a",
        "States.Array(,)",
    ],
)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(ValueError, match=r"States|is not"):
        parse(text)


def test_the_paths_of_a_call_are_known():
    assert paths_of(parse("States.Array($.a, States.Array('$.no', $$.b))")) == ["$.a", "$$.b"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_to_a_string_and_back_is_nothing(value):
    given = {"v": value}
    assert evaluate("States.StringToJson(States.JsonToString($.v))", given, {}) == value

"""The rules of a Choice state."""

import pytest

from workbench.targets.local.stepfunctions.choice import choose, holds
from workbench.targets.local.stepfunctions.failures import StateFailed

DATA = {"yes": True, "one": 1, "name": "b"}


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        ({"Variable": "$.yes", "BooleanEquals": True}, True),
        ({"Variable": "$.one", "BooleanEquals": True}, False),
        ({"Variable": "$.name", "StringEquals": "b"}, True),
        ({"Variable": "$.one", "StringEquals": "1"}, False),
        ({"Variable": "$.one", "NumericEquals": 1.0}, True),
        ({"Variable": "$.yes", "NumericEquals": 1}, False),
        ({"Variable": "$.one", "NumericGreaterThan": 0}, True),
        ({"Variable": "$.one", "NumericGreaterThan": 1}, False),
        ({"Variable": "$.gone", "IsPresent": False}, True),
        ({"Variable": "$.one", "IsPresent": False}, False),
        ({"Not": {"Variable": "$.yes", "BooleanEquals": True}}, False),
        (
            {
                "And": [
                    {"Variable": "$.gone", "IsPresent": True},
                    {"Variable": "$.gone", "BooleanEquals": True},
                ]
            },
            False,
        ),
        (
            {
                "Or": [
                    {"Variable": "$.name", "StringEquals": "a"},
                    {"Variable": "$.name", "StringEquals": "b"},
                ]
            },
            True,
        ),
    ],
)
def test_a_rule_holds_or_not(rule, held):
    assert holds(rule, DATA, {}) is held


def test_the_first_rule_that_holds_decides():
    first = {"Variable": "$.one", "NumericEquals": 1, "Next": "A"}
    second = {"Variable": "$.yes", "BooleanEquals": True, "Next": "B"}
    assert choose({"Choices": [first, second]}, DATA, {}) == "A"


def test_the_default_is_for_the_rest_and_without_it_the_state_fails():
    rule = {"Variable": "$.one", "NumericEquals": 2, "Next": "A"}
    assert choose({"Choices": [rule], "Default": "D"}, DATA, {}) == "D"
    with pytest.raises(StateFailed, match=r"States\.Runtime"):
        choose({"Choices": [rule]}, DATA, {})


def test_a_missing_variable_fails_the_state():
    with pytest.raises(StateFailed, match=r"\$\.gone"):
        holds({"Variable": "$.gone", "BooleanEquals": True}, DATA, {})

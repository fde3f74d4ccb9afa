"""Values over the border: every spelling of a number means one thing, or is refused in one line."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import border
from workbench.designs import make_design
from workbench.errors import BadInput, BadKnob, shown
from workbench.runs.batch import Batch
from workbench.runs.runner import RunRequest


def spellings(number):
    """The ways in which a whole number comes in."""
    exact = [
        int,
        str,
        Decimal,
        Fraction,
        "{:,}".format,
        "{:_}".format,
        "{}.0".format,
        " +{} ".format,
    ]
    exact += (
        [np.int64, np.array, "{}e0".format, "{:e}".format] if number < 1_000_000 else [np.int64]
    )
    exact += [float, np.float64] if number < 2**53 else []
    exact += [lambda n: f"{n // 1000}k", lambda n: f"{n // 1000}e3"] if number % 1000 == 0 else []
    exact += [lambda n: f"{n // 10**6}M"] if number % 10**6 == 0 else []
    return [spell(number) for spell in exact]


@given(
    number=st.integers(1, 10**8) | st.integers(1, 10**5).map(lambda n: n * 1000),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_spelling_of_a_whole_number_gives_the_same_order(number, seed):
    plain = RunRequest("sqs", "model", number, seed)
    for items in spellings(number):
        for other in spellings(seed):
            request = RunRequest("sqs", "model", items, other)
            assert (request, type(request.items), type(request.seed)) == (plain, int, int)
            assert Batch(items, other, "b") == Batch(number, seed, "b")


@pytest.mark.parametrize("number", [2, 60, 900])
def test_any_spelling_of_a_knob_gives_the_same_design(number):
    plain = make_design("sqs", settings={"poll_s": number})
    made = [make_design("sqs", settings={"poll_s": value}) for value in spellings(number)]
    assert made == [plain] * len(made)
    assert {type(one.poll_s) for one in made} == {int}


NO_NUMBERS = [
    None, True, np.True_, float("nan"), float("inf"), -float("inf"), Decimal("NaN"), "nan", "inf",
    "", " ", "ten", "1.5", 1.5, Decimal("1.5"), "0100", "00", "1.000", "10.000", "1,00", "1,0000",
    "0x10", "0b1", "1:30", "1_", "_1", "1__0", "1e", "e3", ".", "1 000", "1m", "1e-1", "1e99999",
    "9" * 10_000, 10**5000, 1e300 * 1e10, "١٢", "1\n2", [1], (1,), {"a": 1}, b"1", 1j, object(),
    np.array([1, 2]),
]  # fmt: skip


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: shown(value)[:20])
@pytest.mark.parametrize(
    "take",
    [
        lambda value: RunRequest("sqs", "model", value),
        lambda value: RunRequest("sqs", "model", 10, value),
        lambda value: Batch(value, 7, "b"),
        lambda value: make_design("sqs", settings={"poll_s": value}),
    ],
    ids=["items", "seed", "batch", "knob"],
)
def test_what_is_no_whole_number_is_refused_in_one_short_line(take, value):
    with pytest.raises(BadKnob) as refused:
        take(value)
    line = str(refused.value)
    assert ("\n" in line, len(line) < 250, refused.value.exit_code) == (False, True, 2)


def test_a_negative_zero_is_zero():
    requests = [
        RunRequest("sqs", "model", 5, seed) for seed in (-0.0, "-0", "-0.0", Decimal("-0"), 0)
    ]
    assert requests == [requests[-1]] * 5
    assert {str(request.seed) for request in requests} == {"0"}


@pytest.mark.parametrize("value", [None, "", "{}", {}])
def test_no_settings_are_none(value):
    assert RunRequest("sqs", "model", 5, settings=value).settings == {}


def test_settings_may_be_the_text_of_a_json_object():
    read = RunRequest("sqs", "model", 5, settings='{"poll_s": "1e2", "claim": true}')
    assert read.make_design() == make_design("sqs", settings={"poll_s": 100, "claim": True})


@pytest.mark.parametrize(
    "value",
    ["{'poll_s': 1}", "poll_s=60", "[1]", "1", '{"a": 1, "a": 2}', "[" * 100_000, 5, ["a=1"],
     {1: 2}, True],
    ids=lambda value: shown(value)[:20],
)  # fmt: skip
def test_settings_that_are_no_knobs_by_name_are_refused_in_one_line(value):
    with pytest.raises(BadInput) as refused:
        RunRequest("sqs", "model", 5, settings=value)
    assert ("\n" in str(refused.value), refused.value.exit_code) == (False, 2)


@pytest.mark.parametrize("name", ["design", "target", "preset", "region"])
@pytest.mark.parametrize("value", [None, 5, ["sqs"], {}])
def test_names_must_be_text(name, value):
    given = {"design": "sqs", "target": "model", "items": 5} | {name: value}
    with pytest.raises(BadInput, match=f"{name}="):
        RunRequest(**given)


@pytest.mark.parametrize("value", [1, "1", 1.0, "1.0", "1.000", "1e0", np.float32(1), Decimal(1)])
def test_dollars_are_exact(value):
    assert RunRequest("sqs", "aws", 5, max_usd=value).max_usd == border.positive("x", value) == 1
    assert border.positive("x", 0.1) == border.positive("x", "0.1") == Decimal("0.1")
    assert border.positive("x", "1,000.50") == Decimal("1000.5")


@pytest.mark.parametrize("value", [0, -1, "-1", "nan", "inf", float("nan"), None, True, "", "$1"])
def test_dollars_that_limit_nothing_are_refused(value):
    with pytest.raises(BadKnob, match=r"max_usd=.*must be a number above 0"):
        RunRequest("sqs", "aws", 5, max_usd=value)

"""Numbers in words."""

import pytest

from analysis.words import count, dollars, duration, listed, percent, short_count


@pytest.mark.parametrize(
    ("value", "text"),
    [(100, "100"), (1_000, "1k"), (250_000, "250k"), (1e8, "100M"), (999_999, "1M")],
)
def test_items_are_short_on_an_axis(value, text):
    assert short_count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(250, "250"), (31_623, "32,000"), (1e6, "1 million"), (3.21e6, "3.2 million")],
)
def test_items_are_rounded_to_two_digits_in_a_sentence(value, text):
    assert count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "$0"),
        (1234.5, "$1,234"),
        (2, "$2"),
        (2.171, "$2.17"),
        (0.5, "$0.50"),
        (0.1, "$0.10"),
        (0.0871, "$0.087"),
        (0.000098, "$0.000098"),
    ],
)
def test_dollars_have_the_digits_that_their_size_asks_for(value, text):
    assert dollars(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "50 ms"), (3.14, "3.1 s"), (60, "1 min"), (119.6, "2 min"), (7_200, "2 h")],
)
def test_times_have_the_unit_that_suits_them(value, text):
    assert duration(value) == text


def test_a_little_is_not_nothing():
    assert [percent(share) for share in (0, 0.0001, 0.39, 1)] == [
        "0 %",
        "under 1 %",
        "39 %",
        "100 %",
    ]


def test_words_are_listed_with_an_and():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]

"""By how much a number differs is written with the digits that it asks for."""

import pytest

from analysis.explore.answer import change


@pytest.mark.parametrize(
    ("value", "old", "text"),
    [
        (1.0, 1.0, ""),
        (1.0, None, ""),
        (1.0, 0.0, ""),
        (1.0004, 1.0, ""),
        (1.021, 1.0, " (+2.1 %)"),
        (0.55, 1.0, " (-45 %)"),
        (0.005, 1.0, " (-99.5 %)"),
        (25.0, 1.0, " (+2,400 %)"),
    ],
)
def test_a_difference_is_in_percent_and_nothing_where_there_is_none(value, old, text):
    assert change(value, old) == text

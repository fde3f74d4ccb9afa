"""Labels beside lines do not lie on each other."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from analysis.lines import spread

HEIGHTS = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_labels_with_room_stay_where_they_are():
    assert spread([0.9, 0.1, 0.5], 0.2) == [0.9, 0.1, 0.5]


def test_two_labels_at_one_height_part_evenly():
    assert spread([0.5, 0.5], 0.1) == [0.45, 0.55]


@given(HEIGHTS, st.floats(0.001, 0.3))
def test_no_two_labels_are_nearer_than_the_gap(heights, gap):
    placed = sorted(spread(heights, gap))
    assert all(b - a > gap - 1e-9 for a, b in pairwise(placed))


@given(HEIGHTS, st.floats(0.001, 0.3))
def test_labels_keep_their_order(heights, gap):
    placed = spread(heights, gap)
    pairs = zip(heights, placed, strict=True)
    ordered = [place for _, place in sorted(pairs, key=lambda pair: (pair[0], pair[1]))]
    assert ordered == sorted(ordered)

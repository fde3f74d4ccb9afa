"""Ranges: every item in one piece, as many at a time as asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.durable.ranges import (
    CHUNKS_MAX,
    OPERATIONS_MAX,
    TRIES_MAX,
    Range,
    at_once,
    cut,
    refuse_sizes,
)
from lambdas.trigger import Trigger
from workbench.designs import durable
from workbench.platform import services


@given(st.integers(1, 2_000), st.integers(1, 300))
def test_pieces_are_whole_but_for_the_last_and_hold_every_item_once(items, size):
    pieces = cut(Range(0, items), size)
    assert [index for piece in pieces for index in range(*piece)] == list(range(items))
    assert [piece.items for piece in pieces[:-1]] == [size] * (len(pieces) - 1)
    assert 1 <= pieces[-1].items <= size


@given(st.integers(1, 2_000), st.integers(1, CHUNKS_MAX), st.integers(1, 50))
def test_segments_and_their_chunks_are_no_more_at_a_time_than_asked(most, chunks, segments):
    knobs = {"max_concurrency": most, "chunks_per_segment": chunks}
    together, each = at_once(Trigger("b", 1, 1, knobs), segments)
    assert 1 <= together <= segments
    assert together * each <= most
    if segments * chunks >= most and chunks <= most:
        assert together * each > most / 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"items_per_chunk": 0}, "items_per_chunk 0 is not a whole number from 1 to 10,000"),
        ({"items_per_chunk": True}, "items_per_chunk True"),
        ({"chunks_per_segment": 2.5}, "chunks_per_segment 2.5"),
        ({"chunks_per_segment": 741}, "chunks_per_segment 741 is not a whole number from 1 to 740"),
    ],
)
def test_sizes_that_pass_a_limit_are_refused_with_it(change, why):
    sizes = {"items_per_chunk": 500, "chunks_per_segment": 740}
    refuse_sizes(sizes)
    with pytest.raises(ValueError, match=why):
        refuse_sizes(sizes | change)


def test_handlers_design_and_platform_mean_the_same_limits():
    """The handlers' zip holds nothing of the workbench, and designs know no platform."""
    assert durable.CHUNKS_MAX == CHUNKS_MAX
    assert durable.OPERATIONS_MAX == OPERATIONS_MAX == services.DURABLE_OPERATIONS_MAX
    assert durable.TRIES_MAX == TRIES_MAX

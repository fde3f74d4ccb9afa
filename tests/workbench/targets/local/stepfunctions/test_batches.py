"""Items put together into children's inputs."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.targets.local.stepfunctions.batches import child_inputs
from workbench.targets.local.stepfunctions.failures import StateFailed
from workbench.targets.local.stepfunctions.settings import BatchSettings

LIMIT = 262_144


def inputs(items, batch=None):
    return list(child_inputs(((float(i), v) for i, v in enumerate(items)), batch, lambda i, v: v))


def test_without_a_batcher_each_item_is_an_input():
    assert [(c.ready_s, c.items, c.data, c.text) for c in inputs([{"a": 1}, 2])] == [
        (0.0, 1, {"a": 1}, '{"a":1}'),
        (1.0, 1, 2, "2"),
    ]


def test_batches_hold_so_many_items_and_the_last_the_rest():
    batch = BatchSettings(items_max=2, bytes_max=LIMIT, fixed={"id": "b"})
    assert [(c.ready_s, c.items, c.data) for c in inputs("abc", batch)] == [
        (1.0, 2, {"BatchInput": {"id": "b"}, "Items": ["a", "b"]}),
        (2.0, 1, {"BatchInput": {"id": "b"}, "Items": ["c"]}),
    ]


@given(
    st.lists(st.text(max_size=8) | st.integers(), max_size=40),
    st.integers(1, 9),
    st.integers(100, 200),
)
def test_every_item_is_in_one_batch_within_both_limits(items, items_max, bytes_max):
    batches = inputs(items, BatchSettings(items_max, bytes_max, {"k": "é"}))
    assert [item for b in batches for item in b.data["Items"]] == items
    assert all(json.loads(b.text) == b.data and b.items == len(b.data["Items"]) for b in batches)
    assert all(b.items <= items_max and len(b.text.encode()) <= bytes_max for b in batches)
    for one, following in pairwise(batches):  # none is closed too early
        grown = {**one.data, "Items": [*one.data["Items"], following.data["Items"][0]]}
        size = len(json.dumps(grown, separators=(",", ":"), ensure_ascii=False).encode())
        assert one.items == items_max or size > bytes_max


def test_a_batch_without_a_size_ends_at_256_kib():
    batches = inputs(["x" * 998] * 300, BatchSettings(float("inf"), LIMIT))
    assert [b.items for b in batches] == [261, 39]
    assert len(batches[0].text) == 12 + 261 * 1001 - 1


@pytest.mark.parametrize("batch", [None, BatchSettings(10, LIMIT)])
def test_an_item_that_fits_into_no_input_is_over_the_limit(batch):
    with pytest.raises(StateFailed) as failed:
        inputs(["x" * LIMIT], batch)
    assert failed.value.error == "States.DataLimitExceeded"


def test_inputs_are_drawn_only_as_asked_for():
    drawn = []

    def items():
        for i in range(100):
            drawn.append(i)
            yield 0.0, i

    next(child_inputs(items(), BatchSettings(10, LIMIT), lambda i, v: v))
    assert len(drawn) == 11

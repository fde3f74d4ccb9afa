"""Items: the same on every telling, unique, and spread evenly."""

from hypothesis import given
from hypothesis import strategies as st

from lambdas import items
from tests.workbench.workload.strategies import durations
from workbench.runs.batch import draw
from workbench.workload.durations import Durations, Uniform


@given(
    seed=st.integers(0, 2**63 - 1),
    start=st.integers(0, 10**8),
    count=st.integers(1, 50),
    item_ms=st.integers(0, 600_000).map(Uniform) | durations(),
    poison=st.integers(0, 1_000_000),
)
def test_handlers_and_workbench_draw_the_same_items(seed, start, count, item_ms, poison):
    knobs = {"value_max": item_ms.longest_ms, "poison_per_million": poison}
    knobs |= {"durations": item_ms.drawn_from} if isinstance(item_ms, Durations) else {}
    z, values = draw(seed, start, start + count, item_ms, poison)
    expected = [(f"{int(a):016x}", int(b)) for a, b in zip(z, values, strict=True)]
    assert [tuple(item) for item in items.create(seed, start, start + count, knobs)] == expected


def test_as_many_tries_fail_as_asked_each_drawn_by_itself():
    made = list(items.create(3, 0, 50_000, {"value_max": 0}))
    failed = [[items.fails(item, tries, 100_000) for tries in (1, 2, 3)] for item in made]
    assert all(4_800 < sum(one) < 5_200 for one in zip(*failed, strict=True))
    assert 430 < sum(first and second for first, second, _ in failed) < 570
    assert not any(items.fails(item, 1, 0) for item in made)
    assert all(items.fails(item, 2, 1_000_000) for item in made)


@given(seed=st.integers(0, 2**63 - 1), cut=st.integers(0, 300))
def test_a_segment_does_not_depend_on_where_another_ends(seed, cut):
    knobs = {"value_max": 1000}
    whole = list(items.create(seed, 0, 300, knobs))
    parts = [*items.create(seed, 0, cut, knobs), *items.create(seed, cut, 300, knobs)]
    assert parts == whole


def test_ids_are_unique_and_shards_and_values_are_even():
    made = list(items.create(3, 0, 50_000, {"value_max": 1000}))
    assert len({item.id for item in made}) == 50_000
    mean = sum(item.value for item in made) / len(made)
    assert 495 < mean < 505
    shards = [items.shard_of(item.id, 10) for item in made]
    assert all(4_700 < shards.count(shard) < 5_300 for shard in range(10))


def test_as_many_shards_as_a_batch_may_have_are_all_used():
    made = items.create(3, 0, 20_000, {"value_max": 1000})
    used = {items.shard_of(item.id, 1_000) for item in made}
    assert used == set(range(1_000))


def test_items_travel_with_as_many_bytes_of_payload_as_asked_and_without_any_as_they_are():
    made = list(items.create(3, 0, 2, {"value_max": 9}))
    plain = [[item.id, item.value] for item in made]
    assert list(items.sent(made, {})) == list(items.sent(made, {"item_bytes": 0})) == plain
    carrying = list(items.sent(plain, {"item_bytes": 300}))
    assert [pair[:2] for pair in carrying] == plain
    assert [len(payload.encode()) for *_, payload in carrying] == [300, 300]

"""The processor: a message counts when its items are done or listed, once and not before."""

import json

import pytest

GOOD, BAD = ["0000000000000001", 5], ["000000000000000b", -1]
SLOWER, WORSE = ["0000000000000002", 7], ["000000000000000c", -1]


def message(number=0, items=(GOOD,), **more):
    return {"batch": "b1", "n": number, "item_concurrency": 1, "items": list(items), **more}


@pytest.fixture
def opened(batch):
    batch.trigger(items=1_000)
    batch.world.bodies("plan")
    return batch


def test_items_are_worked_and_the_message_is_counted(opened):
    bodies = [message(4, [GOOD, ["0000000000000002", 7]]), message(120)]
    assert opened.work(*bodies) == {"batchItemFailures": []}
    assert opened.world.slept == [0.005, 0.007, 0.005]
    assert opened.counted() == [4, 120]


def test_a_message_that_comes_twice_is_worked_twice_and_counted_once(opened):
    for _ in range(2):
        opened.work(message(4))
    assert (len(opened.world.slept), opened.counted()) == (2, [4])


def test_items_that_failed_are_sent_again_alone_and_the_message_is_not_counted_yet(opened):
    opened.work(message(4, [BAD, GOOD, WORSE]))
    assert opened.counted() == []
    assert opened.world.delays_s("item") == [10]
    assert opened.world.bodies("item") == [message(4, [BAD, WORSE], tries=2)]


def test_the_third_try_in_vain_lists_the_item_and_counts_the_message(opened):
    opened.work(message(4, [BAD], tries=2))
    (again,) = opened.world.bodies("item")
    assert (again["tries"], opened.failed()) == (3, {})
    opened.work(again)
    assert (opened.failed(), opened.counted()) == ({BAD[0]: 1}, [4])
    (listed,) = opened.world.state("failed#").values()
    assert (listed["attempts"], listed["reason"][:10]) == (3, "ValueError")
    assert opened.world.bodies("item") == []


def test_a_listed_item_is_listed_once_however_often(opened):
    for _ in range(2):
        opened.work(message(4, [BAD], tries=3))
    assert (opened.failed(), opened.counted()) == ({BAD[0]: 1}, [4])


def test_it_is_counted_only_after_its_failures_are_listed(opened, monkeypatch):
    """A death between must leave a message that is not counted."""
    counting = opened.world.module("counters.batches")
    monkeypatch.setattr(counting, "count", lambda *_: 1 / 0)
    assert opened.work(message(4, [BAD], tries=3)) != {"batchItemFailures": []}
    assert (opened.failed(), opened.counted()) == ({BAD[0]: 1}, [])


def test_a_message_that_cannot_be_counted_comes_back_alone(opened, monkeypatch):
    counting = opened.world.module("counters.batches")
    count = counting.count
    monkeypatch.setattr(
        counting, "count", lambda batch, numbers: 1 / 0 if numbers == [4] else count(batch, numbers)
    )
    records = [opened.world.record(message(number), receives=2) for number in (4, 5)]
    answer = opened.world.deliver("counters.processor", records)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[0]["messageId"]}]}
    assert opened.world.delayed == [(records[0]["receiptHandle"], 20)]
    assert opened.counted() == [5]


def test_a_message_is_not_counted_before_its_items_are_worked(opened, monkeypatch):
    """A death in the work must leave a message that is not counted."""
    processor = opened.world.module("counters.processor")
    monkeypatch.setattr(processor, "attempt", lambda *tried: 1 / 0)
    assert opened.work(message(4)) != {"batchItemFailures": []}
    assert opened.counted() == []


def test_messages_of_two_batches_are_judged_by_their_own(opened):
    opened.trigger(items=1_000, batch="b2")
    opened.set_status("CANCELLED")
    opened.work(message(4), message(5) | {"batch": "b2"})
    assert set(opened.world.state("done#")) == {("done#b2#0000000", "SET")}
    assert len(opened.world.slept) == 1


def test_a_stranger_takes_no_message_along(opened):
    answer = opened.work("no json", [], message(4), {"batch": "b1"})
    assert len(answer["batchItemFailures"]) == 3
    assert opened.counted() == [4]


@pytest.mark.parametrize("status", ["DONE", "CANCELLED"])
def test_a_batch_that_is_over_is_not_worked_any_more(opened, status):
    opened.set_status(status)
    assert opened.work(message(4)) == {"batchItemFailures": []}
    assert (opened.world.slept, opened.counted()) == ([], [])


def test_the_line_counts_what_was_done(opened, capsys):
    last = message(6, [SLOWER])
    opened.work(message(4, [GOOD, BAD]), message(5, [BAD, WORSE], tries=3), last)
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert {name: line[name] for name in ("design", "function", "batch_id")} == {
        "design": "counters",
        "function": "processor",
        "batch_id": "b1",
    }
    counts = ("items_processed", "items_failed", "items_duplicated", "work_ms")
    assert [line[name] for name in counts] == [2, 2, 0, 12]
    assert line["last_done_at"] == opened.world.now


def test_several_items_are_worked_at_a_time_if_the_message_says_so(opened, monkeypatch):
    asked = []
    outside = opened.world.outside
    gather = outside.gather
    monkeypatch.setattr(
        outside, "gather", lambda f, values, n: asked.append(n) or gather(f, values, n)
    )
    opened.work(message(0, [GOOD] * 3) | {"item_concurrency": 2})
    opened.work(message(1, [GOOD] * 3) | {"item_concurrency": 50})
    assert asked == [1, 2, 1, 3]  # messages one by one, their items together


def test_a_stale_read_that_finds_no_batch_drops_no_message(opened, monkeypatch):
    batches = opened.world.module("counters.batches")
    read = batches.table.read
    monkeypatch.setattr(
        batches.table, "read", lambda key, consistent=True: read(key) if consistent else None
    )
    opened.work(message(4))
    assert opened.counted() == [4]


def test_an_item_computes_for_as_long_as_its_message_says(batch):
    batch.trigger(items=2, cpu_ms=30)
    batch.plan()
    batch.work(*batch.world.bodies("item"))
    assert (batch.world.computed, batch.counted()) == ([30, 30], [0])


def test_what_an_item_carries_goes_with_it_into_every_try_and_into_no_list(batch):
    (body,) = batch.create(items=3, item_bytes=5, poison_per_million=1_000_000)
    pairs = body["items"]
    assert [payload for *_, payload in pairs] == ["....."] * 3
    for tries in (2, 3):
        batch.work(body)
        (body,) = batch.world.bodies("item")
        assert (body["items"], body["tries"]) == (pairs, tries)
    batch.work(body)
    assert batch.failed() == {item: 1 for item, *_ in pairs}

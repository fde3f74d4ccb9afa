"""Counting: once however often, never too early, small records that expire."""

import pytest

from workbench.targets.local.metering import item_bytes

BIGGEST = 9_999_999  # the last message of the largest batch


@pytest.fixture
def counting(world):
    return world.module("counters.batches")


def test_a_message_counted_twice_counts_once(batch, counting):
    for numbers in ([3], [3], [1, 3, 250], [250]):
        counting.count("b1", numbers)
    assert batch.counted() == [1, 3, 250]
    assert set(batch.world.state("done#")) == {
        ("done#b1#0000000", "SET"),
        ("done#b1#0000002", "SET"),
    }


def test_all_are_counted_only_with_the_very_last_one(counting):
    counting.count("b1", range(249))
    assert not counting.all_counted("b1", 250)
    counting.count("b1", [0, 5, 248])  # again
    assert not counting.all_counted("b1", 250)
    counting.count("b1", [249])
    assert counting.all_counted("b1", 250)


@pytest.mark.parametrize("missing", [0, 199, 200, 449])
def test_one_that_is_missing_anywhere_is_missed(counting, monkeypatch, missing):
    monkeypatch.setattr(counting.table, "BATCH_GET_MAX", 2)  # shards of a page
    counting.count("b1", (number for number in range(450) if number != missing))
    assert not counting.all_counted("b1", 450)
    counting.count("b1", [missing])
    assert counting.all_counted("b1", 450)


def test_while_the_last_ones_are_missing_a_look_reads_one_page(counting, monkeypatch):
    calls = []
    read_all = counting.table.read_all
    monkeypatch.setattr(
        counting.table,
        "read_all",
        lambda keys, consistent: calls.append(len(keys)) or read_all(keys, consistent),
    )
    assert not counting.all_counted("b1", 10_000_000)
    assert calls == [100]


def test_another_batch_is_another_count(counting):
    counting.count("b10", range(100))
    assert not counting.all_counted("b1", 100)


def test_a_full_shard_of_the_largest_batch_is_one_write_unit(batch, counting):
    """Else each count would cost two."""
    counting.count("b" * 64, range(BIGGEST - 99, BIGGEST + 1))
    (record,) = batch.world.dynamodb.scan(TableName="state")["Items"]
    assert len(record["done"]["NS"]) == counting.PER_SHARD
    assert item_bytes(record) <= 1_024


def test_a_shard_expires_30_days_after_its_last_message(batch, counting):
    counting.count("b1", [1])
    batch.world.now += 1_000
    counting.count("b1", [2])
    (record,) = batch.world.state("done#").values()
    assert record["expires_at"] == int(batch.world.now) + 30 * 86_400

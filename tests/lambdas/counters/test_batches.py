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
    monkeypatch.setattr(counting, "BATCH_GET_MAX", 2)  # shards of a page
    counting.count("b1", (number for number in range(450) if number != missing))
    assert not counting.all_counted("b1", 450)
    counting.count("b1", [missing])
    assert counting.all_counted("b1", 450)


def gets(counting, monkeypatch, unprocessed=0):
    """What each BatchGetItem asks for; so often, one key of it is left undone."""
    get, asked = counting.dynamodb.batch_get_item, []

    def refuse(RequestItems):
        asked.append(RequestItems["state"])
        keys = RequestItems["state"]["Keys"]
        if len(asked) > unprocessed:
            return get(RequestItems=RequestItems)
        answer = get(RequestItems={"state": {"Keys": keys[1:]}}) if keys[1:] else {"Responses": {}}
        return answer | {"UnprocessedKeys": {"state": {"Keys": keys[:1]}}}

    monkeypatch.setattr(counting.dynamodb, "batch_get_item", refuse)
    return asked


def test_while_the_last_ones_are_missing_a_poll_reads_one_page(counting, monkeypatch):
    """At half the price: what is too old only shows too few."""
    asked = gets(counting, monkeypatch)
    assert not counting.all_counted("b1", 10_000_000)
    assert [(len(one["Keys"]), one["ConsistentRead"]) for one in asked] == [(100, False)]


def test_unprocessed_keys_alone_are_read_again(counting, world, monkeypatch):
    counting.count("b1", range(250))
    asked = gets(counting, monkeypatch, unprocessed=2)
    assert counting.all_counted("b1", 250)
    assert ([len(one["Keys"]) for one in asked], world.slept) == ([3, 1, 1], [0.05, 0.1])


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

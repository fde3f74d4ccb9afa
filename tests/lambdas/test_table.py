"""The state table: nothing lost in batch calls, strong reads, refused writes told from errors."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def table(world):
    return world.module("table")


def keys_of(table, count):
    return [table.batch_key(f"b{n}") for n in range(count)]


def written(table, count):
    table.put_all({"pk": f"batch#b{n}", "sk": "META", "n": n} for n in range(count))


def refusing(monkeypatch, client, times):
    """Let a batch write leave the first of its entries undone, so often; the sizes of its calls."""
    call, sizes = client.batch_write_item, []

    def refuse(RequestItems):
        (entries,) = RequestItems.values()
        sizes.append(len(entries))
        if len(sizes) > times:
            return call(RequestItems=RequestItems)
        if entries[1:]:
            call(RequestItems={"state": entries[1:]})
        return {"UnprocessedItems": {"state": entries[:1]}}

    monkeypatch.setattr(client, "batch_write_item", refuse)
    return sizes


def test_what_is_written_is_read_whatever_its_kind(table):
    record = {"pk": "batch#b1", "sk": "META", "n": 3, "s": 0.25, "yes": True, "names": ["a", "b"]}
    table.put_all([record | {"nothing": None}])
    assert table.read(table.batch_key("b1")) == record
    assert type(table.read(table.batch_key("b1"))["n"]) is int
    assert table.read(table.batch_key("b2")) is None


@pytest.mark.parametrize("consistent", [True, False])
def test_a_read_is_as_strong_as_asked_for(table, monkeypatch, consistent):
    asked = []
    monkeypatch.setattr(table.dynamodb, "get_item", lambda **call: asked.append(call) or {})
    table.read(table.batch_key("b1"), consistent)
    assert [call["ConsistentRead"] for call in asked] == [consistent]


def test_reads_are_strong_unless_asked_otherwise(table, monkeypatch):
    asked = []
    monkeypatch.setattr(table.dynamodb, "get_item", lambda **call: asked.append(call) or {})
    monkeypatch.setattr(table.dynamodb, "query", lambda **call: asked.append(call) or {"Items": []})
    table.read(table.batch_key("b1"))
    assert (table.first("failed#b1"), list(table.every("failed#b1"))) == (None, [])
    assert [call["ConsistentRead"] for call in asked] == [True] * 3


def test_a_partition_is_read_page_by_page(table, monkeypatch):
    table.put_all({"pk": "failed#b1", "sk": f"{n}", "n": n} for n in range(7))
    query = table.dynamodb.query
    monkeypatch.setattr(table.dynamodb, "query", lambda **call: query(**{"Limit": 3} | call))
    assert [one["n"] for one in table.every("failed#b1")] == [*range(7)]
    assert table.first("failed#b1")["n"] == 0


def test_unprocessed_items_alone_are_written_and_deleted_again(table, world, monkeypatch):
    sizes = refusing(monkeypatch, table.dynamodb, 1)
    written(table, 30)
    assert (sizes, world.slept) == ([25, 1, 5], [0.05])
    assert len(world.state()) == 30
    sizes.clear()
    table.delete_all(keys_of(table, 30))
    assert (sizes, world.state()) == ([25, 1, 5], {})


def test_what_stays_unprocessed_is_an_error(table, world, monkeypatch):
    refusing(monkeypatch, table.dynamodb, 99)
    with pytest.raises(table.Unprocessed, match="undone in 8 tries"):
        written(table, 1)
    assert world.slept == [0.05 * 2**n for n in range(8)]


@pytest.mark.parametrize("size", [1, 3, 25, 100])
def test_any_size_of_a_call_writes_and_deletes_all(table, world, size):
    table.put_all(({"pk": f"batch#b{n}", "sk": "META"} for n in range(60)), size)
    assert len(world.state()) == 60
    table.delete_all(keys_of(table, 60), size)
    assert world.state() == {}


def test_a_condition_that_does_not_hold_is_no_error_and_any_other_refusal_is(table, monkeypatch):
    put = {"Item": table.batch_key("b1"), "ConditionExpression": "attribute_not_exists(pk)"}
    assert table.conditional("put_item", **put) is True
    assert table.conditional("put_item", **put) is False

    def throttled(**_):
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")

    monkeypatch.setattr(table.dynamodb, "put_item", throttled)
    with pytest.raises(ClientError, match="ThrottlingException"):
        table.conditional("put_item", **put)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ValidationError"])
def test_a_transaction_is_refused_by_its_conditions_alone(table, monkeypatch, code):
    canceled = table.dynamodb.exceptions.TransactionCanceledException
    codes = ["ConditionalCheckFailed", "None"]

    def cancel(**_):
        answer = {"Error": {"Code": "TransactionCanceledException"}}
        answer |= {"CancellationReasons": [{"Code": one} for one in codes]}
        raise canceled(answer, "TransactWriteItems")

    monkeypatch.setattr(table.dynamodb, "transact_write_items", cancel)
    assert table.transact(("Put", {"Item": {}})) is False
    codes[1] = code
    with pytest.raises(canceled):
        table.transact(("Put", {"Item": {}}))

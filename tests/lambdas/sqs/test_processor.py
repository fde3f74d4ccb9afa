"""The processor: work first, record after; what fails comes back, is split, then listed."""

import json

import pytest


def finish(world, **batch):
    """Create a batch and give its item messages as records."""
    world.create(**batch)
    return world.records("item")


def again(world, record, receives):
    """The same message, received for the n-th time."""
    return world.record(record["body"], receives=receives)


def lease(world, item_id, shards=10, seconds=100, **take):
    key = world.module("table").item_key("b1", item_id, shards)
    return world.module("table").lease(key, "another", seconds, **take)


def poison(pairs):
    return [item for item, value in pairs if value < 0]


def test_all_items_are_worked_and_their_records_removed(world, capsys):
    records = finish(world, items=95)
    capsys.readouterr()
    assert world.deliver("sqs.processor", records) == {"batchItemFailures": []}
    assert world.state("items#") == {}
    values = [value for r in records for _, value in json.loads(r["body"])["items"]]
    assert world.slept == [value / 1000 for value in values]
    line = json.loads(capsys.readouterr().out)
    counted = {name: line[name] for name in ("items_processed", "items_failed", "work_ms")}
    assert counted == {"items_processed": 95, "items_failed": 0, "work_ms": sum(values)}
    assert line["batch_id"] == "b1"
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["design", "function"]]
    assert line["last_done_at"] == world.now


def test_a_failing_item_brings_its_message_back_and_leaves_only_its_own_record(world):
    (record,) = finish(world, items=10, poison_per_million=200_000)
    bad = poison(json.loads(record["body"])["items"])
    assert 0 < len(bad) < 10
    answer = world.deliver("sqs.processor", [record])
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert world.delayed == [(record["receiptHandle"], 10)]
    assert {sk for _, sk in world.state("items#")} == set(bad)


def test_a_second_receive_works_only_what_is_left(world):
    (record,) = finish(world, items=10, poison_per_million=200_000)
    bad = poison(json.loads(record["body"])["items"])
    world.deliver("sqs.processor", [record])
    world.slept.clear()
    world.deliver("sqs.processor", [again(world, record, 2)])
    assert world.slept == []  # nothing done was done again
    assert {sk for _, sk in world.state("items#")} == set(bad)


def test_the_third_receive_splits_into_one_item_messages(world):
    (record,) = finish(world, items=10, poison_per_million=200_000)
    bad = poison(json.loads(record["body"])["items"])
    world.deliver("sqs.processor", [record])
    answer = world.deliver("sqs.processor", [again(world, record, 3)])
    assert answer == {"batchItemFailures": []}
    bodies = world.bodies("item")
    assert [body["items"][0][0] for body in bodies] == bad
    assert all(body["alone"] for body in bodies)


def test_an_item_alone_is_listed_as_failed_after_its_third_attempt(world):
    (record,) = finish(world, items=10, poison_per_million=200_000)
    bad = poison(json.loads(record["body"])["items"])
    world.deliver("sqs.processor", [record])
    world.deliver("sqs.processor", [again(world, record, 3)])
    for attempt in (1, 2, 3):
        assert set(world.state("failed#")) == set()
        alone = world.records("item")
        assert len(alone) == len(bad), attempt
        assert world.deliver("sqs.processor", alone) == {"batchItemFailures": []}
    assert world.state("items#") == {}
    failed = {sk: r for (_, sk), r in world.state("failed#").items()}
    assert set(failed) == set(bad)
    assert {r["attempts"] for r in failed.values()} == {3}
    assert {r["reason"] for r in failed.values()} == {
        "ValueError: sleep length must be non-negative"
    }
    assert world.bodies("item") == []


def test_receives_that_never_ran_an_item_do_not_fail_it(world):
    """A throttled mapping used up the receives; the item itself is sound."""
    (record,) = finish(world, items=1)
    world.deliver("sqs.processor", [again(world, record, 5)])
    (alone,) = world.records("item")
    world.deliver("sqs.processor", [again(world, alone, 5)])
    assert world.state("items#") == {}
    assert world.state("failed#") == {}


def test_an_item_that_kills_its_invocation_three_times_is_listed(world):
    (record,) = finish(world, items=1)
    body = json.loads(record["body"]) | {"alone": True}
    for _ in range(3):
        lease(world, body["items"][0][0], seconds=-1, count_attempt=True)
    world.now += 10
    assert world.deliver("sqs.processor", [world.record(body)]) == {"batchItemFailures": []}
    assert world.slept == []
    ((_, sk),) = world.state("failed#")
    assert sk == body["items"][0][0]


def test_a_late_duplicate_with_claims_brings_nothing_back(world):
    (record,) = finish(world, items=10, claim=True)
    world.deliver("sqs.processor", [record])
    world.slept.clear()
    assert world.deliver("sqs.processor", [again(world, record, 1)]) == {"batchItemFailures": []}
    assert world.slept == []
    assert world.state("items#") == {}


def test_a_live_claim_is_never_acknowledged(world):
    (record,) = finish(world, items=10, claim=True)
    item = json.loads(record["body"])["items"][3][0]
    lease(world, item, seconds=100)
    answer = world.deliver("sqs.processor", [record])
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert world.delayed == [(record["receiptHandle"], int(100 - sum(world.slept)))]
    assert [sk for _, sk in world.state("items#")] == [item]


def test_a_claim_left_by_a_crash_is_taken_over_and_counted(world, capsys):
    (record,) = finish(world, items=10, claim=True)
    lease(world, json.loads(record["body"])["items"][3][0], seconds=100)
    world.now += 101
    capsys.readouterr()
    assert world.deliver("sqs.processor", [record]) == {"batchItemFailures": []}
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_duplicated"]) == (10, 1)


def test_one_copy_of_a_message_twice_in_an_invocation_works_its_items_once(world):
    (record,) = finish(world, items=10, claim=True)
    copy = again(world, record, 1)
    assert world.deliver("sqs.processor", [record, copy]) == {"batchItemFailures": []}
    assert len(world.slept) == 10


def test_by_message_the_undone_items_are_remembered(world):
    (record,) = finish(world, items=10, track="message", poison_per_million=200_000)
    bad = poison(json.loads(record["body"])["items"])
    assert len(world.deliver("sqs.processor", [record])["batchItemFailures"]) == 1
    (state,) = world.state("items#").values()
    assert state["undone"] == bad
    world.slept.clear()
    world.deliver("sqs.processor", [again(world, record, 2)])
    assert world.slept == []


def test_by_message_a_lost_answer_does_not_pass_for_a_record_that_is_gone(world, monkeypatch):
    """The first write was done and its answer lost; its second attempt is refused."""
    (record,) = finish(world, items=10, track="message", claim=True, poison_per_million=200_000)
    table = world.module("table")
    conditional = table.conditional

    def twice(call, **arguments):
        if "undone" in arguments.get("UpdateExpression", ""):
            assert conditional(call, **arguments)
        return conditional(call, **arguments)

    monkeypatch.setattr(table, "conditional", twice)
    answer = world.deliver("sqs.processor", [record])
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}


def test_by_message_what_a_split_repeats_after_a_crash_is_counted(world, capsys):
    (record,) = finish(world, items=3, track="message", claim=True)
    first = json.loads(record["body"])["items"][0][0]
    lease(world, first, seconds=100)  # its owner works the items and dies
    world.now += 101
    world.deliver("sqs.processor", [again(world, record, 3)])
    capsys.readouterr()
    world.deliver("sqs.processor", world.records("item"))
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_duplicated"]) == (3, 3)


def test_by_message_a_split_keeps_children_behind_their_parent_in_its_shard(world):
    (record,) = finish(world, items=10, track="message", poison_per_million=200_000)
    body = json.loads(record["body"])
    bad = poison(body["items"])
    (parent,) = world.state("items#")
    world.deliver("sqs.processor", [record])
    world.deliver("sqs.processor", [again(world, record, 3)])
    children = set(world.state("items#"))
    assert children == {(parent[0], f"{parent[1]}#{item}") for item in bad}
    for _ in range(3):
        world.deliver("sqs.processor", world.records("item"))
    assert world.state("items#") == {}
    assert {sk for _, sk in world.state("failed#")} == set(bad)


def test_by_message_a_split_that_died_before_its_sends_goes_on_and_writes_nothing_again(world):
    (record,) = finish(world, items=4, track="message")
    messages = world.module("queues")
    send_all, messages.send_all = messages.send_all, None
    assert len(world.deliver("sqs.processor", [again(world, record, 3)])["batchItemFailures"]) == 1
    assert len(world.state("items#")) == 5
    messages.send_all = send_all
    world.now += 1000  # the dead split's lease has ended
    world.deliver("sqs.processor", [again(world, record, 4)])
    assert len(world.state("items#")) == 4
    world.deliver("sqs.processor", world.records("item"))
    assert world.state("items#") == {}


def test_by_message_a_split_that_has_begun_is_never_worked(world, monkeypatch):
    """It died after some children were written: worked as a whole, it would leave them for ever."""
    (record,) = finish(world, items=4, track="message", claim=True)
    table = world.module("table")
    with monkeypatch.context() as death:
        death.setattr(table, "update", lambda *_: False)
        assert world.deliver("sqs.processor", [again(world, record, 3)])["batchItemFailures"]
    assert len(world.state("items#")) == 5
    world.now += 1000
    world.slept.clear()
    world.deliver("sqs.processor", [record])  # such as the finalizer sends
    assert world.slept == []
    world.deliver("sqs.processor", world.records("item"))
    assert (len(world.slept), world.state("items#")) == (4, {})


def test_by_message_a_slow_copy_leaves_its_message_to_the_split_that_has_begun(world, monkeypatch):
    (record,) = finish(world, items=4, track="message")
    table = world.module("table")
    with monkeypatch.context() as death:
        death.setattr(table, "update", lambda *_: False)
        world.deliver("sqs.processor", [again(world, record, 3)])
    answer = world.deliver("sqs.processor", [record])  # it began before the split
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert len(world.state("items#")) == 5


def test_an_attempt_whose_answer_was_lost_counts_once(world):
    (record,) = finish(world, items=1)
    (item,) = json.loads(record["body"])["items"]
    for _ in range(5):  # the client tries again
        record = lease(world, item[0], count_attempt=True)
        assert record.get("attempts", 0) == 0
    assert [one["attempts"] for one in world.state("items#").values()] == [1]


def test_by_message_a_slow_copy_does_not_take_a_split_record_away(world):
    (record,) = finish(world, items=4, track="message")
    messages = world.module("queues")
    send_all, messages.send_all = messages.send_all, None
    world.deliver("sqs.processor", [again(world, record, 3)])
    messages.send_all = send_all
    world.deliver("sqs.processor", [record])  # the first copy ends only now
    assert len(world.state("items#")) == 5


@pytest.mark.parametrize("track", ["item", "message"])
def test_a_message_whose_record_is_gone_is_dropped(world, track):
    (record,) = finish(world, items=4, track=track)
    world.deliver("sqs.processor", [record])
    world.slept.clear()
    for receives in (2, 3):
        answer = world.deliver("sqs.processor", [again(world, record, receives)])
        assert answer == {"batchItemFailures": []}
    assert world.slept == []
    assert world.bodies("item") == []


def test_deletes_that_are_not_accepted_bring_the_message_back(world, monkeypatch):
    (record,) = finish(world, items=4)
    state = world.module("table")
    monkeypatch.setattr(
        state.dynamodb, "batch_write_item", lambda RequestItems: {"UnprocessedItems": RequestItems}
    )
    assert len(world.deliver("sqs.processor", [record])["batchItemFailures"]) == 1
    assert world.slept[-1] == 6.4


def test_an_error_in_one_message_leaves_the_others_alone(world):
    good, bad = finish(world, items=20)
    bad["body"] = json.dumps(json.loads(bad["body"]) | {"items": [["zz", 1]]})
    answer = world.deliver("sqs.processor", [bad, good])
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    assert len(world.state("items#")) == 10


def test_a_cancelled_batch_is_not_worked_and_its_messages_stay(world):
    records = finish(world, items=20)
    world.dynamodb.update_item(
        TableName="state",
        Key=world.module("table").batch_key("b1"),
        UpdateExpression="SET #s = :c",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":c": {"S": "CANCELLED"}},
    )
    assert len(world.deliver("sqs.processor", records)["batchItemFailures"]) == 2
    assert world.slept == []


def test_threads_work_several_items_at_a_time_and_are_joined(world):
    records = finish(world, items=40, item_concurrency=8)
    assert world.deliver("sqs.processor", records) == {"batchItemFailures": []}
    assert len(world.slept) == 40
    assert world.state("items#") == {}


def test_the_published_habits_write_one_metric_for_each_item(world, monkeypatch):
    records = finish(world, items=3, telemetry="put_metric_data", write_batch_size=1)
    metrics = []
    cloudwatch = world.module("sqs.item_work").cloudwatch
    monkeypatch.setattr(cloudwatch, "put_metric_data", lambda **call: metrics.append(call))
    world.deliver("sqs.processor", records)
    assert [call["Namespace"] for call in metrics] == ["BatchWorkbench"] * 3
    assert world.state("items#") == {}


@pytest.mark.parametrize("alone", [False, True])
def test_a_metric_that_is_refused_does_not_undo_the_work(world, monkeypatch, alone):
    (record,) = finish(world, items=1, telemetry="put_metric_data")

    def refuse(**call):
        raise RuntimeError("throttled")

    monkeypatch.setattr(world.module("sqs.item_work").cloudwatch, "put_metric_data", refuse)
    body = json.loads(record["body"]) | ({"alone": True} if alone else {})
    assert world.deliver("sqs.processor", [world.record(body)]) == {"batchItemFailures": []}
    assert (len(world.slept), world.state("items#")) == (1, {})

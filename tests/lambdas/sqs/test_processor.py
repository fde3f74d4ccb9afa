"""The processor: work first, record after; what fails is sent again, then listed."""

import json

import pytest


def finish(world, **batch):
    """Create a batch and give its item messages as records."""
    world.create(**batch)
    return world.records("item")


def again(world, record, receives):
    """The same message, received for the n-th time."""
    return world.record(record["body"], receives=receives)


def lease(world, item_id, shards=10, seconds=100):
    key = world.module("table").item_key("b1", item_id, shards)
    return world.module("table").lease(key, "another", seconds)


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


BOTH = pytest.mark.parametrize("track", ["item", "message"])
CLAIMS = pytest.mark.parametrize("claim", [False, True])


@BOTH
@CLAIMS
def test_what_failed_is_sent_again_as_a_message_of_its_own(world, track, claim):
    batch = {"items": 10, "poison_per_million": 200_000, "track": track, "claim": claim}
    (record,) = finish(world, **batch)
    body = json.loads(record["body"])
    bad = poison(body["items"])
    assert 0 < len(bad) < 10
    assert world.deliver("sqs.processor", [record]) == {"batchItemFailures": []}
    assert world.delays_s("item") == [10]
    (resent,) = world.bodies("item")
    assert [item for item, _ in resent["items"]] == bad
    assert (resent["tries"], resent["again"]) == (2, True)
    assert resent.get("sk") == (body["items"][0][0] if track == "message" else None)
    left = {sk for _, sk in world.state("items#")}
    assert left == ({body["items"][0][0]} if track == "message" else set(bad))


@BOTH
@CLAIMS
def test_an_item_is_listed_as_failed_after_its_third_try(world, track, claim):
    batch = {"items": 10, "poison_per_million": 200_000, "track": track, "claim": claim}
    (record,) = finish(world, **batch)
    bad = poison(json.loads(record["body"])["items"])
    records, delays_s = [record], []
    for _ in (1, 2, 3):
        assert set(world.state("failed#")) == set()
        world.slept.clear()
        assert world.deliver("sqs.processor", records) == {"batchItemFailures": []}
        delays_s += world.delays_s("item")
        records = world.records("item")
    assert world.slept == []  # nothing done was done again
    assert (records, delays_s) == ([], [10, 20])
    assert world.state("items#") == {}
    failed = {sk: r for (_, sk), r in world.state("failed#").items()}
    assert set(failed) == set(bad)
    assert {r["attempts"] for r in failed.values()} == {3}
    assert {r["reason"] for r in failed.values()} == {
        "ValueError: sleep length must be non-negative"
    }


def test_more_failed_items_than_one_transaction_takes_are_all_listed(world):
    batch = {
        "items": 250,
        "items_per_message": 250,
        "messages_per_invocation": 1,
        "poison_per_million": 1_000_000,
    }
    records = finish(world, track="message", **batch)
    for _ in (1, 2, 3):
        world.deliver("sqs.processor", records)
        records = world.records("item")
    assert len(world.state("failed#")) == 250
    assert world.state("items#") == {}


@BOTH
def test_a_death_while_failures_are_listed_loses_none_and_lists_none_twice(
    world, monkeypatch, track
):
    batch = {
        "items": 250,
        "items_per_message": 250,
        "messages_per_invocation": 1,
        "poison_per_million": 1_000_000,
    }
    records = finish(world, track=track, **batch)
    for _ in (1, 2):
        world.deliver("sqs.processor", records)
        records = world.records("item")
    table, calls = world.module("table"), []
    transact = table.transact

    def dies(*actions):
        calls.append(actions)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return transact(*actions)

    with monkeypatch.context() as death:
        death.setattr(table, "transact", dies)
        assert len(world.deliver("sqs.processor", records)["batchItemFailures"]) == 1
    assert 0 < len(world.state("failed#")) < 250
    world.now += 10_000
    world.deliver("sqs.processor", [again(world, records[0], 2)])
    assert (len(world.state("failed#")), world.state("items#")) == (250, {})


@BOTH
def test_a_copy_of_what_was_sent_again_does_nothing_that_was_done_since(world, track):
    """The first copy does one item and fails another; the second finds only that one left."""
    (record,) = finish(world, items=10, poison_per_million=200_000, track=track, claim=True)
    world.deliver("sqs.processor", [record])
    (resent,) = world.bodies("item")
    sound = [json.loads(record["body"])["items"][0][0], 5]
    mixed = world.record(resent | {"items": [*resent["items"], sound]})
    if track == "item":
        world.module("table").put_all([{"pk": table_pk(world, sound[0]), "sk": sound[0]}], 1)
    else:
        release_with(world, resent["sk"], [item for item, _ in [*resent["items"], sound]])
    world.slept.clear()
    world.deliver("sqs.processor", [mixed])
    assert world.slept == [0.005]
    world.deliver("sqs.processor", [again(world, mixed, 1)])
    assert world.slept == [0.005]


def table_pk(world, item):
    return world.module("table").unpack(world.module("table").item_key("b1", item, 10))["pk"]


def release_with(world, sk, undone):
    """Write what is left of a message's record."""
    table = world.module("table")
    key = table.item_key("b1", sk, 10)
    table.lease(key, "me", 100)
    table.release(key, "me", undone=undone)


@BOTH
def test_only_who_holds_the_lease_lists_a_failure(world, monkeypatch, track):
    """A slow owner: its lease has run out, and another works the item."""
    (record,) = finish(world, items=1, poison_per_million=1_000_000, track=track)
    item = json.loads(record["body"])["items"][0][0]
    work = world.module("sqs.processor").attempt

    def slowly(*tried):
        world.now += 10_000
        lease(world, item, seconds=100_000)
        return work(*tried)

    monkeypatch.setattr(world.module("sqs.processor"), "attempt", slowly)
    last = world.record(json.loads(record["body"]) | {"tries": 3, "again": True})
    assert len(world.deliver("sqs.processor", [last])["batchItemFailures"]) == 1
    assert world.state("failed#") == {}
    (left,) = world.state("items#").values()
    assert left["lease_by"] == "another"


@BOTH
def test_what_is_received_again_is_claimed_whatever_the_knobs_say(world, track):
    (record,) = finish(world, items=4, track=track)
    first = json.loads(record["body"])["items"][0][0]
    lease(world, first, seconds=100)
    assert len(world.deliver("sqs.processor", [again(world, record, 2)])["batchItemFailures"]) == 1
    assert first in {sk for _, sk in world.state("items#")}
    world.now += 1_000
    world.slept.clear()
    assert world.deliver("sqs.processor", [again(world, record, 3)]) == {"batchItemFailures": []}
    assert (len(world.slept), world.state("items#")) == (1 if track == "item" else 4, {})


def test_receives_that_never_ran_an_item_do_not_fail_it(world):
    """A throttled mapping used up the receives; the item itself is sound."""
    (record,) = finish(world, items=1)
    world.deliver("sqs.processor", [again(world, record, 5)])
    assert world.state("items#") == {}
    assert world.state("failed#") == {}


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
    assert world.delayed == [(record["receiptHandle"], round(100 - sum(world.slept[:3])))]
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


def test_what_a_claim_that_failed_gives_back_keeps_the_trace_of_a_crash(world, capsys):
    (record,) = finish(world, items=1, poison_per_million=1_000_000, claim=True)
    body = json.loads(record["body"])
    (item,) = body["items"]
    lease(world, item[0], seconds=100)  # its owner dies
    world.now += 101
    world.deliver("sqs.processor", [record])
    (state,) = world.state("items#").values()
    assert (state["begun"], state.get("lease_by")) == (1, None)
    capsys.readouterr()
    world.bodies("item")
    world.deliver("sqs.processor", [world.record(body | {"items": [[item[0], 5]]})])
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_duplicated"]) == (1, 1)


def test_a_lease_whose_answer_was_lost_is_the_same_lease_and_counts_once(world):
    (record,) = finish(world, items=1)
    (item,) = json.loads(record["body"])["items"]
    for _ in range(5):  # the client tries again
        assert lease(world, item[0]).get("begun", 0) == 0
    assert [one["begun"] for one in world.state("items#").values()] == [1]
    table = world.module("table")
    for _ in range(3):
        table.release(table.item_key("b1", item[0], 10), "another")
    assert [one["begun"] for one in world.state("items#").values()] == [0]


def test_a_conflict_of_transactions_brings_the_message_back(world, monkeypatch):
    (record,) = finish(world, items=1, poison_per_million=1_000_000)
    body = json.loads(record["body"]) | {"tries": 3, "again": True}
    table = world.module("table")
    canceled = table.dynamodb.exceptions.TransactionCanceledException

    def conflict(**_):
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        raise canceled(answer, "TransactWriteItems")

    with monkeypatch.context() as busy:
        busy.setattr(table.dynamodb, "transact_write_items", conflict)
        assert len(world.deliver("sqs.processor", [world.record(body)])["batchItemFailures"]) == 1
    assert (len(world.state("items#")), world.state("failed#")) == (1, {})
    world.now += 1_000
    world.deliver("sqs.processor", [world.record(body)])
    assert (world.state("items#"), len(world.state("failed#"))) == ({}, 1)


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
    world.cancel()
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
    cloudwatch = world.module("sqs.processor").cloudwatch
    monkeypatch.setattr(cloudwatch, "put_metric_data", lambda **call: metrics.append(call))
    world.deliver("sqs.processor", records)
    assert [call["Namespace"] for call in metrics] == ["BatchWorkbench"] * 3
    assert world.state("items#") == {}


def test_a_metric_that_is_refused_does_not_undo_the_work(world, monkeypatch):
    (record,) = finish(world, items=1, telemetry="put_metric_data")

    def refuse(**call):
        raise RuntimeError("throttled")

    monkeypatch.setattr(world.module("sqs.processor").cloudwatch, "put_metric_data", refuse)
    assert world.deliver("sqs.processor", [record]) == {"batchItemFailures": []}
    assert (len(world.slept), world.state("items#")) == (1, {})


def test_an_error_of_one_items_record_leaves_the_other_items_done(world, monkeypatch):
    (record,) = finish(world, items=4, claim=True)
    broken = json.loads(record["body"])["items"][1][0]
    table = world.module("table")
    take = table.lease

    def refuse(key, *rest):
        if key["sk"]["S"] == broken:
            raise RuntimeError("refused")
        return take(key, *rest)

    monkeypatch.setattr(table, "lease", refuse)
    assert len(world.deliver("sqs.processor", [record])["batchItemFailures"]) == 1
    assert [sk for _, sk in world.state("items#")] == [broken]


def test_a_lease_is_as_long_as_the_knob_says(world, monkeypatch):
    (record,) = finish(world, items=1, claim=True)
    processor, until = world.module("sqs.processor"), []

    def look(*tried):
        until.extend(one["lease_until"] - world.now for one in world.state("items#").values())
        return processor.attempt_before(*tried)

    monkeypatch.setattr(processor, "attempt_before", processor.attempt, raising=False)
    monkeypatch.setattr(processor, "attempt", look)
    world.deliver("sqs.processor", [record])
    assert until == [json.loads(record["body"])["knobs"]["lease_s"]]


def test_the_line_counts_what_failed_for_good_and_nothing_else_as_processed(world, capsys):
    batch = {"items": 10, "poison_per_million": 200_000}
    (record,) = finish(world, **batch)
    bad = len(poison(json.loads(record["body"])["items"]))
    last = world.record(json.loads(record["body"]) | {"tries": 3, "again": True})
    capsys.readouterr()
    world.deliver("sqs.processor", [last])
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_failed"]) == (10 - bad, bad)
    assert line["last_done_at"] == world.now


def test_no_metric_is_put_for_an_item_that_failed(world, monkeypatch):
    batch = {"items": 10, "poison_per_million": 200_000, "telemetry": "put_metric_data"}
    (record,) = finish(world, **batch)
    bad, metrics = len(poison(json.loads(record["body"])["items"])), []
    cloudwatch = world.module("sqs.processor").cloudwatch
    monkeypatch.setattr(cloudwatch, "put_metric_data", lambda **call: metrics.append(call))
    world.deliver("sqs.processor", [record])
    assert len(metrics) == 10 - bad


def test_only_as_many_messages_at_a_time_as_leave_each_item_a_place(world, monkeypatch):
    records = finish(world, items=40, items_per_message=10, item_concurrency=25)
    asked, gather = [], world.outside.gather
    monkeypatch.setattr(
        world.outside, "gather", lambda f, values, n: asked.append(n) or gather(f, values, n)
    )
    world.deliver("sqs.processor", records)
    assert asked[0] == 2
    assert max(asked[1:]) == 10


def test_messages_of_a_cancelled_batch_come_back_after_a_lease(world):
    (record,) = finish(world, items=10)
    world.cancel()
    world.deliver("sqs.processor", [record])
    assert [wait_s for _, wait_s in world.delayed] == [
        json.loads(record["body"])["knobs"]["lease_s"]
    ]


def test_whether_a_batch_is_cancelled_is_asked_once_and_at_half_the_price(world, monkeypatch):
    records = finish(world, items=30)
    table, strong = world.module("table"), []
    read = table.read
    monkeypatch.setattr(
        table, "read", lambda key, consistent=True: strong.append(consistent) or read(key)
    )
    world.deliver("sqs.processor", records)
    assert strong == [False]


def test_an_item_computes_for_as_long_as_the_knob_says_in_each_try(world):
    (record,) = finish(world, items=2, cpu_ms=30, poison_per_million=1_000_000)
    world.deliver("sqs.processor", [record])
    assert world.computed == [30, 30]
    world.deliver("sqs.processor", world.records("item"))
    assert world.computed == [30] * 4


@BOTH
@CLAIMS
def test_what_failed_carries_its_payload_again(world, track, claim):
    batch = {"items": 3, "item_bytes": 5, "track": track, "claim": claim}
    (record,) = finish(world, **batch, poison_per_million=1_000_000)
    pairs = json.loads(record["body"])["items"]
    assert [payload for *_, payload in pairs] == ["....."] * 3
    for tries in (2, 3):
        world.deliver("sqs.processor", [record])
        (record,) = world.records("item")
        body = json.loads(record["body"])
        assert (body["items"], body["tries"]) == (pairs, tries)
    world.deliver("sqs.processor", [record])
    listed = {sk: one["value"] for (_, sk), one in world.state("failed#").items()}
    assert listed == {item: -1 for item, *_ in pairs}

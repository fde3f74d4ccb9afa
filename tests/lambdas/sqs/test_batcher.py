"""The batcher: one trigger, one batch; children before flag, flag before messages."""

import json

import pytest
from botocore.exceptions import ClientError

from workbench.designs import FUNCTION_TIMEOUT_MAX_S, Sqs
from workbench.runs.batch import draw
from workbench.workload.durations import Uniform

KNOBS = Sqs().batch_knobs()


def items_of(bodies):
    return [tuple(pair) for body in bodies for pair in body["items"]]


def drawn(seed, items, value_max=1000):
    z, values = draw(seed, 0, items, Uniform(value_max))
    return [(f"{int(one):016x}", int(value)) for one, value in zip(z, values, strict=True)]


def test_a_batch_is_created_with_just_the_items_of_its_seed(world):
    world.create(items=123, seed=9)
    assert items_of(world.bodies("item")) == drawn(9, 123)
    records = world.state("items#b1#")
    assert {(key[1], r["value"]) for key, r in records.items()} == set(drawn(9, 123))
    assert world.state("segments#") == {}


def test_the_root_writes_the_batch_starts_the_polls_and_asks_for_the_plan(world):
    assert world.trigger(items=5) == {"batch_id": "b1", "status": "OPEN"}
    assert world.delays_s("poll") == [30]
    assert world.bodies("poll") == [{"batch": "b1"}]
    assert world.bodies("plan") == [{"batch": "b1"}]
    meta = world.state("batch#")[("batch#b1", "META")]
    assert (meta["status"], meta["planned"], meta["items"]) == ("OPEN", False, 5)
    assert list(world.state("open")) == [("open", "b1")]


@pytest.mark.parametrize("ready", ["open_batch", "put_all", "poll"])
def test_a_root_that_died_anywhere_is_made_good_by_its_retry(world, monkeypatch, ready):
    """Whatever it had done: the record comes first, and the plan is asked for last."""
    batcher = world.module("sqs.batcher")
    sent = []

    def dies(*given):
        sent.append(given)
        raise RuntimeError("killed")

    with monkeypatch.context() as death:
        if ready == "poll":
            death.setattr(batcher.queues, "send", dies)
        else:
            place = batcher.batches if ready == "open_batch" else batcher.table
            death.setattr(place, ready, dies)
        with pytest.raises(RuntimeError):
            world.trigger(items=5)
    assert world.bodies("plan") == []
    world.now += 60
    assert world.trigger(items=5)["status"] == "OPEN"
    assert world.bodies("poll") == [{"batch": "b1"}]
    assert world.bodies("plan") == [{"batch": "b1"}]
    assert list(world.state("open")) == [("open", "b1")]


def test_a_poll_is_on_its_way_before_the_plan_can_be_written(world, monkeypatch):
    queues, order = world.module("queues"), []
    monkeypatch.setattr(queues, "send", lambda url, *_: order.append(url.rsplit("/", 1)[-1]))
    world.trigger(items=5)
    assert order == ["poll", "plan"]


def test_a_second_trigger_of_a_planned_batch_asks_for_nothing(world):
    world.create(items=5)
    world.bodies("item")
    world.bodies("poll")
    assert world.trigger(items=5) == {"batch_id": "b1", "status": "OPEN"}
    assert (world.bodies("plan"), world.bodies("poll")) == ([], [])


def test_a_trigger_of_a_batch_that_is_over_leaves_it_so(world):
    world.create(items=5)
    world.deliver("sqs.processor", world.records("item"))
    world.look()
    world.bodies("poll")
    before = world.state()
    assert world.trigger(items=5) == {"batch_id": "b1", "status": "NOTIFIED"}
    assert (world.state(), world.bodies("plan"), world.bodies("poll")) == (before, [], [])


def test_a_second_trigger_with_other_knobs_polls_by_those_of_the_first(world):
    world.trigger(items=5, poll_s=120)
    world.trigger(items=5, poll_s=20)
    assert world.delays_s("poll") == [120, 120]


def test_a_cron_event_that_fires_twice_means_one_batch(world):
    event = {"time": "2026-11-23T06:00:00Z", "items": 5, "knobs": KNOBS}
    for _ in range(2):
        answer = world.call("sqs.batcher", event)
        assert answer == {"batch_id": "cron-20261123T0600", "status": "OPEN"}
    assert len(world.state("batch#")) == 1


def test_a_batch_is_cut_into_segments_that_know_their_range(world):
    world.trigger(items=250, segment_items=100)
    world.deliver("sqs.batcher", world.records("plan"))
    assert [sk for _, sk in world.state("segments#")] == ["000000", "000001", "000002"]
    batch = world.module("sqs.batches").read_batch("b1")
    ranges = [world.module("sqs.batches").segment_range(batch, n) for n in range(3)]
    assert ranges == [range(100), range(100, 200), range(200, 250)]
    assert [body["segment"] for body in world.bodies("plan")] == [0, 1, 2]


def test_a_segment_delivered_again_after_its_end_is_dropped(world):
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (segment,) = world.bodies("plan")
    world.deliver("sqs.batcher", [world.record(segment, "plan")])
    world.bodies("item")
    for key in world.state("items#"):
        pack = world.module("table").pack
        world.dynamodb.delete_item(TableName="state", Key=pack({"pk": key[0], "sk": key[1]}))
    world.deliver("sqs.batcher", [world.record(segment, "plan", receives=2)])
    assert world.state("items#") == {}
    assert world.bodies("item") == []


def test_a_segment_that_died_after_its_flag_sends_again_but_writes_nothing_again(world):
    """The first attempt dies while sending; meanwhile its sent items are done and removed."""
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (segment,) = world.bodies("plan")
    batcher = world.module("sqs.batcher")
    send_all, batcher.queues.send_all = batcher.queues.send_all, None
    answer = world.deliver("sqs.batcher", [world.record(segment, "plan")])
    assert len(answer["batchItemFailures"]) == 1
    batcher.queues.send_all = send_all
    for key in list(world.state("items#"))[:20]:
        pack = world.module("table").pack
        world.dynamodb.delete_item(TableName="state", Key=pack({"pk": key[0], "sk": key[1]}))
    answer = world.deliver("sqs.batcher", [world.record(segment, "plan", receives=2)])
    assert answer == {"batchItemFailures": []}
    assert len(world.state("items#")) == 30
    assert len(items_of(world.bodies("item"))) == 50
    assert world.state("segments#") == {}


def test_a_segment_that_another_holds_comes_back_when_its_lease_ends(world):
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (segment,) = world.bodies("plan")
    table = world.module("table")
    table.lease(table.segment_key("b1", 0), "another", 930)
    world.now += 30
    record = world.record(segment, "plan")
    answer = world.deliver("sqs.batcher", [record])
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert world.delayed == [(record["receiptHandle"], 900)]
    assert world.state("items#") == {}
    world.now += 901
    assert world.deliver("sqs.batcher", [record]) == {"batchItemFailures": []}
    assert len(world.state("items#")) == 50


def test_a_plan_delivered_again_sends_the_segments_that_are_left(world):
    world.trigger(items=250, segment_items=100)
    (plan,) = world.bodies("plan")
    world.deliver("sqs.batcher", [world.record(plan, "plan")])
    first, *_ = world.bodies("plan")
    world.deliver("sqs.batcher", [world.record(first, "plan")])
    world.deliver("sqs.batcher", [world.record(plan, "plan", receives=2)])
    assert [body["segment"] for body in world.bodies("plan")] == [1, 2]


def test_unprocessed_items_are_written_again(world, monkeypatch):
    state = world.module("table")
    real, calls = state.dynamodb.batch_write_item, []

    def half(RequestItems):
        calls.append(len(RequestItems["state"]))
        if len(calls) == 1:
            refused = RequestItems["state"][10:]
            real(RequestItems={"state": RequestItems["state"][:10]})
            return {"UnprocessedItems": {"state": refused}}
        return real(RequestItems=RequestItems)

    monkeypatch.setattr(state.dynamodb, "batch_write_item", half)
    state.put_all(({"pk": "p", "sk": f"{n}"} for n in range(30)), 25)
    assert calls == [25, 15, 5]
    assert len(world.state("p")) == 30
    assert world.slept == [0.05]


def test_entries_that_sqs_refuses_are_sent_again(world, monkeypatch):
    messages = world.module("queues")
    real, calls = messages.sqs.send_message_batch, []

    def refuse(QueueUrl, Entries):
        calls.append(len(Entries))
        if len(calls) == 1:
            real(QueueUrl=QueueUrl, Entries=Entries[:7])
            return {"Failed": [{"Id": entry["Id"]} for entry in Entries[7:]]}
        return real(QueueUrl=QueueUrl, Entries=Entries)

    monkeypatch.setattr(messages.sqs, "send_message_batch", refuse)
    messages.send_all(world.urls["item"], ({"n": n} for n in range(12)), 10)
    assert calls == [10, 3, 2]
    assert sorted(body["n"] for body in world.bodies("item")) == list(range(12))


def test_a_call_of_large_messages_stays_under_one_mebibyte(world, monkeypatch):
    messages = world.module("queues")
    sizes = []

    def send(QueueUrl, Entries):
        sizes.append(sum(len(entry["MessageBody"]) for entry in Entries))
        return {}

    monkeypatch.setattr(messages.sqs, "send_message_batch", send)
    messages.send_all(world.urls["item"], ({"text": "x" * 300_000} for _ in range(10)), 10)
    assert len(sizes) == 4
    assert max(sizes) <= 1_048_576


def test_one_record_a_message_where_the_knob_says_so(world):
    world.create(items=95, track="message", items_per_message=20)
    ranges = sorted((r["start"], r["stop"]) for r in world.state("items#").values())
    assert ranges == [(0, 20), (20, 40), (40, 60), (60, 80), (80, 95)]
    firsts = {body["items"][0][0] for body in world.bodies("item")}
    assert {sk for _, sk in world.state("items#")} == firsts


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"batch_id": "b 1", "items": 5, "knobs": {}}, "batch_id 'b 1'"),
        ({"batch_id": "b1", "items": 0, "knobs": {}}, "items 0"),
        ({"batch_id": "b1", "items": 100_000_001, "knobs": {}}, "items 100000001"),
        ({"batch_id": "b1", "items": 5, "knobs": []}, "knobs"),
        ({"batch_id": "b1", "items": 5, "seed": -1, "knobs": {}}, "seed -1"),
        (
            {"batch_id": "b1", "items": 5, "knobs": {"claim": True}},
            "knobs lack track, state_shards",
        ),
        ({"batch_id": "b1", "items": 5, "knobs": KNOBS | {"segment_items": 0}}, "segment_items 0"),
        ({"items": 5, "knobs": {}}, "neither a batch_id nor a scheduled time"),
    ],
)
def test_a_trigger_that_cannot_be_a_batch_is_refused_by_name(world, event, why):
    with pytest.raises(ValueError, match=why):
        world.call("sqs.batcher", event)
    assert world.state() == {}
    assert world.bodies("poll") == []


def test_an_error_of_aws_gives_the_lease_back_and_the_message_returns_soon(world, monkeypatch):
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (segment,) = world.records("plan")
    state = world.module("table")

    def refuse(**_):
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "BatchWriteItem")

    monkeypatch.setattr(state.dynamodb, "batch_write_item", refuse)
    answer = world.deliver("sqs.batcher", [segment])
    assert len(answer["batchItemFailures"]) == 1
    assert world.delayed == [(segment["receiptHandle"], 10)]
    (record,) = world.state("segments#").values()
    assert "lease_until" not in record


@pytest.mark.parametrize("part", ["plan", "segment"])
def test_who_has_lost_the_lease_sets_no_flag_and_sends_nothing(world, monkeypatch, part):
    """A slow owner: its lease ran out while it wrote, and another has taken it."""
    world.trigger(items=50)
    table = world.module("table")
    if part == "segment":
        world.deliver("sqs.batcher", world.records("plan"))
    (record,) = world.records("plan")
    put_all = table.put_all

    def slowly(*given):
        put_all(*given)
        monkeypatch.setattr(table, "put_all", put_all)
        world.now += 931
        key = table.batch_key("b1") if part == "plan" else table.segment_key("b1", 0)
        table.lease(key, "another", 930)

    monkeypatch.setattr(table, "put_all", slowly)
    assert len(world.deliver("sqs.batcher", [record])["batchItemFailures"]) == 1
    flag = "planned" if part == "plan" else "written"
    states = [*world.state("segments#").values(), world.state("batch#")["batch#b1", "META"]]
    assert not any(one.get(flag) for one in states)
    assert {one["lease_by"] for one in states if "lease_by" in one} >= {"another"}
    assert (world.bodies("plan"), world.bodies("item")) == ([], [])


def test_a_batch_that_is_cancelled_is_not_created_and_its_parts_stay(world):
    world.trigger(items=50)
    records = world.records("plan")
    world.cancel()
    assert len(world.deliver("sqs.batcher", records)["batchItemFailures"]) == 1
    assert [wait_s for _, wait_s in world.delayed] == [3_600]
    assert world.state("segments#") == {}


def test_a_lease_is_longer_than_the_function_may_run(world):
    assert world.module("sqs.batcher").LEASE_S > FUNCTION_TIMEOUT_MAX_S


def test_a_trigger_of_a_batch_that_was_cancelled_before_its_plan_asks_for_nothing(world):
    world.trigger(items=5)
    assert (len(world.bodies("plan")), len(world.bodies("poll"))) == (1, 1)
    world.cancel()
    assert world.trigger(items=5) == {"batch_id": "b1", "status": "CANCELLED"}
    assert (world.bodies("plan"), world.bodies("poll")) == ([], [])


def test_a_plan_gives_the_lease_on_its_batch_back(world):
    world.trigger(items=5)
    world.deliver("sqs.batcher", world.records("plan"))
    meta = world.state("batch#")[("batch#b1", "META")]
    assert (meta["planned"], meta["begun"], "lease_until" in meta) == (True, 0, False)


def test_the_line_of_a_segment_counts_its_items(world, capsys):
    world.create(items=25, track="message", items_per_message=10)
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["function"], line["items_created"]) == ("batcher", 25)

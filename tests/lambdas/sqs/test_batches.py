"""The state of a batch: read strongly, led forward only; its failures are listed once and whole."""

import pytest

KEY = {"pk": {"S": "items#b1#000"}, "sk": {"S": "m"}}


@pytest.fixture
def batches(world):
    world.trigger(items=95, segment_items=30, track="message", claim=True, state_shards=3)
    return world.module("sqs.batches")


def leased(world, **fields):
    """A record that `me` leases."""
    table = world.module("table")
    table.put_all([{"pk": "items#b1#000", "sk": "m", "created_at": 0} | fields])
    table.lease(KEY, "me", 100)


def status(world):
    return world.state("batch#")["batch#b1", "META"]["status"]


def test_a_batch_is_read_strongly_unless_asked_otherwise(batches, strong_reads):
    """A read that is too old would take the batch for one that never was, and drop its parts."""
    batches.read_open("b1")
    batches.read_batch("b1")
    batches.read_batch("b1", consistent=False)
    assert strong_reads == [True, True, False]


def test_what_a_cancelled_batch_is_asked_for_waits_an_hour(batches, world):
    world.cancel()
    with pytest.raises(world.module("queues").Later) as later:
        batches.read_open("b1")
    assert later.value.seconds == 3_600


@pytest.mark.parametrize("ended", ["COMPLETE", "NOTIFIED"])
def test_a_batch_that_is_over_is_not_open(batches, ended):
    assert batches.read_open("b1")["id"] == "b1"
    batches.lead("b1", "OPEN", ended)
    assert (batches.read_open("b1"), batches.read_open("b2")) == ({}, {})


def test_a_batch_is_led_only_from_the_status_it_has(batches, world):
    batches.lead("b1", "COMPLETE", "NOTIFIED")
    assert status(world) == "OPEN"
    batches.lead("b1", "OPEN", "COMPLETE", detected_at=5.5)
    batches.lead("b1", "OPEN", "COMPLETE", detected_at=7.5)
    assert (status(world), batches.read_batch("b1")["detected_at"]) == ("COMPLETE", 5.5)


def test_segments_cover_every_item_once(batches):
    batch = batches.read_batch("b1")
    parts = [batches.segment_range(batch, segment) for segment in range(4)]
    assert [item for part in parts for item in part] == [*range(95)]


def test_a_message_has_the_knobs_of_its_batch(batches):
    batch = batches.read_batch("b1")
    message = batches.items_message(batch, [("a", 1)], sk="m")
    assert message == {
        "batch": "b1",
        "items": [["a", 1]],
        "sk": "m",
        "knobs": {name: batch["knobs"][name] for name in batches.KNOBS},
    }
    assert (message["knobs"]["track"], message["knobs"]["claim"]) == ("message", True)


def test_what_a_record_knows_as_over_is_not_undone(batches):
    pairs = [["a", 1], ["b", 2]]
    assert batches.undone({}, pairs) == pairs
    assert batches.undone({"undone": ["b"]}, pairs) == [["b", 2]]
    assert batches.undone({"undone": []}, pairs) == []


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("count", [1, 99, 100, 250])
def test_however_many_items_are_taken_out_of_their_record_none_is_lost(batches, world, count, keep):
    leased(world)
    records = [(f"i{n:03d}", {"pk": "failed#b1", "sk": f"i{n:03d}"}) for n in range(count)]
    batches.replace(KEY, "me", records, keep=keep)
    assert len(world.state("failed#")) == count
    kept = [record["undone"] for record in world.state("items#").values()]
    assert kept == ([[]] if keep else [])


def test_only_who_holds_the_lease_takes_items_out(batches, world):
    leased(world)
    with pytest.raises(world.module("table").LostLease):
        batches.replace(KEY, "another", [("a", {"pk": "failed#b1", "sk": "a"})])
    assert (world.state("failed#"), len(world.state("items#"))) == ({}, 1)


@pytest.mark.parametrize(
    ("begun", "lease_ends_s", "listed"), [(2, -1, False), (3, 60, False), (3, -1, True)]
)
def test_a_dead_item_is_listed_by_what_its_record_says(batches, world, begun, lease_ends_s, listed):
    record = {"pk": "items#b1#000", "sk": "m", "begun": begun, "lease_by": "one"}
    until = world.now + lease_ends_s
    world.module("table").put_all([record | {"lease_until": until}])
    item = world.module("items").Item("m", 7)
    assert batches.fail_dead("b1", KEY, item) is listed
    failed = {"value": 7, "reason": "it began 3 times and never ended", "attempts": 3}
    wanted = {("failed#b1", "m"): {"pk": "failed#b1", "sk": "m"} | failed} if listed else {}
    assert (world.state("failed#"), len(world.state("items#"))) == (wanted, not listed)


def test_failures_are_counted_by_item(batches, world):
    failed = [{"sk": "a"}, {"sk": "b"}, {"sk": "segment#000001", "start": 30, "stop": 60}]
    world.module("table").put_all({"pk": "failed#b1"} | one for one in failed)
    assert batches.count_failed("b1") == 32

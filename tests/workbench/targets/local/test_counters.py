"""Whole batches of `counters`: deaths at every call, duplicates, dead letters, and a control."""

from collections import Counter

import pytest

from tests.swarm.controls.mutants import replaced
from workbench.designs import Counters
from workbench.runs.batch import Batch
from workbench.targets.local.runtime.faults import CallFault, Faults
from workbench.targets.local.target import LocalTarget, Settings

DESIGN = Counters(segment_items=100)
BATCH = Batch(300, 7, "b-300")
# Every call that a handler makes in a batch whose items do not fail.
CALLS = [
    ("batcher", "PutItem"),
    ("batcher", "GetItem"),
    ("batcher", "SendMessage"),
    ("batcher", "SendMessageBatch"),
    ("processor", "GetItem"),
    ("processor", "UpdateItem"),
    ("finalizer", "GetItem"),
    ("finalizer", "BatchGetItem"),
    ("finalizer", "Query"),
    ("finalizer", "Publish"),
    ("finalizer", "UpdateItem"),
]


@pytest.fixture(scope="module")
def deployed():
    """One deployment for all tests here: the knobs are the same."""
    with LocalTarget() as target:
        yield target


class Struck(LocalTarget):
    """The deployed stack under a fault plan of its own."""

    def __init__(self, deployed, faults):
        super().__init__(Settings(faults=faults))
        self._deploy = lambda design: deployed._deploy(DESIGN)  # the same stack for all knobs


def run(deployed, faults, design=DESIGN, batch=BATCH):
    """A run, and the target that knows more of it."""
    target = Struck(deployed, faults)
    return target.run(design, batch, lambda progress: None).run, target


def records(deployed):
    """The table as a run has left it: partitions and how many records each has."""
    stack = deployed._deploy(DESIGN).stack
    client = deployed._deploy(DESIGN).cloud.client("dynamodb")
    rows = client.scan(TableName=stack.outputs["StateTableName"])["Items"]
    return Counter(row["pk"]["S"] for row in rows)


class Kills(Faults):
    """The first invocations of a function die around one of its calls."""

    def __init__(self, role, operation, moment, times=2):
        self.role, self.operation, self.moment, self.left = role, operation, moment, times

    def calling(self, call):
        if self.left and (call.function, call.operation) == (self.role, self.operation):
            self.left -= 1
            return CallFault(kill=self.moment)
        return CallFault()


class Doubles(Faults):
    """Every message of a queue, or of all, comes twice; the first not, but late, if that is set."""

    def __init__(self, queue="", late_s=0.0):
        self.queue, self.late_s = queue, late_s

    def sending(self, queue, body):
        if self.queue not in queue:
            return (0.0,)
        late_s, self.late_s = self.late_s, 0.0
        return (late_s,) if late_s else (0.0, 1.0)


def test_a_batch_completes_and_leaves_only_what_expires(deployed):
    found, _ = run(deployed, Faults())
    assert (found.status, found.reason, found.items_processed) == ("complete", "", 300)
    assert 0 < found.created_s < found.processed_s < found.detected_s
    assert found.detected_s - found.processed_s < DESIGN.poll_s + 3
    assert records(deployed) == {"batch#b-300": 1, "done#b-300#0000000": 1}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("role", "operation"), CALLS, ids="-".join)
def test_a_death_at_any_call_neither_loses_an_item_nor_tells_too_early(
    deployed, role, operation, moment
):
    faults = Kills(role, operation, moment)
    found, target = run(deployed, faults)
    assert faults.left < 2
    assert (found.status, found.reason, found.items_processed) == ("complete", "", 300)
    notices = target.world.notifications.by_batch["b-300"]
    assert {one["items_failed"] for one in notices} == {0}
    assert found.detected_s > found.processed_s


def test_a_trigger_that_dies_each_time_is_started_by_the_failures_consumer(deployed):
    found, _ = run(deployed, Kills("batcher", "PutItem", "before", times=3))
    assert (found.status, found.items_processed) == ("complete", 300)


def test_everything_may_come_twice(deployed):
    found, _ = run(deployed, Doubles())
    assert (found.status, found.items_processed) == ("complete", 300)
    assert found.items_duplicated > 0
    assert found.detected_s > found.processed_s


def test_a_late_trigger_opens_nothing_again(deployed):
    _, target = run(deployed, Faults())
    before = records(deployed)
    invocations = len(target.world.reports.frame())
    target.world.start(DESIGN.trigger(BATCH.batch_id, BATCH.items, BATCH.seed))
    target.world.run(target.world.context.kernel.now + 3_600)
    assert (records(deployed), len(target.world.reports.frame())) == (before, invocations + 1)
    assert len(target.world.notifications.by_batch["b-300"]) == 1


def test_messages_whose_invocations_always_die_are_listed_and_the_batch_ends(deployed):
    found, target = run(deployed, Kills("processor", "UpdateItem", "before", times=10_000))
    (notice,) = target.world.notifications.by_batch["b-300"]
    assert (notice["status"], notice["items_failed"]) == ("complete", 300)
    assert found.items_processed > 0  # listed as failed means not known to be done


class Killer(Faults):
    """Whatever counts this message dies."""

    def __init__(self, number):
        self.number = str(number)

    def calling(self, call):
        counts = (call.function, call.operation) == ("processor", "UpdateItem")
        if counts and self.number in call.request["ExpressionAttributeValues"][":numbers"]["NS"]:
            return CallFault(kill="before")
        return CallFault()


def test_a_message_that_kills_its_invocation_takes_no_neighbour_along(deployed):
    found, target = run(deployed, Killer(12))
    (notice,) = target.world.notifications.by_batch["b-300"]
    assert (notice["status"], notice["items_failed"]) == ("complete", 10)
    assert found.items_processed == 300


def test_poisoned_items_fail_alone(deployed):
    design = Counters(segment_items=100, poison_per_million=50_000)
    found, target = run(deployed, Faults(), design)
    (notice,) = target.world.notifications.by_batch["b-300"]
    assert found.status == "complete"
    assert 0 < found.items_failed == notice["items_failed"] < 40
    assert (found.items_processed, found.items_duplicated) == (300 - found.items_failed, 0)


LATE_S = 3_600.0


def test_a_late_message_is_waited_for_though_all_others_came_twice(deployed):
    found, _ = run(deployed, Doubles("ItemQueue", LATE_S))
    assert found.items_processed == 300
    assert found.detected_s > found.processed_s > LATE_S


def test_a_plain_counter_would_have_told_before_the_late_message_came(deployed):
    from lambdas.counters import batches as counting
    from tests.swarm.controls.counters_rules import messages_added_up, sum_reached

    deployment = deployed._deploy(DESIGN)
    with (
        replaced(deployment, counting.count, messages_added_up),
        replaced(deployment, counting.all_counted, sum_reached),
    ):
        found, _ = run(deployed, Doubles("ItemQueue", LATE_S))
    assert found.detected_s < LATE_S
    assert found.items_processed == 290  # what is late is no longer worked either

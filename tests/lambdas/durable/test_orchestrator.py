"""Batches of the `durable` handlers, run by AWS's SDK on the local durable executions."""

import pytest

from tests.lambdas.durable.conftest import KNOBS, known_after_s
from workbench.engine.kernel import stream
from workbench.targets.local.lambda_.durable import execution
from workbench.targets.local.runtime.faults import CallFault, Faults, StartFault
from workbench.targets.local.world.context import EPOCH_S


def operations_of(items, per_chunk, per_segment):
    """How many operations a batch without failures takes, in all its executions."""
    chunks = -(-items // per_chunk)
    segments = -(-chunks // per_segment)
    inner = 0 if segments == 1 else segments + 2 * segments  # invoked; each with a map of its own
    return 1 + 1 + inner + chunks + 3


@pytest.mark.parametrize(
    ("items", "per_chunk"), [(1, 10), (9, 10), (10, 10), (501, 10), (1_200, 10), (10_000, 100)]
)
def test_every_item_is_worked_once_and_that_is_known_within_a_second(stack, items, per_chunk):
    run = stack.run(items, items_per_chunk=per_chunk)
    assert run.notice == {
        "batch_id": "b-1",
        "design": "durable",
        "status": "complete",
        "items": items,
        "items_failed": 0,
        "detected_at": run.notice["detected_at"],
        "reason": "",
    }
    log, executions = run.world.item_log, run.world.durable.executions.values()
    assert (log.done_s.keys(), log.repeated, run.listed) == (run.ids, 0, [])
    assert 0 <= known_after_s(run) < 1
    counted = sum(one.counted for one in executions)
    assert counted == operations_of(items, per_chunk, KNOBS["chunks_per_segment"])
    assert (run.root.status, run.root.result, run.world.left()) == ("SUCCEEDED", "0", [])


def test_a_schedule_that_fires_twice_is_one_batch(stack):
    trigger = {"time": "2026-11-23T06:00:00Z", "items": 30, "knobs": KNOBS}
    world, first = stack.start(trigger)
    second = world.durable.start(stack.names["Orchestrator"], trigger)
    world.run(86_400, lambda: world.quiet())
    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
    assert len(world.notifications.by_batch["cron-20261123T0600"]) == 1
    assert (len(world.item_log.done_s), world.item_log.repeated) == (30, 0)


def test_no_more_chunks_are_worked_at_a_time_than_asked(stack):
    for chunks_per_segment in (4, 50):
        run = stack.run(600, max_concurrency=6, chunks_per_segment=chunks_per_segment)
        peak = run.world.service.functions[stack.names["Processor"]].peak
        assert (peak, run.notice["items_failed"]) == (6, 0)


def test_an_item_that_fails_is_tried_three_times_alone_and_listed_with_its_reason(stack):
    run = stack.run(300, poison_per_million=20_000)
    failed = run.ids - run.world.item_log.done_s.keys()
    why = "ValueError: sleep length must be non-negative"
    assert run.listed == sorted((item, why, 3) for item in failed)
    assert (run.notice["items_failed"], len(failed) > 2) == (len(failed), True)
    assert run.world.item_log.repeated == 0


class Dies(Faults):
    """The environment dies when an item of so many milliseconds is worked, so many times."""

    def __init__(self, ms, times):
        self._ms, self._times = ms, times

    def sleeping(self, function, request_id, seconds):
        if round(seconds * 1000) != self._ms or not self._times:
            return False
        self._times -= 1
        return True


def longest(stack):
    """The longest item of the batch of 30, which it is alone with."""
    values = [item.value for item in stack.deployment.create()(7, 0, 30, KNOBS)]
    assert values.count(max(values)) == 1
    return max(values)


def test_a_chunk_whose_processor_dies_is_worked_again(stack):
    run = stack.run(30, Dies(longest(stack), times=2))
    assert (run.world.item_log.done_s.keys(), run.listed) == (run.ids, [])
    assert (run.notice["items_failed"], run.world.item_log.repeated > 0) == (0, True)


def test_a_chunk_whose_processor_always_dies_is_listed_whole(stack):
    run = stack.run(30, Dies(longest(stack), times=99))
    reasons = {why for _, why, _ in run.listed}
    assert (len(run.listed), run.notice["items_failed"]) == (10, 10)
    assert reasons == {"Lambda.Unknown: the environment died"}
    assert run.ids - run.world.item_log.done_s.keys() <= {item for item, *_ in run.listed}


def test_a_segment_whose_execution_fails_is_listed_as_a_range(stack, monkeypatch):
    monkeypatch.setattr(execution, "DURABLE_OPERATIONS_MAX", 40)
    run = stack.run(1_000, chunks_per_segment=50)
    ((first, why, _), (second, *_)) = run.listed
    assert (first, second, run.notice["items_failed"]) == ((0, 500), (500, 1000), 1_000)
    assert "exceeds the maximum of 40 operations" in why


class Strikes(Faults):
    """One call of a kind, the n-th, is struck."""

    def __init__(self, operation, number, fault):
        self._operation, self._left, self._fault = operation, number, fault

    def calling(self, call):
        self._left -= call.operation == self._operation
        if self._left or call.operation != self._operation:
            return CallFault()
        return self._fault


@pytest.mark.parametrize("kill", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 8))
def test_an_orchestrator_that_dies_at_a_checkpoint_loses_nothing_and_does_nothing_twice(
    stack, number, kill
):
    faults = Strikes("CheckpointDurableExecution", number, CallFault(kill=kill))
    run = stack.run(60, faults, max_concurrency=3)
    assert (run.notice["items_failed"], run.world.item_log.repeated) == (0, 0)
    assert run.world.item_log.done_s.keys() == run.ids


def test_each_notice_of_a_batch_names_the_same_moment(stack):
    run = stack.run(20, Strikes("Publish", 1, CallFault(kill="after")))
    first, second = run.world.notifications.by_batch["b-1"]
    assert first == second


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"items": 0}, "items 0 is not a whole number"),
        ({"knobs": KNOBS | {"items_per_chunk": 0}}, "items_per_chunk 0 is not a whole number"),
        ({"knobs": KNOBS | {"chunks_per_segment": 741}}, "from 1 to 740"),
        ({"knobs": {}}, "knobs lack items_per_chunk"),
    ],
)
def test_a_trigger_that_cannot_be_carried_out_is_told_of_as_not_started(stack, change, why):
    trigger = {"batch_id": "b-1", "items": 10, "seed": 7, "knobs": KNOBS} | change
    world, root = stack.start(trigger)
    world.run(3_600, lambda: world.quiet())
    notice = world.notifications.outcome("b-1")
    assert (notice["status"], root.status) == ("not_started", "FAILED")
    assert why in notice["reason"]
    assert why in root.error["ErrorMessage"]
    assert world.item_log.over == 0


def test_one_batch_id_is_one_batch(stack):
    trigger = {"batch_id": "b-1", "items": 10, "seed": 7, "knobs": KNOBS}
    world, root = stack.start(trigger)
    again = world.durable.start(stack.names["Orchestrator"], trigger, "b-1")
    world.run(3_600, lambda: world.quiet())
    assert again is root
    assert (len(world.item_log.done_s), world.item_log.repeated) == (10, 0)


def test_a_batch_is_the_same_every_time(stack):
    first, second = (stack.run(400, poison_per_million=10_000) for _ in range(2))
    assert first.root.history == second.root.history
    assert first.world.context.meter.frame().equals(second.world.context.meter.frame())


class Chaos(Faults):
    """Whatever may befall a run, drawn from a seed, until so many things have."""

    def __init__(self, seed, most):
        self._dice, self._left = stream(seed, "chaos"), most

    def _strikes(self, share):
        struck = self._left > 0 and self._dice.random() < share
        self._left -= struck
        return struck

    def calling(self, call):
        if not self._strikes(0.1):
            return CallFault()
        kinds = [
            {"kill": "before"},
            {"kill": "after"},
            {"error": "ServiceException"},
            {"error": "ServiceException", "lose_answer": True},
            {"error": "TooManyRequestsException", "status": 429},
            {"delay_s": self._dice.choice([1.0, 400.0])},
        ]
        return CallFault(**self._dice.choice(kinds))

    def sleeping(self, function, request_id, seconds):
        return self._strikes(0.02)

    def starting(self, function, cold):
        return StartFault(self._strikes(0.05), 400.0 if self._strikes(0.02) else 0.0)

    def throttling(self, function):
        return self._strikes(0.05)


def chaotic(stack, seed):
    """Whatever befalls a batch, each item is done or listed, and it is never declared too early."""
    dice = stream(seed, "batch")
    run = stack.run(
        dice.choice([1, 25, 60, 130]),
        Chaos(seed, most=dice.randrange(30)),
        seed,
        chunks_per_segment=dice.choice([2, 5, 50]),
        max_concurrency=dice.choice([1, 4, 100]),
        poison_per_million=dice.choice([0, 100_000]),
    )
    done, log = run.world.item_log.done_s.keys(), run.world.item_log
    if run.root.status != "SUCCEEDED":  # five failures in a row ended it, and nobody was told
        assert (run.notice, run.root.status) == ({}, "FAILED")
        return
    notices = run.world.notifications.by_batch["b-1"]
    assert all(one == notices[0] for one in notices)
    detected_s = notices[0]["detected_at"] - EPOCH_S
    listed = set()
    for what, *_ in run.listed:
        listed |= set(run.created[slice(*what)]) if isinstance(what, tuple) else {what}
    assert run.ids == done | listed
    assert len(listed) == notices[0]["items_failed"]
    assert all(log.done_s[item] <= detected_s for item in run.ids - listed)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_befalls_a_batch_each_item_is_done_or_listed(stack, seed):
    chaotic(stack, seed)


@pytest.mark.slow
def test_whatever_befalls_many_batches_each_item_is_done_or_listed(stack):
    for seed in range(100, 400):
        chaotic(stack, seed)

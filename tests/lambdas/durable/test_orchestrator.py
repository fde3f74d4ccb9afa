"""Batches of the `durable` handlers, run by AWS's SDK on the local durable executions."""

from inspect import unwrap
from types import SimpleNamespace

import pytest

from lambdas.durable.ranges import TRIES_MAX
from tests.lambdas.durable.conftest import KNOBS, known_after_s
from workbench.engine.kernel import stream
from workbench.targets.local.lambda_.durable import execution
from workbench.targets.local.runtime.faults import CallFault, ChainFault, Faults, StartFault
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


class DiesUnlisted(Dies):
    """And what failed so cannot be listed."""

    def calling(self, call):
        listing = "/failed/" in call.request.get("Key", "")
        return CallFault(error="InternalError") if listing else CallFault()


def test_a_batch_of_which_a_chunk_cannot_be_listed_is_not_complete(stack):
    run = stack.run(30, DiesUnlisted(longest(stack), times=99))
    assert (run.root.status, run.notice, run.listed) == ("FAILED", {}, [])
    assert "calling the PutObject operation" in run.root.error["ErrorMessage"]


class ListsLessAndDies(Faults):
    """Every item fails but in the last try, which lists none and dies before it answers."""

    def __init__(self):
        self._puts = 0

    def sleeping(self, function, request_id, seconds):
        if self._puts < TRIES_MAX - 1:
            raise OSError("not yet")
        return False

    def calling(self, call):
        if call.operation != "PutObject" or call.request["Key"].endswith("/start"):
            return CallFault()
        self._puts += 1
        return CallFault(kill="after" if self._puts == TRIES_MAX else "")


def test_what_a_last_try_has_listed_before_it_died_counts_and_not_an_earlier_answer(stack):
    run = stack.run(10, ListsLessAndDies())
    assert (run.listed, run.notice["items_failed"]) == ([], 0)


def test_a_segment_whose_execution_fails_is_listed_as_a_range(stack, monkeypatch):
    monkeypatch.setattr(execution, "DURABLE_OPERATIONS_MAX", 40)
    run = stack.run(1_000, chunks_per_segment=50)
    ((first, why, _), (second, *_)) = run.listed
    assert (first, second, run.notice["items_failed"]) == ((0, 500), (500, 1000), 1_000)
    assert "exceeds the maximum of 40 operations" in why
    assert run.notice["detected_at"] - EPOCH_S > 900  # its chunks went on meanwhile


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


class Refuses(Faults):
    """So many attempts of a call are refused."""

    def __init__(self, operation, attempts):
        self._operation, self._left = operation, attempts

    def calling(self, call):
        if call.operation != self._operation or not self._left:
            return CallFault()
        self._left -= 1
        return CallFault(error="InternalError")


@pytest.mark.parametrize(("items", "status"), [(20, "complete"), (0, "not_started")])
def test_a_notice_that_is_refused_in_all_attempts_of_a_client_is_sent_later(stack, items, status):
    trigger = {"batch_id": "b-1", "items": items, "seed": 7, "knobs": KNOBS}
    world, _ = stack.start(trigger, Refuses("Publish", 6))
    world.run(3_600, lambda: world.quiet())
    assert [one["status"] for one in world.notifications.by_batch["b-1"]] == [status]


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


def names_of(stack, function):
    """The names of the orchestrator's own copy of its module."""
    handlers = stack.deployment.functions.items()
    (handler,) = (one for spec, one in handlers if spec.name == stack.names[function])
    return unwrap(handler).__globals__


def test_an_sdk_that_holds_no_invoke_back_is_refused(stack, monkeypatch):
    monkeypatch.setitem(names_of(stack, "Orchestrator"), "__version__", "1.9.0")
    trigger = {"batch_id": "b-1", "items": 10, "seed": 7, "knobs": KNOBS}
    world, root = stack.start(trigger)
    world.run(3_600, lambda: world.quiet())
    why = "the durable SDK is 1.9.0: 2.0 or later is needed"
    assert (world.notifications.outcome("b-1")["reason"], root.status) == (why, "FAILED")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("it broke\nin line 7", "Odd: it broke"),
        (None, "Odd: "),
        ("x" * 1_000, f"Odd: {'x' * 295}"),
    ],
)
def test_a_reason_is_a_line_of_bounded_length(stack, message, why):
    error = SimpleNamespace(error_type="Odd", message=message)
    assert names_of(stack, "Orchestrator")["_why"](error) == why


def test_what_the_sdk_logs_goes_to_the_log_of_its_function(stack):
    world, _ = stack.start({"batch_id": "b-1", "items": 0, "seed": 7, "knobs": KNOBS})
    world.run(3_600, lambda: world.quiet())
    said = {line for _, function, line in world.logs.lines if function == "orchestrator"}
    assert "Execution failed" in said


class Chains(Faults):
    """The same befalls every chained invoke."""

    def __init__(self, fault):
        self._fault = fault

    def chaining(self, function, payload):
        return self._fault


@pytest.mark.parametrize(
    ("fault", "repeated", "late_s"),
    [
        (ChainFault(twice=True), 30, 0),
        (ChainFault(lost=True), 30, 0),
        (ChainFault(late_s=60.0), 0, 60),
    ],
    ids=["twice", "lost", "late"],
)
def test_a_chunk_that_runs_twice_or_is_answered_late_is_counted_once(
    stack, fault, repeated, late_s
):
    run = stack.run(30, Chains(fault))
    log = run.world.item_log
    assert (log.done_s.keys(), log.repeated, run.notice["items_failed"]) == (run.ids, repeated, 0)
    assert late_s <= known_after_s(run) < late_s + 10  # the last one may be the one run again


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


def test_chunks_are_told_what_shapes_their_items(stack):
    """Else others would be created than the notice counts; and computing takes its time."""
    tail = {"durations": [[0, 10], [2**31, 20], [2**32, 3_000]], "value_max": 3_000}
    waits, computes = (stack.run(30, **tail, cpu_ms=ms) for ms in (0, 40))
    drawn = [one.value for one in stack.deployment.create()(7, 0, 30, KNOBS | tail)]
    done = waits.world.item_log.done_s
    assert set(done) == set(computes.world.item_log.done_s)
    assert max(done.values()) > max(drawn) / 1000 > 1
    assert known_after_s(waits) < 1
    assert computes.notice["detected_at"] - waits.notice["detected_at"] > 10 * 0.04

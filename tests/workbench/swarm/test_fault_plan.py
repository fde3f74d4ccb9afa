"""A fault plan: drawn from its seed, each kind by itself, and over when it is quiet."""

import pytest

from workbench.engine.kernel import Kernel
from workbench.errors import BadKnob
from workbench.swarm.fault_plan import CHAIN_LATE_MAX_S, FaultPlan, MapFaultPlan
from workbench.swarm.fault_rates import RATES, FaultRates
from workbench.targets.local.runtime.faults import (
    NO_CALL_FAULT,
    NO_CHAIN_FAULT,
    NO_START_FAULT,
    ONE_COPY,
    Call,
    CallFault,
)

EVER = 1e9


def plan(seed=1, quiet_s=EVER, **rates):
    return FaultPlan(FaultRates(quiet_s=quiet_s, **rates), seed, Kernel())


def call(operation="UpdateItem", service="dynamodb", role="processor", request=None, attempt=1):
    return Call(role, "r1", service, operation, request or {}, attempt)


def kinds_of(made, calls=200):
    """The kinds that strike, call by call."""
    for number in range(calls):
        made.calling(call(request={"n": number}))
    return [hit.kind for hit in made.hits]


def test_without_rates_nothing_strikes():
    made = plan()
    assert kinds_of(made) == []
    assert made.starting("processor", cold=True) == NO_START_FAULT
    assert made.sending("ItemQueue", "{}") == ONE_COPY
    assert made.hiding("ItemQueue", 60) == 60
    assert not made.deleting("ItemQueue")
    assert not made.throttling("processor")
    assert made.chaining("processor", {}) == NO_CHAIN_FAULT
    assert not made.sleeping("processor", "r1", 1.0)
    assert MapFaultPlan(made).child("Process", 0).error is None
    assert MapFaultPlan(made).s3("GetObject", "key") is None


def test_a_seed_gives_the_same_faults_and_another_seed_others():
    rates = {"kill_before": 0.1, "refuse": 0.2, "slow": 0.1}
    first, again, other = (kinds_of(plan(seed, **rates)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_rate_of_one_kind_does_not_move_another():
    alone, beside = plan(early=0.2), plan(early=0.2, undelete=0.5, twice=0.3)
    for made in (alone, beside):
        for _ in range(100):
            made.deleting("ItemQueue")
            made.sending("ItemQueue", "{}")
            made.hiding("ItemQueue", 100)
    early = [[hit for hit in made.hits if hit.kind == "early"] for made in (alone, beside)]
    assert early[0] == early[1]
    assert early[0]


def test_everything_ends_when_it_is_quiet():
    made = plan(quiet_s=10, **dict.fromkeys(("kill_before", "throttle", "early", "twice"), 1.0))
    made._kernel.at(10.0, lambda: None)
    assert made.calling(call()) == CallFault(kill="before")
    made._kernel.run()
    assert made.calling(call()) == NO_CALL_FAULT
    assert not made.throttling("processor")
    assert made.hiding("ItemQueue", 60) == 60
    assert made.sending("ItemQueue", "{}") == ONE_COPY


def test_faults_strike_only_where_they_are_told_to():
    made = plan(
        kill_after=1.0,
        twice=1.0,
        roles=("batcher",),
        operations=("SendMessage",),
        queues=("PlanQueue",),
    )
    assert made.calling(call()) == NO_CALL_FAULT
    assert made.calling(call(role="batcher")) == NO_CALL_FAULT
    assert made.calling(call("SendMessage", "sqs", "batcher")) == CallFault(kill="after")
    assert made.sending("Stack-ItemQueue-1", "{}") == ONE_COPY
    assert len(made.sending("Stack-PlanQueue-1", "{}")) == 2


def test_no_more_faults_strike_than_are_allowed():
    assert kinds_of(plan(kill_before=1.0, hits_max=3)) == ["kill_before"] * 3


def test_a_refused_call_goes_on_being_refused_for_as_long_as_was_drawn():
    lengths = set()
    for seed in range(40):
        made, request = plan(seed, refuse=1.0), {"Key": {"pk": {"S": "a"}}}
        answers = [made.calling(call(request=request, attempt=n)).error for n in range(1, 7)]
        failed = sum(map(bool, answers))
        assert answers == [answers[0]] * failed + [""] * (6 - failed)
        assert [hit.kind for hit in made.hits] == ["refuse"]
        lengths.add(failed)
    assert lengths == {1, 2, 6}


def test_a_lost_answer_is_done_by_the_service():
    fault = plan(lose_answer=1.0).calling(call())
    assert (bool(fault.error), fault.lose_answer, fault.status) == (True, True, 500)


def test_only_batch_calls_are_held_back():
    made = plan(hold_back=1.0)
    assert made.calling(call("UpdateItem")) == NO_CALL_FAULT
    assert made.calling(call("BatchWriteItem")).hold_back > 0
    assert made.calling(call("SendMessageBatch", "sqs")).hold_back > 0


def test_one_drawn_shard_is_slow_or_throttled_and_the_others_are_not():
    made = plan(shard=1.0)
    keys = [{"Key": {"pk": {"S": f"items#b#{n:03d}"}, "sk": {"S": "a"}}} for n in range(8)]
    struck = [made.calling(call(request=key)) != NO_CALL_FAULT for key in keys]
    assert struck.count(True) == 1
    meta = {"Key": {"pk": {"S": "batch#b"}, "sk": {"S": "META"}}}
    assert made.calling(call(request=meta)) == NO_CALL_FAULT


def test_a_cold_start_fails_only_where_it_is_cold():
    made = plan(init_fails=1.0)
    assert made.starting("processor", cold=True).init_fails
    assert made.starting("processor", cold=False) == NO_START_FAULT
    assert made.started["processor"] == 2


def test_map_children_fail_or_run_twice():
    assert MapFaultPlan(plan(child_fails=1.0)).child("Process", 1).error == "States.TaskFailed"
    assert MapFaultPlan(plan(child_twice=1.0)).child("Process", 1).runs == 2
    assert MapFaultPlan(plan(map_s3=1.0)).s3("GetObject", "key") == "SlowDown"
    assert MapFaultPlan(plan(publish=1.0)).publish() == "Throttling"


@pytest.mark.parametrize("kind", RATES)
def test_a_chance_is_from_0_to_1(kind):
    with pytest.raises(BadKnob, match=kind):
        FaultRates(**{kind: 1.5})


STRONG = {"ConsistentRead": True}


@pytest.mark.parametrize(
    ("operation", "request_", "stale"),
    [
        ("GetItem", {}, True),
        ("GetItem", STRONG, False),
        ("Query", {"ConsistentRead": False}, True),
        ("Query", STRONG, False),
        ("BatchGetItem", {"RequestItems": {"t": {}}}, True),
        ("BatchGetItem", {"RequestItems": {"t": STRONG}}, False),
        ("PutItem", {}, False),
    ],
)
def test_only_reads_that_are_not_consistent_are_stale_and_that_excuses_nothing(
    operation, request_, stale
):
    made = plan(stale=1.0, roles=("batcher",))
    fault = made.calling(call(operation, request=request_))
    assert 0 <= fault.stale_s <= made.stale_max_s
    assert (bool(fault.stale_s), made.counts["stale"], made.hits) == (stale, stale, [])


def test_a_chained_invoke_is_struck_with_what_it_asks_for():
    made = plan(chain_twice=1.0, chain_lost=1.0, chain_late=1.0, roles=("processor",))
    assert made.chaining("other", {"start": 0}) == NO_CHAIN_FAULT
    fault = made.chaining("processor", {"start": 0})
    assert (fault.twice, fault.lost, 0 < fault.late_s <= CHAIN_LATE_MAX_S) == (True, True, True)
    assert {hit.what for hit in made.hits} == {'{"start": 0}'}


@pytest.mark.parametrize(("name", "struck"), [("b-1", False), ("u-1", True)])
def test_executions_that_have_a_name_can_be_spared(name, struck):
    made = plan(kill_before=1.0, unnamed=True)
    arn = f"arn:aws:lambda:eu-west-1:1:function:f:1/durable-execution/{name}/u-1"
    asked = call("CheckpointDurableExecution", "lambda", request={"DurableExecutionArn": arn})
    assert (made.calling(asked) == CallFault(kill="before")) is struck

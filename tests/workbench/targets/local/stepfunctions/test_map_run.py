"""Distributed maps: starts, limits, failures, results and what they cost."""

from decimal import Decimal
from itertools import pairwise

import pytest

from workbench.targets.local.stepfunctions.faults import ChildFault, Faults


@pytest.fixture
def split(kit):
    """A distributed map over $.list whose children call the function."""

    def make(kind="EXPRESS", child=None, **fields):
        processor = kit.chain(child or {"One": kit.task()})
        processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
        state = {"Type": "Map", "ItemsPath": "$.list", "ItemProcessor": processor}
        return {"Process": state | {"Label": "Split"} | fields}

    return make


def items(count):
    return {"list": list(range(count)), "n": 7}


def test_children_get_their_batches_and_their_outputs_stand_in_order(stage, split):
    stage.work = lambda event: (10 - len(event["Items"]), sum(event["Items"]))
    batcher = {"MaxItemsPerBatchPath": "$.n", "BatchInput": {"run.$": "$$.Execution.Name"}}
    ended = stage.run(split(ItemBatcher=batcher), items(10))
    assert [event for _, event in stage.calls] == [
        {"BatchInput": {"run": "run-1"}, "Items": [0, 1, 2, 3, 4, 5, 6]},
        {"BatchInput": {"run": "run-1"}, "Items": [7, 8, 9]},
    ]
    assert ended.output == [21, 24]


def test_an_item_selector_shapes_items_before_they_are_batched(stage, split):
    selector = {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "n.$": "$.n"}
    stage.run(split(ItemSelector=selector, ItemBatcher={"MaxItemsPerBatch": 9}), items(2))
    assert stage.calls[0][1] == {"Items": [{"i": 0, "v": 0, "n": 7}, {"i": 1, "v": 1, "n": 7}]}


def test_an_express_map_takes_its_time(stage, split):
    ended = stage.run(split(), items(1))
    # 1 s to the state, 2 s to open, 0.1 s before and after a task of 1 s, 3 s to close
    assert round(stage.calls[0][0], 3) == 3.1
    assert round(ended.ended_s, 3) == 7.2
    assert [(round(t, 3), event) for t, state, event in ended.history if state] == [
        (1, "entered"),
        (1, "map run started"),
        (7.2, "map run succeeded"),
        (7.2, "exited"),
    ]


def test_standard_children_step_with_gaps(stage, split, kit):
    ended = stage.run(split("STANDARD", {"A": kit.task(), "B": kit.task()}), items(1))
    assert [round(t, 3) for t, _ in stage.calls] == [3.1, 4.2]
    assert round(ended.ended_s, 3) == 8.2


@pytest.mark.parametrize(("kind", "per_s"), [("EXPRESS", 1000), ("STANDARD", 100)])
def test_children_start_no_faster_than_aws_starts_them(stage, split, kind, per_s):
    stage.run(split(kind), items(250))
    starts = [t for t, _ in stage.calls]
    assert [round(b - a, 6) for a, b in pairwise(starts)] == [1 / per_s] * 249


@pytest.mark.parametrize("field", [{"MaxConcurrency": 7}, {"MaxConcurrencyPath": "$.n"}])
def test_so_many_children_run_at_a_time(stage, split, field):
    stage.work = lambda event: (2, None)
    stage.run(split(**field), items(21))
    spans = [(t, t + 2) for t, _ in stage.calls]
    busiest = max(sum(a <= t < b for a, b in spans) for t, _ in spans)
    assert (busiest, len(spans)) == (7, 21)
    assert max(t for t, _ in spans) > 3.1 + 2 * 2


def test_no_concurrency_given_is_the_most_that_aws_allows(stage, split, kit):
    entries = dict(kit.STILL.entries) | {"sfn_map_children_max": {"value": 3}}
    small = type(kit.STILL)("test", entries)
    stage.work = lambda event: (2, None)
    stage.run(split(), items(6), profile=small)
    assert [round(t) for t, _ in stage.calls] == [3, 3, 3, 5, 5, 5]


def test_express_children_cost_starts_requests_and_time(stage, split):
    times = [0.05, 0.8001]
    stage.work = lambda event: (times.pop(0), None)
    stage.run(split(), items(2))
    # 0.2 s around each task: 250 ms are 3 steps, 1000.1 ms are 11; a step is 0.1 s of 64 MB
    assert stage.usage() == {
        ("sfn", "StateTransition", "dispatch"): 3,
        ("sfn", "StepFunctions-Request", "dispatch"): 2,
        ("sfn", "StepFunctions-GB-Second", "dispatch"): 14 * Decimal("0.00625"),
    }


def test_standard_children_cost_starts_and_states_and_tries(stage, split, kit):
    failing = [True]

    def work(event):
        if event == 0 and failing:
            failing.pop()
            raise kit.Fails("A")
        return 1, event

    stage.work = work
    child = {"A": kit.task(Retry=[{"ErrorEquals": ["A"]}]), "B": {"Type": "Pass"}}
    stage.run(split("STANDARD", child), items(2))
    # the map, two starts, two states in each child, one more try
    assert stage.usage() == {("sfn", "StateTransition", "dispatch"): 1 + 2 + 4 + 1}


def test_an_express_child_ends_after_five_minutes_but_its_function_does_not(stage, split):
    finished = []

    def work(event):
        stage.kernel.after(400, lambda: finished.append(event))
        return 400, "late"

    stage.work = work
    ended = stage.run(split(ToleratedFailureCount=1), items(1))
    assert [entry["Status"] for entry in ended.output] == ["TIMED_OUT"]
    assert ended.output[0]["Error"] == "States.Timeout"
    assert round(ended.ended_s, 3) == 3 + 300 + 3
    assert finished == [0]
    assert stage.usage()["sfn", "StepFunctions-GB-Second", "dispatch"] == Decimal("18.75")


def fail_some(kit, *bad):
    def work(event):
        if event in bad:
            raise kit.Fails("Bad", f"item {event}", after_s=0.5)
        return 1, event

    return work


def test_one_failed_child_is_one_too_many_by_default(stage, split, kit):
    stage.work = fail_some(kit, 1)
    ended = stage.run(split(), items(5000))
    assert (ended.status, ended.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert 500 < len(stage.calls) < 1000
    run = stage.machines[0].map_runs[0]
    # what ran was ended, what had not begun never did
    assert +run.children == {"FAILED": 1, "ABORTED": run.children["ABORTED"]}
    assert run.children.total() < 1000


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({"ToleratedFailurePercentage": 100}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 20}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 19}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailureCountPath": "$.one"}, "FAILED"),
        ({"ToleratedFailurePercentage": 100, "ToleratedFailureCount": 1}, "FAILED"),
    ],
)
def test_so_many_failed_items_are_tolerated(stage, split, kit, tolerated, status):
    stage.work = fail_some(kit, 3, 4)
    ended = stage.run(split(**tolerated), items(10) | {"one": 1})
    assert ended.status == status


def test_a_failed_batch_counts_with_all_its_items(stage, split, kit):
    def work(event):
        if event["Items"] == [8, 9]:
            raise kit.Fails("Bad")
        return 1, None

    for tolerated, status in ((20, "SUCCEEDED"), (19, "FAILED")):
        stage.__init__()
        stage.work = work
        fields = {"ItemBatcher": {"MaxItemsPerBatch": 4}, "ToleratedFailurePercentage": tolerated}
        assert stage.run(split(**fields), items(10)).status == status
    assert stage.machines[0].map_runs[0].items["FAILED"] == 2


def test_a_map_that_fails_is_tried_as_a_new_map_run(stage, split, kit):
    broken = [True]

    def work(event):
        if broken:
            broken.pop()
            raise kit.Fails("Bad")
        return 1, event

    stage.work = work
    retry = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"]}]
    ended = stage.run(split(Retry=retry), items(2))
    assert ended.output == [0, 1]
    assert len({run.arn for run in stage.machines[0].map_runs}) == 2


def test_outputs_over_256_kib_fail_the_map_past_any_wildcard(stage, split):
    stage.work = lambda event: (1, "x" * 1000)
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]
    states = split(Catch=catch) | {"Tell": {"Type": "Pass"}}
    ended = stage.run(states, items(262))
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")
    assert "ResultWriter" in ended.cause
    assert len(stage.calls) == 262


def test_outputs_of_just_256_kib_pass(stage, split):
    # 261 outputs of 1002 bytes, 262 commas, two brackets, and one to fill up what is left
    rest = 262_144 - 261 * 1002 - 261 - 2
    stage.work = lambda event: (1, "x" * (1000 if event < 261 else rest - 2))
    assert stage.run(split(), items(262)).status == "SUCCEEDED"


def test_an_item_over_256_kib_fails_the_map(stage, split):
    states = split(ItemSelector={"a": "x" * 150_000, "b": "x" * 150_000})
    assert stage.run(states, items(1)).error == "States.DataLimitExceeded"


def test_an_execution_that_times_out_takes_its_children_along(stage, split, kit):
    stage.work = lambda event: (50, None)
    ended = stage.run(kit.chain(split()) | {"TimeoutSeconds": 20}, items(3))
    assert (ended.status, ended.ended_s) == ("TIMED_OUT", 20)
    run = stage.machines[0].map_runs[0]
    assert +run.children == {"ABORTED": 3}
    assert stage.usage()["sfn", "StepFunctions-Request", "dispatch"] == 3


def test_a_fault_plan_may_fail_a_child_before_it_runs(stage, split):
    class SecondFails(Faults):
        def child(self, map_state, index):
            assert map_state == "Process"
            return ChildFault(error="Planned") if index == 1 else ChildFault()

    ended = stage.run(split(ToleratedFailurePercentage=100), items(3), faults=SecondFails())
    assert [event for _, event in stage.calls] == [0, 2]
    assert ended.output[1]["Error"] == "Planned"


def test_a_fault_plan_may_run_an_express_child_twice(stage, split):
    class Twice(Faults):
        def child(self, map_state, index):
            return ChildFault(runs=2)

    ended = stage.run(split(), items(2), faults=Twice())
    assert sorted(event for _, event in stage.calls) == [0, 0, 1, 1]
    assert ended.output == [0, 1]
    assert stage.usage()["sfn", "StepFunctions-Request", "dispatch"] == 2


def test_a_map_run_counts_its_children_and_items_at_any_time(stage, split, kit):
    stage.work = fail_some(kit, 1)
    seen = []
    stage.kernel.at(3.5, lambda: seen.append(+stage.machines[0].map_runs[0].children))
    stage.run(split(ToleratedFailureCount=1), items(3))
    run = stage.machines[0].map_runs[0]
    assert seen == [{"RUNNING": 3}]
    assert +run.children == +run.items == {"FAILED": 1, "SUCCEEDED": 2}
    assert (run.started_s, round(run.ended_s, 3)) == (1, 7.202)

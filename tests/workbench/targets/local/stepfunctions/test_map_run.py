"""Distributed maps: starts, limits, failures, results and what they cost."""

from decimal import Decimal
from itertools import pairwise

import pytest

from workbench.targets.local.runtime.faults import ChildFault, MapFaults
from workbench.targets.local.stepfunctions import map_run

FIRST_S = 3.15  # 1 s to the state, 2 s to open, 30 ms to list, 20 ms to read, 0.1 s ahead


def item(event):
    """The one item of a child."""
    (only,) = event["Items"]
    return only


def fail_some(kit, *bad):
    def work(event):
        if item(event) in bad:
            raise kit.Fails("Bad", f"item {item(event)}", after_s=0.5)
        return 1, item(event)

    return work


def express_usage(aws):
    return {k: v for k, v in aws.usage().items() if k[0] == "sfn"}


def test_children_get_their_batches_and_their_outputs_stand_in_order(aws, kit, play):
    aws.work = lambda event: (10 - len(event["Items"]), sum(event["Items"]))
    ended = play(kit.split(), 10, size=7)
    assert [event for _, event in aws.calls] == [
        {"BatchInput": {"k": "é"}, "Items": [0, 1, 2, 3, 4, 5, 6]},
        {"BatchInput": {"k": "é"}, "Items": [7, 8, 9]},
    ]
    assert ended.output == [21, 24]


def test_an_express_map_takes_its_time(aws, kit, play):
    ended = play(kit.split(), 1)
    # 0.1 s before and after a task of 1 s, 3 s to close
    assert round(aws.calls[0][0], 3) == FIRST_S
    assert [(round(t, 3), event) for t, state, event in ended.history if state] == [
        (1, "entered"),
        (1, "map run started"),
        (FIRST_S + 4.1, "map run succeeded"),
        (FIRST_S + 4.1, "exited"),
    ]


def test_standard_children_step_with_transitions(aws, kit, play):
    ended = play(kit.split("STANDARD", {"A": kit.task(), "B": kit.task()}), 1)
    assert [round(t, 3) for t, _ in aws.calls] == [FIRST_S, FIRST_S + 1.1]
    assert round(ended.ended_s, 3) == FIRST_S + 5.1


@pytest.mark.parametrize("kind", ["EXPRESS", "STANDARD"])
def test_the_bytes_of_its_input_lengthen_the_gap_before_a_standard_childs_task(
    aws, kit, play, kind, monkeypatch
):
    def first_s():
        began = aws.kernel.now
        play(kit.split(kind), 4, size=4)
        return aws.calls[-1][0] - began

    before_s = first_s()
    monkeypatch.setitem(kit.STILL.entries, "sfn_payload_gap", {"value": 2**20})  # 1 ms a byte
    given = '{"Items":[0,1,2,3],"BatchInput":{"k":"é"}}'.encode()
    longer_s = len(given) / 1_000 if kind == "STANDARD" else 0
    assert first_s() == pytest.approx(before_s + longer_s)


@pytest.mark.parametrize(("kind", "per_s"), [("EXPRESS", 1000), ("STANDARD", 100)])
def test_children_start_no_faster_than_aws_starts_them(aws, kit, play, kind, per_s):
    play(kit.split(kind), 250)
    starts = [t for t, _ in aws.calls]
    assert [round(b - a, 6) for a, b in pairwise(starts)] == [1 / per_s] * 249


def test_so_many_children_run_at_a_time(aws, kit, play):
    aws.work = lambda event: (2, None)
    play(kit.split(), 21, at_once=7)
    spans = [(t, t + 2) for t, _ in aws.calls]
    busiest = max(sum(a <= t < b for a, b in spans) for t, _ in spans)
    assert (busiest, len(spans)) == (7, 21)
    assert max(t for t, _ in spans) > FIRST_S + 2 * 2


def test_more_children_than_aws_allows_are_not_run_at_a_time(aws, kit, play, monkeypatch):
    monkeypatch.setattr(map_run, "MAP_CHILDREN_MAX", 3)
    aws.work = lambda event: (2, None)
    play(kit.split(), 6)
    assert [round(t) for t, _ in aws.calls] == [3, 3, 3, 5, 5, 5]


@pytest.mark.parametrize("wrong", [{"size": 0}, {"at_once": "many"}, {"at_once": True}])
def test_a_path_that_leads_to_no_number_fails_the_map(aws, kit, play, wrong):
    ended = play(kit.split(), 1, **wrong)
    assert (ended.status, ended.error, aws.calls) == ("FAILED", "States.Runtime", [])


def test_express_children_cost_starts_requests_and_time(aws, kit, play):
    times = [0.05, 0.8001]
    aws.work = lambda event: (times.pop(0), None)
    play(kit.split(), 2)
    # 0.2 s around each task: 250 ms are 3 steps, 1000.1 ms are 11; a step is 0.1 s of 64 MB
    assert express_usage(aws) == {
        ("sfn", "StateTransition", "dispatch"): 3,
        ("sfn", "StepFunctions-Request", "dispatch"): 2,
        ("sfn", "StepFunctions-GB-Second", "dispatch"): 14 * Decimal("0.00625"),
    }


def test_standard_children_cost_starts_and_states_and_tries(aws, kit, play):
    failing = [True]

    def work(event):
        if failing:
            failing.pop()
            raise kit.Fails("A")
        return 1, event

    aws.work = work
    child = {"A": kit.task(Retry=kit.retry("A")), "B": {"Type": "Succeed"}}
    play(kit.split("STANDARD", child), 2)
    # the map, two starts, two states in each child, one more try
    assert express_usage(aws) == {("sfn", "StateTransition", "dispatch"): 1 + 2 + 4 + 1}


def test_an_express_child_ends_after_five_minutes_but_its_function_does_not(aws, kit, play):
    finished = []

    def work(event):
        aws.kernel.after(400, lambda: finished.append(event["Items"]))
        return 400, "late"

    aws.work = work
    ended = play(kit.split(ToleratedFailurePercentage=100), 1)
    assert [entry["Status"] for entry in ended.output] == ["TIMED_OUT"]
    assert ended.output[0]["Error"] == "States.Timeout"
    assert round(ended.ended_s, 3) == FIRST_S - 0.1 + 300 + 3
    assert finished == [[0]]
    assert aws.usage()["sfn", "StepFunctions-GB-Second", "dispatch"] == Decimal("18.75")


def test_one_failed_child_is_one_too_many_by_default(aws, kit, play):
    aws.work = fail_some(kit, 1)
    ended = play(kit.split(), 5000)
    assert (ended.status, ended.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert 500 < len(aws.calls) < 1000
    run = aws.machines[0].map_runs[0]
    # what ran was ended, what had not begun never did
    assert +run.children == {"FAILED": 1, "ABORTED": run.children["ABORTED"]}
    assert run.children.total() < 1000


@pytest.mark.parametrize(
    ("percent", "status"), [(100, "SUCCEEDED"), (20, "SUCCEEDED"), (19, "FAILED")]
)
def test_so_many_failed_items_are_tolerated(aws, kit, play, percent, status):
    aws.work = fail_some(kit, 3, 4)
    assert play(kit.split(ToleratedFailurePercentage=percent), 10).status == status


@pytest.mark.parametrize(("percent", "status"), [(20, "SUCCEEDED"), (19, "FAILED")])
def test_a_failed_batch_counts_with_all_its_items(aws, kit, play, percent, status):
    def work(event):
        if event["Items"] == [8, 9]:
            raise kit.Fails("Bad")
        return 1, None

    aws.work = work
    assert play(kit.split(ToleratedFailurePercentage=percent), 10, size=4).status == status
    assert aws.machines[0].map_runs[0].items["FAILED"] == 2


def test_outputs_over_256_kib_fail_the_map_past_any_wildcard(aws, kit, play):
    aws.work = lambda event: (1, "x" * 1000)
    states = kit.split(Catch=kit.catch("Tell")) | {"Tell": {"Type": "Succeed"}}
    ended = play(states, 262)
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")
    assert len(aws.calls) == 262


def test_an_execution_that_times_out_takes_its_children_along(aws, kit, play):
    aws.work = lambda event: (50, None)
    ended = play(kit.chain(kit.split()) | {"TimeoutSeconds": 20}, 3)
    assert (ended.status, ended.ended_s) == ("TIMED_OUT", 20)
    run = aws.machines[0].map_runs[0]
    assert +run.children == {"ABORTED": 3}
    assert aws.usage()["sfn", "StepFunctions-Request", "dispatch"] == 3


def test_a_fault_plan_may_fail_a_child_before_it_runs(aws, kit, play):
    class SecondFails(MapFaults):
        def child(self, map_state, index):
            assert map_state == "Process"
            return ChildFault(error="Planned") if index == 1 else ChildFault()

    ended = play(kit.split(ToleratedFailurePercentage=100), 3, faults=SecondFails())
    assert [item(event) for _, event in aws.calls] == [0, 2]
    assert ended.output[1]["Error"] == "Planned"


def test_a_fault_plan_may_run_an_express_child_twice(aws, kit, play):
    class Twice(MapFaults):
        def child(self, map_state, index):
            return ChildFault(runs=2)

    aws.work = fail_some(kit)
    ended = play(kit.split(), 2, faults=Twice())
    assert sorted(item(event) for _, event in aws.calls) == [0, 0, 1, 1]
    assert ended.output == [0, 1]
    assert aws.usage()["sfn", "StepFunctions-Request", "dispatch"] == 2


def test_a_map_run_counts_its_children_and_items_at_any_time(aws, kit, play):
    aws.work = fail_some(kit, 1)
    seen = []
    aws.kernel.at(3.5, lambda: seen.append(+aws.machines[0].map_runs[0].children))
    play(kit.split(ToleratedFailurePercentage=50), 3)
    run = aws.machines[0].map_runs[0]
    assert seen == [{"RUNNING": 3}]
    assert +run.children == +run.items == {"FAILED": 1, "SUCCEEDED": 2}
    assert (run.started_s, round(run.ended_s, 3)) == (1, 7.252)

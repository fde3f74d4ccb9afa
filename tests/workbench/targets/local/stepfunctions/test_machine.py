"""A machine: executions by name, their ends, their time."""

import pytest

from workbench.errors import BadInput
from workbench.platform.profile import load_profile
from workbench.targets.local.stepfunctions.execution import ExecutionAlreadyExists

WAIT = {"Type": "Wait", "Seconds": 10}


def test_an_execution_has_its_times_and_its_history(stage, kit):
    ended = stage.run({"Work": kit.task(), "Wait": WAIT, "Done": {"Type": "Succeed"}}, {"n": 1})
    assert (ended.status, ended.output, ended.error) == ("SUCCEEDED", {"n": 1}, None)
    # 1 s to the first task, which takes 1 s; 0.1 s before a working state, 0.01 s before a passing
    assert [(round(t, 3), state, event) for t, state, event in ended.history] == [
        (0, "", "started"),
        (1, "Work", "entered"),
        (2, "Work", "exited"),
        (2.1, "Wait", "entered"),
        (12.1, "Wait", "exited"),
        (12.11, "Done", "entered"),
        (12.11, "Done", "exited"),
        (12.11, "", "succeeded"),
    ]
    assert (ended.started_s, round(ended.ended_s, 3)) == (0, 12.11)
    assert ended.arn == "arn:aws:states:us-east-1:123456789012:execution:Batch:run-1"


def test_a_fail_state_fails_the_execution_in_its_words(stage):
    ended = stage.run({"No": {"Type": "Fail", "Error": "Bad", "Cause": "luck"}})
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "Bad", "luck")


def test_the_same_name_and_input_is_the_running_execution(stage, kit):
    machine = stage.machine(kit.chain({"Wait": WAIT}))
    told = []
    first = machine.start("a", {"n": 1}, told.append)
    assert machine.start("a", {"n": 1}, told.append) is first
    stage.kernel.run()
    assert told == [first, first]
    assert [m for _, m, _ in machine.observations].count("ExecutionsStarted") == 1


def test_a_name_with_another_input_or_one_that_ended_exists_already(stage, kit):
    machine = stage.machine(kit.chain({"Wait": WAIT}))
    machine.start("a", {"n": 1}, lambda ended: None)
    with pytest.raises(ExecutionAlreadyExists, match="execution:Batch:a"):
        machine.start("a", {"n": 2}, lambda ended: None)
    stage.kernel.run()
    with pytest.raises(ExecutionAlreadyExists):
        machine.start("a", {"n": 1}, lambda ended: None)


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "a/b"])
def test_a_name_that_aws_refuses_is_refused(stage, kit, name):
    with pytest.raises(BadInput, match="execution name"):
        stage.machine(kit.chain({"Wait": WAIT})).start(name, {}, lambda ended: None)


def test_an_input_over_256_kib_is_refused(stage, kit):
    with pytest.raises(BadInput, match="262144"):
        stage.machine(kit.chain({"Wait": WAIT})).start("a", "x" * 262_143, lambda ended: None)


def test_the_machine_times_out_as_a_whole(stage, kit):
    definition = kit.chain({"Wait": WAIT, "Work": kit.task()}) | {"TimeoutSeconds": 5}
    ended = stage.run(definition)
    assert (ended.status, ended.error, ended.ended_s) == ("TIMED_OUT", "States.Timeout", 5)
    assert stage.calls == []


def test_a_stopped_execution_is_aborted_and_its_call_goes_on_unheard(stage, kit):
    machine = stage.machine(kit.chain({"Work": kit.task(), "More": kit.task()}))
    ended = []
    machine.start("a", {}, ended.append)
    stage.kernel.at(1.5, lambda: machine.stop("a", "Budget", "spent"))
    stage.kernel.run()
    assert [(e.status, e.error, e.cause, e.ended_s) for e in ended] == [
        ("ABORTED", "Budget", "spent", 1.5)
    ]
    assert len(stage.calls) == 1


def test_what_cloudwatch_would_show_is_observed(stage, kit):
    stage.run({"Wait": WAIT})
    assert stage.machines[0].observations == [
        (0, "ExecutionsStarted", 1),
        (11, "ExecutionsSucceeded", 1),
        (11, "ExecutionTime", 11_000),
    ]


def test_the_context_object_tells_names_and_times(stage):
    fields = {
        "id.$": "$$.Execution.Id",
        "name.$": "$$.Execution.Name",
        "began.$": "$$.Execution.StartTime",
        "given.$": "$$.Execution.Input.n",
        "state.$": "$$.State.Name",
        "entered.$": "$$.State.EnteredTime",
        "machine.$": "$$.StateMachine.Name",
    }
    ended = stage.run({"Say": {"Type": "Pass", "Parameters": fields}}, {"n": 5}, epoch_s=1.8e9)
    assert ended.output == {
        "id": "arn:aws:states:us-east-1:123456789012:execution:Batch:run-1",
        "name": "run-1",
        "began": "2027-01-15T08:00:00.000Z",
        "given": 5,
        "state": "Say",
        "entered": "2027-01-15T08:00:01.000Z",
        "machine": "Batch",
    }


def test_the_same_dice_give_the_same_history(stage, kit):
    def history(seed):
        stage.__init__()
        states = {"Work": kit.task(), "Wait": WAIT, "Again": kit.task()}
        return stage.run(states, profile=load_profile(), seed=seed).history

    assert history(1) == history(1)
    assert history(1) != history(2)

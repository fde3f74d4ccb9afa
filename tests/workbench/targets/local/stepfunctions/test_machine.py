"""A machine: executions by name, their ends, their time."""

import pytest

from workbench.platform.profile import load_profile
from workbench.targets.local.stepfunctions.services import ExecutionAlreadyExists


@pytest.fixture
def work(aws, kit):
    """A state whose function takes ten seconds."""
    aws.work = lambda event: (10, event)
    return {"Work": kit.task()}


def test_an_execution_has_its_times_and_its_history(aws, kit):
    ended = aws.run({"A": kit.task(), "B": kit.task(), "Done": {"Type": "Succeed"}}, {"n": 1})
    assert (ended.status, ended.output, ended.error) == ("SUCCEEDED", {"n": 1}, None)
    # 1 s to the first task, which takes 1 s; 0.1 s before a task, 0.01 s before another state
    assert [(round(t, 3), state, event) for t, state, event in ended.history] == [
        (0, "", "started"),
        (1, "A", "entered"),
        (2, "A", "exited"),
        (2.1, "B", "entered"),
        (3.1, "B", "exited"),
        (3.11, "Done", "entered"),
        (3.11, "Done", "exited"),
        (3.11, "", "succeeded"),
    ]
    assert (ended.started_s, round(ended.ended_s, 3)) == (0, 3.11)
    assert ended.arn == "arn:aws:states:us-east-1:123456789012:execution:Batch:run-1"


def test_the_same_name_and_input_is_the_running_execution(aws, kit, work):
    machine = aws.machine(kit.chain(work))
    heard = []
    first = machine.start("a", {"n": 1}, heard.append)
    assert machine.start("a", {"n": 1}, heard.append) is first
    aws.kernel.run()
    assert heard == [first, first]
    assert [m for _, m, _ in machine.observations].count("ExecutionsStarted") == 1


def test_a_name_with_another_input_or_one_that_ended_exists_already(aws, kit, work):
    machine = aws.machine(kit.chain(work))
    machine.start("a", {"n": 1}, lambda ended: None)
    with pytest.raises(ExecutionAlreadyExists, match="execution:Batch:a"):
        machine.start("a", {"n": 2}, lambda ended: None)
    aws.kernel.run()
    with pytest.raises(ExecutionAlreadyExists):
        machine.start("a", {"n": 1}, lambda ended: None)


def test_the_machine_times_out_as_a_whole_and_its_call_goes_on_unheard(aws, kit, work):
    definition = kit.chain(work | {"More": kit.task()}) | {"TimeoutSeconds": 5}
    ended = aws.run(definition)
    assert (ended.status, ended.error, ended.ended_s) == ("TIMED_OUT", "States.Timeout", 5)
    assert (len(aws.calls), aws.kernel.now) == (1, 11)


def test_what_cloudwatch_would_show_is_observed(aws, work):
    aws.run(work)
    assert aws.machines[0].observations == [
        (0, "ExecutionsStarted", 1),
        (11, "ExecutionsSucceeded", 1),
        (11, "ExecutionTime", 11_000),
    ]


def test_the_context_object_has_names_and_times(aws, kit):
    fields = {
        "id.$": "$$.Execution.Id",
        "name.$": "$$.Execution.Name",
        "entered.$": "$$.State.EnteredTime",
    }
    state = kit.task(Parameters={"FunctionName": kit.FUNCTION, "Payload": fields})
    assert aws.run({"Say": state}).output == {
        "id": "arn:aws:states:us-east-1:123456789012:execution:Batch:run-1",
        "name": "run-1",
        "entered": "2026-01-01T00:30:01.000Z",
    }


def test_the_same_dice_give_the_same_history(aws, kit):
    def history(seed):
        aws.__init__()
        states = {"Work": kit.task(), "Again": kit.task()}
        return aws.run(states, profile=load_profile(), seed=seed).history

    assert history(1) == history(1)
    assert history(1) != history(2)

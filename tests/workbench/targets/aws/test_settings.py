"""Settings go on in an order that AWS accepts, and come back as they were."""

import json

from workbench.designs import make_design
from workbench.targets.aws.settings import SCHEDULE, StackSettings, settings_of

LATEST = "$LATEST"
SMALL = {"items_per_message": 1, "messages_per_invocation": 1, "memory_mb": 128}
LARGE = {"messages_per_invocation": 40, "batch_window_s": 5, "memory_mb": 512}


def at(world, **knobs):
    """Bring the stack to these knobs; the settings it then has."""
    board = world.session.settings()
    goal = settings_of(make_design(world.design.name, settings=knobs))
    board.set(board.read(), goal)
    return goal


def test_visibility_is_raised_before_anything_else_changes(sqs):
    at(sqs, **SMALL)
    sqs.calls.clear()
    at(sqs, **LARGE)
    assert sqs.calls == [
        "SetQueueAttributes",
        "UpdateFunctionConfiguration",
        "UpdateEventSourceMapping",
    ]


def test_visibility_is_lowered_after_everything_else_changed(sqs):
    at(sqs, **LARGE)
    sqs.calls.clear()
    at(sqs, **SMALL)
    assert sqs.calls == [
        "UpdateFunctionConfiguration",
        "UpdateEventSourceMapping",
        "SetQueueAttributes",
    ]


def test_what_is_set_is_what_is_read(sqs):
    goal = at(sqs, **LARGE, max_concurrency=None, batcher_concurrency=3)
    design = make_design("sqs", settings=LARGE)
    assert goal == {
        "Batcher": {"MemorySize": 1024},
        "Processor": {"MemorySize": 512, "Timeout": design.processor_timeout_s},
        "ProcessorSource": {
            "BatchSize": 40,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": None,
        },
        "BatcherSource": {"ScalingConfig": {"MaximumConcurrency": 3}},
        "ItemQueue": {"VisibilityTimeout": design.visibility_timeout_s},
        SCHEDULE: {"State": "DISABLED"},
    }
    assert sqs.session.settings().read() == goal


def test_sfn_has_no_queue_and_no_event_source(sfn):
    before = sfn.session.settings().read()
    assert set(before) == {"Batcher", "Processor", "Machine", SCHEDULE}
    goal = at(sfn, memory_mb=256)
    assert sfn.session.settings().read() == goal
    assert goal["Processor"] == {"MemorySize": 256, "Timeout": 111}


def test_a_machine_gets_the_deadline_of_a_run_and_its_own_limit_back(sfn):
    """What it does stays as it is."""
    board, machine = sfn.session.settings(), sfn.outputs["StateMachineArn"]
    states = sfn.client("stepfunctions")
    before = json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"])
    with sfn.session.held(sfn.design, 1_234):
        held = json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"])
        assert held == before | {"TimeoutSeconds": 1_234}
    assert board.read()["Machine"] == {"TimeoutSeconds": 172_800}
    assert (
        json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"]) == before
    )
    assert sfn.calls.count("UpdateStateMachine") == 2


def alias_and_versions(world):
    lambda_ = world.client("lambda")
    versions = lambda_.list_versions_by_function(FunctionName="Orchestrator")["Versions"]
    alias = lambda_.get_alias(FunctionName="Orchestrator", Name="live")
    return alias["FunctionVersion"], [
        one["Version"] for one in versions if one["Version"] != LATEST
    ]


def test_a_durable_function_gets_the_deadline_of_a_run_in_a_version_of_its_own(durable):
    """The alias starts it, and means the deployed version again after it."""
    board, design = durable.session.settings(), make_design("durable", settings={"memory_mb": 512})
    before = board.read()
    deployed = {"ExecutionTimeout": 172_800, "RetentionPeriodInDays": 1}
    assert before["Orchestrator"] == {"MemorySize": 512, "DurableConfig": deployed}
    for _ in range(2):  # the second run finds the versions of the first
        with durable.session.held(design, 1_234):
            held = board.read()
            assert alias_and_versions(durable) == ("2", ["1", "2"])
        assert alias_and_versions(durable) == ("1", ["1", "2"])
    limited = deployed | {"ExecutionTimeout": 1_234}
    assert held["Orchestrator"] == before["Orchestrator"] | {"DurableConfig": limited}
    assert board.read() == before
    latest = durable.client("lambda").get_function_configuration(FunctionName="Orchestrator")
    assert latest["DurableConfig"] == deployed


def test_nothing_is_called_for_what_stays_as_it_is(sqs):
    goal = at(sqs)
    sqs.calls.clear()
    sqs.session.settings().set(goal, goal)
    assert sqs.calls == []


def test_a_visibility_below_the_new_timeout_gets_its_minute(sqs):
    """SetQueueAttributes takes up to a minute, and messages must not come back before that."""
    at(sqs, **SMALL)
    session = sqs.session
    slow = session.timeouts.__class__(visibility_s=60)
    board = StackSettings(session.aws, session.deployed, session.clock, slow)
    now, began = board.read(), sqs.clock.at
    board.set(now, settings_of(make_design("sqs", settings={"messages_per_invocation": 10})))
    assert sqs.clock.at - began >= 60


def test_the_sources_are_switched_off_and_on(sqs):
    board = sqs.session.settings()
    board.switch_sources(False)
    assert not board.sources_on()
    board.switch_sources(True)
    assert board.sources_on()

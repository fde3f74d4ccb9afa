"""Settings go on in an order that AWS accepts, and come back as they were."""

import json

from workbench.designs import make_design
from workbench.targets.aws.settings import SCHEDULE, StackSettings, settings_of

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

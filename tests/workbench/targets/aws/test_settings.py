"""Settings go on in an order that AWS accepts, and come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.designs import make_design
from workbench.targets.aws.settings import (
    FunctionSettings,
    MappingSettings,
    Settings,
    StackSettings,
    wanted,
)

SMALL = {"items_per_message": 1, "messages_per_invocation": 1, "memory_mb": 128}
LARGE = {"messages_per_invocation": 40, "batch_window_s": 5, "memory_mb": 512}


def at(world, **knobs):
    """Bring the stack to these knobs; the settings it then has."""
    board = world.session.settings()
    goal = wanted(board.read(), make_design(world.design.name, settings=knobs))
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
    assert goal == Settings(
        functions={
            "batcher": FunctionSettings(1024, 60),
            "processor": FunctionSettings(
                512, make_design("sqs", settings=LARGE).processor_timeout_s
            ),
        },
        mappings={
            "items": MappingSettings(40, 5, None),
            "plans": MappingSettings(10, 0, 3),
        },
        visibility_s=make_design("sqs", settings=LARGE).visibility_timeout_s,
        cron=False,
    )
    assert sqs.session.settings().read() == goal


def test_sfn_has_no_queue_and_no_event_source(sfn):
    before = sfn.session.settings().read()
    assert (before.mappings, before.visibility_s) == ({}, None)
    goal = at(sfn, memory_mb=256)
    assert sfn.session.settings().read() == goal
    assert goal.functions["processor"] == FunctionSettings(256, 111)


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
    board.set(now, wanted(now, make_design("sqs", settings={"messages_per_invocation": 10})))
    assert sqs.clock.at - began >= 60


def test_the_sources_are_switched_off_and_on(sqs):
    board = sqs.session.settings()
    board.switch_sources(False)
    assert not board.sources_on()
    board.switch_sources(True)
    assert board.sources_on()


@given(
    visibility_s=st.none() | st.integers(0, 43_200),
    limit=st.none() | st.integers(2, 1000),
    cron=st.booleans(),
)
def test_settings_survive_the_ledger(visibility_s, limit, cron):
    settings = Settings(
        {"processor": FunctionSettings(128, 60)},
        {"items": MappingSettings(10, 0, limit)},
        visibility_s,
        cron,
    )
    assert Settings.from_json(settings.as_json()) == settings


@pytest.mark.parametrize("content", [{}, {"functions": 3}, {"functions": {"processor": {}}}])
def test_damaged_settings_are_refused(content):
    from workbench.errors import BadRecord

    with pytest.raises(BadRecord, match="settings of a stack do not fit"):
        Settings.from_json(content)

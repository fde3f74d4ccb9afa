"""A held stack is given back as it was, however the run ends; a stopped batch is dealt with."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.e2e.proxy import Refuse, Rule, Updating
from workbench.cli.app import app
from workbench.designs import make_design
from workbench.errors import BadInput, BadRecord, Incomplete
from workbench.runs.batch import Batch
from workbench.runs.records import read_run
from workbench.stacks.aws_errors import AwsFailed
from workbench.stacks.ledger import Ledger
from workbench.targets.aws import purge, put_back, resume
from workbench.targets.aws.settings import SCHEDULE, is_scheduled, settings_of, with_schedule
from workbench.targets.aws.timeouts import Clock

OTHER = make_design("sqs", settings={"memory_mb": 512, "messages_per_invocation": 5})


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_everything_is_put_back_however_the_block_ends(sqs, error):
    session = sqs.session
    before, seen = session.settings().read(), []

    def block():
        with session.held(OTHER):
            seen.append(session.settings().read())
            if error:
                raise error

    if error:
        with pytest.raises(error):
            block()
    else:
        block()
    assert seen[0]["Processor"]["MemorySize"] == 512
    assert not is_scheduled(seen[0])
    assert session.settings().read() == before
    assert session.not_restored == ""
    assert session.ledger.settings(session.deployed.key) is None


def test_what_was_is_written_down_before_anything_changes(sqs, refusing):
    refusing("DisableRule", "AccessDeniedException")
    session = sqs.session
    before = session.settings().read()
    with pytest.raises(Exception, match="not allowed"), session.held(OTHER):
        pass
    assert session.settings().read() == before


def test_a_stopped_run_leaves_the_schedule_off(sqs):
    session = sqs.session
    before = session.settings().read()
    with session.held(OTHER):
        session.stopped = True
    after = session.settings().read()
    assert after == with_schedule(before, on=False) != before
    assert session.put_back()
    assert session.settings().read() == before
    assert not session.put_back()


def killed(session):
    """A run that was killed while it held the stack."""
    board = session.settings()
    session.ledger.keep_settings(session.deployed.key, {SCHEDULE: board.read()[SCHEDULE]})
    board.set(board.read(), settings_of(OTHER))


def test_a_run_after_one_that_died_puts_back_what_was_before_both(sqs):
    session, board = sqs.session, sqs.session.settings()
    before = board.read()
    killed(session)
    with session.held(make_design("sqs")):
        pass
    assert board.read() == before


def test_what_a_killed_run_set_does_not_become_the_stacks_own(sqs):
    """A new deployment with another knob changes that one only; the rest is put right by a run."""
    killed(sqs.session)
    deployed = make_design("sqs", settings={"batcher_memory_mb": 2_048})
    sqs.restack(DesignKnobs=json.dumps(deployed.knobs()))
    session = sqs.session
    with session.held(make_design("sqs")):
        pass
    scheduled = with_schedule(settings_of(deployed), on=is_scheduled(session.settings().read()))
    assert session.settings().read() == scheduled


def test_a_deployment_begins_with_what_a_killed_run_left(sqs):
    session, said = sqs.session, []
    before = session.settings().read()
    killed(session)
    put_back(["sqs", "counters"], sqs.results, said.append)
    assert session.settings().read() == before
    assert said == ["SqsBatchProcessing: the settings that a run had left are put back"]
    put_back(["sqs"], sqs.results, said.append)
    assert len(said) == 1


def test_a_deployment_leaves_the_schedule_off_where_a_batch_is_stopped(stopped):
    put_back(["sqs"], stopped.results, print)
    assert not is_scheduled(stopped.session.settings().read())


def test_damaged_settings_in_the_ledger_are_refused(sqs):
    session = sqs.session
    for content in ({}, {SCHEDULE: 3}, {SCHEDULE: {"State": "on"}}):
        session.ledger.keep_settings(session.deployed.key, content)
        with (
            pytest.raises(BadRecord, match="settings of SqsBatchProcessing do not fit"),
            session.held(OTHER),
        ):
            pass


def test_a_run_that_comes_while_an_event_source_takes_its_settings_waits_for_it(sqs, proxy):
    """An interrupted run leaves one behind; Lambda refuses another change until it is through."""
    session = sqs.session
    before = session.settings().read()
    proxy.now = lambda: sqs.clock.at
    proxy.rules = [Rule("lambda.*EventSourceMapping", Updating(4))]
    session.settings()._update_source(sqs.design.parts.sources[0], BatchSize=3)  # and Ctrl-C
    with sqs.session.held(OTHER) as _:
        seen = session.settings().read()
    assert seen["ProcessorSource"]["BatchSize"] == 5
    assert sqs.session.settings().read() == before


@pytest.mark.parametrize("call", ["UpdateEventSourceMapping", "UpdateFunctionConfiguration"])
def test_a_change_that_never_ends_is_named(sqs, proxy, call):
    code = {"UpdateEventSourceMapping": "ResourceInUseException"}
    refused = Refuse(code.get(call, "ResourceConflictException"))
    proxy.rules = [Rule(f"lambda.{call}", refused)]
    with (
        pytest.raises(
            AwsFailed, match=r"change of Processor(Source)? is still under way after 5 s"
        ),
        sqs.session.held(OTHER),
    ):
        pass


def test_settings_that_cannot_be_put_back_are_kept(sqs, refusing):
    refusing("UpdateFunctionConfiguration", "ExpiredTokenException", after=1)
    session = sqs.session
    with session.held(OTHER):
        pass
    assert "the credentials have expired" in session.not_restored
    assert "123456789012" not in session.not_restored
    assert session.ledger.settings(session.deployed.key) is not None


@pytest.fixture(params=["sqs", "counters"])
def stopped(request):
    """A world whose batch b-1 was stopped by Ctrl-C."""
    world = request.getfixturevalue(request.param)
    world.meta("b-1", items=100)
    world.before = world.session.settings().read()

    def interrupt(now):
        raise KeyboardInterrupt

    world.target(ask=lambda question: "stop").run(world.design, Batch(100, 7, "b-1"), interrupt)
    return world


def clock(world):
    return Clock(world.clock.now, world.clock.sleep, trusted=True)


def test_its_order_is_refused_until_it_is_dealt_with(stopped):
    with pytest.raises(BadInput, match="batch b-1 of this order was stopped"):
        stopped.target().run(stopped.design, Batch(100, 7, "b-2"), lambda now: None)


@pytest.mark.parametrize(("deal", "phase"), [(resume, "triggered"), (purge, "purged")])
def test_sources_and_schedule_are_on_again_afterwards(stopped, deal, phase):
    assert not stopped.session.settings().sources_on()
    assert "b-1" in deal("b-1", stopped.results, clock(stopped))
    board = stopped.session.settings()
    assert board.sources_on()
    assert board.read() == stopped.before
    assert Ledger(stopped.results).read("b-1").phase == phase
    assert Ledger(stopped.results).settings(stopped.session.deployed.key) is None


def test_only_a_stopped_batch_can_be_dealt_with(stopped):
    resume("b-1", stopped.results, clock(stopped))
    with pytest.raises(BadInput, match="b-1 is triggered; only a stopped one"):
        purge("b-1", stopped.results, clock(stopped))


def test_an_unknown_batch_tells_which_are_stopped(stopped):
    with pytest.raises(BadInput, match=r"'b-9' is not in the ledger under .*Stopped are: b-1\."):
        resume("b-9", stopped.results, clock(stopped))


def test_a_batch_of_a_stack_that_is_gone_is_refused(stopped):
    stopped.restack()
    with pytest.raises(BadInput, match="ran on a stack that is gone"):
        resume("b-1", stopped.results, clock(stopped))


def test_the_command_that_resumes_a_batch_follows_it_under_a_limit(stopped, monkeypatch):
    """By the knobs of its order; above the limit for the whole batch it is stopped again."""
    world = stopped
    monkeypatch.setattr("workbench.runs.runner.make_target", lambda name, terms: world.target(
        max_usd=terms.max_usd, forecast=terms.forecast))  # fmt: skip
    monkeypatch.setattr("workbench.targets.aws.table_batches.PURGE_S", 0)
    units = 2e6  # over a dollar
    world.metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", units, TableName="state")
    words = ["resume", "b-1", "--max-usd", "0.5", "--results", str(world.results)]
    found = CliRunner().invoke(app, words)
    assert "batch b-1 goes on" in found.stderr
    assert isinstance(found.exception, Incomplete)
    assert "are spent by our meter and --max-usd is $0.5: batch b-1 is" in str(found.exception)
    assert Ledger(world.results).read("b-1").phase == "stopped"
    assert read_run(Path(found.stdout.strip())).batch_id == "b-1"

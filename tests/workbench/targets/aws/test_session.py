"""A held stack is given back as it was, however the run ends; a stopped batch is dealt with."""

import json
from dataclasses import replace

import pytest

from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.stacks.ledger import Ledger
from workbench.targets.aws import purge, resume
from workbench.targets.aws.settings import is_scheduled, settings_of, with_schedule
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


def test_a_run_after_one_that_died_puts_back_what_was_before_both(sqs):
    session, board = sqs.session, sqs.session.settings()
    before = board.read()
    session.keep(before)  # and then the machine died
    board.set(before, settings_of(OTHER))
    with session.held(make_design("sqs")):
        pass
    assert board.read() == before


def test_settings_kept_before_a_new_deployment_are_forgotten(sqs):
    session = sqs.session
    session.keep(session.settings().read())
    sqs.restack(DesignKnobs=json.dumps(OTHER.knobs()))
    again = replace(sqs.session, deployed=replace(sqs.session.deployed, key=session.deployed.key))
    assert (session.kept() is None, again.kept()) == (False, None)


def test_settings_that_cannot_be_put_back_are_kept(sqs, refusing):
    refusing("UpdateFunctionConfiguration", "ExpiredTokenException", after=2)
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

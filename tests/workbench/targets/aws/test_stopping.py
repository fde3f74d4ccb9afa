"""A stopped batch goes on or is given up, and the stack is whole again."""

import pytest

from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.stacks.ledger import Ledger
from workbench.targets.aws import purge, resume
from workbench.targets.aws.timeouts import Clock


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

"""A stack that is held for a run is given back as it was, however the run ends."""

import json
from dataclasses import replace

import pytest

from workbench.designs import make_design
from workbench.targets.aws.settings import is_scheduled, settings_of, with_schedule

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

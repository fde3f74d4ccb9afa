"""A stack that is held for a run is given back as it was, however the run ends."""

import json
from dataclasses import replace

import pytest

from workbench.designs import make_design
from workbench.targets.aws.session import Hold, held, put_back
from workbench.targets.aws.settings import wanted

OTHER = make_design("sqs", settings={"memory_mb": 512, "messages_per_invocation": 5})


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_everything_is_put_back_however_the_block_ends(sqs, error):
    session, hold = sqs.session, Hold()
    before, seen = session.settings().read(), []

    def block():
        with held(session, OTHER, hold):
            seen.append(session.settings().read())
            if error:
                raise error

    if error:
        with pytest.raises(error):
            block()
    else:
        block()
    assert seen[0].functions["processor"].memory_mb == 512
    assert not seen[0].cron
    assert session.settings().read() == before
    assert hold.trouble == []
    assert session.ledger.settings(session.deployed.key) is None


def test_what_was_is_written_down_before_anything_changes(sqs, refusing):
    refusing("DisableRule", "AccessDeniedException")
    session, hold = sqs.session, Hold()
    before = session.settings().read()
    with pytest.raises(Exception, match="not allowed"), held(session, OTHER, hold):
        pass
    assert session.settings().read() == before


def test_a_stopped_run_leaves_the_schedule_off(sqs):
    session, hold = sqs.session, Hold()
    before = session.settings().read()
    with held(session, OTHER, hold):
        hold.stopped = True
    after = session.settings().read()
    assert (after.functions, after.mappings) == (before.functions, before.mappings)
    assert (before.cron, after.cron) == (True, False)
    assert put_back(session)
    assert session.settings().read() == before
    assert not put_back(session)


def test_a_run_after_one_that_died_puts_back_what_was_before_both(sqs):
    session, board = sqs.session, sqs.session.settings()
    before = board.read()
    session.keep(before)  # and then the machine died
    board.set(before, wanted(before, OTHER))
    with held(session, make_design("sqs"), Hold()):
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
    session, hold = sqs.session, Hold()
    with held(session, OTHER, hold):
        pass
    assert "the credentials have expired" in hold.trouble[0]
    assert "123456789012" not in hold.trouble[0]
    assert session.ledger.settings(session.deployed.key) is not None

"""A stack that is held for a run is given back as it was, however the run ends."""

import json
from dataclasses import replace

import pytest

from workbench.designs import make_design
from workbench.targets.aws.hold import Hold, held, put_back
from workbench.targets.aws.settings import wanted

OTHER = make_design("sqs", settings={"memory_mb": 512, "messages_per_invocation": 5})


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_everything_is_put_back_however_the_block_ends(sqs, error):
    place, hold = sqs.place, Hold()
    before, seen = place.switchboard().read(), []

    def block():
        with held(place, OTHER, hold):
            seen.append(place.switchboard().read())
            if error:
                raise error

    if error:
        with pytest.raises(error):
            block()
    else:
        block()
    assert seen[0].functions["processor"].memory_mb == 512
    assert not seen[0].cron
    assert place.switchboard().read() == before
    assert hold.trouble == []
    assert place.ledger.settings(place.deployed.key) is None


def test_what_was_is_written_down_before_anything_changes(sqs, refusing):
    refusing("DisableRule", "AccessDeniedException")
    place, hold = sqs.place, Hold()
    before = place.switchboard().read()
    with pytest.raises(Exception, match="not allowed"), held(place, OTHER, hold):
        pass
    assert place.switchboard().read() == before


def test_a_stopped_run_leaves_the_schedule_off(sqs):
    place, hold = sqs.place, Hold()
    before = place.switchboard().read()
    with held(place, OTHER, hold):
        hold.stopped = True
    after = place.switchboard().read()
    assert (after.functions, after.mappings) == (before.functions, before.mappings)
    assert (before.cron, after.cron) == (True, False)
    assert put_back(place)
    assert place.switchboard().read() == before
    assert not put_back(place)


def test_a_run_after_one_that_died_puts_back_what_was_before_both(sqs):
    place, board = sqs.place, sqs.place.switchboard()
    before = board.read()
    place.keep(before)  # and then the machine died
    board.set(before, wanted(before, OTHER))
    with held(place, make_design("sqs"), Hold()):
        pass
    assert board.read() == before


def test_settings_kept_before_a_new_deployment_are_forgotten(sqs):
    place = sqs.place
    place.keep(place.switchboard().read())
    sqs.restack(DesignKnobs=json.dumps(OTHER.knobs()))
    again = replace(sqs.place, deployed=replace(sqs.place.deployed, key=place.deployed.key))
    assert (place.kept() is None, again.kept()) == (False, None)


def test_settings_that_cannot_be_put_back_are_kept(sqs, refusing):
    refusing("UpdateFunctionConfiguration", "ExpiredTokenException", after=2)
    place, hold = sqs.place, Hold()
    with held(place, OTHER, hold):
        pass
    assert "the credentials have expired" in hold.trouble[0]
    assert "123456789012" not in hold.trouble[0]
    assert place.ledger.settings(place.deployed.key) is not None

"""Why items wait, in words and colours."""

from types import SimpleNamespace

import pytest

from analysis import theme
from analysis.film import replay
from analysis.film.reel import reel_of
from analysis.frames import Frames
from analysis.needs import NothingToShow

LOOK = theme.DARK


def moment(why, concurrency=10, at_work=0):
    return SimpleNamespace(why=why, concurrency=concurrency, at_work=at_work)


@pytest.fixture
def player(reel):
    """The design that has a limit of 900 at a time and looks every so often."""
    return next(own for own in reel.players if own.run["design"] == "sqs")


def test_each_reason_has_its_word_and_a_colour_that_is_no_designs(player):
    kinds = (replay.START, replay.RAMP, replay.CAP, replay.THROTTLE, replay.POLL)
    told = [player.waits(moment(kind), LOOK) for kind in kinds]
    words = [said.split(":")[0].split(" at ")[0] for _, said in told]
    assert words == ["starting", "ramp", "held", "throttled", "poll"]
    colours = {colour for colour, _ in told}
    assert len(colours) == 5
    assert not colours & set(LOOK.designs)


def test_as_many_as_the_knobs_allow_is_the_cap_and_fewer_are_only_told(player):
    most = player.run["knobs"]["max_concurrency"]
    assert player.waits(moment(replay.CAP, most), LOOK)[1] == f"cap: {most} of {most} invocations"
    told = player.waits(moment(replay.CAP, most // 2), LOOK)[1]
    assert told == f"held at {most // 2} invocations"


def test_where_nothing_waits_nothing_is_blamed(player):
    assert player.waits(moment(replay.NOTHING, at_work=5), LOOK)[1] == "nothing waits"
    assert player.waits(moment(replay.NOTHING), LOOK)[1] == ""
    assert player.waits(moment(replay.UNTOLD, at_work=5), LOOK)[1] == ""


def test_a_design_looks_every_so_often_or_is_told(reel):
    said = {own.run["design"]: own.knows_by for own in reel.players}
    assert said["sqs"] == "poll: a look every 30 s"
    assert said["sfn"] == said["durable"] == "no poll: it is told"


def test_dollars_have_four_digits_of_the_largest_bill_and_a_run_without_one_says_so(reel):
    digits = reel.usd(reel.dearest_usd).lstrip("$0.").replace(".", "")
    assert len(digits) == 4
    assert reel.usd(float("nan")) == "no bill"


def test_one_design_alone_makes_no_film(folder, stored):
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        reel_of(Frames(stored(folder("sqs", "model", 100))), LOOK)

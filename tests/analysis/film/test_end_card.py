"""The film's last picture."""

from analysis import theme
from analysis.film import picture
from analysis.film.end_card import end_card, verdicts_of
from analysis.film.reel import reel_of
from analysis.film.shape import WIDE
from analysis.frames import Frames
from analysis.needs import same_knobs, usable
from analysis.verdicts import verdicts


def test_the_verdicts_are_those_of_every_batch_of_that_size(frames):
    cheap, soon = verdicts_of(frames)
    runs = same_knobs(usable(frames.runs, in_dollars=True)).runs
    alike = runs[(runs["items"] == 100_000) & (runs["target"] == "model")]
    for said, column in ((cheap, "batch_usd"), (soon, "detected_s")):
        for design in verdicts(alike, column).zones()[0].best:
            assert said.startswith(design) or f" and {design} " in said
        assert " at 100,000 items" in said
        assert "(modelled)" in said
    assert "cheapest" in cheap
    assert "soonest known to be done" in soon


def test_items_that_failed_are_told(folder, stored, monkeypatch):
    runs = folder("sqs", "model", 100), folder("sfn", "model", 100)
    told, write = [], picture.write
    monkeypatch.setattr(
        picture, "write", lambda *how, **s: (told.append(how[1]), write(*how, **s))[1]
    )
    reel = reel_of(Frames(stored(*runs, items_failed=3, items_processed=97)), theme.DARK)
    end_card(reel, WIDE, [])
    assert "Step Functions map, 3 items failed" in told


def test_without_a_price_there_is_no_verdict_on_dollars(folder, stored):
    found = Frames(
        stored(folder("sqs", "model", 100), folder("sfn", "model", 100), price_date=None)
    )
    assert [said.split("(")[0].split(" at ")[0] for said in verdicts_of(found)] == [
        "sfn is sooner known to be done"
    ]

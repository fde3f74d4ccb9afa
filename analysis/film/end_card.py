"""The film's last picture: the verdicts on this batch, and what each design came to."""

import numpy as np

from analysis.film import picture
from analysis.film.reel import Player, Reel, clock_of
from analysis.film.scene import sign
from analysis.film.shape import Shape
from analysis.frames import Frames
from analysis.needs import NothingToShow, promised, same_knobs, usable
from analysis.verdicts import by_size_in_words, verdicts
from workbench.designs import DESIGNS

VERDICTS = (  # a column of the runs, and the words of its verdict
    ("batch_usd", "cheaper", "cheapest"),
    ("detected_s", "sooner known to be done", "soonest known to be done"),
)
HEADS, ENDS = ("bill", "last item at", "known at"), (0.5, 0.75, 1.0)  # of the lines' width
SENTENCE, NUMBER, STEP = 36, 46, 280  # sizes of text, and from line to line


def verdicts_of(frames: Frames) -> list[str]:
    """What all runs of batches of that size and target say, each in a sentence; none without."""
    said, batch = [], frames.batch.iloc[0]
    for column, better, best in VERDICTS:
        try:
            runs = same_knobs(usable(frames.runs, in_dollars=column == "batch_usd")).runs
            alike = (runs["items"] == batch["items"]) & (runs["target"] == batch["target"])
            said.append(by_size_in_words(verdicts(runs[alike], column), better, best))
        except NothingToShow:
            continue
    return said


def end_card(reel: Reel, shape: Shape, said: list[str]) -> np.ndarray:
    """The verdicts as sentences, and below them a line a design."""
    look = reel.look
    card = picture.blank(shape.width, shape.height, look.paper)
    bottom = sign(card, shape, reel)
    words = f"The verdict on {reel.chosen.items:,} items"
    picture.write(card, words, (shape.left, shape.top), shape.title, look.ink, bold=True)
    top = shape.top + shape.title + 44
    for sentence in said:
        for line in picture.wrapped(sentence, SENTENCE, shape.room):
            picture.write(card, line, (shape.left, top), SENTENCE, look.ink)
            top += SENTENCE + 14
        top += 20
    for line in picture.wrapped(promised(reel.chosen.runs), picture.SMALLEST, shape.room):
        picture.write(card, line, (shape.left, top), picture.SMALLEST, look.faint)
        top += picture.SMALLEST + 10
    step = min(STEP, (bottom - top - 90) // len(reel.players))
    rights = [shape.left + round(shape.room * share) for share in ENDS]
    for head, right in zip(HEADS, rights, strict=True):
        picture.write(card, head, (right, top + 22), shape.text, look.faint, right=True)
    for number, player in enumerate(reel.players):
        _line(card, reel, player, (shape.left, top + 88 + number * step), rights)
    return card


def _line(
    card: np.ndarray, reel: Reel, player: Player, at: tuple[int, int], rights: list[int]
) -> None:
    """One design: its name, its bill, when its last item was done, and when that was known."""
    run, look, (left, top) = player.run, reel.look, at
    picture.box(card, (left, top - 14), (rights[-1] - left, 2), look.grid)
    picture.write(card, run["design"], at, NUMBER, player.colour, bold=True)
    failed = f", {run['items_failed']:,} items failed" if run["items_failed"] else ""
    made_of = f"{DESIGNS[run['design']].summary}{failed}"
    picture.write(card, made_of, (left, top + 58), picture.SMALLEST, look.faint)
    usd = reel.usd(player.moments["cost_usd"].iloc[-1])
    said = usd, clock_of(run["processed_s"]), clock_of(run["detected_s"])
    for words, right in zip(said, rights, strict=True):
        at = right, top
        picture.write(card, words, at, NUMBER, look.ink, bold=True, right=True, ticks=True)
    late = f"{run['detection_lag_s']:,.1f} s of not knowing"
    picture.write(card, late, (rights[-1], top + 58), picture.SMALLEST, look.accent, right=True)

"""The picture of each frame: what the designs do, their clock, and who is done and does not know.

Waiting dots have the colour of why they wait, which is named below them; at work they have their
design's colour, done a darker one. From a design's last item until it knows, its done dots have the
colour of coordination and a clock of their own; then they have its full colour. The bars of all
designs are seconds of not knowing, in one scale.
"""

from typing import Any

import numpy as np

from analysis.caption import source
from analysis.film import picture
from analysis.film.reel import Player, Reel, clock_of
from analysis.film.shape import ZONES, Cell, Shape, cells
from analysis.words import listed, short_count
from workbench.designs import DESIGNS
from workbench.targets import FIGURES

QUESTION = "The same batch on every design"
UNKNOWN, KNOWN = "Done, and nobody knows yet", "Every design knows"
DONE = 0.5  # of a design's colour, while it is not known
ZONE = 0.25  # of the grid's colour, behind the dots of a zone
EDGE = 6  # pixels around them
BAR = 16  # pixels
MANY = 1_000_000  # items whose digits find no room
NAME, CLOCK, SMALL, LATE = 42, 68, picture.SMALLEST, 76  # sizes of text


class Scene:
    """The film in one shape: a frame is drawn over the still parts, which are drawn once."""

    def __init__(self, reel: Reel, shape: Shape) -> None:
        self.reel, self.shape, self.look = reel, shape, reel.look
        self.still = picture.blank(shape.width, shape.height, self.look.paper)
        bottom = sign(self.still, shape, reel)
        self.cells = cells(shape, len(reel.players), bottom)
        self.homes = [cell.homes() for cell in self.cells]
        ends = [_last_item(player) for player in reel.players]
        self.bar_left = 24 + max(picture.width_of(end, shape.text) for end in ends)
        named = [
            self._still(player, cell) for player, cell in zip(reel.players, self.cells, strict=True)
        ]
        room = shape.cell_width - max(named) - 20
        self.usd_size = picture.fitted(reel.usd(reel.dearest_usd), NAME, room, bold=True)
        each = f"{reel.scale.each:,} items" if reel.scale.each > 1 else "one item"
        figures = listed([FIGURES[target] for target in reel.chosen.targets])
        bill = "the bill, spread over the run" if reel.spread else "the bill so far"
        said = f"{figures} · one dot is {each} · $ is {bill}"
        at, size = (shape.left, shape.below_title), picture.fitted(said, shape.text, shape.room)
        picture.write(self.still, said, at, size, self.look.faint)

    def frame(self, number: int) -> np.ndarray:
        """One picture of the film."""
        drawn = self.still.copy()
        self._head(drawn, number)
        for player, cell, homes in zip(self.reel.players, self.cells, self.homes, strict=True):
            now = player.rows[number]
            colour, said = player.waits(now, self.look)
            is_done = now.t_s >= player.run["processed_s"]
            if is_done:
                self._clear(drawn, cell)
            self._dots(drawn, player, homes, number, now)
            self._numbers(drawn, cell, now)
            if is_done:
                self._knowing(drawn, player, cell, now.t_s)
            else:
                picture.write(drawn, said, (cell.left, cell.below), self.shape.text, colour)
        return drawn

    def _still(self, player: Player, cell: Cell) -> int:
        """A design's name, what it is made of, and its zones; how wide the former are."""
        look, text, design = self.look, self.shape.text, player.run["design"]
        at = cell.left, cell.top - 4
        wide = picture.write(self.still, design, at, NAME, player.colour, bold=True)
        at = cell.left + wide + 16, cell.top + 7
        wide += 16 + picture.write(self.still, DESIGNS[design].summary, at, SMALL, look.faint)
        behind = picture.mixed(look.grid, look.paper, ZONE)
        for number, name in enumerate(ZONES):
            left = cell.zone_left(number)
            picture.write(self.still, name, (left, cell.labels_top), text, look.faint)
            picture.box(self.still, *self._around(cell, left, self.shape.zone_width), behind)
        return wide

    def _around(self, cell: Cell, left: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """The box around dots: its place and its size."""
        high = self.shape.zone_height + 2 * EDGE
        return (left - EDGE, cell.dots_top - EDGE), (width + 2 * EDGE, high)

    def _head(self, drawn: np.ndarray, number: int) -> None:
        """The title, which says who is done and does not know, and the clock with its rate."""
        shape, look, runs = self.shape, self.look, self.reel.chosen.runs
        t_s, rate, unknown = self.reel.clock.iloc[number]
        words, colour = f"The same {self.reel.chosen.items:,} items on every design", look.ink
        if unknown:
            words, colour = f"{UNKNOWN}: {listed(list(unknown))}", look.accent
        elif t_s >= runs["detected_s"].max():
            words = KNOWN
        size = picture.fitted(words, shape.title, shape.title_room, bold=True)
        picture.write(drawn, words, (shape.left, shape.top), size, colour, bold=True)
        (at, right), clock = shape.clock, clock_of(t_s)
        picture.write(drawn, clock, at, CLOCK, look.ink, bold=True, right=right, ticks=True)
        said = self.reel.paced(rate)
        at = shape.left + shape.room, shape.rate_top
        picture.write(drawn, said, at, shape.text, look.faint, right=True)

    def _dots(self, drawn: np.ndarray, player: Player, homes: tuple, number: int, now: Any) -> None:
        """Every dot of a design in the colour of where it is."""
        look, dots = self.look, player.dots
        waiting, _ = player.waits(now, look)
        done = picture.mixed(player.colour, look.paper, DONE)
        if now.t_s >= player.run["processed_s"]:
            done = look.accent if now.t_s < player.run["detected_s"] else player.colour
        colours = np.stack([picture.rgb(one) for one in (waiting, player.colour, done)])
        picture.stamp(drawn, dots.at(number, homes), self.shape.dot, colours[dots.zones(number)])

    def _numbers(self, drawn: np.ndarray, cell: Cell, now: Any) -> None:
        """The dollars so far, and how many items each zone has."""
        look, own = self.look, {"right": True, "ticks": True}
        at, usd = (cell.right, cell.top - 4), self.reel.usd(now.cost_usd)
        picture.write(drawn, usd, at, self.usd_size, look.ink, bold=True, **own)
        shown = short_count if self.reel.chosen.items >= MANY else "{:,.0f}".format
        for number, items in enumerate((now.waiting, now.at_work, now.items_done)):
            at = cell.zone_left(number) + self.shape.zone_width, cell.labels_top
            picture.write(drawn, shown(items), at, self.shape.text, look.ink, **own)

    def _clear(self, drawn: np.ndarray, cell: Cell) -> None:
        """Make room where nothing waits or works any more."""
        width = cell.zone_left(1) + self.shape.zone_width - cell.left
        picture.box(drawn, *self._around(cell, cell.left, width), self.look.paper)

    def _knowing(self, drawn: np.ndarray, player: Player, cell: Cell, t_s: float) -> None:
        """In that room: how long nobody knows or knew, and why; below, the same as a bar."""
        shape, look, run = self.shape, self.look, player.run
        lag_s = min(t_s, run["detected_s"]) - run["processed_s"]
        known = t_s >= run["detected_s"]
        colour = player.colour if known else look.accent
        said = "known" if known else "done, and nobody knows yet"
        told = f"{lag_s:,.1f} s later" if known else f"{lag_s:,.1f} s"
        room = cell.zone_left(1) + shape.zone_width - cell.left
        size = picture.fitted(f"{lag_s:,.1f} s later", LATE, room, bold=True)
        top = cell.dots_top + 4
        picture.write(drawn, said, (cell.left, top), 36, colour, bold=True)
        picture.write(drawn, told, (cell.left, top + 46), size, colour, bold=True, ticks=not known)
        why, shade = player.knows_by, look.faint if known else look.accent
        picture.write(drawn, why, (cell.left, top + 150), shape.text, shade)
        picture.write(drawn, _last_item(player), (cell.left, cell.below), shape.text, look.faint)
        full = shape.cell_width - self.bar_left
        share = lag_s / self.reel.longest_s if self.reel.longest_s else 0.0
        place = cell.left + self.bar_left, cell.below + 12
        picture.box(drawn, place, (full, BAR), look.grid)
        picture.box(drawn, place, (round(full * share), BAR), colour)


def sign(still: np.ndarray, shape: Shape, reel: Reel) -> int:
    """Put the source at the bottom; give where it begins."""
    words = f"{source(reel.chosen)} · {reel.knobs}"
    lines, step = picture.wrapped(words, SMALL, shape.room), SMALL + 8
    top = shape.height - shape.top - step * len(lines)
    for number, line in enumerate(lines):
        at = shape.left, top + step * number
        picture.write(still, line, at, SMALL, reel.look.faint)
    return top


def _last_item(player: Player) -> str:
    """When the last item was done."""
    return f"last item at {clock_of(player.run['processed_s'])}"

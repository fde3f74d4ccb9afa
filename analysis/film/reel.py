"""What the film shows, whatever its shape: one clock, and every design's moments and dots."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from analysis.film import pace, replay
from analysis.film.dots import Dots, Scale, dots_of, scale_of
from analysis.frames import Frames
from analysis.needs import Chosen, several_designs, usable
from analysis.theme import Theme
from analysis.words import duration
from workbench.designs import DESIGNS

SLOWER = 0.9  # of the fastest rate
RAMP_COLOUR = "#B39DFF"  # no design's, nor that of coordination or of a warning


@dataclass(frozen=True)
class Player:
    """One design in the film: its run, what each frame shows of it, and its dots."""

    run: pd.Series
    moments: pd.DataFrame
    dots: Dots
    colour: str

    @cached_property
    def rows(self) -> Sequence[Any]:
        """What each frame shows, to be asked by name."""
        return list(self.moments.itertuples(index=False))

    @cached_property
    def cap(self) -> int | None:
        """As many invocations at a time as its knobs allow."""
        return DESIGNS[self.run["design"]](**self.run["knobs"]).processor_concurrency

    def waits(self, now: Any, look: Theme) -> tuple[str, str]:
        """The colour of what waits, and why it does."""
        at_once = f"{now.concurrency:,.0f} invocations"
        full = f"held at {at_once}"
        if self.cap and now.concurrency >= replay.NEARLY * self.cap:
            full = f"cap: {now.concurrency:,.0f} of {self.cap:,} invocations"
        return {
            replay.NOTHING: (look.quiet, "nothing waits" if now.at_work else ""),
            replay.UNTOLD: (look.quiet, ""),
            replay.START: (look.quiet, "starting"),
            replay.RAMP: (RAMP_COLOUR, f"ramp: {at_once}, and rising"),
            replay.CAP: (look.ink, full),
            replay.THROTTLE: (look.warning, "throttled: calls are refused"),
            replay.POLL: (look.accent, self.knows_by),
        }[int(now.why)]

    @property
    def knows_by(self) -> str:
        """How it gets to know."""
        poll_s = self.run["knobs"].get("poll_s")
        return f"poll: a look every {poll_s:g} s" if poll_s else "no poll: it is told"


@dataclass(frozen=True)
class Reel:
    """The runs, the clock with a row a frame, and every design's side of it.

    Dollars are `spread` where a target kept none over time.
    """

    chosen: Chosen
    clock: pd.DataFrame
    players: tuple[Player, ...]
    scale: Scale
    spread: bool
    look: Theme

    @property
    def knobs(self) -> str:
        """At which knobs the runs are, in a word or two."""
        settings = set(self.chosen.runs["setting"])
        return f"{settings.pop()} knobs" if len(settings) == 1 else "knobs of their own"

    @cached_property
    def longest_s(self) -> float:
        """The longest that a design is done without knowing."""
        return float(self.chosen.runs["detection_lag_s"].max())

    @cached_property
    def dearest_usd(self) -> float:
        """The largest bill."""
        bills = [float(own.moments["cost_usd"].iloc[-1]) for own in self.players]
        return max((usd for usd in bills if not isnan(usd)), default=0.0)

    def usd(self, value: float) -> str:
        """Dollars that tick, with as many decimals as show four digits of the largest bill."""
        if isnan(value):
            return "no bill"
        decimals = int(np.clip(3 - np.floor(np.log10(self.dearest_usd or 1)), 2, 7))
        return f"${value:,.{decimals}f}"

    def paced(self, rate: float) -> str:
        """How fast the clock goes."""
        if not rate:
            return "the clock stands still"
        slower = "slower: " if rate < SLOWER * self.clock["rate"].max() else ""
        return f"{slower}one second shows {duration(rate)}"


def reel_of(frames: Frames, look: Theme) -> Reel:
    """The film's data; raises NothingToShow where no two designs ran one batch."""
    chosen = several_designs(usable(frames.batch))
    clock, scale = pace.clock(chosen.runs), scale_of(chosen.items)
    players = []
    for _, run in chosen.runs.iterrows():
        own, bill = (
            table[table["run_id"] == run["run_id"]]
            for table in (frames.batch_timelines, frames.batch_bills)
        )
        moments = replay.replay(run, own, bill, clock["t_s"].to_numpy())
        colour = look.designs[list(DESIGNS).index(run["design"])]
        players.append(Player(run, moments, dots_of(moments, chosen.items, scale), colour))
    kept = frames.batch_timelines.query("metric == 'cost_usd'")["run_id"].nunique()
    return Reel(chosen, clock, tuple(players), scale, kept < len(players), look)


def clock_of(t_s: float) -> str:
    """A time as minutes, seconds and tenths, with hours if there are any."""
    minutes, tenths = divmod(round(t_s * 10), 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{tenths // 10:02d}.{tenths % 10}"

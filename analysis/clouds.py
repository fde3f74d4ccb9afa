"""Clouds of settings: a dot for each, the true front over all designs, and one dot that stands out.

The front joins the settings that no other one, of any design, beats in both dollars and time.
"""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, seconds_axis
from analysis.caption import sign
from analysis.frames import Frames
from analysis.measures import TARGETS
from analysis.needs import DEFAULT, Chosen, NothingToShow, in_order, usable, usual_length
from analysis.placing import Name, place_names
from analysis.theme import colour, faint, ink, marker, settle, text_pt
from analysis.words import count, dollars, duration, listed, setting_in_words
from workbench.bill.pricing import MILLION

LETTER = 0.6  # of a text's size, in the middle
SAME = 0.02  # two dots this near, as a share, are one to the eye


@dataclass(frozen=True)
class Plane:
    """What a cloud shows: a time in seconds to the right, dollars upwards."""

    x: str
    y: str
    x_label: str
    y_label: str
    room: float  # around the dots, as a factor
    subject: str  # of the sentence
    found: str  # of the dot that stands out: {design}, {time}, {usd}, {items}
    read: str  # more for the caption

    def select(self, frames: Frames) -> Chosen:
        """The runs of many settings at one size, with a dot for each setting."""
        chosen = one_size(frames.runs)
        return chosen.beside(by_setting(chosen, self.x, self.y))

    def find(self, chosen: Chosen) -> str:
        """What the setting achieves that is nearest to the least of both."""
        best = chosen.table.loc[self._nearest(chosen.table)]
        return self.found.format(
            design=best["design"],
            time=duration(best[self.x]),
            usd=dollars(best[self.y]),
            items=count(chosen.items),
        )

    def draw(self, chosen: Chosen, figure: Figure) -> None:
        """Every setting, the line that joins those which no other beats, and one of them named."""
        dots = chosen.table
        line = "the line joins those that none beats" if dots["best"].sum() > 1 else ""
        about = f"each dot is a setting for {count(chosen.items)} items"
        sign(figure, chosen, "; ".join(part for part in (about, line, self.read) if part))
        axes = figure.subplots()
        low, high = dots.min(numeric_only=True), dots.max(numeric_only=True)
        seconds_axis(axes, low[self.x] / self.room, high[self.x] * self.room, which="x")
        dollars_axis(axes, low[self.y] / self.room, high[self.y] * self.room)
        axes.set_xlabel(self.x_label)
        settle(figure)
        room_pt = axes.get_window_extent().height * 72 / figure.dpi
        axes.set_ylabel(fill(self.y_label, int(room_pt / text_pt(LETTER))))
        self._cloud(axes, dots)

    def say(self, chosen: Chosen) -> str:
        """Each design at default knobs, at its cheapest and at its quickest setting."""
        parts = [f"{design} {self._told(own)}" for design, own in in_order(chosen.table)]
        settings = f"{len(chosen.table)} settings at {count(chosen.items)} items"
        units = "in dollars per million items and in time"
        return f"Of {settings}, {self.subject} takes, {units}: {'; '.join(parts)}."

    def _told(self, own: pd.DataFrame) -> str:
        """Dollars and time of one design's notable settings, those that are one to the eye once."""
        default = own.index[own["setting"] == DEFAULT]
        said = {default[0]: ["by default"]} if len(default) else {}
        for word, column in (("cheapest", self.y), ("quickest", self.x)):
            best = own[column].idxmin()
            same = [at for at in said if _near(own, own.loc[at], self.x, self.y)[best]]
            said.setdefault(same[0] if same else best, []).append(word)
        dots = ((listed(words), own.loc[at]) for at, words in said.items())
        texts = [
            f"{words} {dollars(dot[self.y])} and {duration(dot[self.x])}" for words, dot in dots
        ]
        return ", ".join(texts)

    def _nearest(self, dots: pd.DataFrame) -> int:
        """The dot of the front that is nearest to the least of both, as the eye measures it."""
        best = dots.loc[dots["best"], [self.x, self.y]].astype(float)
        shares = np.log(best / dots[[self.x, self.y]].min())
        spans = np.log(dots[[self.x, self.y]].max() / dots[[self.x, self.y]].min())
        far = np.hypot(*(shares / spans.where(spans > 0, 1.0)).to_numpy().T)
        return int(best.index[far.argmin()])

    def _cloud(self, axes: Axes, dots: pd.DataFrame) -> None:
        """Draw the dots and the front; scales and limits are already set."""
        x, y = self.x, self.y
        front_dots = dots[dots["best"]].sort_values(x)
        axes.step(front_dots[x], front_dots[y], where="post", color=faint(), lw=1.2, zorder=1)
        for design, own in dots.groupby("design", sort=False):
            look = {"marker": marker(design), "color": colour(design), "lw": 0}
            axes.scatter(own[x], own[y], alpha=0.35, **look)
            full = own[own["best"] | (own["setting"] == DEFAULT)]
            axes.scatter(full[x], full[y], zorder=3, **look)
        star = dots.loc[self._nearest(dots)]
        axes.scatter(star[x], star[y], s=170, facecolor="none", edgecolor=ink(), lw=1.5, zorder=4)
        said = f"{star['design']}, {setting_in_words(star['setting'])}:\n{dollars(star[y])}"
        names = [Name(star[x], star[y], f"{said}, {duration(star[x])}", ink())]
        for _, dot in dots[dots["setting"] == DEFAULT].iterrows():
            names.append(Name(dot[x], dot[y], f"{dot['design']}, default", colour(dot["design"])))
        place_names(axes, names, list(zip(dots[x], dots[y], strict=True)))


def _near(own: pd.DataFrame, dot: pd.Series, x: str, y: str) -> pd.Series:
    """Which dots are where this one is, to the eye."""
    return ((own[[x, y]] / dot[[x, y]].astype(float) - 1).abs() < SAME).all(axis=1)


def one_size(runs: pd.DataFrame) -> Chosen:
    """The runs at the size and target that have most settings; of equals, nearest a million.

    Knobs that were tuned for a batch are left to the maps of who wins.
    """
    runs = runs[runs["best_in"].isna()] if "best_in" in runs else runs
    chosen = usual_length(usable(runs, in_dollars=True))
    runs = chosen.runs
    counts = runs.groupby(["target", "items"])["setting"].nunique().reset_index()
    far = (counts["items"] / MILLION).map(lambda share: max(share, 1 / share))
    designs = runs.groupby(["target", "items"])["design"].nunique().to_numpy()
    rank = counts["target"].map(TARGETS.index)
    order = counts.assign(designs=designs, far=far, rank=rank).sort_values(
        ["designs", "setting", "far", "rank"], ascending=[False, False, True, True]
    )
    best = order.iloc[0]
    return chosen.only(runs[(runs["target"] == best["target"]) & (runs["items"] == best["items"])])


def by_setting(chosen: Chosen, x: str, y: str) -> pd.DataFrame:
    """One row a design and setting: the medians of two columns, and whether none beats it."""
    known = chosen.runs[chosen.runs[x].notna() & chosen.runs[y].notna()]
    if known.empty:
        raise NothingToShow(f"no run knows both its {x} and its {y}. Run `make study`.")
    dots = known.groupby(["design", "setting"], sort=True)[[x, y]].median().reset_index()
    return front(dots, x, y).sort_values(["design", x], ignore_index=True)


def front(dots: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """The dots with `best`: no other dot is as good in both and better in one."""
    ordered = dots.sort_values([x, y], kind="stable")
    before = ordered[y].astype(float).cummin().shift(fill_value=float("inf"))
    return ordered.assign(best=ordered[y] < before)

"""Clouds of settings: a dot for each, the front as a step line, presets and the best ones named.

A preset's name stands beside its dot. A list of knobs is too long for that on a phone, so such dots
have numbers and the caption says what they are.
"""

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import dollars_axis, seconds_axis
from analysis.caption import sign
from analysis.frames import Frames
from analysis.measures import TARGETS
from analysis.needs import DEFAULT, Chosen, NothingToShow, in_order, usable, usual_length
from analysis.placing import Name, place_names
from analysis.theme import colour, marker
from analysis.words import count, dollars, duration, listed
from workbench.bill.pricing import MILLION

SAME = 0.02  # two dots this near, as a share, are one to the eye
NUMBERED_MAX = 3  # of each design's front: its ends, and what is between


@dataclass(frozen=True)
class Plane:
    """What a cloud shows: a time in seconds to the right, dollars upwards."""

    x: str
    y: str
    x_label: str
    y_label: str
    room: float  # around the dots, as a factor
    subject: str  # of the sentence

    def select(self, frames: Frames) -> Chosen:
        """The runs of many settings at one size, with a dot for each setting."""
        chosen = one_size(frames.runs)
        return chosen.beside(numbered(by_setting(chosen, self.x, self.y), self.x, self.y))

    def draw(self, chosen: Chosen, figure: Figure) -> None:
        """Every setting, and the line that joins those which no other beats."""
        dots = chosen.table
        joined = dots.groupby("design")["best"].sum().max() > 1
        sign(
            figure,
            chosen,
            f"{chosen.targets[0]}: batches of {count(chosen.items)} items; each dot a setting of "
            "the knobs",
            ("the line joins those of a design that none of its others beats; " if joined else "")
            + "down and to the left is better",
            lines=key(dots),
        )
        axes = figure.subplots()
        low, high = dots.min(numeric_only=True), dots.max(numeric_only=True)
        seconds_axis(axes, low[self.x] / self.room, high[self.x] * self.room, which="x")
        dollars_axis(axes, low[self.y] / self.room, high[self.y] * self.room)
        axes.set_xlabel(self.x_label)
        axes.set_ylabel(self.y_label)
        cloud(axes, dots, self.x, self.y)

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
        texts = []
        for at, words in said.items():
            dot = own.loc[at]
            name = f" ({dot['name']})" if dot["name"] and dot["setting"] != DEFAULT else ""
            texts.append(
                f"{listed(words)} {dollars(dot[self.y])} and {duration(dot[self.x])}{name}"
            )
        return ", ".join(texts)


def cloud(axes: Axes, dots: pd.DataFrame, x: str, y: str) -> None:
    """Draw every setting of `numbered` dots; scales and limits are already set."""
    for design, own in dots.groupby("design", sort=False):
        best = own[own["best"]]
        axes.scatter(own[x], own[y], marker=marker(design), color=colour(design), alpha=0.35, lw=0)
        axes.step(best[x], best[y], where="post", color=colour(design), lw=1.2, alpha=0.8)
        full = own[own["best"] | (own["name"] != "")]
        axes.scatter(full[x], full[y], marker=marker(design), color=colour(design), zorder=3)
    named_dots = dots[dots["name"] != ""]
    names = [
        Name(row[x], row[y], row["name"], colour(row["design"])) for _, row in named_dots.iterrows()
    ]
    place_names(axes, names, list(zip(dots[x], dots[y], strict=True)))


def numbered(dots: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """The dots with `name`: presets by theirs, the best others `sqs 1`, `sqs 2`, the rest empty."""
    names = pd.Series("", dots.index)
    for design, own in dots.groupby("design", sort=False):
        preset, apart = _preset(own), ~_at_default(own, x, y)
        best = own.index[own["best"] & apart & ~preset]
        step = max(1, -(-(len(best) - 1) // (NUMBERED_MAX - 1)))
        shown = best[::step].union(best[-1:])
        names[shown] = [f"{design} {number}" for number in range(1, len(shown) + 1)]
        known = own["setting"][preset & (apart | (own["setting"] == DEFAULT))]
        names[known.index] = f"{design} " + known
    return dots.assign(name=names)


def _at_default(own: pd.DataFrame, x: str, y: str) -> pd.Series:
    """Which dots of a design are where the default setting's is, itself included."""
    found = own["setting"] == DEFAULT
    for _, default in own[found].iterrows():
        found |= _near(own, default, x, y)
    return found


def _near(own: pd.DataFrame, dot: pd.Series, x: str, y: str) -> pd.Series:
    """Which dots are where this one is, to the eye."""
    return ((own[[x, y]] / dot[[x, y]].astype(float) - 1).abs() < SAME).all(axis=1)


def _preset(dots: pd.DataFrame) -> pd.Series:
    """Which settings are presets, which have a name, and not lists of knobs."""
    return ~dots["setting"].str.contains("=")


def key(dots: pd.DataFrame) -> list[str]:
    """What the numbers stand for, a note each."""
    named_dots = dots[(dots["name"] != "") & ~_preset(dots)]
    return [f"{row['name']}: {row['setting']}" for _, row in named_dots.iterrows()]


def one_size(runs: pd.DataFrame) -> Chosen:
    """The runs at the size and target that have most settings; of equals, nearest a million."""
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
    """One row a design and setting: the medians of two columns, and whether it is on the front."""
    known = chosen.runs[chosen.runs[x].notna() & chosen.runs[y].notna()]
    if known.empty:
        raise NothingToShow(f"no run knows both its {x} and its {y}. Run `make study`.")
    dots = known.groupby(["design", "setting"], sort=True)[[x, y]].median().reset_index()
    fronts = [front(own, x, y) for _, own in dots.groupby("design", sort=False)]
    return pd.concat(fronts).sort_values(["design", x], ignore_index=True)


def front(dots: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """The dots with `best`: no other dot is as good in both and better in one."""
    ordered = dots.sort_values([x, y], kind="stable")
    before = ordered[y].astype(float).cummin().shift(fill_value=float("inf"))
    return ordered.assign(best=ordered[y] < before)

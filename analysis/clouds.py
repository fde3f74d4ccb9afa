"""Clouds of settings: a dot for each, the front as a step line, presets and the best ones named.

A preset's name stands beside its dot. A list of knobs is too long for that on a phone, so such dots
have numbers and the caption tells what they are.
"""

import pandas as pd
from matplotlib.axes import Axes

from analysis.needs import DEFAULT
from analysis.placing import Name, place_names
from analysis.theme import DESIGN_MARKERS, colour

SAME = 0.02  # two dots this near, as a share, are one to the eye
NUMBERED_MAX = 3  # of each design's front: its ends, and what lies between


def cloud(axes: Axes, dots: pd.DataFrame, x: str, y: str) -> None:
    """Draw every setting of `numbered` dots; scales and limits are already set."""
    for design, own in dots.groupby("design", sort=False):
        best = own[own["best"]]
        marker = DESIGN_MARKERS.get(design, "D")
        axes.scatter(own[x], own[y], marker=marker, color=colour(design), alpha=0.35, lw=0)
        axes.step(best[x], best[y], where="post", color=colour(design), lw=1.2, alpha=0.8)
        full = own[own["best"] | (own["name"] != "")]
        axes.scatter(full[x], full[y], marker=marker, color=colour(design), zorder=3)
    told = dots[dots["name"] != ""]
    names = [Name(row[x], row[y], row["name"], colour(row["design"])) for _, row in told.iterrows()]
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
    """Which dots of a design lie where the default setting's lies, itself included."""
    found = own["setting"] == DEFAULT
    for _, default in own[found].iterrows():
        near = [(own[name] / default[name] - 1).abs() < SAME for name in (x, y)]
        found |= near[0] & near[1]
    return found


def _preset(dots: pd.DataFrame) -> pd.Series:
    """Which settings are presets, which have a name, and not lists of knobs."""
    return ~dots["setting"].str.contains("=")


def key(dots: pd.DataFrame) -> list[str]:
    """What the numbers stand for, a note each."""
    told = dots[(dots["name"] != "") & ~_preset(dots)]
    return [f"{row['name']}: {row['setting']}" for _, row in told.iterrows()]

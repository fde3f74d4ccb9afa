"""Clouds of settings: a dot for each, the front as a step line, the best ones named."""

import pandas as pd
from matplotlib.axes import Axes

from analysis.needs import DEFAULT
from analysis.placing import Name, place_names
from analysis.theme import DESIGN_MARKERS, colour

NAMED_MAX = 5  # of each design's front
WORDS_MAX = 2  # knobs named of one setting, before "and n more"


def cloud(axes: Axes, dots: pd.DataFrame, x: str, y: str) -> None:
    """Draw every setting; scales and limits are already set."""
    names = []
    for design, own in dots.groupby("design", sort=False):
        best = own[own["best"]]
        marker = DESIGN_MARKERS.get(design, "D")
        axes.scatter(own[x], own[y], marker=marker, color=colour(design), alpha=0.3, lw=0)
        axes.step(best[x], best[y], where="post", color=colour(design), lw=1.2, alpha=0.8)
        axes.scatter(best[x], best[y], marker=marker, color=colour(design), zorder=3)
        names += _names(design, own, x, y)
    place_names(axes, names, list(zip(dots[x], dots[y], strict=True)))


def short(setting: str) -> str:
    """A setting's name, of its first knobs only."""
    words = setting.split(", ")
    rest = len(words) - WORDS_MAX
    return ", ".join(words[:WORDS_MAX]) + (f" + {rest}" if rest > 0 else "")


def _names(design: str, own: pd.DataFrame, x: str, y: str) -> list[Name]:
    """The default setting, and the front's ends and some between."""
    best = own[own["best"]]
    step = max(1, -(-len(best) // NAMED_MAX))
    named = pd.concat([own[own["setting"] == DEFAULT], best.iloc[::step], best.iloc[-1:]])
    named = named.drop_duplicates("setting")
    return [
        Name(row[x], row[y], f"{design} {short(row['setting'])}", colour(design))
        for _, row in named.iterrows()
    ]

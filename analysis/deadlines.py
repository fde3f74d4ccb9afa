"""How much does a month cost, by how soon a batch must be known done? The chart of one answer.

Not of stored runs, as those of `charts/` are: whoever has an answer passes its offers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import theme
from analysis.axes import dollars_axis, seconds_axis
from analysis.caption import ask, sign_plain, summaries
from analysis.placing import name_lines
from analysis.theme import colour, faint, ink, marker
from analysis.words import dollars, duration, listed
from workbench.designs import DESIGNS

QUESTION = "What does a month cost, by how soon a batch must be known?"
ROOM = 1.25  # beyond the first and the last deadline, as a factor
TAKEN = 2  # times as large is the mark around what is taken
SIZE = re.compile(r'<svg[^>]* (?P<box>viewBox="[^"]*")[^>]*>')
COLOUR = re.compile(r"#[0-9a-f]{6}\b")
FONTS = "'DejaVu Sans', Verdana, sans-serif"  # the next are as wide, or narrower


@dataclass(frozen=True)
class Offer:
    """A setting of a design: the deadline that it keeps, and a month's dollars."""

    design: str
    deadline_s: float
    month_usd: float


@dataclass(frozen=True)
class Deadlines:
    """The offers of an answer, none beaten by another of its design; `taken` is one of them.

    `source` says where the figures come from.
    """

    offers: tuple[Offer, ...]
    taken: Offer
    source: str
    deadline_s: float | None = None  # that was asked for

    @property
    def designs(self) -> dict[str, list[Offer]]:
        """The offers of each design, shortest deadline first."""
        found = {name: [one for one in self.offers if one.design == name] for name in DESIGNS}
        return {
            name: sorted(own, key=lambda one: one.deadline_s) for name, own in found.items() if own
        }


def say(shown: Deadlines) -> str:
    """The soonest and the cheapest of each design, in a sentence."""
    parts = []
    for name, own in shown.designs.items():
        soonest, cheapest = (f"{dollars(one.month_usd)} at {duration(one.deadline_s)}"
                             for one in (own[0], own[-1]))  # fmt: skip
        parts.append(f"{name} {soonest}" + (f" to {cheapest}" if len(own) > 1 else ""))
    taken = f"{shown.taken.design} at {duration(shown.taken.deadline_s)}"
    return f"A month, by the deadline: {listed(parts)}. Taken: {taken}."


def draw(shown: Deadlines, figure: Figure) -> Axes:
    """A step line a design: at a deadline, the least that a month costs; a dot a setting."""
    notes = (
        "Each dot a setting of the knobs; the line is the least that a design costs at a deadline",
        "the mark in a larger one is taken; down and to the left is better",
        summaries(shown.designs),
        shown.source,
    )
    ask(figure, QUESTION)
    sign_plain(figure, *notes)
    axes = figure.subplots()
    seconds = [one.deadline_s for one in shown.offers]
    seconds += [shown.deadline_s] if shown.deadline_s else []
    usd = [one.month_usd for one in shown.offers]
    seconds_axis(axes, min(seconds) / ROOM, max(seconds) * ROOM, which="x")
    dollars_axis(axes, min(usd), max(usd))
    axes.set_xlabel("known after the trigger, at the latest")
    axes.set_ylabel("dollars a month")
    for name, own in shown.designs.items():
        _front(axes, name, own)
    if shown.deadline_s:
        label = f"asked: {duration(shown.deadline_s)}"
        axes.axvline(shown.deadline_s, color=faint(), linestyle=":", label=label)
    axes.plot(
        *(shown.taken.deadline_s, shown.taken.month_usd),
        marker=marker(shown.taken.design),
        markersize=TAKEN * mpl.rcParams["lines.markersize"],
        markerfacecolor="none",
        markeredgecolor=ink(),
    )
    name_lines([axes], near=0.7)
    return axes


def inline_svg(shown: Deadlines) -> str:
    """The chart as SVG for an HTML page: its texts are texts, its colours the page's variables.

    The variables are those of `theme.colours`; `say` is what it tells to who cannot see it.
    """
    with theme.use(theme.LIGHT), mpl.rc_context({"svg.fonttype": "none"}):
        figure = theme.blank()
        draw(shown, figure)
        theme.freeze(figure)
        text = theme.encoded(figure, "svg").decode()
    names = {value.lower(): name for name, value in theme.colours(theme.LIGHT).items()}
    size, told = SIZE.search(text), escape(f"{QUESTION} {say(shown)}")
    body = text[size.end() :].replace("'DejaVu Sans'", FONTS).replace(">*{", ">svg *{")
    body = COLOUR.sub(lambda one: f"var({names[one[0]]})" if one[0] in names else one[0], body)
    return f'<svg role="img" aria-label="{told}" {size["box"]}>{body}'


def _front(axes: Axes, name: str, own: Sequence[Offer]) -> None:
    """The line of a design, to the right edge: with more time the cheapest stays the cheapest."""
    seconds = [*(one.deadline_s for one in own), axes.get_xlim()[1]]
    usd = [*(one.month_usd for one in own), own[-1].month_usd]
    axes.plot(
        *(seconds, usd),
        drawstyle="steps-post",
        marker=marker(name),
        markevery=slice(0, -1),
        color=colour(name),
        label=name,
    )

"""What a notebook shows: a question, its answer in a sentence, and the chart in light and dark.

A chart is shown as SVG inside the page, in the theme that the reader's browser asks for. One that
the runs cannot carry is shown as its reason, never as an empty picture.
"""

import base64
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from html import escape
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analysis import gallery, theme
from analysis.charts.bill_table import bill_table, select
from analysis.frames import BESIDE, Frames, in_words, own_beside_reference, which_runs
from analysis.needs import NothingToShow, no_runs
from analysis.words import dollars
from workbench.runs.results_folder import is_packed

# What is between two dollar signs is no formula: the first class is for JupyterLab, the other
# nbconvert and nbviewer.
LITERAL = "mathjax_ignore tex2jax_ignore"

TINY = TINY_USD = 1e-7  # what is there and less than it is written as less than it
NONE_BESIDE = "None of these runs has a setting that the reference set has run as well."


@dataclass(frozen=True)
class Html:
    """Something a notebook shows as HTML, its dollar signs as they are."""

    text: str

    def _repr_html_(self) -> str:
        return f'<div class="{LITERAL}">{self.text}</div>'

    def __add__(self, other: "Html") -> "Html":
        return Html(self.text + other.text)


def picture(frames: Frames, name: str) -> Html:
    """The chart called `name` under its question, with its sentence; or why there is none."""
    chart = gallery.named(name)
    head = f'<section id="{name}"><h3>{escape(chart.question)}</h3>'
    try:
        chosen = chart.select(frames)
        finding, said = chart.find(chosen), chart.say(chosen)
        pages = ((chart.picture(chosen, look), look) for look in theme.THEMES)
        light, dark = (_address(figure, look, finding, said) for figure, look in pages)
    except NothingToShow as reason:
        return Html(f'{head}<p class="refused">No chart: {escape(str(reason))}</p></section>')
    answer = escape(said)
    return Html(
        f"{head}<p>{answer}</p><picture>"
        f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(finding)}. {answer}" style="max-width:100%">'
        f"</picture></section>"
    )


def pictures(frames: Frames, *names: str) -> Html:
    """Several charts, one below the other."""
    return sum((picture(frames, name) for name in names), Html(""))


def bill(frames: Frames) -> Html:
    """The bill as a table, or why there is none."""
    try:
        return Html(bill_table(select(frames)).as_raw_html())
    except NothingToShow as reason:
        return Html(f'<p class="refused">No bill: {escape(str(reason))}</p>')


def answers(frames: Frames) -> Html:
    """Which runs the report shows, every sentence of it in one list, and the reference beside."""
    if frames.runs.empty:
        return Html(f'<p class="refused">{escape(no_runs(frames.results))}</p>')
    items = "".join(f"<li>{escape(gallery.sentence(name, frames))}</li>" for name in gallery.NAMES)
    return Html(f"<p>{escape(which_runs(frames))}</p><ul>{items}</ul>{_beside(frames)}")


def _beside(frames: Frames) -> str:
    """One's own runs beside the reference set, if they share settings; of that set nothing."""
    beside = own_beside_reference(frames)
    if is_packed(frames.results):
        return ""
    if beside.empty:
        return f"<p>{NONE_BESIDE}</p>"
    head = f"Yours beside the reference set: {len(beside)} settings that both have run."
    table = html_table(in_words(beside))
    return f"<details open><summary>{head}</summary><p>{BESIDE}</p>{table}</details>"


def told(frame: pd.DataFrame) -> Html:
    """A frame in plain figures: dollars, shares in percent; no column of which nothing is known."""
    if frame.empty:
        return Html('<p class="refused">This table is empty.</p>')
    shown = {
        " ".join(name.split("_")): values.map(partial(_as_named, name))
        for name, values in frame.dropna(axis="columns", how="all").items()
    }
    return Html(html_table(pd.DataFrame(shown), index=False))


def _as_named(name: str, value: Any) -> str:
    """A value by what its column's name says that it is."""
    if not pd.api.types.is_scalar(value) or pd.isna(value):
        return cell(value)
    if "share" in name:
        return f"{value:.1%}"
    return usd_in_words(float(value)) if name.endswith("_usd") else cell(value)


def usd_in_words(value: float) -> str:
    """Dollars; what is there never reads as nothing."""
    sign = "-" if value < 0 else ""
    tiny = f"under {dollars(TINY_USD)}" if abs(value) < TINY_USD else dollars(abs(value))
    return f"{sign}{tiny}" if value else dollars(0)


def plain(value: float) -> str:
    """A number as people write it: no exponent, and no digits that say nothing."""
    if 0 < value < TINY:
        return f"under {TINY:.7f}"
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.8f}"[:9].rstrip("0").rstrip(".")


def cell(value: Any) -> str:
    """A value of a frame as a table shows it."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    is_number = pd.api.types.is_number(value) or isinstance(value, Decimal)
    return plain(float(value)) if is_number and not isinstance(value, bool) else str(value)


def html_table(frame: pd.DataFrame, index: bool = True) -> str:
    """A frame as a table with room between its columns; a page scrolls what is wider than it."""
    table = frame.to_html(border=0, justify="left", classes=f"told {LITERAL}", index=index)
    style = "<style>.told td, .told th { text-align: left; padding: 2px 1em; }</style>"
    return f"{style}<div>{table}</div>"


def _address(figure: Figure, look: theme.Theme, title: str, description: str) -> str:
    """A figure as an address that holds all of it, its words for those who cannot see it too."""
    with theme.use(look):
        theme.freeze(figure)
        held = theme.encoded(figure, "svg", title, description)
    return "data:image/svg+xml;base64," + base64.b64encode(held).decode()

"""The words around a chart: above it what was found, and the question; below it how it is read,
what the designs are, and where it comes from, as a picture travels alone.
"""

import re
from collections.abc import Iterable

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import offset_copy

from analysis.needs import Chosen, origin
from analysis.theme import PROJECT, faint, ink, text_pt
from analysis.words import listed
from workbench.designs import DESIGNS
from workbench.targets import FIGURES

SEEN = 1.05  # a band narrower than this factor is no wider than its line
LINE = 1.15  # of a text's height, from one line to the next
# What stays on one line: a number with its unit or word before it, a commit with its name.
TOGETHER = re.compile(
    r"(\d|of|after|with|commit) (?=%|s\b|min\b|h\b|ms\b|million\b|\d|[0-9a-f]{7}\b)"
)
GAP_IN = 0.06  # between two texts, and between words and panels


def ask(figure: Figure, finding: str, question: str = "") -> None:
    """Put what was found above a chart, and small below that the question it answers."""
    bold = FontProperties(
        size=mpl.rcParams["figure.titlesize"], weight=mpl.rcParams["figure.titleweight"]
    )
    plain = FontProperties(size=text_pt(0.95))
    _stack(figure, "above", [(finding, bold, ink()), (question, plain, faint())])


def sign(figure: Figure, chosen: Chosen, *notes: str) -> None:
    """Put below a chart how it is read and what was left out, what the designs are, its source."""
    canvas = figure.get_layout_engine().canvas
    font = FontProperties(size=text_pt(canvas.note))
    read = " ".join(f"{_capital(note)}." for note in (*notes, *chosen.notes, _gaps(chosen)) if note)
    below = [read, summaries(chosen.designs)] if canvas.caption else []
    _stack(figure, "below", [(text, font, faint()) for text in (*below, source(chosen))])


def sign_plain(figure: Figure, *notes: str) -> None:
    """Put notes below a picture of no stored runs; the empty ones are left out."""
    font = FontProperties(size=text_pt(figure.get_layout_engine().canvas.note))
    said = " ".join(f"{_capital(note)}." for note in notes if note)
    _stack(figure, "below", [(said, font, faint())])


def words_of(figure: Figure, part: str) -> str:
    """The words of a figure `above` or `below` its panels, on one line."""
    found = [text for text in figure.texts if text.get_gid() == part]
    found.sort(key=lambda text: -text.get_window_extent().y0)
    return " ".join(" ".join(text.get_text() for text in found).split())


def summaries(designs: Iterable[str]) -> str:
    """What each design is made of, in a few words."""
    return "; ".join(f"{design}: {DESIGNS[design].summary}" for design in designs)


def reading(targets: list[str], *panels: pd.DataFrame) -> str:
    """How to read lines and dots, and bands if one of the panels (`measures.by_size`) shows any."""
    modelled = [sizes[sizes["target"] == "model"] for sizes in panels]
    banded = any((own["high"] > own["low"] * SEEN).any() for own in modelled)
    said = {
        "model": f"lines are modelled{', bands hold nine runs of ten' if banded else ''}",
        "local": "dots are the real handlers on a simulated cloud",
        "aws": "rings are measured on AWS",
    }
    return ", ".join(said[target] for target in targets)


def source(chosen: Chosen) -> str:
    """Whose picture it is, whether its figures were measured, at which prices, of which code."""
    if chosen.runs.empty:
        return " · ".join(part for part in (PROJECT, *chosen.figures, chosen.origin) if part)
    figures = listed([FIGURES[target] for target in chosen.targets])
    number = f"{len(chosen.runs):,} {'run' if len(chosen.runs) == 1 else 'runs'}"
    return f"{PROJECT} · {figures}, {number} · {origin(chosen.runs)}"


def _gaps(chosen: Chosen) -> str:
    """What share of the items was dealt with, unless it was all of them."""
    if chosen.runs.empty:
        return ""
    done = (chosen.runs["items_processed"] + chosen.runs["items_failed"]).sum()
    share = done / chosen.runs["items"].sum()
    return "" if share == 1 else f"coverage {min(share * 100, 99.99):.2f} % of the items"


def _capital(note: str) -> str:
    """A note with a capital, unless it begins with the name of a design; without a full stop."""
    note = note.rstrip(".")
    return note if note.startswith(tuple(DESIGNS)) else note[0].upper() + note[1:]


def _stack(figure: Figure, where: str, words: list[tuple[str, FontProperties, object]]) -> None:
    """Put texts one below the other at an edge of the figure, and leave room for them.

    Their places are in inches from the edge, so that a figure may grow afterwards.
    """
    layout, up = figure.get_layout_engine(), where == "below"
    edge_in = max(GAP_IN, layout.canvas.margin * figure.get_figheight())
    at_in = edge_in
    for text, font, colour in reversed(words) if up else words:
        if not text:
            continue
        wrapped = _wrapped(figure, text, font)
        place = offset_copy(figure.transFigure, figure, y=at_in if up else -at_in)
        drawn = figure.text(
            layout.canvas.margin,
            0 if up else 1,
            wrapped,
            color=colour,
            fontproperties=font,
            verticalalignment="bottom" if up else "top",
            linespacing=LINE,
            transform=place,
            gid=where,
            parse_math=False,
        )
        at_in += drawn.get_window_extent().height / figure.dpi + GAP_IN
    layout.keep(figure, where, at_in + GAP_IN)


def _wrapped(figure: Figure, text: str, font: FontProperties) -> str:
    """Text broken into lines that fit the figure, measured word by word."""
    renderer = figure.canvas.get_renderer()
    room = figure.bbox.width * (1 - 2 * figure.get_layout_engine().canvas.margin)
    lines = [""]
    for word in TOGETHER.sub("\\1\N{NO-BREAK SPACE}", text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        width, _, _ = renderer.get_text_width_height_descent(longer, font, ismath=False)
        if width <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)

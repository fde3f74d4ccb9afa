"""The words around a chart: the question above it, and below it where the numbers come from."""

from collections.abc import Iterable, Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from analysis.needs import Chosen, promised
from analysis.theme import faint, text_pt
from workbench.designs import DESIGNS

EDGE = 0.015  # of the figure's width, left free on both sides
SEEN = 1.05  # a band narrower than this factor is no wider than its line
SHOWN_MAX = 3  # commits or seeds named before they are counted


def ask(figure: Figure, question: str) -> None:
    """Put the question that a chart answers above it."""
    font = FontProperties(
        size=mpl.rcParams["figure.titlesize"], weight=mpl.rcParams["figure.titleweight"]
    )
    figure.suptitle(_wrapped(figure, question, font), x=EDGE, ha="left", linespacing=1.15)


def sign(figure: Figure, chosen: Chosen, *notes: str, lines: Sequence[str] = ()) -> None:
    """Put a caption below: how to read the chart, what was left out, and where it comes from.

    What the designs are and promise is said for readers of nothing else. `lines` stand above it,
    each for itself.
    """
    promise = promised(chosen.runs).rstrip(".")
    about = (*chosen.notes, summaries(chosen.designs), promise, provenance(chosen))
    sign_plain(figure, *notes, *about, lines=lines)


def sign_plain(figure: Figure, *notes: str, lines: Sequence[str] = ()) -> None:
    """Put notes below a chart, and lines above them; the empty ones are left out."""
    size = text_pt(0.77)
    text = ". ".join(_sentence(note) for note in notes if note) + "."
    font = FontProperties(size=size)
    wide = "\n".join(_wrapped(figure, paragraph, font) for paragraph in (*lines, text))
    figure.supxlabel(wide, x=EDGE, ha="left", fontsize=size, color=faint(), linespacing=1.3)


def summaries(designs: Iterable[str]) -> str:
    """What each design is made of, in a few words."""
    return "; ".join(f"{design}: {DESIGNS[design].summary}" for design in designs)


def reading(targets: list[str], *panels: pd.DataFrame) -> str:
    """How to read lines and dots, and bands if one of the panels (`measures.by_size`) shows any."""
    modelled = [sizes[sizes["target"] == "model"] for sizes in panels]
    banded = any((own["high"] > own["low"] * SEEN).any() for own in modelled)
    said = {
        "model": f"lines are modelled{', bands hold nine runs of ten' if banded else ''}",
        "local": "dots are the real handlers, metered on a simulated cloud (local)",
        "aws": "rings are measured on AWS",
    }
    return "; ".join(said[target] for target in targets)


def provenance(chosen: Chosen) -> str:
    """Commit, seeds, price date, targets and coverage of the runs behind a chart."""
    runs = chosen.runs
    done = runs["items_processed"].sum() + runs["items_failed"].sum()
    dates = sorted(set(runs["price_date"].dropna()))
    terms = "".join(sorted(set(runs["terms"]))) if "terms" in runs else ""
    runs_of = f"{len(runs)} {'run' if len(runs) == 1 else 'runs'} on {' and '.join(chosen.targets)}"
    return "; ".join(
        [
            runs_of,
            _named("commit", sorted(set(runs["commit"]) - {""})),
            _named("seed", sorted(set(runs["seed"]))),
            f"prices of {', '.join(dates) or 'no date'}{terms}",
            f"coverage {_percent(done / runs['items'].sum())} of the items",
        ]
    )


def _sentence(note: str) -> str:
    """A note with a capital, unless it begins with the name of a design."""
    return note if note.startswith(tuple(DESIGNS)) else note[0].upper() + note[1:]


def _named(word: str, values: list) -> str:
    """A word and its values: named if few, counted if many."""
    if not values:
        return f"{word} unknown"
    if len(values) > SHOWN_MAX:
        return f"{len(values)} {word}s"
    return f"{word if len(values) == 1 else word + 's'} {', '.join(map(str, values))}"


def _percent(share: float) -> str:
    """A share in percent, never rounded up to all of it."""
    return "100 %" if share == 1 else f"{min(share * 100, 99.99):.2f} %"


def _wrapped(figure: Figure, text: str, font: FontProperties) -> str:
    """Text broken into lines that fit the figure, measured word by word."""
    renderer = figure.canvas.get_renderer()
    room = figure.bbox.width * (1 - 2 * EDGE)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        width, _, _ = renderer.get_text_width_height_descent(longer, font, ismath=False)
        if width <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)

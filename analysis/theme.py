"""One look for every picture: colour means the design, line style and marker mean the target.

Colours are Okabe and Ito's, the fourth is Paul Tol's (wine, magenta), as no other of the former is
far enough from the first three: colour-blind readers can tell them apart. A chart draws inside
`use(LIGHT)` or `use(DARK)`, and asks for colours by design; what it gets are matplotlib's own
`C0`, `C1` … of that context, so no chart knows which of the two it is in.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from workbench.designs import DESIGNS

# No date, which would differ each time, and no names of others' pages.
SVG_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
SALT = "fanin-workbench"  # else every SVG gets ids of its own
TARGET_LINES = {"model": "-", "local": (0, (5, 1.5)), "aws": (0, (6, 1.5, 1, 1.5))}
MARKERS = "os^Dvp"  # in the order of the designs


@dataclass(frozen=True)
class Theme:
    """A set of colours; `designs` in the order of `workbench.designs.DESIGNS`."""

    name: str
    paper: str
    ink: str
    faint: str
    grid: str
    designs: tuple[str, ...]


@dataclass(frozen=True)
class Canvas:
    """What a picture is drawn on: its width, its text and its pixels."""

    name: str
    width_in: float
    text_pt: float
    dpi: int
    height_in: float | None = None  # fixed, whatever the panels would take


LIGHT = Theme(
    "light",
    "#ffffff",
    "#1b1f24",
    "#57606a",
    "#d8dee4",
    ("#0072B2", "#D55E00", "#009E73", "#882255"),
)
DARK = Theme(
    "dark",
    "#15181d",
    "#e8eaed",
    "#a8b0b8",
    "#333a42",
    ("#56B4E9", "#E69F00", "#2FC79A", "#EE3377"),
)
THEMES = (LIGHT, DARK)
BLOG = Canvas("blog", 5.4, 11.0, 200)  # 11 pt of 389 pt: 10 px on a phone 375 px wide
VIDEO = Canvas("video", 12.8, 14.5, 150, height_in=7.2)  # 1920 x 1080
PANELS_IN = 5.4  # the height of two panels, one below the other
PHONE_ROOM_IN = 1.55  # title above and caption below the panels


@contextmanager
def use(theme: Theme, canvas: Canvas = BLOG) -> Iterator[None]:
    """Draw with these colours and text sizes; everything is put back afterwards."""
    size = canvas.text_pt
    settings = {
        "svg.hashsalt": SALT,
        "svg.fonttype": "path",
        "font.family": ["DejaVu Sans"],
        "font.size": size,
        "text.hinting": "none",  # which bends letters at a screen's few pixels
        "axes.titlesize": size,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": size * 0.95,
        "xtick.labelsize": size * 0.9,
        "ytick.labelsize": size * 0.9,
        "figure.titlesize": size * 1.15,
        "figure.titleweight": "bold",
        "axes.prop_cycle": cycler(color=theme.designs),
        "axes.facecolor": theme.paper,
        "axes.edgecolor": theme.faint,
        "axes.labelcolor": theme.ink,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": theme.grid,
        "grid.linewidth": 0.7,
        "figure.facecolor": theme.paper,
        "savefig.facecolor": theme.paper,
        "text.color": theme.ink,
        "xtick.major.pad": size * 0.42,  # clear of the first label of the other axis
        "xtick.color": theme.faint,
        "ytick.color": theme.faint,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "lines.linewidth": size / 5.5,
        "lines.markersize": size / 1.8,
        "hatch.color": theme.faint,
    }
    with mpl.rc_context({**mpl.rcParamsDefault, **settings, "backend": mpl.rcParams["backend"]}):
        yield


def blank(canvas: Canvas = BLOG, panels_in: float = PANELS_IN) -> Figure:
    """An empty figure of that canvas, high enough for panels of that height together."""
    height = canvas.height_in or PHONE_ROOM_IN + panels_in
    figure = Figure(figsize=(canvas.width_in, height), dpi=canvas.dpi, layout="constrained")
    FigureCanvasAgg(figure)  # whose renderer is kept: sizes of texts are asked for often
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08, hspace=0.06, wspace=0.05)
    return figure


def colour(design: str) -> str:
    """The colour of a design, in whichever theme is in use."""
    return f"C{list(DESIGNS).index(design)}"


def marker(design: str) -> str:
    """The mark of a design."""
    return MARKERS[list(DESIGNS).index(design) % len(MARKERS)]


def colours(theme: Theme) -> dict[str, str]:
    """A theme as CSS variables: those of the page, and one a design."""
    page = {f"--{name}": getattr(theme, name) for name in ("paper", "ink", "faint", "grid")}
    return page | {f"--{name}": own for name, own in zip(DESIGNS, theme.designs, strict=True)}


def tint(design: str, strength: float) -> tuple[float, ...]:
    """A design's colour mixed with the paper: 1 is the colour, 0 the paper."""
    over, under = (np.array(to_rgb(c)) for c in (colour(design), mpl.rcParams["figure.facecolor"]))
    return tuple(strength * over + (1 - strength) * under)


def ink() -> str:
    """The colour of text."""
    return mpl.rcParams["text.color"]


def faint() -> str:
    """The colour of what should stand back: axes, notes, captions."""
    return mpl.rcParams["axes.edgecolor"]


def text_pt(share: float = 1.0) -> float:
    """A size of text as a share of the canvas' own."""
    return mpl.rcParams["font.size"] * share


def save(figure: Figure, stem: Path, formats: tuple[str, ...] = ("svg", "png")) -> list[Path]:
    """Write a figure as `<stem>.<format>`: the same figure gives the same bytes."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    freeze(figure)
    paths = {stem.with_name(f"{stem.name}.{kind}"): kind for kind in formats}
    for path, kind in paths.items():
        path.write_bytes(encoded(figure, kind))
    return list(paths)


def encoded(figure: Figure, kind: str = "png") -> bytes:
    """A figure as a PNG or SVG picture in the theme in use, the same bytes each time."""
    held = io.BytesIO()
    figure.savefig(held, format=kind, metadata=SVG_METADATA if kind == "svg" else None)
    return held.getvalue()


def settle(figure: Figure) -> None:
    """Lay the figure out, so that sizes in pixels are known."""
    if engine := figure.figure.get_layout_engine():
        engine.execute(figure.figure)


def fix_colours(figure: Figure) -> None:
    """Every colour as it is now: `C0` would be another one when it is drawn outside this theme."""
    for line in figure.findobj(Line2D):
        line.set_color(to_rgba(line.get_color()))
        line.set_markerfacecolor(to_rgba(line.get_markerfacecolor()))
        line.set_markeredgecolor(to_rgba(line.get_markeredgecolor()))
    for text in figure.findobj(Text):
        text.set_color(to_rgba(text.get_color()))


def freeze(figure: Figure) -> None:
    """Lay a finished figure out once and for all: later drawings need no second layout."""
    settle(figure)
    figure.set_layout_engine(None)  # a placeholder would have every drawing made twice

"""One look for every picture: colour means the design, line style and marker mean the target.

Beside them each theme has colours that are no design's: coordination has the `accent`, the work
itself is `quiet`, and what a model misses is a `warning`.

Colours are Okabe and Ito's, the fourth is Paul Tol's (wine, magenta), as no other of the former is
far enough from the first three: colour-blind readers can tell them apart. A chart draws inside
`use(LIGHT)` or `use(DARK)`, and asks for colours by design; what it gets are matplotlib's own
`C0`, `C1` … of that context, so no chart knows which of the two it is in.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Text

from analysis.svg import numbered
from workbench.designs import DESIGNS

# No date, which would differ each time, and no names of others' pages.
SVG_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
PROJECT = "fanin-workbench"
FONTS = Path(__file__).parent / "fonts"
FONT = "Inter"
# A sign that Inter's Latin has not, and a reader of an SVG who has no Inter: the next of these.
SUBSTITUTES = ["DejaVu Sans", "Helvetica", "Arial", "sans-serif"]
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
    accent: str
    warning: str
    quiet: str
    designs: tuple[str, ...]


@dataclass(frozen=True)
class Canvas:
    """What a picture is drawn on: its width, its text, its pixels, and what it has room for."""

    name: str
    width_in: float
    text_pt: float
    dpi: int
    height_in: float | None = None  # fixed, whatever the panels would take
    margin: float = 0.015  # of width and height, left free on every side
    note: float = 0.8  # size of the words below, as a share of the text's
    caption: bool = True  # whether it says below how it is read
    tall: float = 1.0  # of its panels, against others with as many
    few: bool = False  # whether it has room for no more than the panel that the title tells of


class Layout(ConstrainedLayoutEngine):
    """Panels between the words above and those below, for which a picture grows where it may."""

    def __init__(self, canvas: Canvas, panels_in: float) -> None:
        super().__init__(w_pad=0.08, h_pad=0.08, hspace=0.06, wspace=0.05)
        self.canvas = canvas
        self.panels_in = panels_in * canvas.tall
        self.words_in = {"above": 0.0, "below": 0.0}

    def keep(self, figure: Figure, where: str, inches: float) -> None:
        """Leave that room `above` or `below` the panels."""
        self.words_in[where] = inches
        if self.canvas.height_in is None:
            figure.set_figheight(self.panels_in + sum(self.words_in.values()))
        height, margin = figure.get_figheight(), self.canvas.margin
        above, below = (self.words_in[side] / height for side in ("above", "below"))
        self.set(rect=(margin, below, 1 - 2 * margin, 1 - above - below))


LIGHT = Theme(
    "light",
    "#ffffff",
    "#1b1f24",
    "#57606a",
    "#d8dee4",
    "#F0B429",
    "#E5405E",
    "#B4BCC5",
    ("#0072B2", "#D55E00", "#009E73", "#882255"),
)
DARK = Theme(
    "dark",
    "#15181d",
    "#e8eaed",
    "#a8b0b8",
    "#333a42",
    "#FFE066",
    "#FF6B6B",
    "#8E99A4",
    ("#56B4E9", "#E69F00", "#2FC79A", "#EE3377"),
)
THEMES = (LIGHT, DARK)
BLOG = Canvas("blog", 7.2, 11.0, 200)  # 518 pt wide: on a column of 700 px text of 15 px
PHONE = Canvas("phone", 390 / 72, 13.0, 144, note=0.85, tall=1.2)  # a point is 1 of 390 pixels
# 1200 x 630 pixels, to be shared
CARD = Canvas("card", 8.0, 13.5, 150, height_in=4.2, margin=0.03, caption=False, few=True)
# 1920 x 1080, for one who speaks: one panel, and large text in place of the notes
STILL = Canvas("still", 12.8, 17.0, 150, height_in=7.2, margin=0.05, caption=False, few=True)
PANELS_IN = 5.4  # the height of two panels, one below the other


@contextmanager
def use(theme: Theme, canvas: Canvas = BLOG) -> Iterator[None]:
    """Draw with these colours and text sizes; everything is put back afterwards."""
    _know_fonts()
    size = canvas.text_pt
    settings = {
        "svg.hashsalt": PROJECT,
        "svg.fonttype": "none",  # text stays text: it can be searched, and read aloud
        "font.family": [FONT, "sans-serif"],
        "font.sans-serif": SUBSTITUTES,
        "font.size": size,
        "text.hinting": "none",  # which bends letters at a screen's few pixels
        "axes.titlesize": size,
        "axes.titleweight": "bold",
        "axes.titlepad": size * 0.6,
        "axes.titlelocation": "left",
        "axes.labelsize": size * 0.95,
        "xtick.labelsize": size * 0.9,
        "ytick.labelsize": size * 0.9,
        "figure.titlesize": size * 1.3,
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
        **dict.fromkeys(("figure.facecolor", "savefig.facecolor"), theme.paper),
        "text.color": theme.ink,
        "xtick.major.pad": size * 0.42,  # clear of the first label of the other axis
        **dict.fromkeys(("xtick.color", "ytick.color"), theme.faint),
        **dict.fromkeys(("xtick.labelcolor", "ytick.labelcolor"), theme.ink),
        "lines.linewidth": size / 5.5,
        "lines.markersize": size / 1.8,
        "hatch.color": theme.faint,
    }
    with mpl.rc_context({**mpl.rcParamsDefault, **settings, "backend": mpl.rcParams["backend"]}):
        yield


@cache
def _know_fonts() -> None:
    """Make the typeface known that comes with the project, once."""
    for path in sorted(FONTS.glob("*.ttf")):
        fontManager.addfont(path)


def blank(canvas: Canvas = BLOG, panels_in: float = PANELS_IN) -> Figure:
    """An empty figure of that canvas, with room for panels of that height together."""
    size = canvas.width_in, canvas.height_in or panels_in * canvas.tall
    figure = Figure(figsize=size, dpi=canvas.dpi, layout=Layout(canvas, panels_in))
    FigureCanvasAgg(figure)  # whose renderer is kept: sizes of texts are asked for often
    return figure


def few(figure: Figure) -> bool:
    """Whether a figure has room for no more than the panel that its title tells of."""
    return figure.get_layout_engine().canvas.few


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


def accent() -> str:
    """The colour of coordination."""
    return _in_use().accent


def warning() -> str:
    """The colour of what is wrong: a measurement that a model misses."""
    return _in_use().warning


def quiet() -> str:
    """The colour of what is only there: the work itself."""
    return _in_use().quiet


def _in_use() -> Theme:
    """The theme in use, known by its paper."""
    return next(one for one in THEMES if one.paper == mpl.rcParams["figure.facecolor"])


def save(
    figure: Figure,
    stem: Path,
    formats: tuple[str, ...] = ("svg", "png"),
    title: str = "",
    description: str = "",
) -> list[Path]:
    """Write a figure as `<stem>.<format>`: the same figure gives the same bytes."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    freeze(figure)
    paths = {stem.with_name(f"{stem.name}.{kind}"): kind for kind in formats}
    for path, kind in paths.items():
        path.write_bytes(encoded(figure, kind, title, description))
    return list(paths)


def encoded(figure: Figure, kind: str = "png", title: str = "", description: str = "") -> bytes:
    """A figure as a PNG or SVG picture in the theme in use, the same bytes each time.

    What it shows is told inside for those who cannot see it.
    """
    held, told = io.BytesIO(), {"Title": title or None, "Description": description or None}
    if kind == "png":
        figure.savefig(held, format=kind, metadata={k: v for k, v in told.items() if v})
        return held.getvalue()
    named = {"Title": title} if title else {}
    figure.savefig(held, format=kind, metadata=SVG_METADATA | named)
    described = f"<desc>{escape(description)}</desc>" if description else ""
    return numbered(held.getvalue()).replace(b"</title>", f"</title>{described}".encode(), 1)


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

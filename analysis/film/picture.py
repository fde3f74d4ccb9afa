"""Drawing on a picture of plain bytes, which is quick: letters, boxes and dots.

A picture is height x width x 3 bytes. Digits of a number that ticks are all as wide as a zero, so
that it stands still.
"""

import re
from functools import cache, lru_cache

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image, ImageDraw, ImageFont

from analysis.caption import TOGETHER
from analysis.theme import FONTS

PIECES = re.compile(r"\d|\D+")  # of a text that ticks
SMALLEST = 28  # pixels of text that a phone can show


@cache
def rgb(colour: str) -> np.ndarray:
    """A colour as three bytes."""
    return np.array([round(255 * part) for part in to_rgb(colour)], dtype=np.float32)


def mixed(colour: str, paper: str, share: float) -> str:
    """A colour mixed with the paper: 1 is the colour, 0 the paper."""
    parts = share * rgb(colour) + (1 - share) * rgb(paper)
    return "#" + "".join(f"{round(float(part)):02x}" for part in parts)


def blank(width: int, height: int, paper: str) -> np.ndarray:
    """An empty picture."""
    return np.full((height, width, 3), rgb(paper), dtype=np.uint8)


def width_of(text: str, size: int, bold: bool = False, ticks: bool = False) -> int:
    """How wide a text is, in pixels."""
    pieces = PIECES.findall(text) if ticks else [text]
    return round(sum(_advance(piece, size, bold, ticks) for piece in pieces))


def write(
    picture: np.ndarray,
    text: str,
    place: tuple[int, int],
    size: int,
    colour: str,
    bold: bool = False,
    right: bool = False,
    ticks: bool = False,
) -> int:
    """Write a text from its upper left corner, or its upper right one; give its width in pixels."""
    width = width_of(text, size, bold, ticks)
    pen, top = float(place[0] - width if right else place[0]), place[1]
    for piece in PIECES.findall(text) if ticks else [text]:
        advance = _advance(piece, size, bold, ticks)
        mask, own = _mask(piece, size, bold)
        _blend(picture, mask, round(pen + (advance - own) / 2), top, rgb(colour))
        pen += advance
    return width


def fitted(text: str, size: int, room: int, bold: bool = False) -> int:
    """The size at which a text fits a width, also if it ticks; never under what a phone shows."""
    while size > SMALLEST and width_of(text, size, bold, ticks=True) > room:
        size -= 1
    return size


def wrapped(text: str, size: int, room: int, bold: bool = False) -> list[str]:
    """A text broken into lines that fit a width."""
    lines = [""]
    for word in TOGETHER.sub("\\1\N{NO-BREAK SPACE}", text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size, bold) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def box(picture: np.ndarray, place: tuple[int, int], size: tuple[int, int], colour: str) -> None:
    """Fill a box; `place` is its upper left corner."""
    (left, top), (width, height) = place, size
    picture[top : top + height, left : left + width] = rgb(colour)


def stamp(picture: np.ndarray, places: np.ndarray, size: int, colours: np.ndarray) -> None:
    """Put a dot of that many pixels at each place, which is its upper left corner."""
    mask = _dot(size)[None, :, :, None]
    at = np.rint(places).astype(int)
    rows = at[:, 1, None, None] + np.arange(size)[None, :, None]
    columns = at[:, 0, None, None] + np.arange(size)[None, None, :]
    under = picture[rows, columns].astype(np.float32)
    picture[rows, columns] = under + (colours[:, None, None, :] - under) * mask + 0.5


def _blend(picture: np.ndarray, mask: np.ndarray, left: int, top: int, colour: np.ndarray) -> None:
    """Lay a colour over a picture where a mask lets it; what lies outside is an error."""
    height, width = mask.shape
    if left < 0 or top < 0 or left + width > picture.shape[1] or top + height > picture.shape[0]:
        raise ValueError(f"text at {left}, {top} does not fit the picture")
    under = picture[top : top + height, left : left + width]
    under[...] = under + (colour - under) * mask[:, :, None] + 0.5


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"Inter-{'Bold' if bold else 'Regular'}.ttf"), size)


@lru_cache(1024)
def _advance(piece: str, size: int, bold: bool, ticks: bool) -> float:
    """How far a piece of text moves the pen."""
    return _font(size, bold).getlength("0" if ticks and piece.isdigit() else piece)


@lru_cache(1024)
def _mask(piece: str, size: int, bold: bool) -> tuple[np.ndarray, float]:
    """A piece of text as shares of its colour, and its own advance."""
    font = _font(size, bold)
    ascent, descent = font.getmetrics()
    length = font.getlength(piece)
    image = Image.new("L", (int(length) + 2, ascent + descent))
    ImageDraw.Draw(image).text((0, ascent), piece, fill=255, font=font, anchor="ls")
    return np.asarray(image, dtype=np.float32) / 255, length


@cache
def _dot(size: int) -> np.ndarray:
    """A round dot with a soft rim, as shares of its colour."""
    middle = (np.arange(size) - (size - 1) / 2) ** 2
    reach = np.sqrt(middle[:, None] + middle[None, :])
    return np.clip(size / 2 + 0.3 - reach, 0, 1).astype(np.float32)

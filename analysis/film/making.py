"""Makes the film: wide and tall as MP4, and the wide one small, as a GIF."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analysis import theme
from analysis.film import encoder
from analysis.film.end_card import end_card, verdicts_of
from analysis.film.pace import FPS
from analysis.film.reel import Reel, reel_of
from analysis.film.scene import Scene
from analysis.film.shape import SHAPES, WIDE, Shape
from analysis.frames import Frames

CARD_S = 5.5  # that the last picture stands
GIF_FPS, GIF_WIDTH = 10, 960


def film(frames: Frames, folder: Path, look: theme.Theme = theme.DARK) -> list[Path]:
    """Write `film.mp4`, `film-tall.mp4` and `film.gif` into a folder.

    Raises NothingToShow if no two designs ran one batch.
    """
    reel, said = reel_of(frames, look), verdicts_of(frames)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for shape in SHAPES:
        size = shape.width, shape.height
        films = {folder / f"{shape.name}.mp4": (encoder.mp4, FPS)}
        if shape is WIDE:
            films[folder / f"{shape.name}.gif"] = (small, GIF_FPS)
        open_films = [(make(path, size, fps), fps) for path, (make, fps) in films.items()]
        for number, drawn in enumerate(pictures(reel, shape, said)):
            for one, fps in open_films:
                if number % (FPS // fps) == 0:
                    one.send(drawn)
        for one, _ in open_films:
            one.close()
        written += films
    return written


def small(path: Path, size: tuple[int, int], fps: int) -> Any:
    """A GIF of the width that is shown in a page."""
    return encoder.gif(path, size, fps, GIF_WIDTH)


def pictures(reel: Reel, shape: Shape, said: list[str]) -> Iterator[np.ndarray]:
    """Every picture of the film, the end card as often as it stands."""
    scene = Scene(reel, shape)
    for number in range(len(reel.clock)):
        yield scene.frame(number)
    card = end_card(reel, shape, said)
    for _ in range(round(CARD_S * FPS)):
        yield card

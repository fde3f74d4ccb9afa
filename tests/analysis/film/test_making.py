"""The film as files."""

import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from analysis.film import making
from analysis.film.end_card import end_card, verdicts_of
from analysis.film.making import film, pictures
from analysis.film.pace import FPS
from analysis.film.shape import SHAPES
from analysis.frames import Frames
from analysis.needs import NothingToShow

SIZES = {"film.mp4": "1920x1080", "film-tall.mp4": "1080x1920", "film.gif": "960x540"}


def test_the_film_is_the_same_bytes_twice_and_plays(frames, tmp_path, short):
    one, two = (film(frames, tmp_path / name) for name in ("one", "two"))
    assert {path.name for path in one} == set(SIZES)
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    for path in one:
        found = subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "null", "-"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stderr
        assert SIZES[path.name] in found
        assert ("gif" if path.suffix == ".gif" else "h264") in found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_film_ends_with_its_card(reel, frames, shape, monkeypatch):
    monkeypatch.setattr(making.Scene, "frame", lambda _, number: number)
    said = verdicts_of(frames)
    shown = list(pictures(reel, shape, said))
    stands = round(making.CARD_S * FPS)
    assert shown[:-stands] == list(range(len(reel.clock)))
    assert all(np.array_equal(own, shown[-1]) for own in shown[-stands:])
    assert np.array_equal(shown[-1], end_card(reel, shape, said))


def test_nothing_is_written_where_there_is_nothing_to_show(folder, stored, tmp_path):
    frames = Frames(stored(folder("sqs", "model", 100)))
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        film(frames, tmp_path / "film")
    assert not (tmp_path / "film").exists()

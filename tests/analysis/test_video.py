"""The film of every design draining one batch."""

import subprocess
from itertools import islice, pairwise

import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest

from analysis import theme, video
from analysis.frames import Frames
from analysis.needs import NothingToShow
from analysis.video import held, replay
from workbench.designs import DESIGNS


def still(frames, at_share):
    """One picture of the film, at a share of its length: height x width x 4 bytes."""
    with theme.use(theme.DARK, theme.VIDEO):
        figure, columns = video._scene(frames)
        last = int(at_share * (round(video.DRAIN_S * video.FPS) - 1))
        next(islice(video._pictures(figure.canvas, columns), last, None))
        return np.asarray(figure.canvas.buffer_rgba()).copy()


def test_a_picture_of_the_film_changes_with_time_and_has_its_size(frames):
    early, late = (still(frames, share) for share in (0.1, 1.0))
    assert early.shape == late.shape == (1080, 1920, 4)
    changed = np.mean(np.any(early != late, axis=2))
    assert 0.001 < changed < 0.2  # the lines and the counters, nothing else


@pytest.mark.parametrize("failed", [0, 1])
def test_no_counter_lies_on_the_next_or_is_cut(frames, failed):
    last = round(video.DRAIN_S * video.FPS) - 1
    with theme.use(theme.DARK, theme.VIDEO):
        figure, columns = video._scene(frames)
        figure.canvas.draw()
        boxes = []
        for column in columns:
            column.run["items_failed"] = failed
            video._grow(column, last)
            boxes.append(column.counter.get_window_extent())
    assert [column.run["design"] for column in columns] == list(DESIGNS)
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))
    width, height = figure.canvas.get_width_height()
    assert (boxes[-1].x1 < width, max(box.y1 for box in boxes) < height) == (True, True)


def test_one_design_alone_makes_no_film(folder, stored, tmp_path):
    frames = Frames(stored(folder("sqs", "model", 100)))
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        video.film(frames, tmp_path / "film")
    assert not (tmp_path / "film" / "drain.mp4").exists()


def test_the_film_is_the_same_bytes_twice_and_plays(frames, tmp_path, monkeypatch):
    monkeypatch.setattr(video, "DRAIN_S", 0.4)
    monkeypatch.setattr(video, "HOLD_S", 0.2)
    one, two = (video.film(frames, tmp_path / name) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    found = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(one[0]), "-i", str(one[1]), "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert "h264" in found
    assert "1920x1080" in found
    assert "gif" in found
    assert "960x540" in found


def test_a_sample_holds_until_the_next_and_nothing_is_there_before_the_first():
    samples = pd.DataFrame({"t_s": [1.0, 3.0], "value": [5.0, 7.0]})
    assert held(samples, np.array([0.0, 1.0, 2.9, 3.0, 99.0])).tolist() == [0, 5, 5, 7, 7]


def test_dollars_grow_to_the_whole_bill_and_never_shrink(frames):
    for _, run in frames.batch.iterrows():
        samples = frames.batch_timelines[frames.batch_timelines["run_id"] == run["run_id"]]
        bill = frames.batch_bills[frames.batch_bills["run_id"] == run["run_id"]]
        for kept in (samples, samples[samples["metric"] != "cost_usd"]):
            film = replay(run, kept, bill, np.linspace(0, run["detected_s"], 50))
            assert film["cost_usd"].is_monotonic_increasing
            assert film["cost_usd"].iloc[-1] == pytest.approx(run["batch_usd"], rel=1e-6)
            assert film["items_done"].iloc[-1] == run["items"]
            assert list(film["left"].iloc[[0, -1]]) == [run["items"], 0]


def test_a_run_that_keeps_no_items_done_cannot_be_shown(frames):
    run = frames.batch.iloc[0]
    samples = frames.batch_timelines[frames.batch_timelines["metric"] != "items_done"]
    with pytest.raises(NothingToShow, match="keeps no items_done"):
        replay(run, samples, frames.batch_bills, np.array([0.0]))

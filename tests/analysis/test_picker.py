"""Stored runs can be found, picked and compared."""

import pytest

from analysis.frames import Frames
from analysis.picker import MOST, Picker


@pytest.fixture
def picker(frames):
    return Picker(frames)


def test_every_stored_run_is_listed(picker, frames):
    assert len(picker.list.options) == len(frames.runs)
    assert f"{len(frames.runs)} runs" in picker.message.value


def test_words_narrow_the_list(picker):
    picker.find.value = "sfn local 10,000"
    [(text, run_id)] = picker.list.options
    assert text.startswith("sfn  local  10,000 items  seed 7  default")
    assert run_id.startswith("sfn-local-10000")


def test_picked_runs_are_compared_in_numbers_and_lines(picker):
    picker.find.value = "1,000 seed 7 default"
    picked = [run_id for _, run_id in picker.list.options][:3]
    picker.list.value = tuple(picked)
    assert all(run_id in picker.table.value for run_id in picked)
    assert bytes(picker.picture.value).startswith(b"\x89PNG")


def test_too_many_are_compared_in_numbers_and_refused_as_lines(picker):
    picker.list.value = (picker.list.options[0][1],)
    assert bytes(picker.picture.value).startswith(b"\x89PNG")
    picker.list.value = tuple(run_id for _, run_id in picker.list.options[: MOST + 1])
    assert bytes(picker.picture.value) == b""  # not the lines of other runs beside these numbers
    assert f"{MOST + 1} runs are picked; {MOST} can be kept apart" in picker.message.value
    assert picker.table.value.count("<tr>") == MOST + 1


def test_nothing_stored_is_said(tmp_path):
    empty = Picker(Frames(tmp_path))
    assert empty.list.options == ()
    assert empty.message.value.startswith("No run is stored")

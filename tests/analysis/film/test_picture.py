"""Letters, boxes and dots on plain bytes."""

import numpy as np
import pytest

from analysis.film import picture


@pytest.fixture
def paper():
    return picture.blank(400, 100, "#000000")


def test_a_number_that_ticks_is_as_wide_whatever_its_digits():
    widths = {picture.width_of(f"{digit}:11.{digit}", 40, ticks=True) for digit in range(10)}
    assert len(widths) == 1
    assert picture.width_of("11", 40) < picture.width_of("00", 40)


@pytest.mark.parametrize("right", [False, True])
def test_text_lies_where_it_is_put_in_its_colour(paper, right):
    width = picture.write(paper, "done", (200, 30), 30, "#ff0000", right=right)
    rows, columns = np.nonzero(paper[:, :, 0] > 128)
    left = 200 - width if right else 200
    assert left - 1 <= columns.min() < columns.max() <= left + width + 1
    assert 30 <= rows.min() < rows.max() < 30 + 40
    assert paper[:, :, 1:].max() == 0


def test_text_that_would_be_cut_is_an_error(paper):
    with pytest.raises(ValueError, match="does not fit"):
        picture.write(paper, "done", (380, 30), 30, "#ffffff")


def test_a_text_is_made_smaller_to_fit_but_stays_readable():
    assert picture.fitted("short", 50, 400) == 50
    assert picture.width_of("x" * 20, picture.fitted("x" * 20, 50, 400)) <= 400
    assert picture.fitted("x" * 200, 50, 400) == picture.SMALLEST


def test_lines_fit_their_room_and_keep_every_word():
    text = "fanin-workbench · modelled, 4 runs · prices of 2026-11-23 · commit 8848116"
    lines = picture.wrapped(text, 28, 500)
    assert all(picture.width_of(line, 28) <= 500 for line in lines)
    assert " ".join(lines).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_dot_has_its_colour_in_its_middle_and_touches_nothing_else(paper):
    places, colours = np.array([[10.0, 20.0], [18.4, 20.0]]), np.array([[255.0, 0, 0], [0, 255, 0]])
    picture.stamp(paper, places, 6, colours)
    assert paper[23, 13].tolist() == [255, 0, 0]
    assert paper[23, 21].tolist() == [0, 255, 0]
    paper[20:26, 10:16], paper[20:26, 18:24] = 0, 0
    assert paper.max() == 0

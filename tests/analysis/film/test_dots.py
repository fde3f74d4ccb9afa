"""Where each dot is in each frame."""

import numpy as np
import pandas as pd
import pytest

from analysis.film.dots import MOST, MOVE, dots_of, homes_of, scale_of

HOMES = homes_of(40, 25, 8, [0, 400, 800], 0)


def moments(done, at_work, items):
    """Frames by hand."""
    frame = pd.DataFrame({"items_done": done, "at_work": at_work}, dtype=float)
    return frame.assign(waiting=items - frame["items_done"] - frame["at_work"])


@pytest.mark.parametrize("items", [1, 100, 1_000, 1_001, 123_457, 100_000_000])
def test_every_item_has_its_dot_and_there_are_never_too_many_dots(items):
    scale = scale_of(items)
    assert scale.dots <= MOST
    assert (scale.dots - 1) * scale.each < items <= scale.dots * scale.each
    assert scale.of(np.array([0, items]), items).tolist() == [0, scale.dots]


def test_the_dots_of_a_zone_are_its_items_by_the_scale_in_every_frame(reel):
    for player in reel.players:
        zones = player.moments[["waiting", "at_work", "items_done"]].to_numpy()
        for frame in range(0, len(reel.clock), 7):
            counted = np.bincount(player.dots.zones(frame), minlength=3)
            assert counted.sum() == reel.scale.dots
            assert abs(counted - zones[frame] / reel.scale.each).max() <= 1


def test_a_dot_goes_from_waiting_by_its_place_at_work_to_done():
    film = moments([0, 0, 0] + [0] * 20 + [1] * 20, [0, 1, 1] + [1] * 20 + [0] * 20, 1)
    dots = dots_of(film, 1, scale_of(1))
    at = [dots.at(frame, HOMES)[0].tolist() for frame in range(43)]
    waiting, work, done = (home[0].tolist() for home in HOMES)
    assert (at[0], at[1 + MOVE], at[23 + MOVE]) == (waiting, work, done)
    assert waiting[0] < at[1 + MOVE // 2][0] < work[0] < at[23 + MOVE // 2][0] < done[0]


def test_no_two_dots_have_one_place_at_work(reel):
    for player in reel.players:
        for frame in range(0, len(reel.clock), 5):
            own = player.dots.places[player.dots.zones(frame) == 1]
            assert len(set(own)) == len(own)


def test_a_place_that_comes_free_is_taken_again():
    film = moments([0, 100, 200, 300], [100, 100, 100, 0], 300)
    dots = dots_of(film, 300, scale_of(300))
    assert set(dots.places) == set(range(100))

"""The pictures of the film, in both shapes."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from analysis import theme
from analysis.film import picture
from analysis.film.end_card import end_card, verdicts_of
from analysis.film.reel import clock_of, reel_of
from analysis.film.scene import KNOWN, UNKNOWN, Scene
from analysis.film.shape import SHAPES, TALL
from analysis.frames import Frames
from workbench.designs import DESIGNS

by_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


@pytest.fixture
def words(monkeypatch):
    """Every text that is written, with its box and its size."""
    written, write = [], picture.write

    def noted(paper, text, place, size, colour, **how):
        width = write(paper, text, place, size, colour, **how)
        left = place[0] - width if how.get("right") else place[0]
        # From the top of a capital to the end of a tail.
        box = left, place[1] + 0.24 * size, left + width, place[1] + 1.18 * size
        written.append((text, box, size))
        return width

    monkeypatch.setattr(picture, "write", noted)
    return written


def frames_of(reel):
    """Numbers of frames from all over the film, among them each design's not knowing."""
    unknown = reel.clock.index[reel.clock["unknown"].map(bool)]
    last = len(reel.clock) - 1
    return [0, 10, last // 4, last // 2, *unknown[:: max(1, len(unknown) // 6)], last]


def check(words, shape):
    """No two texts touch, all are within the margins and large enough."""
    for text, (left, top, right, bottom), size in words:
        assert shape.left - 1 <= left, text
        assert right <= shape.width - shape.left + 1, text
        assert shape.top <= top, text
        assert bottom <= shape.height - shape.top + 8, text
        assert size >= 28, text
    for (one, a, _), (other, b, _) in combinations([own for own in words if own[0]], 2):
        apart = a[2] < b[0] or b[2] < a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one!r} touches {other!r}"


def check_frames(reel, shape, words):
    """The same of frames from all over the film."""
    scene = Scene(reel, shape)
    still = list(words)
    for number in frames_of(reel):
        del words[:]
        scene.frame(number)
        check([*still, *words], shape)


@by_shape
def test_no_text_touches_another_or_is_too_small_in_any_picture(reel, frames, shape, words):
    check_frames(reel, shape, words)
    del words[:]
    end_card(reel, shape, verdicts_of(frames))
    check(words, shape)


@by_shape
@pytest.mark.parametrize("items", [100, 10_000_000])
def test_two_designs_and_other_sizes_find_room_too(folder, stored, shape, words, items):
    frames = Frames(stored(folder("counters", "model", items), folder("durable", "model", items)))
    check_frames(reel_of(frames, theme.DARK), shape, words)


@by_shape
def test_a_picture_has_its_size_and_says_what_was_modelled_and_at_which_prices(reel, shape, words):
    assert Scene(reel, shape).frame(5).shape == (shape.height, shape.width, 3)
    told = " ".join(text for text, _, _ in words).replace("\N{NO-BREAK SPACE}", " ")
    assert "modelled · one dot is 100 items" in told
    assert f"prices of {reel.chosen.runs['price_date'].iloc[0]}" in told
    for design in DESIGNS:
        assert design in told
    assert "$ is the bill so far" in told
    words.clear()
    Scene(replace(reel, spread=True), shape)
    assert any("$ is the bill, spread over the run" in text for text, _, _ in words)


@by_shape
def test_done_dots_turn_to_not_known_at_the_last_item_and_to_the_design_when_it_knows(reel, shape):
    scene = Scene(reel, shape)
    for player, homes in zip(reel.players, scene.homes, strict=True):
        t_s = reel.clock["t_s"].to_numpy()
        last, knows = np.searchsorted(t_s, [player.run["processed_s"], player.run["detected_s"]])
        x, y = (homes[2][3] + shape.dot // 2).astype(int)  # of a dot that has been there for long
        seen = [scene.frame(number)[y, x] for number in (last - 1, last, knows - 1, knows)]
        dark = picture.rgb(picture.mixed(player.colour, reel.look.paper, 0.5))
        expected = [dark, *[picture.rgb(reel.look.accent)] * 2, picture.rgb(player.colour)]
        assert np.abs(np.array(seen, dtype=float) - expected).max() <= 1


@by_shape
def test_title_and_clocks_say_who_does_not_know_and_for_how_long(reel, shape, words):
    scene = Scene(reel, shape)
    for player in reel.players:
        number = int(np.searchsorted(reel.clock["t_s"], player.run["detected_s"])) - 1
        del words[:]
        scene.frame(number)
        told = [text for text, _, _ in words]
        title = next(text for text in told if text.startswith(f"{UNKNOWN}: "))
        assert player.run["design"] in title
        assert f"{reel.clock['t_s'][number] - player.run['processed_s']:,.1f} s" in told
        assert clock_of(reel.clock["t_s"][number]) in told
    del words[:]
    scene.frame(len(reel.clock) - 1)
    told = [text for text, _, _ in words]
    assert KNOWN in told
    for player in reel.players:
        assert f"{player.run['detection_lag_s']:,.1f} s later" in told
        assert reel.usd(player.run["batch_usd"]) in told


def test_numbers_and_dollars_are_those_of_the_moment(reel, words):
    scene = Scene(reel, TALL)
    for number in (100, 200):
        del words[:]
        scene.frame(number)
        told = [text for text, _, _ in words]
        for player in reel.players:
            now = player.moments.iloc[number]
            assert reel.usd(now["cost_usd"]) in told
            for zone in ("waiting", "at_work", "items_done"):
                assert f"{now[zone]:,.0f}" in told


def test_a_time_is_said_in_minutes_and_seconds_and_in_hours_if_need_be():
    assert [clock_of(t) for t in (0, 59.94, 59.96, 3_723.44)] == [
        "0:00.0",
        "0:59.9",
        "1:00.0",
        "1:02:03.4",
    ]


def test_the_rate_of_the_clock_is_said(reel):
    rates = reel.clock["rate"]
    assert reel.paced(0.0) == "the clock stands still"
    assert reel.paced(rates.max()).startswith("one second shows ")
    assert reel.paced(rates.max() / 3).startswith("slower: one second shows ")

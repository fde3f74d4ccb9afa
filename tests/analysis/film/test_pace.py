"""How the film's seconds follow the run's."""

import pandas as pd
import pytest

from analysis.film import pace
from analysis.film.pace import FPS, clock


def runs(*ends):
    """Runs with these times of the last item and of knowing."""
    frame = pd.DataFrame(ends, columns=["processed_s", "detected_s"])
    return frame.assign(design=[f"d{number}" for number in range(len(ends))])


def test_the_clock_goes_from_the_trigger_to_the_last_design_that_knows_and_never_back(frames):
    found = clock(frames.batch)
    assert found["t_s"].iloc[0] == 0
    assert found["t_s"].iloc[-1] == frames.batch["detected_s"].max()
    assert found["t_s"].is_monotonic_increasing


def test_the_film_with_its_end_card_takes_twenty_to_thirty_seconds(frames):
    from analysis.film.making import CARD_S

    assert 20 <= len(clock(frames.batch)) / FPS + CARD_S <= 30


def test_the_clock_stands_still_at_each_last_item_and_is_slow_until_it_is_known():
    found = clock(runs((100.0, 104.0), (150.0, 170.0)))
    for moment in (100.0, 150.0):
        still = found[(found["rate"] == 0) & (found["t_s"] == moment)]
        assert len(still) == pytest.approx(pace.STOP_S * FPS, abs=1)
    rates = sorted(set(found["rate"].round(9)))
    assert rates == pytest.approx([0, 24 / pace.UNKNOWN_S, 146 / pace.WORK_S])
    slow = found[found["rate"].round(9) == rates[1]]
    assert all(slow["unknown"].map(bool))


def test_nobody_knows_from_the_last_item_until_the_moment_that_it_is_known():
    found = clock(runs((100.0, 104.0), (102.0, 103.0)))
    for _, row in found.iterrows():
        expected = [name for name, start, stop in (("d0", 100, 104), ("d1", 102, 103))
                    if start <= row["t_s"] < stop]  # fmt: skip
        assert list(row["unknown"]) == expected


def test_a_design_that_knows_at_once_is_no_reason_to_stop():
    found = clock(runs((100.0, 100.0), (150.0, 150.0)))
    begun = round(pace.START_S * FPS)
    assert (found["rate"].iloc[begun : begun + round(pace.WORK_S * FPS)] > 0).all()
    assert not found["unknown"].map(bool).any()

"""What each moment of the film shows of one run."""

import numpy as np
import pandas as pd
import pytest

from analysis.film import replay as replays
from analysis.film.replay import held, replay
from analysis.needs import NothingToShow


def of_run(frames, run):
    """The timeline and the bill of a run."""
    tables = frames.batch_timelines, frames.batch_bills
    return [table[table["run_id"] == run["run_id"]] for table in tables]


def samples(**metrics):
    """A timeline by hand: a second between two values."""
    frames = [
        pd.DataFrame({"t_s": np.arange(len(values), dtype=float), "metric": name, "value": values})
        for name, values in metrics.items()
    ]
    return pd.concat(frames, ignore_index=True)


def by_hand(frames, design="sqs", **metrics):
    """The moments of a run of 1,000 items, 100 an invocation, done after 8 s and known after 9."""
    run = frames.batch.set_index("design", drop=False).loc[design].copy()
    run["items"], run["processed_s"], run["detected_s"] = 1_000, 8.0, 9.0
    bill = frames.batch_bills[frames.batch_bills["run_id"] == run["run_id"]]
    return replay(run, samples(**metrics), bill, np.arange(11.0))


RAMP = {
    "concurrency": [0, 1, 2, 3, 4, 4, 3, 1, 0, 0],
    "items_done": [0, 0, 0, 200, 400, 600, 700, 900, 1_000, 1_000],
}


def test_a_sample_holds_until_the_next_and_nothing_is_there_before_the_first():
    own = pd.DataFrame({"t_s": [1.0, 3.0], "value": [5.0, 7.0]})
    assert held(own, np.array([0.0, 1.0, 2.9, 3.0, 99.0])).tolist() == [0, 5, 5, 7, 7]


def test_dollars_grow_to_the_whole_bill_and_never_shrink(frames):
    for _, run in frames.batch.iterrows():
        own, bill = of_run(frames, run)
        for kept in (own, own[own["metric"] != "cost_usd"]):
            film = replay(run, kept, bill, np.linspace(0, run["detected_s"], 50))
            assert film["cost_usd"].is_monotonic_increasing
            assert film["cost_usd"].iloc[-1] == pytest.approx(run["batch_usd"], rel=1e-6)


def test_every_item_is_somewhere_at_every_moment_and_done_is_what_the_timeline_says(frames):
    for _, run in frames.batch.iterrows():
        own, bill = of_run(frames, run)
        moments_s = np.linspace(0, run["detected_s"], 200)
        film = replay(run, own, bill, moments_s)
        zones = film[["waiting", "at_work", "items_done"]]
        assert (zones.to_numpy() >= 0).all()
        assert zones.sum(axis=1).to_numpy() == pytest.approx(run["items"])
        before = moments_s < run["processed_s"]
        said = held(own[own["metric"] == "items_done"], moments_s)
        assert (film["items_done"] == said)[before].all()
        assert (film["items_done"] == run["items"])[~before].all()


def test_at_work_are_the_items_of_the_invocations_at_work_and_what_has_begun_stays_begun(frames):
    film = by_hand(frames, **RAMP)
    assert film["at_work"].tolist() == [0, 100, 200, 300, 400, 400, 300, 100, 0, 0, 0]
    assert film["waiting"].tolist() == [1_000, 900, 800, 500, 200, 0, 0, 0, 0, 0, 0]
    fewer = by_hand(frames, **(RAMP | {"concurrency": [0, 5, 0, 0, 0, 0, 0, 0, 0, 0]}))
    assert fewer["at_work"].tolist()[:5] == [0, 500, 500, 300, 100]


def test_items_wait_for_a_start_then_for_the_ramp_and_at_last_nobody_knows(frames):
    film = by_hand(frames, **RAMP)
    start, ramp, poll, none = replays.START, replays.RAMP, replays.POLL, replays.NOTHING
    assert film["why"].tolist() == [start, *[ramp] * 4, *[none] * 3, poll, none, none]


def test_items_wait_for_the_cap_once_there_are_as_many_invocations_as_ever(frames):
    done = [0, 0, 0, 200, 400, 500, 600, 800, 1_000, 1_000]
    film = by_hand(frames, concurrency=[1, 2, 2, 2, 2, 2, 2, 2, 0, 0], items_done=done)
    assert film["why"].tolist()[:7] == [replays.RAMP, *[replays.CAP] * 6]


def test_nothing_is_said_of_items_that_wait_while_fewer_work_than_before(frames):
    done = [0, 0, 0, 0, 0, 200, 400, 500, 1_000, 1_000]
    film = by_hand(frames, concurrency=[2, 2, 2, 2, 2, 1, 2, 2, 0, 0], items_done=done)
    assert film["why"].tolist()[:7] == [*[replays.CAP] * 5, replays.UNTOLD, replays.CAP]


def test_throttles_of_this_moment_come_before_the_ramp(frames):
    film = by_hand(frames, **RAMP, throttles=[0, 5, 5, 7, 7, 9, 9, 9, 9, 9])
    told = film["why"].tolist()[:6]
    assert told == [0 + replays.START, replays.THROTTLE, replays.RAMP, replays.THROTTLE,
                    replays.RAMP, replays.NOTHING]  # fmt: skip


def test_without_a_bill_the_dollars_are_not_known(frames):
    run = frames.batch.iloc[0]
    own, bill = of_run(frames, run)
    film = replay(run, own[own["metric"] != "cost_usd"], bill.iloc[:0], np.array([0.0, 1.0]))
    assert film["cost_usd"].isna().all()


def test_a_run_that_keeps_no_items_done_cannot_be_shown(frames):
    run = frames.batch.iloc[0]
    own = frames.batch_timelines[frames.batch_timelines["metric"] != "items_done"]
    with pytest.raises(NothingToShow, match="keeps no items_done"):
        replay(run, own, frames.batch_bills, np.array([0.0]))

"""A run as a film sees it."""

import numpy as np
import pandas as pd
import pytest

from analysis.needs import NothingToShow
from analysis.replay import held, replay


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


def test_a_run_that_keeps_no_backlog_cannot_be_shown(frames):
    run = frames.batch.iloc[0]
    samples = frames.batch_timelines[frames.batch_timelines["metric"] != "backlog"]
    with pytest.raises(NothingToShow, match="keeps no backlog"):
        replay(run, samples, frames.batch_bills, np.array([0.0]))

"""The price of a minute: batches with pollers of their own beside the same without."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis import own_pollers
from analysis.needs import NothingToShow
from workbench.designs import make_design

PLAIN = {"max_concurrency": None}


def frames(*runs):
    """Runs of 1,000 items: their settings, seconds and dollars."""
    rows = [
        {
            "design": "sqs",
            "target": "model",
            "items": 1_000,
            "status": "complete",
            "reason": "",
            "price_date": "2026-11-28",
            "knobs": make_design("sqs", settings=settings).knobs(),
            "detected_s": seconds,
            "batch_usd": usd,
            "cost_usd": usd,
        }
        for settings, seconds, usd in runs
    ]
    return SimpleNamespace(runs=pd.DataFrame(rows))


def test_each_number_of_pollers_says_what_a_minute_less_costs():
    table = own_pollers.table(
        frames(
            (PLAIN, 590, 1.0),
            (PLAIN, 610, 1.0),
            (PLAIN | {"pollers_max": 50}, 720, 1.1),
            (PLAIN | {"pollers_max": 100}, 480, 1.2),
            ({"max_concurrency": 900}, 100, 9.0),  # differs in more than its pollers
        )
    )
    columns = ["pollers", "known after", "$ of the batch", "$ a minute sooner"]
    assert table[columns].to_numpy().tolist() == [
        ["Lambda's own", "10 min", "1", ""],
        ["up to 50", "12 min", "1.1", "no sooner"],
        ["up to 100", "8 min", "1.2", "$0.10"],
    ]


def test_without_the_same_batch_beside_it_there_is_nothing_to_say():
    with pytest.raises(NothingToShow, match=r"Run studies/reference\.yaml"):
        own_pollers.table(frames((PLAIN | {"pollers_max": 50}, 720, 1.1)))

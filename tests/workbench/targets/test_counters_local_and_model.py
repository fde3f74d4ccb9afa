"""The third design: the real handlers on `local` and its model agree."""

from statistics import mean

import pytest

from workbench.designs import Counters
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

SEEDS = range(1, 5)
SETTINGS = (
    Counters(value_max=300),
    Counters(items_per_message=7, messages_per_invocation=3, item_concurrency=5, poll_s=15),
    Counters(items_per_message=1, max_concurrency=None, value_max=200, segment_items=200),
    Counters(poison_per_million=20_000, value_max=300),
    Counters(poison_per_million=100_000, item_concurrency=3, items_per_message=20),
)
DETERMINED = (
    ("AWS Lambda", "Requests", "dispatch"),
    ("Amazon DynamoDB", "WriteRequestUnits", "knowing"),
    ("Amazon Simple Notification Service", "Requests", "knowing"),
)


@pytest.fixture(scope="module")
def local():
    with LocalTarget() as target:
        yield target


def quantity(folder, service, unit, label):
    table = folder.usage
    own = table[(table.service == service) & (table.unit == unit) & (table.label == label)]
    return float(own.quantity.sum())


def unwatched(_progress):
    """Nobody looks."""


@pytest.mark.parametrize(
    "design", SETTINGS, ids=["default", "several", "one by one", "failing", "failing at once"]
)
def test_both_tellings_agree_in_time_and_units(local, design):
    pairs = []
    for seed in SEEDS:
        batch = Batch(500, seed, f"pair-{seed}")
        pairs.append([one.run(design, batch, unwatched) for one in (local, ModelTarget())])
    here, there = (mean(pair[n].run.processed_s for pair in pairs) for n in (0, 1))
    assert there == pytest.approx(here, rel=0.05)
    lags = [mean(pair[n].run.detection_lag_s for pair in pairs) for n in (0, 1)]
    assert abs(lags[0] - lags[1]) <= design.poll_s
    for one, other in pairs:
        assert one.run.items_processed == other.run.items_processed
        assert one.run.items_failed == other.run.items_failed == 500 - one.run.items_processed
        for key in DETERMINED:
            assert quantity(one, *key) == quantity(other, *key)
    work = [mean(quantity(p[n], "AWS Lambda", "GB-Seconds", "work") for p in pairs) for n in (0, 1)]
    assert work[1] == pytest.approx(work[0], rel=0.02)

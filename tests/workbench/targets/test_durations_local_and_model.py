"""Items with a long tail: the real handlers on `local` and the model of each design agree."""

from statistics import mean

import pytest

from workbench.designs import DESIGNS, make_design
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.runs.runner import priced
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

TAIL = {"durations": "0:20 50:300 90:1500 99:6000 99.9:20000 100:60000"}
KNOBS = {"sfn": {"child_type": "STANDARD", "items_per_child": 5}}
BOOK = load_book()
ITEMS, SEEDS = 600, (1, 2, 3)


@pytest.fixture(scope="module")
def local():
    with LocalTarget() as target:
        yield target


@pytest.mark.parametrize("name", DESIGNS)
def test_both_tellings_agree_in_time_and_dollars(local, name):
    settings = TAIL | {DESIGNS[name].search.lot: 5} | KNOBS.get(name, {})
    design, pairs = make_design(name, settings=settings), []
    for seed in SEEDS:
        batch = Batch(ITEMS, seed, f"tail-{seed}")
        told = (one.run(design, batch, lambda _: None) for one in (local, ModelTarget()))
        pairs.append([priced(one, BOOK).run for one in told])
    assert [[one.items_processed for one in pair] for pair in pairs] == [[ITEMS] * 2] * 3
    for measure, share in (("cost_usd", 0.01), ("processed_s", 0.03), ("detected_s", 0.03)):
        here, there = (mean(float(getattr(pair[n], measure)) for pair in pairs) for n in (0, 1))
        assert there == pytest.approx(here, rel=share), measure

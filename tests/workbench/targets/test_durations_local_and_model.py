"""Items with a long tail, and items that compute: `local` and the model of each design agree."""

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
CHANGES = (
    {},
    {"cpu_ms": 30, "memory_mb": 512},
    {"cpu_ms": 30, "memory_mb": 256, "item_concurrency": 5, "poison_per_million": 20_000},
    {"fails_per_million": 100_000},
    {"fails_per_million": 400_000, "poison_per_million": 20_000, "item_concurrency": 5},
)
IDS = ("waiting", "computing", "at once, failing", "tries that fail", "at once, many tries")
BOOK = load_book()
ITEMS, SEEDS = 600, (1, 2, 3)


@pytest.fixture(scope="module")
def local():
    with LocalTarget() as target:
        yield target


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
@pytest.mark.parametrize("name", DESIGNS)
def test_both_tellings_agree_in_time_and_dollars(local, name, change):
    settings = TAIL | {DESIGNS[name].search.lot: 5} | KNOBS.get(name, {}) | change
    design, pairs = make_design(name, settings=settings), []
    for seed in SEEDS:
        batch = Batch(ITEMS, seed, f"tail-{seed}")
        told = (one.run(design, batch, lambda _: None) for one in (local, ModelTarget()))
        pairs.append([priced(one, BOOK).run for one in told])
    for here, there in pairs:
        assert here.items_processed == there.items_processed == ITEMS - here.items_failed
        assert here.items_failed == there.items_failed
    for measure, share in (("cost_usd", 0.01), ("processed_s", 0.03), ("detected_s", 0.03)):
        here, there = (mean(float(getattr(pair[n], measure)) for pair in pairs) for n in (0, 1))
        assert there == pytest.approx(here, rel=share), measure

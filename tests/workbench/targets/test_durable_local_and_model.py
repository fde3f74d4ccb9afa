"""The fourth design: the real handlers on AWS's SDK, run on `local`, and its model agree."""

from statistics import mean

import pytest

from workbench.bill import bill
from workbench.designs import Durable
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

pytest.importorskip("aws_durable_execution_sdk_python")
BOOK = load_book()
SEEDS = range(1, 4)
SMALL = {"items_per_chunk": 10, "chunks_per_segment": 30}
SETTINGS = {
    "one segment": (1_000, Durable(items_per_chunk=7, item_concurrency=3)),
    "all segments at a time": (1_000, Durable(**SMALL)),
    "segments in turn": (1_500, Durable(**SMALL, max_concurrency=45)),
    "failing": (1_500, Durable(**SMALL, max_concurrency=50, poison_per_million=20_000)),
    "slow orchestrator": (1_000, Durable(**SMALL, batcher_memory_mb=128, max_concurrency=20)),
    "many checkpoints": (2_000, Durable(items_per_chunk=2, chunks_per_segment=700)),
}
LARGE = {
    "throttled": (3_000, Durable(items_per_chunk=2, max_concurrency=3_000, value_max=3_000)),
    "large": (20_000, Durable(items_per_chunk=20)),
    "many fail": (5_000, Durable(**SMALL, max_concurrency=100, poison_per_million=300_000)),
}
DETERMINED = ("Operations", "Requests")  # units of usage types that N and the knobs determine


@pytest.fixture(scope="module")
def local():
    with LocalTarget() as target:
        yield target


def compared(local, items, design):
    """Runs of both targets on the same batches; the model's latencies are drawn several times."""
    pairs = []
    for seed in SEEDS:
        batch = Batch(items, seed, f"pair-{seed}")
        runs = (ModelTarget(replication=number) for number in range(4))
        pairs.append([one.run(design, batch, lambda _: None) for one in (local, *runs)])
    return pairs


def differences(pairs):
    """What differs by more than it may, in words: each time and the dollars of each label."""
    found = []
    for name, share, least in (("processed_s", 0.1, 0.5), ("detected_s", 0.1, 0.5)):
        found += apart(name, pairs, lambda one, name=name: getattr(one.run, name), share, least)
    for label in ("work", "dispatch", "knowing", "telemetry"):
        found += apart(label, pairs, lambda one, label=label: dollars(one)[label], 0.05, 0.0)
    for here, *there in pairs:
        told = [(one.run.items_processed, one.run.items_failed, one.run.status) for one in there]
        known = (here.run.items_processed, here.run.items_failed, "complete")
        found += [f"{known} and {told}"] if {*told} != {known} else []
        counts = [counted(one) for one in there]
        found += [f"{counted(here)} and {one}" for one in counts if one != counted(here)]
    return found


def apart(name, pairs, measure, share, least):
    """Whether the means of a measure lie further apart than a share and a least."""
    here = mean(measure(one) for one, *_ in pairs)
    there = mean(measure(one) for _, *others in pairs for one in others)
    return [f"{name} {here:.6g} and {there:.6g}"] * (abs(there - here) > max(share * here, least))


def dollars(folder):
    """A run's dollars by label."""
    return bill(folder.usage, BOOK).groupby("label").cost_usd.sum().astype(float).to_dict()


def counted(folder):
    """Operations and requests, but for the orchestrator's invocations, which latencies decide."""
    table = folder.usage[folder.usage.unit.isin(DETERMINED)]
    own = table.usage_type.str.startswith("Request-") & (table.label == "dispatch")
    rows = table[~own][["service", "usage_type", "label", "quantity"]]
    return {tuple(row[:3]): int(row[3]) for row in rows.itertuples(index=False)}


@pytest.mark.parametrize("name", SETTINGS)
def test_both_tellings_agree_in_time_and_dollars(local, name):
    assert differences(compared(local, *SETTINGS[name])) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_both_tellings_of_larger_batches_agree_in_time_and_dollars(local, name):
    assert differences(compared(local, *LARGE[name])) == []

"""What items carry is billed alike by `local` and the model of each design."""

import pytest

from workbench.designs import DESIGNS, make_design
from workbench.platform.services import DURABLE_WRITTEN, LAMBDA, S3, SQS
from workbench.platform.units import SQS_CHUNK_BYTES
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

ITEMS = 610  # the last lot is not full
LOT = 25
SETTINGS = {"sfn": {"child_type": "STANDARD"}}
COUNTED = ("Requests", "StateTransitions", "Operations")
SIZED = ((S3, "TimedStorage-ByteHrs"), (LAMBDA, DURABLE_WRITTEN))
SENT = dict.fromkeys(("sqs", "counters"), (SQS, "Requests-Tier1", "dispatch"))
SENT["sfn"] = (S3, "TimedStorage-ByteHrs", "dispatch")
# 25 of 9,000 bytes pass 64 KB; of 30,000 a call sends one message, and an event holds eight.
CASES = [(name, size) for name in DESIGNS for size in (300, 9_000)]
CASES += [("sqs", 30_000), ("counters", 30_000)]


@pytest.fixture(scope="module")
def targets():
    with LocalTarget() as local:
        yield local, ModelTarget()


def lines(target, name, settings):
    """The quantities of a run that hang on no latency, by service, usage type and label."""
    knobs = {"value_max": 50, DESIGNS[name].search.lot: LOT} | SETTINGS.get(name, {}) | settings
    design = make_design(name, settings=knobs)
    usage = target.run(design, Batch(ITEMS, 3, "carrying"), lambda _: None).usage
    return {
        (row.service, row.usage_type, row.label): float(row.quantity)
        for row in usage.itertuples()
        if row.unit in COUNTED or (row.service, row.usage_type) in SIZED
    }


def added(target, name, size, settings):
    """What a payload of so many bytes adds to each line."""
    plain = lines(target, name, settings)
    carrying = lines(target, name, settings | {"item_bytes": size})
    assert plain.keys() == carrying.keys()
    return {line: carrying[line] - amount for line, amount in plain.items()}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_payload_adds_the_same_requests_and_bytes_in_both_tellings(targets, name, size):
    here, there = (added(target, name, size, {}) for target in targets)
    for line in here:
        polls = line == SENT["sqs"]  # one that finds nothing hangs on latencies
        assert there[line] == pytest.approx(here[line], rel=1e-4, abs=1 if polls else 1e-12), line
    told = {service for (service, *_), amount in here.items() if amount > 1e-6}
    functions = {LAMBDA} if name in ("sqs", "counters") and size > 300 else set()
    assert told == ({SENT[name][0]} | functions if name in SENT else set())


@pytest.mark.parametrize("knobs", [{}, {"item_concurrency": 5}], ids=["in turn", "at once"])
@pytest.mark.parametrize("name", ["sqs", "counters"])
def test_what_is_sent_again_carries_it_again(targets, name, knobs):
    failing = {"poison_per_million": 100_000, "items_per_message": 5} | knobs
    size = 70_000  # alone in its message an item of these is two requests
    here, there = (added(target, name, size, failing)[SENT[name]] for target in targets)
    assert there == pytest.approx(here, rel=0.02)
    first = 2 * ITEMS * size / SQS_CHUNK_BYTES  # sent and received once
    assert here > 1.15 * first

"""Targets `local` and `model` agree: same times and units, for knobs drawn at random.

They share no code and no stream of latencies, only the items' values. So what N and the knobs
determine must be equal run by run, and what is drawn must be equal in the mean of paired seeds.
"""

from math import inf
from statistics import mean, stdev

import pytest

from workbench.designs import Sqs, make_design
from workbench.engine.kernel import stream
from workbench.errors import BadKnob
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

KNOBS = {
    "sqs": {
        "items_per_message": (1, 3, 10, 10, 25),
        "messages_per_invocation": (1, 4, 10),
        "item_concurrency": (1, 1, 5, 20),
        "max_concurrency": (None, 5, 40, 900),
        "track": ("item", "message"),
        "claim": (False, False, True),
        "poll_s": (5, 15, 30, 60),
        "memory_mb": (256, 512, 1769),
        "telemetry": ("emf", "emf", "emf", "put_metric_data"),
        "poison_per_million": (0, 0, 0, 3_000),
        "write_batch_size": (1, 25, 25, 25),
        "segment_items": (1_000, 10_000),
        "state_shards": (1, 10),
        "batch_window_s": (0, 0, 1, 5),
        "send_batch_size": (1, 10, 10),
        "value_max": (200, 1_000),
        "batcher_concurrency": (None, 10),
        "batcher_memory_mb": (512, 1_769),
    },
    "sfn": {
        "items_per_child": (5, 20, 100, 150),
        "item_concurrency": (1, 1, 5, 20),
        "max_concurrency": (None, 5, 40, 900),
        "child_type": ("EXPRESS", "EXPRESS", "STANDARD"),
        "memory_mb": (256, 512, 1769),
        "telemetry": ("emf", "emf", "emf", "put_metric_data"),
        "poison_per_million": (0, 0, 0, 3_000),
        "segment_items": (1_000, 500_000),
        "value_max": (200, 1_000),
        "batcher_memory_mb": (512, 1_769),
    },
}
DRAWN = {"sqs": 7, "sfn": 5}
QUICK = (("sqs", 6), ("sfn", 1), ("sfn", 4))
# Ten runs of 10,000 items on `local` take minutes where AWS is called less often than this for each
# item, and hours where every item is claimed, reported and removed by calls of its own.
CALLS_PER_ITEM_MAX = 0.5
CALLS_PER_CHILD = 5  # what a map child costs `local`, in calls
LIGHT_SEED = 10  # these settings have claims, poison, both tracks, and no maximum twice for each

PROCESSED, UNITS = 0.05, 0.02  # how far the means may lie apart
SFN_LAG_S = 2.0
ERRORS = 3.0  # standard errors of the mean of the paired differences: what so few seeds can tell
# A poll, a look or a rounding more where an end falls on the other side of a boundary; storage of
# minutes, whose bytes the model takes by mean sizes, costs less than a millionth of a dollar.
FLOORS = {"Requests": 2, "ReadRequestUnits": 2, "WriteRequestUnits": 2, "GB-Mo": 1e-9}
DETERMINED = {  # by N and knobs alone, where no item is poisoned
    ("AWS Lambda", "Requests", "dispatch"),
    ("AWS Lambda", "Requests", "map children"),
    ("AWS Step Functions", "StateTransitions", "dispatch"),
    ("AWS Step Functions", "StateTransitions", "knowing"),
    ("AWS Step Functions", "Requests", "dispatch"),
    ("Amazon Simple Storage Service", "Requests", "dispatch"),
    ("Amazon Simple Storage Service", "Requests", "knowing"),
    ("Amazon Simple Notification Service", "Requests", "knowing"),
    ("AmazonCloudWatch", "Requests", "telemetry"),
    ("Amazon DynamoDB", "WriteRequestUnits", "knowing"),
}


def draw_designs(name, dice, calls_max=inf):
    """The settings: knobs drawn at random, again where the design refuses them."""
    designs = []
    while len(designs) < DRAWN[name]:
        try:
            knobs = {knob: dice.choice(of) for knob, of in KNOBS[name].items()}
            design = make_design(name, "default", knobs)
        except BadKnob:
            continue
        if calls_per_item(design) <= calls_max:
            designs.append(design)
    return designs


def calls_per_item(design):
    """About how often AWS is called for each item."""
    calls = 1.0 if design.telemetry == "put_metric_data" else 0.0
    if not isinstance(design, Sqs):
        return calls + CALLS_PER_CHILD / design.items_per_child
    message = 1 / design.items_per_message
    record = 1.0 if design.track == "item" else message
    calls += message / design.send_batch_size + 2 * message / design.messages_per_invocation
    return calls + record * (2 / design.write_batch_size + design.claim)


DESIGNS = {
    name: [*draw_designs(name, stream(4, f"two tellings/{name}")), make_design(name, "default", {})]
    for name in KNOBS
}
LIGHT = {
    name: [
        *draw_designs(name, stream(LIGHT_SEED, f"two tellings/light/{name}"), CALLS_PER_ITEM_MAX),
        make_design(name, "default", {}),
    ]
    for name in KNOBS
}
ALL = [(name, number) for name in DRAWN for number in range(DRAWN[name] + 1)]


@pytest.fixture
def local():
    with LocalTarget() as target:
        yield target


def units(folder, name):
    """A run's quantities by service, unit and label; an alike one on both, one that is derived."""
    found = {}
    for service, usage_type, unit, label, quantity in folder.usage.itertuples(index=False):
        tier = usage_type if service == "Amazon Simple Storage Service" else ""
        key = (service, unit, label, tier) if tier else (service, unit, label)
        found[key] = found.get(key, 0.0) + float(quantity)
    if name == "sfn":  # one for each child
        found["AWS Lambda", "Requests", "map children"] = found["AWS Lambda", "Requests", "work"]
    return found


def compared(target, design, items, seeds):
    """Runs of both targets on the same batches."""
    model = ModelTarget()
    pairs = []
    for seed in range(1, seeds + 1):
        batch = Batch(items, seed, f"pair-{seed:02d}")
        runs = [one.run(design, batch, lambda progress: None) for one in (target, model)]
        assert [one.run.status for one in runs] == ["complete", "complete"]
        pairs.append(runs)
    return pairs


def differences(design, pairs):
    """What differs by more than it may, in words."""
    times = [(one.run, other.run) for one, other in pairs]
    found = [
        f"seed {a.seed}: {name} {getattr(a, name)} and {getattr(b, name)}"
        for a, b in times
        for name in ("items_processed", "items_failed")
        if getattr(a, name) != getattr(b, name)
    ]
    here, there = (mean(runs[n].processed_s for runs in times) for n in (0, 1))
    if abs(there - here) > PROCESSED * here:
        found.append(f"processed_s {here:.2f} and {there:.2f}")
    lag_s = design.poll_s if isinstance(design, Sqs) else SFN_LAG_S
    here, there = (mean(r[n].detected_s - r[n].processed_s for r in times) for n in (0, 1))
    if abs(there - here) > lag_s:
        found.append(f"detection lag {here:.2f} s and {there:.2f} s")
    quantities = [[units(one, design.name) for one in runs] for runs in pairs]
    for key in sorted({key for both in quantities for one in both for key in one}):
        values = [(one.get(key, 0.0), other.get(key, 0.0)) for one, other in quantities]
        found += _apart(design, key, values)
    return found


def _apart(design, key, values):
    """Whether a quantity is further apart than it may, one text or none."""
    here, there = (mean(pair[n] for pair in values) for n in (0, 1))
    if key[:3] in DETERMINED and not design.poison_per_million:
        allowed = 1e-9 * here
        gap = max(abs(b - a) for a, b in values)
    else:
        error = stdev(b - a for a, b in values) / len(values) ** 0.5
        allowed = UNITS * here + ERRORS * error + FLOORS.get(key[1], 0.0)
        gap = abs(there - here)
    if gap <= allowed:
        return []
    return [f"{' '.join(key)}: {here:.6g} and {there:.6g}, {there / (here or 1) - 1:+.1%}"]


@pytest.mark.parametrize(("name", "number"), QUICK)
def test_a_thousand_items_are_told_alike(local, name, number):
    design = DESIGNS[name][number]
    assert differences(design, compared(local, design, 1_000, seeds=3)) == []


@pytest.mark.parametrize("item_concurrency", [1, 5])
def test_claims_that_failed_items_give_up_are_written_alike(local, item_concurrency):
    knobs = {"claim": True, "poison_per_million": 200_000, "item_concurrency": item_concurrency}
    design = make_design("sqs", "default", knobs)
    records = ("Amazon DynamoDB", "WriteRequestUnits", "knowing")
    for pair in compared(local, design, 300, seeds=2):
        here, there = (units(folder, "sqs")[records] for folder in pair)
        assert there == pytest.approx(here, abs=FLOORS["WriteRequestUnits"])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "number"), ALL)
def test_a_thousand_items_are_told_alike_in_the_mean(local, name, number):
    design = DESIGNS[name][number]
    assert differences(design, compared(local, design, 1_000, seeds=10)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "number"), ALL)
def test_ten_thousand_items_are_told_alike_in_the_mean(local, name, number):
    design = LIGHT[name][number]
    assert differences(design, compared(local, design, 10_000, seeds=10)) == []

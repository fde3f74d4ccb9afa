"""Settings drawn over the whole range of every knob, and what must hold of any run of them."""

import json
from dataclasses import asdict, fields
from decimal import Decimal
from math import exp, log

import numpy as np

from workbench.designs import DESIGNS, Durable, make_design
from workbench.engine.kernel import stream
from workbench.errors import BadKnob
from workbench.prices import load_book
from workbench.runs.batch import Batch, draw
from workbench.runs.run import checked_run
from workbench.runs.runner import priced

ITEMS_MAX = 400
CHANGED_MAX = 6  # knobs that are drawn; the others are at their default
BOOK = load_book()
MILLISECOND_S = 1e-3
LOTS = 0.6  # of the settings have few items a message or child
NEAR, FAILING_NEAR = 0.03, 0.05  # of the time until all is done, and of dollars
SPREAD = 0.9  # three standard deviations of an item's time, in the longest items
LATENCIES_S = 1.5  # cold starts, the batcher, state gaps: a handful of draws
PLACE = Decimal("1e-14")


def drawn(name, number, items_max=ITEMS_MAX):
    """A design with some of its knobs drawn over all that they allow, and a batch for it."""
    dice = stream(number, f"drawn/{name}")
    # Provisioned pollers go with few other knobs: test_pollers_local_and_model.py has them.
    knobs = [knob for knob in fields(DESIGNS[name]) if not knob.metadata["later"]]
    while True:
        chosen = dice.sample(knobs, dice.randint(1, CHANGED_MAX))
        settings = {knob.name: value_of(knob, dice) for knob in chosen}
        if dice.random() < LOTS:  # else nearly all batches are one lot
            settings[DESIGNS[name].search.lot] = dice.randint(1, 5)
        try:
            design = make_design(name, settings=settings)
            items = round(exp(dice.uniform(0, log(items_max))))
            design.refuse_items(items)
        except BadKnob:
            continue
        return design, Batch(items, number, f"drawn-{number}")


def value_of(knob, dice):
    """A value that a knob allows by itself: one of a few, an end of its range, or between."""
    limits = knob.metadata
    if limits["of"]:
        return dice.choice(limits["of"])
    if "None" in str(knob.type) and dice.random() < 0.2:
        return None
    low, high = limits["low"], limits["high"]
    if dice.random() < 0.2:
        return dice.choice((low, high))
    return max(low, min(high, round(exp(dice.uniform(log(low + 1), log(high + 1))) - 1)))


def ran(target, design, batch):
    """A run with its bill."""
    return priced(target.run(design, batch, lambda _: None), BOOK)


def broken(batch, folder):
    """The identities that do not hold of a run, in words."""
    design = make_design(folder.run.design, settings=folder.run.knobs)
    return [what for what, holds in identities(design, batch, folder) if not holds]


def differences(design, local, model):
    """What differs by more than it may between one run on each target, in words.

    Each target draws its own latencies, so what a few calls take differs, and with it the look of
    the finalizer that falls behind the last item. Which messages come together into an invocation
    is drawn too, so the longest invocation differs by some standard deviations of its items' sum.
    Where items fail, tries that come back together are taken by as many pollers as are free on
    `local`, and by few on `model`. A map child counts as running from its start on `model`, and
    from its function's start on `local`. When a chunk of a durable execution starts is drawn, and
    of short ones how many run together with it.
    """
    here, there = local.run, model.run
    poll_s = getattr(design, "poll_s", 0)
    together = min(here.items, design.items_per_invocation) / design.item_concurrency
    chained = isinstance(design, Durable)
    near = FAILING_NEAR if here.items_failed or chained else NEAR
    together_near = 0.1 if poll_s else 0.4 if chained else 0.25
    drawn_s = SPREAD * design.value_max / 1000 * max(1.0, together) ** 0.5 if poll_s else 0.0
    may = {
        "processed_s": NEAR * here.processed_s + LATENCIES_S + drawn_s,
        "detection_lag_s": poll_s + LATENCIES_S + drawn_s,
        "items_processed": 0,
        "items_failed": 0,
        "cost_usd": near * here.cost_usd,
        "invocations": 0.1 * here.invocations + 1 if poll_s else 0,
        "peak_concurrency": together_near * here.peak_concurrency + 2,
    }
    if poll_s and here.items_failed:
        del may["invocations"], may["peak_concurrency"]
    for name, apart in may.items():
        one, other = getattr(here, name), getattr(there, name)
        if abs(one - other) > apart:
            yield f"{name} {one} on local and {other} on model, {apart:.3g} allowed"


def identities(design, batch, folder):
    """What must hold of any run of a sound batch: (in words, whether it does)."""
    run = checked_run(json.loads(json.dumps(asdict(folder.run))), "run.json")
    poisoned = int(
        (draw(batch.seed, 0, batch.items, design.item_ms, design.poison_per_million)[1] < 0).sum()
    )
    yield f"complete: {run.reason}", (run.status, run.reason) == ("complete", "")
    yield "failed are the poisoned", run.items_failed == poisoned
    yield "processed are the others", run.items_processed == batch.items - poisoned
    yield "nothing is done twice", run.items_duplicated == 0
    times = (run.created_s, run.processed_s, run.detected_s)
    made = times[1:] if isinstance(design, Durable) else times  # its processor creates the items
    yield f"times in order: {times}", made[0] > 0 and [*made] == sorted(made)
    peak, most = run.peak_concurrency, design.processor_concurrency
    yield f"peak {peak} of {run.invocations}", 1 <= peak <= min(run.invocations, most)
    yield f"{run.cold_starts} cold starts", 1 <= run.cold_starts <= run.invocations
    yield "work fits into the time", work_s(design, batch) <= capacity_s(design, run) * 1.001
    yield from _bill_adds_up(folder)
    yield from _usage_counts(design, folder)
    yield from _timeline_ends(batch, folder)


def work_s(design, batch):
    """Seconds that the sound items take."""
    values = draw(batch.seed, 0, batch.items, design.item_ms, design.poison_per_million)[1]
    return float(values[values > 0].sum()) / 1000


def capacity_s(design, run):
    """Seconds of work that fit between the trigger and the last item, at the peak."""
    return run.processed_s * run.peak_concurrency * design.item_concurrency


def _bill_adds_up(folder):
    """The bill is the usage at the book's prices, and its sums are those of the run."""
    bill, run = folder.bill, folder.run
    billed, used = quantities(bill), quantities(folder.usage)
    yield "the same lines are billed as used", billed.keys() == used.keys()
    apart = max(abs(billed.get(key, 0) - amount) for key, amount in used.items())
    yield "and as much of each, to 14 places", apart < PLACE
    lines = bill[["quantity", "unit_price_usd", "cost_usd"]].itertuples(index=False)
    yield "each line is quantity times price", all(q * p == usd for q, p, usd in lines)
    yield "nothing of zero or less", all(q > 0 for q in bill["quantity"])
    total, knowing = sum(bill["cost_usd"]), sum(bill["cost_usd"][bill["label"] == "knowing"])
    yield "dollars", (float(total), float(knowing)) == (run.cost_usd, run.knowing_usd)


def quantities(table):
    """Quantities by service, usage type and label."""
    found = {}
    for service, kind, label, amount in table[
        ["service", "usage_type", "label", "quantity"]
    ].itertuples(index=False):
        key = (service, kind, label)
        found[key] = found.get(key, Decimal(0)) + amount
    return found


def _usage_counts(design, folder):
    """Units that follow from the run's own counts."""
    run = folder.run
    units = {}
    for (service, kind, label), amount in quantities(folder.usage).items():
        units[service, kind.removesuffix("-ARM"), label] = float(amount)
    yield "an invocation is a request", units["AWS Lambda", "Request", "work"] == run.invocations
    gb_s = units["AWS Lambda", "Lambda-GB-Second", "work"]
    least = run.invocations * MILLISECOND_S * design.memory_mb / 1024
    yield f"GB-seconds {gb_s}", least * 0.999 <= gb_s
    if folder.invocations is not None:
        own = folder.invocations[folder.invocations["function"] == "processor"]
        spent = float((own["billed_ms"] * own["memory_mb"]).sum()) / 1024 / 1000
        yield "GB-seconds of the invocations", abs(spent - gb_s) <= 1e-9 * gb_s
        yield "cold invocations", int(own["cold"].sum()) == run.cold_starts
    calls = units.get(("AmazonCloudWatch", "CW:Requests", "telemetry"), 0)
    puts = run.items_processed if design.telemetry == "put_metric_data" else 0
    yield f"{calls} metric calls", calls == puts
    topic = "Amazon Simple Notification Service"
    yield "one notification", units[topic, "Requests-Tier1", "knowing"] == 1


def _timeline_ends(batch, folder):
    """The timeline ends with everything done, and has the run's peak."""
    series = dict(list(folder.timeline.groupby("metric")))
    done, at_once = series["items_done"]["value"], series["concurrency"]["value"]
    yield "items done grow", bool(done.is_monotonic_increasing) and done.iloc[0] >= 0
    yield "all done or failed in the end", done.iloc[-1] == batch.items
    yield "the peak is shown", at_once.max() == folder.run.peak_concurrency
    yield "nothing runs in the end", at_once.iloc[-1] == 0
    yield "no backlog in the end", series["backlog"]["value"].iloc[-1] == 0
    for name, own in series.items():
        yield f"{name} in order of time", bool(own["t_s"].is_monotonic_increasing)
        yield f"{name} is never negative", bool(np.all(own["value"] >= 0))

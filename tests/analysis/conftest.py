"""Run folders made up for the tests: the arithmetic is plain and the numbers are not results."""

from dataclasses import replace
from decimal import Decimal
from math import ceil
from zlib import crc32

import numpy as np
import pandas as pd
import pytest

from analysis import gallery, theme
from analysis.frames import COLUMNS as TABLES
from analysis.frames import Frames, write_side_table
from analysis.simplicity import MEASURES
from workbench.bill import bill, knowing_usd, total_usd
from workbench.designs import DESIGNS, make_design
from workbench.platform.services import DURABLE_OPERATIONS
from workbench.prices import load_book
from workbench.runs.records import Run, RunData, write_folder

BOOK = load_book("us-east-1")
LAMBDA, SQS, DDB = "AWS Lambda", "Amazon Simple Queue Service", "Amazon DynamoDB"
SFN, S3 = "AWS Step Functions", "Amazon Simple Storage Service"
SNS = "Amazon Simple Notification Service"
GB_S = "GB-Seconds"
START_S = {"sqs": 3.0, "sfn": 6.0, "counters": 3.2, "durable": 3.1}


def made_up_usage(design, knobs, items):
    """Roughly what a batch uses, by hand."""
    half_s = knobs["value_max"] / 2000
    work_gb_s = Decimal(round(items * half_s * knobs["memory_mb"])) / 1024
    if design == "durable":
        calls = ceil(items / knobs["items_per_chunk"])
        rows = [
            (LAMBDA, "Request-ARM", "Requests", "work", calls),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "work", work_gb_s),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "dispatch", Decimal(calls) / 40),
            (LAMBDA, DURABLE_OPERATIONS, "Operations", "dispatch", calls + 6),
            (S3, "Requests-Tier1", "Requests", "dispatch", 1),
        ]
    elif design != "sfn":
        messages = ceil(items / knobs["items_per_message"])
        records = items if knobs.get("track") == "item" else messages
        calls = ceil(messages / knobs["messages_per_invocation"])
        writes = (2 if design == "sqs" else 1) * records + 20
        rows = [
            (LAMBDA, "Request-ARM", "Requests", "work", calls),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "work", work_gb_s),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "dispatch", Decimal(items) / 5_000),
            (SQS, "Requests-Tier1", "Requests", "dispatch", ceil(messages * 2.1)),
            (DDB, "WriteRequestUnits", "WriteRequestUnits", "knowing", writes),
            (DDB, "ReadRequestUnits", "ReadRequestUnits", "knowing", 12 * ceil(items / 30_000)),
            (SQS, "Requests-Tier1", "Requests", "knowing", 5),
        ]
    else:
        calls = ceil(items / knobs["items_per_child"])
        rows = [
            (LAMBDA, "Request-ARM", "Requests", "work", calls),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "work", work_gb_s),
            (SFN, "StateTransition", "StateTransitions", "dispatch", calls + 10),
            (SFN, "StepFunctions-Request", "Requests", "dispatch", calls),
            (SFN, "StepFunctions-GB-Second", GB_S, "dispatch", Decimal(round(items * half_s)) / 16),
            (S3, "Requests-Tier1", "Requests", "dispatch", 12),
            (S3, "Requests-Tier1", "Requests", "knowing", 4),
            (SFN, "StateTransition", "StateTransitions", "knowing", 3),
        ]
    rows.append((SNS, "Requests-Tier1", "Requests", "knowing", 1))
    rows.append(("AmazonCloudWatch", "VendedLog-Bytes", "GB", "telemetry", Decimal(calls) / 10**6))
    columns = ["service", "usage_type", "unit", "label", "quantity"]
    frame = pd.DataFrame(rows, columns=columns).astype({"quantity": object})
    frame["quantity"] = pd.Series([Decimal(q) for q in frame["quantity"]], dtype=object)
    return frame, calls


def made_up_timeline(items, span_s, peak, cost_usd):
    """A ramp, a plateau and a drain in a hundred steps."""
    t = np.linspace(0, span_s, 101)
    ramp = np.minimum(1, np.minimum(t / (0.3 * span_s), (span_s - t) / (0.1 * span_s)))
    done = np.cumsum(ramp) / ramp.sum() * items
    series = {
        "concurrency": ramp * peak,
        "items_done": done,
        "backlog": np.minimum(t / (0.1 * span_s), 1) * items - done,
        "cost_usd": done / items * cost_usd,
    }
    frames = [pd.DataFrame({"t_s": t, "metric": m, "value": v}) for m, v in series.items()]
    return pd.concat(frames, ignore_index=True)


def made_up_folder(design, target, items, seed=7, best_in=None, **settings):
    """A whole run folder of that size; a different seed is up to 3 % slower."""
    knobs = make_design(design, settings=settings).knobs()
    usage, calls = made_up_usage(design, knobs, items)
    table = bill(usage, BOOK, source="modelled" if target == "model" else "metered")
    told = (settings, best_in) if best_in else settings
    jitter = 1 + (seed * 2654435761 % 97) / 97 * 0.03
    peak = min(knobs["max_concurrency"] or 1_000, calls)
    work_s = items * knobs["value_max"] / 2000 / peak
    span_s = (work_s + START_S[design] + items / 20_000) * jitter
    lag_s = knobs.get("poll_s", 0) / 2 * jitter + 1.5 * jitter
    run = Run(
        run_id=f"{design}-{target}-{items}-{seed}-{crc32(repr(told).encode()) % 9973}",
        design=design,
        target=target,
        items=items,
        seed=seed,
        knobs=knobs,
        best_in=best_in,
        batch_id=f"b-{items}-{seed}",
        started_at="2026-11-23T06:00:00Z",
        created_s=None if design == "durable" else span_s * 0.2,
        processed_s=span_s,
        detected_s=span_s + lag_s,
        knowing_usd=float(knowing_usd(table)),
        items_processed=items,
        invocations=calls,
        cold_starts=peak,
        peak_concurrency=peak,
        cost_usd=float(total_usd(table)),
        price_date=BOOK.date,
        commit="8848116b5e01",
        versions={"python": "3.11"},
    )
    timeline = made_up_timeline(items, span_s, peak, run.cost_usd)
    return RunData(run, timeline, usage, table)


def made_up_invocations(folder):
    """Every invocation of the processor takes about a second; the first ones are cold."""
    calls = min(folder.run.invocations, 500)
    cold = np.arange(calls) < calls // 4
    return pd.DataFrame(
        {
            "function": "processor",
            "start_s": np.linspace(0, folder.run.processed_s, calls),
            "init_ms": np.where(cold, 240.0, 0.0),
            "duration_ms": 800.0 + np.arange(calls) % 97 * 5.0,
            "billed_ms": 1_300,
            "memory_mb": 128,
            "cold": cold,
            "error": "",
        }
    )


def made_up_tables(root):
    """The side tables: simplicity, limits, agreement."""
    counts = {
        "sqs": (34, 8, 33, 1_114, 186),
        "sfn": (27, 9, 29, 321, 44),
        "counters": (33, 8, 31, 520, 80),
        "durable": (18, 7, 13, 300, 40),
    }
    rows = [(d, m, v) for d, own in counts.items() for m, v in zip(MEASURES, own, strict=True)]
    write_side_table(root, "simplicity", pd.DataFrame(rows, columns=TABLES["simplicity"]))
    rows = [
        (design, 10**power, limit, held_s)
        for design in DESIGNS
        for power in range(2, 9)
        for limit, held_s in (
            ("longest invocation", 60.0),
            ("max_concurrency", 10.0 ** (power - 3)),
            ("poll", 0.0 if design == "sfn" else 15.0),
        )
    ]
    write_side_table(root, "limits", pd.DataFrame(rows, columns=TABLES["limits"]))
    rows = [
        ("S1", "a queue, 2018", "drain time", "test", "min", 5.5, 5.3, 4.9, 7.0, True, -3.6, 38.0),
        ("S1", "a queue, 2018", "peak", "test", "", 363, 323, 243, 354, False, -11.0, 31.0),
        ("M1", "a map, 2022", "run time", "test", "s", 120, 43, 40, 60, False, -64.0, 17.0),
        ("C10", "hello world, 2026", "time", "fit", "ms", 2.6, 13.8, 9, 20, False, 430.0, 423.0),
        ("S8", "a maximum, 2025", "peak", "construction", "", 90, 90, 90, 90, True, 0.0, 0.0),
    ]
    rows = [(*row, "A", "an era", "a page", "") for row in rows]
    write_side_table(root, "agreement", pd.DataFrame(rows, columns=TABLES["agreement"]))
    rows = [
        (design, step, change, usd, usd * 0.99, usd * 1.01, usd / 4, minutes, 0.83, True)
        for design in ("sqs", "sfn")
        for step, (change, usd, minutes) in enumerate(
            (("as published", 18.4, 33.0), ("telemetry=emf", 6.1, 30.0), ("cpu=arm64", 0.9, 21.0))
        )
    ]
    write_side_table(root, "savings", pd.DataFrame(rows, columns=TABLES["savings"]))
    rows = [
        (f"{design}-{number}", design, "local", 100, "", line, unit, 1.0, 0.9, 1.1, 1.02, -2.0)
        for number in range(3)
        for design in DESIGNS
        for line, unit in (("cost_usd", "USD"), ("detected_s", "s"))
    ]
    write_side_table(root, "predictions", pd.DataFrame(rows, columns=TABLES["predictions"]))


LONG = {4_000: {"messages_per_invocation": 5}, 20_000: {"messages_per_invocation": 1}}
LONG_SFN = {4_000: {"items_per_child": 30}, 20_000: {"items_per_child": 5}}
LONG_DURABLE = {4_000: {}, 20_000: {"items_per_chunk": 40}}
TAIL = "0:0 50:{0} 99:{1} 100:{2}"  # of a median, eight times it, sixty times it
TUNED = {"dollars": {"batcher_memory_mb": 256}, "time": {"memory_mb": 256}}
LENGTHS = {"sqs": LONG, "sfn": LONG_SFN, "counters": LONG, "durable": LONG_DURABLE}


def made_up_study(root):
    """Every kind of run that the charts ask for, small enough to be made in a second."""
    write = write_folder
    for design, long in LENGTHS.items():
        for power in range(2, 9):
            for seed in (7, 8, 9):
                write(made_up_folder(design, "model", 10**power, seed), root)
        for items in (100, 1_000, 10_000):
            folder = made_up_folder(design, "local", items)
            path = write(folder, root)
            made_up_invocations(folder).to_parquet(path / "invocations.parquet", index=False)
        for value_max, knobs in {20: {}, **long}.items():
            for items in (1_000, 1_000_000):
                write(made_up_folder(design, "model", items, value_max=value_max, **knobs), root)
        for aim, tuned in TUNED.items():
            for value_max, knobs in {20: {}, 1_000: {}, **long}.items():
                for items in (1_000, 1_000_000):
                    own = {"value_max": value_max, **tuned, **knobs}
                    write(made_up_folder(design, "model", items, 7, aim, **own), root)
            for median in (10, 100):
                for items in (1_000, 1_000_000):
                    own = {"durations": TAIL.format(median, 8 * median, 60 * median), **tuned}
                    write(made_up_folder(design, "model", items, 7, aim, **own), root)
    for poll_s in (1, 5, 120):
        for track in ("item", "message"):
            knobs = {"poll_s": poll_s, "track": track}
            write(made_up_folder("sqs", "model", 1_000_000, **knobs), root)
    for items_per_child in (10, 50):
        knobs = {"items_per_child": items_per_child}
        write(made_up_folder("sfn", "model", 1_000_000, **knobs), root)
    made_up_tables(root)
    return root


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """A results folder with a whole study that is made up; read only."""
    return made_up_study(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def frames(results):
    """The frames of that study."""
    return Frames(results)


@pytest.fixture
def folder():
    """Makes up a run folder: design, target, items, seed, and settings of knobs."""
    return made_up_folder


@pytest.fixture
def stored(tmp_path):
    """Writes made-up folders, each with changes to its run; gives the results folder."""

    def store(*folders, **changes):
        for one in folders:
            write_folder(replace(one, run=replace(one.run, **changes)), tmp_path)
        return tmp_path

    return store


@pytest.fixture
def picture(frames):
    """Draws a chart of the gallery by its name, or whatever is given a figure, in the light."""

    def draw(make, of=frames):
        if isinstance(make, str):
            chart = gallery.named(make)
            return chart.picture(chart.select(of), theme.LIGHT)
        with theme.use(theme.LIGHT):
            return make(theme.blank())

    return draw

"""Run folders made up for the tests: the arithmetic is plain and the numbers are not results."""

from dataclasses import replace
from decimal import Decimal
from math import ceil
from zlib import crc32

import numpy as np
import pandas as pd
import pytest

from workbench.bill import bill, knowing_usd, total_usd
from workbench.designs import make_design
from workbench.prices import load_book
from workbench.records import Folder, Run, write_folder

BOOK = load_book("us-east-1")
LAMBDA, SQS, DDB = "AWS Lambda", "Amazon Simple Queue Service", "Amazon DynamoDB"
SFN, S3 = "AWS Step Functions", "Amazon Simple Storage Service"
SNS = "Amazon Simple Notification Service"
GB_S = "GB-Seconds"


def made_up_usage(design, knobs, items):
    """Roughly what a batch uses, by hand."""
    half_s = knobs["value_max"] / 2000
    work_gb_s = Decimal(round(items * half_s * knobs["memory_mb"])) / 1024
    if design == "sqs":
        messages = ceil(items / knobs["items_per_message"])
        calls = ceil(messages / knobs["messages_per_invocation"])
        rows = [
            (LAMBDA, "Request-ARM", "Requests", "work", calls),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "work", work_gb_s),
            (LAMBDA, "Lambda-GB-Second-ARM", GB_S, "dispatch", Decimal(items) / 5_000),
            (SQS, "Requests-Tier1", "Requests", "dispatch", ceil(messages * 2.1)),
            (DDB, "WriteRequestUnits", "WriteRequestUnits", "knowing", 2 * items + 20),
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


def made_up_folder(design, target, items, seed=7, **settings):
    """A whole run folder of that size; a different seed is up to 3 % slower."""
    knobs = make_design(design, settings=settings).knobs()
    usage, calls = made_up_usage(design, knobs, items)
    table = bill(usage, BOOK, source="modelled" if target == "model" else "metered")
    jitter = 1 + (seed * 2654435761 % 97) / 97 * 0.03
    peak = min(knobs["max_concurrency"] or 1_000, calls)
    work_s = items * knobs["value_max"] / 2000 / peak
    span_s = (work_s + (3.0 if design == "sqs" else 6.0) + items / 20_000) * jitter
    lag_s = knobs.get("poll_s", 0) / 2 * jitter + 1.5 * jitter
    run = Run(
        run_id=f"{design}-{target}-{items}-{seed}-{crc32(repr(settings).encode()) % 9973}",
        design=design,
        target=target,
        items=items,
        seed=seed,
        knobs=knobs,
        batch_id=f"b-{items}-{seed}",
        started_at="2026-11-23T06:00:00Z",
        created_s=span_s * 0.2,
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
    return Folder(run, timeline, usage, table)


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """A small study: both designs, six sizes on the model (three seeds), three on local."""
    root = tmp_path_factory.mktemp("results")
    for design in ("sqs", "sfn"):
        for power in range(2, 9):
            for seed in (7, 8, 9):
                write_folder(made_up_folder(design, "model", 10**power, seed), root)
        for items in (100, 1_000, 10_000):
            write_folder(made_up_folder(design, "local", items), root)
    return root


@pytest.fixture
def remade():
    """A folder with some fields of its run replaced."""

    def make(folder, **changes):
        return replace(folder, run=replace(folder.run, **changes))

    return make

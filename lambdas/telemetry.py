"""One line an invocation in CloudWatch's embedded metric format; with `logs=all` many more.

A metric costs by the month and by each of its dimensions' values, so the batch id is a property.
"""

import json
from typing import Any

from lambdas import outside

NAMESPACE = "BatchWorkbench"
WORK = ("items_processed", "items_failed", "items_duplicated", "work_ms")  # of a processor
UNITS = {"work_ms": "Milliseconds", "open_batch_age_s": "Seconds"}


def emit(
    design: str, function: str, batch: str, context: Any, metrics: dict[str, float], **rest: Any
) -> None:
    """Print the metrics of one invocation for one batch, with further properties."""
    definitions = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in metrics]
    kept = {"Namespace": NAMESPACE, "Dimensions": [["design", "function"]], "Metrics": definitions}
    line = {
        "_aws": {"Timestamp": int(outside.now() * 1000), "CloudWatchMetrics": [kept]},
        "design": design,
        "function": function,
        "batch_id": batch,
        "request_id": context.aws_request_id,
        **metrics,
        **rest,
    }
    print(json.dumps(line, separators=(",", ":")))


def emit_work(
    names: tuple[str, str], batch: str, context: Any, counts: list[dict[str, float]]
) -> None:
    """Print what a function did for one batch, from parts of its metrics; `done_at` of each part
    in which items were done, or failed for good.
    """
    metrics = {name: round(sum(part.get(name, 0) for part in counts)) for name in WORK}
    done = [part["done_at"] for part in counts if "done_at" in part]
    last = {"last_done_at": max(done)} if done else {}
    emit(*names, batch, context, metrics, **last)


def report(design: str, function: str, batch: str, error: BaseException) -> None:
    """Print what went wrong, for the log."""
    line = {"design": design, "function": function, "batch_id": batch, "error": repr(error)[:1000]}
    print(json.dumps(line, separators=(",", ":")))


def trace(knobs: dict[str, Any], text: str) -> None:
    """Print what comes in and what is worked, where `logs=all` asks for that."""
    if knobs.get("logs") == "all":
        print(text)


def put_item_metric(cloudwatch: Any, design: str, value_ms: int) -> None:
    """One PutMetricData for one item: the published design's dear habit, kept to be measured.

    A metric that is refused is reported and lost: work that is done must not be done again for it.
    """
    metric = {
        "MetricName": "item_ms",
        "Dimensions": [{"Name": "design", "Value": design}],
        "Value": value_ms,
        "Unit": "Milliseconds",
    }
    try:
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[metric])
    except Exception as error:
        report(design, "processor", "", error)

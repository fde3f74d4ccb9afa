"""The same batch on the local target, in a process of its own: moto would answer for the server.

Prints as JSON, by design, what does not depend on wall time. Arguments: items, seed, and the
settings of each design as JSON.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.designs import make_design
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.local.world.context import EPOCH_S


def main() -> None:
    """Run the batches and print their counts."""
    items, seed, settings = sys.argv[1:]
    batch = Batch(int(items), int(seed), "local-side")
    found = {name: counts(name, own, batch) for name, own in json.loads(settings).items()}
    print(json.dumps(found))


def counts(name: str, settings: dict[str, Any], batch: Batch) -> dict[str, Any]:
    """What a batch of one design did."""
    design = make_design(name, settings=settings)
    with LocalTarget() as target:
        folder = target.run(design, batch, lambda _: None)
        run, usage = folder.run, folder.usage
        found: dict[str, Any] = {
            "status": run.status,
            "items": [run.items_processed, run.items_failed, run.items_duplicated],
            "published": _used(usage, "Amazon Simple Notification Service", "Requests-Tier1"),
        }
        if name == "sfn":
            found["children"] = _used(usage, "AWS Step Functions", "StepFunctions-Request")
            found["transitions"] = _used(usage, "AWS Step Functions", "StateTransition")
            return found
        if name == "durable":
            operations = "Lambda-Durable-Execution-Operations"
            found["operations"] = _used(usage, "AWS Lambda", operations)
            found["chunks"] = run.invocations
            found["claims"] = _used(usage, "Amazon Simple Storage Service", "Requests-Tier1")
            return found
        written = _used(usage, "Amazon DynamoDB", "WriteRequestUnits")
        found["write_units"] = written - _hops(target, name, batch)
        found["sent"] = _sent(target.client("cloudwatch"))
    return found


def _hops(target: LocalTarget, design: str, batch: Batch) -> int:
    """How often the finalizer looked and wrote that it did: that depends on the time."""
    table = target.cloud(design).outputs["StateTableName"]
    key = {"pk": {"S": f"batch#{batch.batch_id}"}, "sk": {"S": "META"}}
    meta = target.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return int(meta.get("hop", {"N": "0"})["N"])


def _used(usage: Any, service: str, usage_type: str) -> float:
    rows = usage[(usage["service"] == service) & (usage["usage_type"] == usage_type)]
    return float(sum(rows["quantity"]))


def _sent(cloudwatch: Any) -> dict[str, float]:
    """Messages sent to the queues of items and of plans."""
    found = {}
    for metric in cloudwatch.list_metrics(MetricName="NumberOfMessagesSent")["Metrics"]:
        start = datetime.fromtimestamp(EPOCH_S, UTC) - timedelta(hours=1)
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="NumberOfMessagesSent",
            Dimensions=metric["Dimensions"],
            StartTime=start,
            EndTime=start + timedelta(days=1),
            Period=86_400,
            Statistics=["Sum"],
        )
        name = metric["Dimensions"][0]["Value"]
        for queue in ("ItemQueue", "PlanQueue"):
            if queue in name:
                found[queue] = sum(point["Sum"] for point in answer["Datapoints"])
    return found


if __name__ == "__main__":
    main()

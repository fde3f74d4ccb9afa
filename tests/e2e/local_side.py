"""The same batch on the local target, in a process of its own: moto would answer for the server.

Prints as JSON what does not depend on wall time. Arguments: design, items, seed, settings as JSON.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.batch import Batch
from workbench.designs import make_design
from workbench.targets.local.scene import EPOCH_S
from workbench.targets.local.target import LocalTarget


def main() -> None:
    """Run the batch and print its counts."""
    name, items, seed, settings = sys.argv[1:]
    design = make_design(name, settings=json.loads(settings))
    batch = Batch(int(items), int(seed), "local-side")
    with LocalTarget() as target:
        folder = target.run(design, batch, lambda _: None)
        run, usage = folder.run, folder.usage
        counts: dict[str, Any] = {
            "status": run.status,
            "items": [run.items_processed, run.items_failed, run.items_duplicated],
            "published": _used(usage, "Amazon Simple Notification Service", "Requests-Tier1"),
        }
        if name == "sqs":
            table = target.client("dynamodb").list_tables()["TableNames"][0]
            meta = target.client("dynamodb").get_item(
                TableName=table, Key={"pk": {"S": "batch#local-side"}, "sk": {"S": "META"}}
            )["Item"]
            written = _used(usage, "Amazon DynamoDB", "WriteRequestUnits")
            counts["write_units"] = written - int(meta["hop"]["N"])  # one a look of the finalizer
            counts["sent"] = _sent(target.client("cloudwatch"))
        else:
            counts["children"] = _used(usage, "AWS Step Functions", "StepFunctions-Request")
            transitions = _used(usage, "AWS Step Functions", "StateTransition")
            counts["transitions"] = transitions
    print(json.dumps(counts))


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

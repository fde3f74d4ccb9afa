"""Which metrics are asked for: what the bill follows from, and what the charts draw.

Names, dimensions and statistics are from the pages "Viewing metrics for Lambda functions",
"Available CloudWatch metrics for Amazon SQS", "DynamoDB metrics and dimensions" and "Monitoring
Step Functions metrics using Amazon CloudWatch".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.designs import DESIGNS, Design

PERIOD_S = 60  # the finest that these metrics have (docs/platform.md, CloudWatch)
CUSTOM = "BatchWorkbench"

SUM = ("Sum",)
MAXIMUM = ("Maximum",)
SPREAD = ("Sum", "SampleCount", "Average", "Maximum", "p50", "p99")
LEVEL = ("Average", "Maximum")

POLLERS = "ProvisionedPollers"  # of an event source that has its own ("Viewing metrics", the same)
AT_ONCE = {"ConcurrentExecutions": MAXIMUM}
LAMBDA_BILLED = dict.fromkeys(("Invocations", "Duration", "Throttles"), SUM)
DURABLE_OPERATED, DURABLE_STORED = (
    f"DurableExecution{what}" for what in ("Operations", "StorageWrittenBytes")
)
DURABLE_BILLED = dict.fromkeys((DURABLE_OPERATED, DURABLE_STORED), SUM)
LAMBDA = LAMBDA_BILLED | {"Errors": SUM, "Duration": SPREAD} | AT_ONCE
DURABLE = (  # Lambda guide, Monitoring durable functions
    DURABLE_BILLED
    | {DURABLE_OPERATED: SPREAD, DURABLE_STORED: SPREAD, "DurableExecutionDuration": SPREAD}
    | {
        f"DurableExecution{what}": SUM
        for what in ("Started", "Succeeded", "Failed", "TimedOut", "Stopped")
    }
)
SQS_MESSAGES = {
    "NumberOfMessagesSent": SUM,
    "NumberOfMessagesReceived": SUM,
    "NumberOfMessagesDeleted": SUM,
    "NumberOfEmptyReceives": SUM,
}
SQS_BILLED = SQS_MESSAGES | {"SentMessageSize": SUM}
SQS = SQS_MESSAGES | {
    "SentMessageSize": ("Sum", "SampleCount", "Average", "Maximum"),
    "ApproximateNumberOfMessagesVisible": LEVEL,
    "ApproximateNumberOfMessagesNotVisible": LEVEL,
    "ApproximateNumberOfMessagesDelayed": LEVEL,
    "ApproximateAgeOfOldestMessage": MAXIMUM,
}
DYNAMODB_BILLED = dict.fromkeys(("ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"), SUM)
DYNAMODB = DYNAMODB_BILLED | {
    "WriteThrottleEvents": SUM,
    "ReadThrottleEvents": SUM,
    "ConditionalCheckFailedRequests": SUM,
}
DYNAMODB_OPERATION = {
    "SuccessfulRequestLatency": ("SampleCount", "Average", "Maximum", "p50", "p99"),
    "ThrottledRequests": SUM,
}
OPERATIONS = (
    "GetItem PutItem UpdateItem DeleteItem Query BatchGetItem BatchWriteItem TransactWriteItems"
).split()
STATES = {  # ExecutionsStarted by its Sum: its SampleCount is doubled
    "ExecutionsStarted": SUM,
    "ExecutionsSucceeded": SUM,
    "ExecutionsFailed": SUM,
    "ExecutionsTimedOut": SUM,
    "ExecutionsAborted": SUM,
    "ExecutionThrottled": SUM,
    "ExecutionTime": ("SampleCount", "Average", "Maximum"),
    "ExpressExecutionBilledDuration": SPREAD,
    "ExpressExecutionBilledMemory": ("Sum", "SampleCount", "Average", "Maximum"),
}
STATES_ACCOUNT = {
    "ApproximateOpenMapRunCount": MAXIMUM,
    "ApproximateMapRunBacklogSize": MAXIMUM,
    "OpenMapRunLimit": MAXIMUM,
}
STATES_TRANSITIONS = {"ConsumedCapacity": SUM, "ThrottledEvents": SUM}
# Tasks on `arn:aws:states:::lambda:invoke`, which both maps are made of, are not in the metrics
# LambdaFunctions… (those are of Tasks that name a function's ARN) but in these.
STATES_INTEGRATION = {
    f"ServiceIntegrations{what}": SUM
    for what in ("Scheduled", "Started", "Succeeded", "Failed", "TimedOut")
}
INVOKE = "arn:aws:states:::lambda:invoke"
EMBEDDED = {
    "batcher": {"items_created": SUM},
    "processor": {
        "items_processed": SUM,
        "items_failed": SUM,
        "items_duplicated": SUM,
        "work_ms": SUM,
    },
    "failures": {"items_failed": SUM},
    "finalizer": {"open_batch_age_s": MAXIMUM},
}


@dataclass(frozen=True)
class Series:
    """One statistic of one metric. `label` says by role what it is of, such as `processor`."""

    namespace: str
    metric: str
    statistic: str
    label: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def query(self, number: int) -> dict:
        """The query as GetMetricData takes it."""
        metric = {
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
        }
        stat = {"Metric": metric, "Period": PERIOD_S, "Stat": self.statistic}
        return {"Id": f"q{number}", "MetricStat": stat}


def wanted(design: str, names: Mapping[str, str], percentiles: bool = True) -> list[Series]:
    """Every series of a design whose parts are called `names`, by role.

    `percentiles=False` leaves out p50 and p99: the local target's CloudWatch has none.
    """
    parts, found = DESIGNS[design].parts, []
    for part in parts.functions:
        if part.role in names:
            metrics = LAMBDA | DURABLE if part.alias else LAMBDA
            found += _all("AWS/Lambda", metrics, part.role, FunctionName=names[part.role])
    for part in parts.queues:
        if part.role in names:
            found += _all("AWS/SQS", SQS, part.role, QueueName=names[part.role])
    if parts.table and parts.table.role in names:
        found += _table(parts.table.role, names[parts.table.role])
    if parts.machine and parts.machine.role in names:
        found += _machine(parts.machine.role, names[parts.machine.role])
    for role, metrics in EMBEDDED.items():
        if role in names:
            found += _all(CUSTOM, metrics, role, design=design, function=role)
    return [one for one in found if percentiles or not one.statistic.startswith("p")]


def arrivals(design: str, names: Mapping[str, str]) -> list[Series]:
    """The few series that show whether the data have arrived."""
    return [
        one
        for one in wanted(design, names, percentiles=False)
        if (one.label, one.metric) == ("processor", "Invocations")
        or one.metric in ("items_processed", "items_failed", "items_duplicated")
    ]


def billed(
    design: Design, names: Mapping[str, str], groups: Mapping[str, str], outputs: Mapping[str, str]
) -> list[Series]:
    """The series that a run's usage follows from; `groups` are the functions' log groups."""
    topic = outputs["TopicArn"].rsplit(":", 1)[-1]
    found, parts = [], design.parts
    for role, group in groups.items():
        found += _all("AWS/Lambda", LAMBDA_BILLED, role, FunctionName=names[role])
        found += _all("AWS/Logs", {"IncomingBytes": SUM}, role, LogGroupName=group)
    for part in parts.functions:
        if part.alias:
            found += _all("AWS/Lambda", DURABLE_BILLED, part.role, FunctionName=names[part.role])
    found += _all("AWS/Lambda", AT_ONCE, "processor", FunctionName=names["processor"])
    found += _all("AWS/SNS", {"NumberOfMessagesPublished": SUM}, "topic", TopicName=topic)
    for part in parts.sources[:1] if design.pollers else ():
        source = {"EventSourceMappingUUID": outputs[part.output]}
        found += _all("AWS/Lambda", {POLLERS: MAXIMUM}, part.role, **source)
    for part in parts.queues:
        found += _all("AWS/SQS", SQS_BILLED, part.role, QueueName=names[part.role])
    if parts.table:
        name = names[parts.table.role]
        found += _all("AWS/DynamoDB", DYNAMODB_BILLED, parts.table.role, TableName=name)
    return found


def _table(role: str, name: str) -> Iterator[Series]:
    yield from _all("AWS/DynamoDB", DYNAMODB, role, TableName=name)
    for operation in OPERATIONS:
        dimensions = {"TableName": name, "Operation": operation}
        yield from _all("AWS/DynamoDB", DYNAMODB_OPERATION, f"{role} {operation}", **dimensions)


def _machine(role: str, arn: str) -> Iterator[Series]:
    yield from _all("AWS/States", STATES, role, StateMachineArn=arn)
    yield from _all("AWS/States", STATES_ACCOUNT, "account")
    yield from _all("AWS/States", STATES_TRANSITIONS, "account", ServiceMetric="StateTransition")
    resource = {"ServiceIntegrationResourceArn": INVOKE}
    yield from _all("AWS/States", STATES_INTEGRATION, "account", **resource)


def _all(
    namespace: str, metrics: Mapping[str, tuple[str, ...]], label: str, **dimensions: str
) -> Iterator[Series]:
    """Every statistic of these metrics under these dimensions."""
    for metric, statistics in metrics.items():
        for statistic in statistics:
            yield Series(namespace, metric, statistic, label, tuple(dimensions.items()))

"""Which metrics are asked for: what the bill can be checked by, and what the charts draw.

Names, dimensions and statistics are from the pages "Viewing metrics for Lambda functions",
"Available CloudWatch metrics for Amazon SQS", "DynamoDB metrics and dimensions" and "Monitoring
Step Functions metrics using Amazon CloudWatch".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.pull.names import CHILDREN, FUNCTIONS, MACHINE, QUEUES, TABLE

PERIOD_S = 60
CUSTOM = "BatchWorkbench"

SUM = ("Sum",)
MAXIMUM = ("Maximum",)
SPREAD = ("Sum", "SampleCount", "Average", "Maximum", "p50", "p99")
LEVEL = ("Average", "Maximum")

LAMBDA = {
    "Invocations": SUM,
    "Errors": SUM,
    "Throttles": SUM,
    "Duration": SPREAD,
    "ConcurrentExecutions": MAXIMUM,
}
SQS = {
    "NumberOfMessagesSent": SUM,
    "NumberOfMessagesReceived": SUM,
    "NumberOfMessagesDeleted": SUM,
    "NumberOfEmptyReceives": SUM,
    "SentMessageSize": ("Sum", "SampleCount", "Average", "Maximum"),
    "ApproximateNumberOfMessagesVisible": LEVEL,
    "ApproximateNumberOfMessagesNotVisible": LEVEL,
    "ApproximateNumberOfMessagesDelayed": LEVEL,
    "ApproximateAgeOfOldestMessage": MAXIMUM,
}
DYNAMODB = {
    "ConsumedWriteCapacityUnits": SUM,
    "ConsumedReadCapacityUnits": SUM,
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
    found = [*_functions(names), *_queues(names), *_table(names), *_machine(names)]
    for role, metrics in EMBEDDED.items():
        if role in names:
            found += _all(CUSTOM, metrics, role, design=design, function=role)
    return [one for one in found if percentiles or not one.statistic.startswith("p")]


def arrivals(design: str, names: Mapping[str, str]) -> list[Series]:
    """The few series that tell whether the data have arrived."""
    return [
        one
        for one in wanted(design, names, percentiles=False)
        if (one.label, one.metric) == ("processor", "Invocations")
        or one.metric in ("items_processed", "items_failed", "items_duplicated")
    ]


def _functions(names: Mapping[str, str]) -> Iterator[Series]:
    for role in FUNCTIONS:
        if role in names:
            yield from _all("AWS/Lambda", LAMBDA, role, FunctionName=names[role])


def _queues(names: Mapping[str, str]) -> Iterator[Series]:
    for role in QUEUES:
        if role in names:
            yield from _all("AWS/SQS", SQS, role, QueueName=names[role])


def _table(names: Mapping[str, str]) -> Iterator[Series]:
    if TABLE in names:
        table = names[TABLE]
        yield from _all("AWS/DynamoDB", DYNAMODB, TABLE, TableName=table)
        for operation in OPERATIONS:
            label = f"{TABLE} {operation}"
            dimensions = {"TableName": table, "Operation": operation}
            yield from _all("AWS/DynamoDB", DYNAMODB_OPERATION, label, **dimensions)


def _machine(names: Mapping[str, str]) -> Iterator[Series]:
    if MACHINE not in names:
        return
    for role in (MACHINE, CHILDREN):
        if role in names:
            yield from _all("AWS/States", STATES, role, StateMachineArn=names[role])
    yield from _all("AWS/States", STATES_ACCOUNT, "account")
    yield from _all("AWS/States", STATES_TRANSITIONS, "account", ServiceMetric="StateTransition")
    yield from _all(
        "AWS/States", STATES_INTEGRATION, "account", ServiceIntegrationResourceArn=INVOKE
    )


def _all(
    namespace: str, metrics: Mapping[str, tuple[str, ...]], label: str, **dimensions: str
) -> Iterator[Series]:
    """Every statistic of these metrics under these dimensions."""
    for metric, statistics in metrics.items():
        for statistic in statistics:
            yield Series(namespace, metric, statistic, label, tuple(dimensions.items()))

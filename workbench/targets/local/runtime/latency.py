"""How long an AWS call takes, and how much of the environment's CPU."""

from collections.abc import Callable

from workbench.platform.units import MB
from workbench.targets.local.world.context import RunContext

# The profile's entry for each operation; every other call is `other_call`.
ENTRIES = {
    "BatchWriteItem": "ddb_batch_write",
    "BatchGetItem": "ddb_batch_get",
    "TransactWriteItems": "ddb_transact",
    "TransactGetItems": "ddb_transact",
    "GetItem": "ddb_single",
    "PutItem": "ddb_single",
    "UpdateItem": "ddb_single",
    "DeleteItem": "ddb_single",
    "Query": "ddb_single",
    "SendMessage": "sqs_send",
    "SendMessageBatch": "sqs_send_batch",
    "ChangeMessageVisibility": "sqs_change_visibility",
    "ChangeMessageVisibilityBatch": "sqs_change_visibility",
    "PutObject": "s3_put",
    "UploadPart": "s3_put",
    "CreateMultipartUpload": "s3_put",
    "CompleteMultipartUpload": "s3_put",
    "GetObject": "s3_get",
    "HeadObject": "s3_get",
    "ListObjectsV2": "s3_list",
    "Publish": "sns_publish",
    "PutMetricData": "cloudwatch_put",
}


class Latencies:
    """Draws the time of calls: one random stream for each of the profile's entries."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._draws: dict[str, Callable[[], float]] = {}
        value = context.profile.value
        self._ms_per_mb = value("s3_ms_per_mb")
        self._cpu_call_ms = value("cpu_ms_per_call")
        self._cpu_entry_ms = value("cpu_ms_per_entry")
        self._cpu_mb_ms = value("cpu_ms_per_mb")

    def call_s(self, operation: str, body_bytes: int = 0) -> float:
        """How long one call takes, there and back; bodies are S3's."""
        entry = ENTRIES.get(operation, "other_call")
        if entry not in self._draws:
            self._draws[entry] = self._context.latency(entry)
        return self._draws[entry]() + self.body_s(body_bytes)

    def body_s(self, body_bytes: int) -> float:
        """How long an object's bytes take on the line."""
        return body_bytes / MB * self._ms_per_mb / 1000

    def cpu_ms(self, entries: int, body_bytes: int = 0) -> float:
        """The CPU time of one call at a full virtual CPU."""
        calls_ms = self._cpu_call_ms + entries * self._cpu_entry_ms
        return calls_ms + self.body_cpu_ms(body_bytes)

    def body_cpu_ms(self, body_bytes: int) -> float:
        """The CPU time of writing or reading an object's content."""
        return body_bytes / MB * self._cpu_mb_ms

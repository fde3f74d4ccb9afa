"""An SQS event source mapping: its settings, its event and answer, and how its pollers scale.

Lambda developer guide, "Configuring scaling behavior for SQS event source mappings": five at the
start, up to 300 more a minute while there is a backlog, at most 1,250 or the mapping's own maximum;
idle it may fall to two pollers, unless a maximum is set. A mapping that was idle grows from the two
that it has, and not at once: in a measured run (Guardian, harvester batch size, 2022) it stayed at
two for about ten seconds after messages arrived and then had three, not five.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import md5
from math import floor
from typing import Any

from workbench.platform.profile import Profile
from workbench.targets.local.sqs.queue import Message
from workbench.targets.local.world.stack import REGION, Stack

SENDER_ID = "AIDAIT2UOQQY3AUEKVGXU"  # of a role, as AWS's guide shows one
DEFAULT_BATCH_SIZE = 10  # Lambda API, CreateEventSourceMapping


@dataclass(frozen=True)
class MappingSpec:
    """What the template says of a mapping, and what its queue is for."""

    queue: str  # its name
    function: str
    batch_size: int
    window_s: float
    max_concurrency: int | None
    partial_failures: bool
    label: str


def read_mappings(stack: Stack, labels: Mapping[str, str]) -> Iterator[MappingSpec]:
    """The SQS mappings of a stack; `labels` says by URL what each queue is for."""
    by_name = {url.rsplit("/", 1)[-1]: label for url, label in labels.items()}
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping"):
        wanted = mapping.properties
        if wanted.get("Enabled", True) in (False, "false"):
            continue
        queue = wanted["EventSourceArn"].rsplit(":", 1)[-1]
        most = wanted.get("ScalingConfig", {}).get("MaximumConcurrency")
        yield MappingSpec(
            queue=queue,
            function=wanted["FunctionName"].rsplit(":", 1)[-1],
            batch_size=int(wanted.get("BatchSize", DEFAULT_BATCH_SIZE)),
            window_s=float(wanted.get("MaximumBatchingWindowInSeconds", 0)),
            max_concurrency=None if most is None else int(most),
            partial_failures="ReportBatchItemFailures" in wanted.get("FunctionResponseTypes", ()),
            label=by_name.get(queue, "knowing"),
        )


def failures(answer: Any, records: list[dict[str, Any]]) -> set[str]:
    """The message ids that a partial batch response names; all of them if it makes no sense.

    Lambda developer guide, "Handling errors for an SQS event source": no answer and an empty list
    are success; an unknown or empty identifier fails the whole batch.
    """
    everything = {record["messageId"] for record in records}
    if not answer:
        return set()
    if not isinstance(answer, dict):
        return everything
    named = answer.get("batchItemFailures") or []
    try:
        failed = {one["itemIdentifier"] for one in named}
    except (TypeError, KeyError):
        return everything
    return failed if failed <= everything else everything


def record_of(message: Message, queue_arn: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receive_count),
            "SentTimestamp": str(message.sent_ms),
            "SenderId": SENDER_ID,
            "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
        },
        "messageAttributes": {},
        "md5OfBody": md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }


class PollerScaling:
    """The concurrency of one mapping, over virtual time."""

    def __init__(self, profile: Profile, max_concurrency: int | None) -> None:
        value = profile.value
        self._cap = max_concurrency or int(value("esm_max_concurrency"))
        self._per_s = value("esm_ramp_per_min") / 60
        self._wakes_s = 0.0 if max_concurrency else value("esm_idle_s")
        self._rests_s = value("esm_long_poll_s")
        start = value("esm_start_concurrency" if max_concurrency else "esm_idle_pollers")
        self.idle_pollers = min(int(start), self._cap)
        self._awake_s: float | None = None  # when the first message came
        self._grown = 0.0  # beyond the start
        self._grows_s: float | None = None  # since when it grows
        self._empty_s: float | None = None  # since when there is nothing to do

    def allowed(self, now_s: float) -> int:
        """How many batches may be worked at a time."""
        return min(self._cap, self.idle_pollers + floor(self._grown_until(now_s) + 1e-9))

    def messages_came(self, now_s: float) -> None:
        """There is something to receive. After a rest the mapping starts anew."""
        rested = self._empty_s is not None and now_s - self._empty_s >= self._rests_s
        if self._awake_s is None or rested:
            self._awake_s, self._grown, self._grows_s = now_s, 0.0, None
        self._empty_s = None

    def nothing_left(self, now_s: float) -> None:
        """Nothing is visible and nothing is worked."""
        if self._empty_s is None:
            self._empty_s = now_s

    def backlog(self, there_is: bool, now_s: float) -> None:
        """Whether messages wait although all that is allowed is at work: only then it grows."""
        if there_is and self._grows_s is None:
            self._grows_s = max(now_s, self._awake_s + self._wakes_s)
        elif not there_is and self._grows_s is not None:
            self._grown, self._grows_s = self._grown_until(now_s), None

    def next_step_s(self, now_s: float) -> float | None:
        """When one more will be allowed, while it grows."""
        if self._grows_s is None or self.allowed(now_s) >= self._cap:
            return None
        grown = self._grown_until(now_s)
        return max(now_s, self._grows_s) + (floor(grown + 1e-9) + 1 - grown) / self._per_s

    def throttled(self, now_s: float) -> None:
        """The function refused a batch: one fewer from now on, never less than at the start."""
        self._grown = max(0.0, self._grown_until(now_s) - 1)
        if self._grows_s is not None:
            self._grows_s = max(now_s, self._grows_s)

    def _grown_until(self, now_s: float) -> float:
        if self._grows_s is None:
            return self._grown
        grown = self._grown + max(0.0, now_s - self._grows_s) * self._per_s
        return min(grown, float(self._cap - self.idle_pollers))

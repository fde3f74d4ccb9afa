"""Batches of the `sfn` design: an execution of the state machine each, named by the batch's id."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import ceil
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs import Design
from workbench.platform.services import KEYS_PER_LIST, S3, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MB, EXPRESS_STEP_MS, gb_seconds
from workbench.pull.logs import Billed
from workbench.runs.batch import Batch
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import code_of, plainly, scrub
from workbench.targets.aws.batches import OPEN_LOOK, Batches, BatchStatus, OpenBatch
from workbench.targets.aws.timeouts import Clock
from workbench.targets.aws.usage import BatchMeasurements, Line

STATUS = {
    "RUNNING": "open",
    "PENDING_REDRIVE": "open",
    "SUCCEEDED": "complete",
    "TIMED_OUT": "cancelled",
}
ENDED = ("succeeded", "failed", "timedOut", "aborted")  # of the items of a map run
DISPATCH_STATES = 4  # Start, Owner?, CreateItems, Process; and one CreateSegment a segment
KNOWING_STATES = 3  # Summarize, Notify, Done
PART_BYTES = 8 * 2**20  # of a multipart upload (lambdas/sfn/batcher.py)
LINE_BYTES = len('{"id":"0123456789abcdef","value":}\n')


class SfnBatches(Batches):
    """The batches of a deployed `SfnBatchProcessing`."""

    def __init__(self, aws: Aws, outputs: Mapping[str, str], clock: Clock) -> None:
        super().__init__(aws, outputs, clock)
        self._machine = outputs["StateMachineArn"]
        self._map_runs: dict[str, str] = {}  # by batch: ListMapRuns is asked once

    def others(self, batch_id: str) -> list[OpenBatch]:
        with plainly():
            answer = self._states.list_executions(
                stateMachineArn=self._machine, statusFilter="RUNNING", maxResults=OPEN_LOOK
            )
        names = [one["name"] for one in answer["executions"]]
        return [OpenBatch(name, "OPEN") for name in names if name != batch_id]

    def trigger(self, batch: Batch, design: Design, deadline_s: int) -> float:  # noqa: ARG002
        """The deadline stands in the machine's definition, which the settings have set."""
        given = design.trigger(batch.batch_id, batch.items, batch.seed)
        with plainly():
            try:
                answer = self._states.start_execution(
                    stateMachineArn=self._machine,
                    name=batch.batch_id,
                    input=json.dumps(given),
                )
            except ClientError as error:
                if code_of(error) != "ExecutionAlreadyExists":
                    raise
                # The name is ours: an earlier try got through.
                answer = self._execution(batch.batch_id)
        return answer["startDate"].timestamp()

    def look(self, batch: Batch, design: Design) -> BatchStatus:  # noqa: ARG002
        with plainly():
            try:
                found = self._execution(batch.batch_id)
            except ClientError as error:
                if code_of(error) != "ExecutionDoesNotExist":
                    raise
                return BatchStatus("absent")
            counts = self._item_counts(batch.batch_id)
        status = STATUS.get(found["status"], "failed")
        if status == "complete" and json.loads(found.get("output") or "{}").get("owner") is False:
            return BatchStatus("failed", reason="another execution has claimed this batch")
        done = sum(counts.get(name, 0) for name in ENDED)
        return BatchStatus(
            status=status,
            items_done=batch.items if status == "complete" else done,
            backlog=counts.get("pending", 0) + counts.get("running", 0),
            detected_at=found["stopDate"].timestamp() if status == "complete" else None,
            reason=_why(found) if status in ("failed", "cancelled") else "",
        )

    def is_cancelled(self, batch_id: str) -> bool:
        with plainly():
            try:
                return self._execution(batch_id)["status"] == "TIMED_OUT"
            except ClientError as error:
                if code_of(error) != "ExecutionDoesNotExist":
                    raise
                return False

    def stop(self, batch_id: str) -> str:
        """Stop the execution, its map run and the children with it, unless it timed out."""
        with plainly():
            counts = self._item_counts(batch_id)
            if not self.is_cancelled(batch_id):
                self._states.stop_execution(
                    executionArn=self._arn(batch_id), error="Stopped", cause="by the workbench"
                )
        waiting = counts.get("pending", 0) + counts.get("running", 0)
        return (
            f"the execution is stopped with {waiting} items not done; functions that are running "
            "end by themselves. It can be resumed for 14 days"
        )

    def resume(self, batch_id: str) -> str:
        """Redrive the execution: it goes on where it was stopped, and so does its map run."""
        with plainly():
            self._states.redrive_execution(executionArn=self._arn(batch_id))
        # Redriven executions use the definition of the first attempt (RedriveExecution, API).
        return " It runs the state machine as it was when it started, whatever was deployed since."

    def purge(self, batch_id: str) -> str:  # noqa: ARG002
        """Nothing waits anywhere: the items lie in the bucket, which forgets them."""
        return "nothing waits in a queue; the batch's objects expire after 30 days"

    def usage_lines(self, measured: BatchMeasurements) -> Iterator[Line]:
        """Transitions, Express children and S3 requests, which no free metric has.

        Counted from the machine of docs/architecture.md; a retry of its own states is left out.
        """
        segments = ceil(measured.items / measured.design.segment_items)
        for line in _states(measured, segments):
            yield "machine", STEP_FUNCTIONS, *line
        for line in _objects(measured, segments):
            yield "bucket", S3, *line

    def children(self, batch_id: str) -> int:
        """How many children the map run has started."""
        with plainly():
            run = self._map_run(batch_id)
            counts = run.get("executionCounts", {}) if run else {}
        return counts.get("total", 0) - counts.get("pending", 0)

    @property
    def _states(self) -> Any:
        return self._aws.client("stepfunctions")

    def _arn(self, batch_id: str) -> str:
        return f"{self._machine.replace(':stateMachine:', ':execution:')}:{batch_id}"

    def _execution(self, batch_id: str) -> dict[str, Any]:
        return self._states.describe_execution(executionArn=self._arn(batch_id))

    def _item_counts(self, batch_id: str) -> dict[str, int]:
        run = self._map_run(batch_id)
        return run["itemCounts"] if run else {}

    def _map_run(self, batch_id: str) -> dict[str, Any] | None:
        """The execution's map run, if it has got there."""
        if batch_id not in self._map_runs:
            answer = self._states.list_map_runs(executionArn=self._arn(batch_id))
            runs = answer.get("mapRuns")
            if not runs:
                return None
            self._map_runs[batch_id] = runs[0]["mapRunArn"]
        return self._states.describe_map_run(mapRunArn=self._map_runs[batch_id])


def _why(found: dict[str, Any]) -> str:
    """Why an execution failed, without account ids."""
    error, cause = found.get("error", ""), found.get("cause", "")
    return scrub(f"the execution {found['status']}: {error} {cause}".strip())[:500]


def _states(measured: BatchMeasurements, segments: int) -> Iterator[tuple]:
    """Transitions, and Express requests and time."""
    design, children = measured.design, measured.children
    processor = measured.billed.get("processor", Billed())
    transitions = DISPATCH_STATES + segments + children  # a child's start is one, Express too
    if design.child_type == "STANDARD":
        transitions += max(children, processor.requests)  # a retry enters its state again
    kind, unit = "StateTransition", "StateTransitions"
    yield kind, unit, "dispatch", Decimal(transitions)
    yield kind, unit, "knowing", Decimal(KNOWING_STATES)
    if design.child_type == "EXPRESS":
        yield "StepFunctions-Request", "Requests", "dispatch", Decimal(children)
        used = gb_seconds(processor.express_steps * EXPRESS_STEP_MS, EXPRESS_STEP_MB)
        yield "StepFunctions-GB-Second", "GB-Seconds", "dispatch", used


def _objects(measured: BatchMeasurements, segments: int) -> Iterator[tuple]:
    """The claim and the segments; the map's reading of them; lists of failures and results."""
    design = measured.design
    payload_bytes = len(',"payload":""') + design.item_bytes if design.item_bytes else 0
    line_bytes = LINE_BYTES + len(str(design.value_max)) + payload_bytes
    puts, left = 1, measured.items
    for _ in range(segments):
        size = min(left, design.segment_items) * line_bytes
        puts += 1 if size < PART_BYTES else 2 + ceil(size / PART_BYTES)
        left -= design.segment_items
    listed = ceil(segments / KEYS_PER_LIST)
    tier1, tier2, unit = "Requests-Tier1", "Requests-Tier2", "Requests"
    yield tier1, unit, "dispatch", Decimal(puts + listed)
    yield tier2, unit, "dispatch", Decimal(segments)
    lists = min(measured.counted.failed, measured.children)  # one a child that had failures
    results = 2  # a manifest and one file of what succeeded
    yield tier1, unit, "knowing", Decimal(lists + results + 2)  # and the summary's two LISTs
    yield tier2, unit, "knowing", Decimal(lists + 1)  # and the manifest

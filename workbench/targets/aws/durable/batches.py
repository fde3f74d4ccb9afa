"""Batches of the `durable` design: an execution of the orchestrator each, named by the batch's id.

An execution stays with the version that it began with, and lists are by version; a run may have let
the alias mean another one since. So all versions are looked through, the newest first. An account
has 30 GetDurableExecution a second and 15 of the history (Lambda quotas): the first is asked once a
look, the second every `HISTORY_EVERY_S`, for what is new in it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import botocore
from botocore.exceptions import ClientError

from workbench.designs import DURABLE_ALIAS, Design
from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.runs.notices import read_notice
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, code_of, plainly, scrub
from workbench.stacks.executions import durable_executions, stop_durable_execution
from workbench.targets.aws.batches import OPEN_LOOK, Batches, BatchStatus, OpenBatch
from workbench.targets.aws.durable.usage import usage_lines
from workbench.targets.aws.timeouts import Clock
from workbench.targets.aws.usage import BatchMeasurements, Line

NEEDED = "1.42.1"  # the botocore that knows durable executions (December 2025)
STATUS = {"RUNNING": "open", "SUCCEEDED": "complete"}  # the others have failed for good
RANGE_OVER = tuple(f"ChainedInvoke{how}" for how in ("Succeeded", "Failed", "TimedOut", "Stopped"))
HISTORY_EVERY_S = 15
EVENTS_MAX = 1_000  # of a page of the history (GetDurableExecutionHistory, API reference)
LOOKED_MAX = 100  # executions that are asked whose they are: segments are a few at a time


@dataclass
class Progress:
    """What is known of an execution's history."""

    asked_at: float = float("-inf")
    last: int = 0  # the newest event that was seen
    over: int = 0  # ranges that are


class DurableBatches(Batches):
    """The batches of a deployed `DurableBatchProcessing`."""

    resumable = False

    def __init__(self, aws: Aws, outputs: Mapping[str, str], clock: Clock) -> None:
        super().__init__(aws, outputs, clock)
        self._function = outputs["OrchestratorName"]
        self._arns: dict[str, str] = {}  # of executions, by batch
        self._progress: dict[str, Progress] = {}

    def others(self, batch_id: str) -> list[OpenBatch]:
        """Those of which an execution runs: a segment may outlive a root that failed."""
        with plainly():
            found = {name: None for name, _ in self._running(batch_id) if name != batch_id}
        return [OpenBatch(name, "OPEN") for name in [*found][:OPEN_LOOK]]

    def trigger(self, batch: Batch, design: Design, deadline_s: int) -> float:  # noqa: ARG002
        """The deadline is the execution's own limit, which the settings have set."""
        asked_at = self._clock.now()
        given = design.trigger(batch.batch_id, batch.items, batch.seed)
        with plainly():
            try:
                answer = self._lambda.invoke(
                    FunctionName=self._function,
                    Qualifier=DURABLE_ALIAS,
                    InvocationType="Event",
                    DurableExecutionName=batch.batch_id,
                    Payload=json.dumps(given).encode(),
                )
            except ClientError as error:
                if code_of(error) != "DurableExecutionAlreadyStartedException":
                    raise
                found = self._execution(batch.batch_id)
                if found is None:
                    raise
                return found["StartTimestamp"].timestamp()  # an earlier try got through
        if arn := answer.get("DurableExecutionArn"):
            self._arns[batch.batch_id] = arn
        return asked_at + self._clock.skew_s(answer, asked_at)

    def look(self, batch: Batch, design: Design) -> BatchStatus:
        with plainly():
            found = self._execution(batch.batch_id)
            if found is None:
                return BatchStatus("absent")
            status = STATUS.get(found["Status"], "failed")
            if status == "failed":
                return BatchStatus(status, reason=_why(found))
            if status == "complete":
                ended_at, result = found["EndTimestamp"].timestamp(), found.get("Result") or "0"
                return BatchStatus(status, batch.items, 0, ended_at, int(json.loads(result)))
            over = self._ranges_over(found["DurableExecutionArn"])
        done = min(batch.items, over * design.range_items(batch.items))
        return BatchStatus(status, items_done=done, backlog=batch.items - done)

    def known(self, batch_id: str) -> bool:
        with plainly():
            return self._execution(batch_id) is not None

    def is_cancelled(self, batch_id: str) -> bool:  # noqa: ARG002
        """One that was stopped or timed out has failed: nothing can go on with it."""
        return False

    def stop(self, batch_id: str) -> str:
        """Stop the execution, so that it starts nothing more, then its segments."""
        with plainly():
            found = self._execution(batch_id)
            status = found["Status"] if found else "absent"
            if found is None or status != "RUNNING":
                raise AwsFailed(f"batch {batch_id} is {status}: only one that is RUNNING can stop.")
            stop_durable_execution(self._lambda, found["DurableExecutionArn"])
            segments = self._stop_segments(batch_id)
        return (
            f"the execution is stopped for good, and {segments} of its segments with it; functions "
            "that are running end by themselves. Lambda resumes no execution that was stopped: "
            "after a purge, the same order works all its items anew"
        )

    def resume(self, batch_id: str) -> str:
        """Refused: a durable execution that was stopped cannot go on (StopDurableExecution)."""
        raise BadInput(
            f"batch {batch_id} cannot go on: Lambda resumes no durable execution that was stopped. "
            f"`workbench purge {batch_id}` frees the stack; the same order then is a new batch, "
            "which works every item anew."
        )

    def purge(self, batch_id: str) -> str:
        """Nothing waits anywhere; a segment that began just as its batch was stopped goes too."""
        with plainly():
            self._stop_segments(batch_id)
        return "nothing waits in a queue; what it has listed in the bucket expires"

    def usage_lines(self, measured: BatchMeasurements) -> Iterator[Line]:
        return usage_lines(measured)

    @cached_property
    def _lambda(self) -> Any:
        """The client, once it is known to have the calls. BadInput says which botocore has."""
        client = self._aws.client("lambda")
        invoke = client.meta.service_model.operation_model("Invoke")
        if "DurableExecutionName" not in invoke.input_shape.members:
            raise BadInput(
                f"botocore {botocore.__version__} cannot start a durable execution by name: "
                f"{NEEDED} or later is needed. Run `make env`."
            )
        return client

    def _listed(self, **asked: Any) -> Iterator[dict[str, Any]]:
        return durable_executions(self._lambda, self._function, **asked)

    def _execution(self, batch_id: str) -> dict[str, Any] | None:
        """The batch's own execution, or None: it may not have begun, or be forgotten."""
        if batch_id not in self._arns:
            named = self._listed(DurableExecutionName=batch_id)
            arns = (
                one["DurableExecutionArn"]
                for one in named
                if one["DurableExecutionName"] == batch_id  # the filter takes names that contain it
            )
            if (arn := next(arns, None)) is None:
                return None
            self._arns[batch_id] = arn
        return self._get(self._arns[batch_id])

    def _get(self, arn: str) -> dict[str, Any] | None:
        try:
            return self._lambda.get_durable_execution(DurableExecutionArn=arn)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return None

    def _running(self, batch_id: str) -> Iterator[tuple[str, str]]:
        """Batch and ARN of executions that run, but for the batch's own root: a segment's input
        says whose it is."""
        looked = 0
        for one in self._listed(Statuses=["RUNNING"]):
            if one["DurableExecutionName"] == batch_id:
                continue
            looked += 1
            arn = one["DurableExecutionArn"]
            if (found := self._get(arn)) is not None:
                asked = read_notice(found.get("InputPayload") or "")
                yield asked["batch_id"] if asked else one["DurableExecutionName"], arn
            if looked == LOOKED_MAX:
                return

    def _stop_segments(self, batch_id: str) -> int:
        """Stop what still runs of a batch; how many executions."""
        own = [arn for name, arn in self._running(batch_id) if name == batch_id]
        return sum(stop_durable_execution(self._lambda, arn) for arn in own)

    def _ranges_over(self, arn: str) -> int:
        """How many chunks or segments of an execution are over, by what is new in its history."""
        known, now = self._progress.setdefault(arn, Progress()), self._clock.now()
        if now - known.asked_at < HISTORY_EVERY_S:
            return known.over
        known.asked_at, newest = now, known.last
        for event in self._newest_first(arn):
            if event["EventId"] <= known.last:
                break
            newest = max(newest, event["EventId"])
            known.over += event["EventType"] in RANGE_OVER
        known.last = newest
        return known.over

    def _newest_first(self, arn: str) -> Iterator[dict[str, Any]]:
        pages = self._lambda.get_paginator("get_durable_execution_history")
        asked = {"IncludeExecutionData": False, "ReverseOrder": True, "MaxItems": EVENTS_MAX}
        for page in pages.paginate(DurableExecutionArn=arn, **asked):
            yield from page["Events"]


def _why(found: dict[str, Any]) -> str:
    """Why an execution ended, without account ids."""
    error, limit_s = found.get("Error", {}), found.get("DurableConfig", {}).get("ExecutionTimeout")
    words = f"{error.get('ErrorType', '')}: {error.get('ErrorMessage', '')}".strip(": ")
    if found["Status"] == "TIMED_OUT" and limit_s:
        words = f"its deadline of {limit_s:,} s. {words}".rstrip(". ")
    return scrub(f"the execution {found['Status']}: {words}".rstrip(": "))[:500]

"""Taking everything down, and proving it: what is there before, and that nothing is after."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from botocore.exceptions import ClientError, WaiterError

from workbench.bill import bill, total_usd
from workbench.bill.monthly_cost import IDLE_POLLERS, MONTH_S, idle_polls
from workbench.designs import DESIGNS
from workbench.errors import WorkbenchError
from workbench.platform.services import CLOUDWATCH, DYNAMODB, S3, SQS
from workbench.platform.units import GB, quantity
from workbench.prices import PriceBook, load_book
from workbench.runs.records import USAGE_COLUMNS
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, code_of, plainly, scrub
from workbench.stacks.inventory import Thing, exists, inventory, is_of, stored_bytes
from workbench.stacks.ledger import Ledger

LOOKS = 12  # at what is on its way out, before it counts as left
LOOK_EVERY_S = 5
DELETE_MAX = 1_000  # keys of one DeleteObjects
KEPT = "CDK's own stack CDKToolkit stays: other projects may use it."

Say = Callable[[str], None]


class Leftovers(WorkbenchError):
    """Something is left after everything was to be removed; or there was nothing to remove."""


@dataclass(frozen=True)
class Planned:
    """One thing that a teardown would remove, and what it costs a month while it stands."""

    thing: Thing
    monthly_usd: Decimal

    def __str__(self) -> str:
        return f"{self.thing}  ${self.monthly_usd:.4f} a month"


def teardown_plan(designs: Iterable[str] = tuple(DESIGNS)) -> list[Planned]:
    """Everything that exists, dearest first. Nothing is removed."""
    aws = Aws()
    aws.account()
    things, book = inventory(aws, tuple(designs)), load_book()
    planned = [Planned(one, _monthly_usd(one, stored_bytes(aws, one), book)) for one in things]
    return sorted(planned, key=lambda one: (-one.monthly_usd, one.thing))


def destroy(
    results: Path,
    say: Say,
    designs: Iterable[str] = tuple(DESIGNS),
    sleep: Callable[[float], None] = time.sleep,
) -> list[Thing]:
    """Remove the stacks and all that is in them; what was there.

    Raises Leftovers if anything is left, or if nothing was there to begin with: an inventory that
    is empty before proves nothing after.
    """
    aws, names = Aws(), tuple(designs)
    aws.account()
    before = inventory(aws, names)
    if not before:
        raise Leftovers(
            f"nothing of {', '.join(DESIGNS[name].stack for name in names)} is in {aws.region}. "
            "If it is elsewhere, set AWS_REGION."
        )
    say(f"{len(before)} things are there")
    for name in names:
        _remove(aws, DESIGNS[name].stack, before, say)
    left = _left(aws, names, before)
    for thing in left:  # log groups may outlive their stack: late lines may have made one again
        if thing.type == "AWS::Logs::LogGroup":
            with plainly():
                aws.client("logs").delete_log_group(logGroupName=thing.name)
    for _ in range(LOOKS):  # some things take a while to go
        if not (left := _left(aws, names, before)):
            break
        sleep(LOOK_EVERY_S)
    if left:
        raise Leftovers("left on AWS: " + "; ".join(map(str, left)))
    _close_ledger(Ledger(results), names)
    say(f"nothing is left of {len(before)} things. {KEPT}")
    return before


def _remove(aws: Aws, stack: str, before: list[Thing], say: Say) -> None:
    """Stop what runs, empty the bucket, delete the stack and wait for its end."""
    own = [thing for thing in before if is_of(thing, stack)]
    for thing in own:
        if thing.type == "AWS::S3::Bucket":
            say(f"{thing.name}: {empty_bucket(aws, thing.name)} objects are deleted")
    machines = [one.name for one in own if one.type == "AWS::StepFunctions::StateMachine"]
    formation = aws.client("cloudformation")
    with plainly():
        if machines:
            _stop_executions(aws, machines, say)
        say(f"deleting {stack}")
        formation.delete_stack(StackName=stack)
        try:
            waiter = formation.get_waiter("stack_delete_complete")
            waiter.wait(StackName=stack, WaiterConfig={"Delay": 5, "MaxAttempts": 360})
        except WaiterError as error:
            why = scrub(str(error.last_response)[-500:])
            raise AwsFailed(f"{stack} could not be deleted: {why}. Run the same again.") from None


def empty_bucket(aws: Aws, name: str) -> int:
    """Delete every version of every object, and end every upload; how many objects there were."""
    s3, objects = aws.client("s3"), 0
    with plainly():
        try:
            for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
                for one in page.get("Uploads", []):
                    s3.abort_multipart_upload(Bucket=name, Key=one["Key"], UploadId=one["UploadId"])
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
                found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                objects += len(found)
                _delete_objects(s3, name, found)
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise
    return objects


def _delete_objects(s3: Any, name: str, found: list[dict[str, Any]]) -> None:
    """Delete these versions; AwsFailed if S3 keeps one."""
    for at in range(0, len(found), DELETE_MAX):
        some = found[at : at + DELETE_MAX]
        keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in some]
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
        if errors := answer.get("Errors"):
            raise AwsFailed(f"{name}: {errors[0]['Key']} stays: {errors[0]['Code']}.")


def _stop_executions(aws: Aws, machines: list[str], say: Say) -> None:
    """Stop the running executions: a state machine waits for their end before it goes."""
    states = aws.client("stepfunctions")
    for page in states.get_paginator("list_state_machines").paginate():
        for machine in page["stateMachines"]:
            if machine["name"] not in machines:
                continue
            arn = machine["stateMachineArn"]
            running = states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")
            for one in running["executions"]:
                say(f"stopping execution {one['name']}")
                states.stop_execution(executionArn=one["executionArn"], cause="make destroy")


def _left(aws: Aws, names: tuple[str, ...], before: list[Thing]) -> list[Thing]:
    """What a list or a tag still names, and what was there and its service still knows."""
    found = set(inventory(aws, names))
    return sorted(found | {one for one in set(before) - found if exists(aws, one)})


def _close_ledger(ledger: Ledger, names: tuple[str, ...]) -> None:
    """Batches that were open on these stacks will never end."""
    for entry in ledger.entries():
        if entry.design in names:
            ledger.drop_settings(entry.stack)
            if entry.phase not in ("collected", "failed", "purged"):
                ledger.write(entry.at("destroyed"))


def _monthly_usd(thing: Thing, size_bytes: int, book: PriceBook) -> Decimal:
    """Dollars of a month in which nothing runs: storage, alarms and idle polls."""
    gb, polls = quantity(size_bytes / GB), idle_polls(IDLE_POLLERS, MONTH_S)
    rows = {
        "AWS::S3::Bucket": (S3, "TimedStorage-ByteHrs", "GB-Mo", gb),
        "AWS::DynamoDB::Table": (DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", gb),
        "AWS::Logs::LogGroup": (CLOUDWATCH, "TimedStorage-ByteHrs", "GB-Mo", gb),
        "AWS::CloudWatch::Alarm": (CLOUDWATCH, "CW:AlarmMonitorUsage", "Alarms", Decimal(1)),
        "AWS::Lambda::EventSourceMapping": (SQS, "Requests-Tier1", "Requests", polls),
    }
    if thing.type not in rows:
        return Decimal(0)
    service, usage_type, unit, amount = rows[thing.type]
    row = (service, usage_type, unit, "work", amount)
    frame = pd.DataFrame([row], columns=USAGE_COLUMNS).astype({"quantity": object})
    return total_usd(bill(frame, book))

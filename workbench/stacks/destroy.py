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
from workbench.errors import WorkbenchError
from workbench.platform.services import CLOUDWATCH, DYNAMODB, S3, SQS
from workbench.platform.units import GB, quantity
from workbench.prices import PriceBook, load_book
from workbench.runs.records import USAGE_COLUMNS
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, code_of, plainly, scrub
from workbench.stacks.executions import LOOK_EVERY_S, LOOKS, stop_durable, stop_machine
from workbench.stacks.inventory import (
    STACKS,
    UNKNOWN,
    Thing,
    arn_of,
    exists,
    inventory,
    stack_things,
    stored_bytes,
)
from workbench.stacks.ledger import Ledger

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


def teardown_plan(designs: Iterable[str] = tuple(STACKS)) -> list[Planned]:
    """Everything that exists, dearest first. Nothing is removed."""
    aws = Aws()
    aws.account()
    things, book = inventory(aws, tuple(designs)), load_book()
    planned = [Planned(one, _monthly_usd(one, stored_bytes(aws, one), book)) for one in things]
    return sorted(planned, key=lambda one: (-one.monthly_usd, one.thing))


def destroy(
    results: Path,
    say: Say,
    designs: Iterable[str] = tuple(STACKS),
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
            f"nothing of {', '.join(STACKS[name] for name in names)} is in {aws.region}. "
            "If it is elsewhere, set AWS_REGION."
        )
    say(f"{len(before)} things are there")
    for name in names:
        _remove(aws, STACKS[name], say, sleep)
    _close_ledger(
        Ledger(results), names, aws.region
    )  # also if something is left: the batches are over
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
    say(f"nothing is left of {len(before)} things. {KEPT}")
    return before


def _remove(aws: Aws, stack: str, say: Say, sleep: Callable[[float], None]) -> None:
    """Start nothing more, stop what runs, empty the bucket, delete the stack, wait for its end.

    What belongs to the stack is known by its list: the name of a state machine does not have the
    stack's in it. A function that ends after the bucket was emptied may write once more, and a
    bucket that is not empty is not deleted: so the last two are done a second time.
    """
    own = stack_things(aws, stack)
    if not own:
        return
    with plainly():
        for rule in _named(own, "AWS::Events::Rule"):
            _disable(aws, rule.name)
        for machine in _named(own, "AWS::StepFunctions::StateMachine"):
            stop_machine(aws, arn_of(aws, machine), say, sleep)
        for function in _named(own, "AWS::Lambda::Function"):
            stop_durable(aws, function.name, say, sleep)
    for last in (False, True):
        for bucket in _named(own, "AWS::S3::Bucket"):
            say(f"{bucket.name}: {empty_bucket(aws, bucket.name)} objects are deleted")
        say(f"deleting {stack}")
        if _deleted(aws, stack, last):
            return


def _named(things: Iterable[Thing], kind: str) -> list[Thing]:
    return [thing for thing in things if thing.type == kind]


def _deleted(aws: Aws, stack: str, last: bool) -> bool:
    """Delete a stack and wait for its end; whether it is gone, AwsFailed at the last try."""
    formation = aws.client("cloudformation")
    with plainly():
        formation.delete_stack(StackName=stack)
        try:
            waiter = formation.get_waiter("stack_delete_complete")
            waiter.wait(StackName=stack, WaiterConfig={"Delay": 5, "MaxAttempts": 360})
        except WaiterError as error:
            if not last:
                return False
            why = scrub(str(error.last_response)[-500:])
            raise AwsFailed(f"{stack} could not be deleted: {why}. Run the same again.") from None
    return True


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


def _disable(aws: Aws, rule: str) -> None:
    """Switch a rule off, if it is still there."""
    try:
        aws.client("events").disable_rule(Name=rule)
    except ClientError as error:
        if code_of(error) not in UNKNOWN:
            raise


def _left(aws: Aws, names: tuple[str, ...], before: list[Thing]) -> list[Thing]:
    """What a list or a tag still names, and what was there and its service still knows."""
    found = set(inventory(aws, names))
    return sorted(found | {one for one in set(before) - found if exists(aws, one)})


def _close_ledger(ledger: Ledger, names: tuple[str, ...], region: str) -> None:
    """Batches that were open on these stacks will never end."""
    for entry in ledger.entries():
        if entry.design in names and entry.region == region:
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

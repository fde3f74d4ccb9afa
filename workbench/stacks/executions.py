"""Executions of a stack: those of a durable function by version, and the end of all that run."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, code_of
from workbench.stacks.inventory import UNKNOWN

LOOKS = 12  # at what is on its way out, before it counts as left
LOOK_EVERY_S = 5
STOPPED = {"ErrorType": "Stopped", "ErrorMessage": "by the workbench"}
OVER = ("InvalidParameterValueException", "ResourceNotFoundException")  # it ended meanwhile

Say = Callable[[str], None]
Running = Callable[[], list[tuple[str, str]]]  # names and ARNs


def stop_machine(aws: Aws, machine: str, say: Say, sleep: Callable[[float], None]) -> None:
    """Stop a machine's executions and wait for their end, and that of the children.

    A machine that is deleted stays until they have ended, and starts children meanwhile.
    """
    states = aws.client("stepfunctions")

    def running() -> list[tuple[str, str]]:
        pages = states.get_paginator("list_executions")
        found = pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
        return [(one["name"], one["executionArn"]) for page in found for one in page["executions"]]

    def stop(arn: str) -> None:
        states.stop_execution(executionArn=arn, cause="make destroy")

    _stop_all(running, stop, "Step Functions", say, sleep)


def stop_durable(aws: Aws, function: str, say: Say, sleep: Callable[[float], None]) -> None:
    """Stop the executions of a function, if it is a durable one, and of each of its versions."""
    client = aws.client("lambda")

    def running() -> list[tuple[str, str]]:
        config = client.get_function_configuration(FunctionName=function)
        if not config.get("DurableConfig"):
            return []
        found = durable_executions(client, function, Statuses=["RUNNING"])
        return [(one["DurableExecutionName"], one["DurableExecutionArn"]) for one in found]

    _stop_all(running, partial(stop_durable_execution, client), "Lambda", say, sleep)


def durable_executions(client: Any, function: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """A durable function's executions, listed by version, those of the newest first."""
    numbers = [one["Version"] for one in versions(client, function)]
    numbers.sort(key=lambda one: int(one) if one.isdigit() else 0, reverse=True)  # $LATEST is last
    pages = client.get_paginator("list_durable_executions_by_function")
    for number in numbers:
        for page in pages.paginate(FunctionName=function, Qualifier=number, **asked):
            yield from page["DurableExecutions"]


def versions(client: Any, function: str) -> Iterator[dict[str, Any]]:
    """Every version of a function, with its settings."""
    for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=function):
        yield from page["Versions"]


def stop_durable_execution(client: Any, arn: str) -> bool:
    """Stop an execution; whether it ran until then."""
    try:
        client.stop_durable_execution(DurableExecutionArn=arn, Error=STOPPED)
    except ClientError as error:
        if code_of(error) not in OVER:
            raise
        return False
    return True


def _stop_all(
    running: Running,
    stop: Callable[[str], Any],
    console: str,
    say: Say,
    sleep: Callable[[float], None],
) -> None:
    """Stop what runs until nothing does; what owns it may be gone by then."""
    for _ in range(LOOKS):
        try:
            found = running()
        except ClientError as error:
            if code_of(error) not in UNKNOWN:
                raise
            return
        if not found:
            return
        for name, arn in found:
            say(f"stopping execution {name}")
            stop(arn)
        sleep(LOOK_EVERY_S)
    raise AwsFailed(
        f"{len(found)} executions still run after {LOOKS} looks: {found[0][0]}. Stop them "
        f"in the {console} console, then run the same again."
    )

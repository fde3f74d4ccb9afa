"""Executions that run when their stack is taken down: stopped, and waited for."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, code_of
from workbench.stacks.inventory import UNKNOWN

LOOKS = 12  # at what is on its way out, before it counts as left
LOOK_EVERY_S = 5
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
        pages = client.get_paginator("list_durable_executions_by_function")
        return [
            (one["DurableExecutionName"], one["DurableExecutionArn"])
            for version in _versions(client, function)
            for page in pages.paginate(
                FunctionName=function, Qualifier=version, Statuses=["RUNNING"]
            )
            for one in page["DurableExecutions"]
        ]

    def stop(arn: str) -> None:
        try:
            client.stop_durable_execution(DurableExecutionArn=arn)
        except ClientError as error:
            if code_of(error) not in OVER:
                raise

    _stop_all(running, stop, "Lambda", say, sleep)


def _versions(client: Any, function: str) -> Iterator[str]:
    for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=function):
        yield from (one["Version"] for one in page["Versions"])


def _stop_all(
    running: Running,
    stop: Callable[[str], None],
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

"""Durable executions are stopped before their function goes: of every version, until none runs."""

import pytest

from tests.aws_answers import answering
from workbench.stacks import executions
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed
from workbench.stacks.executions import stop_durable

ARN = "arn:aws:lambda:us-east-1:123456789012:function:O"
NAME = {"FunctionName": "O"}
DURABLE = ("get_function_configuration", {"DurableConfig": {"ExecutionTimeout": 9}}, NAME)


def arn(name, version):
    return f"{ARN}:{version}/durable-execution/{name}/0"


def running(version, *names):
    found = [
        {
            "DurableExecutionArn": arn(name, version),
            "DurableExecutionName": name,
            "FunctionArn": ARN,
            "Status": "RUNNING",
            "StartTimestamp": 1,
        }
        for name in names
    ]
    asked = NAME | {"Qualifier": version, "Statuses": ["RUNNING"]}
    return "list_durable_executions_by_function", {"DurableExecutions": found}, asked


def versions(*names):
    found = [{"Version": one} for one in names]
    return "list_versions_by_function", {"Versions": found}, NAME


def stopped(name, version):
    asked = {"DurableExecutionArn": arn(name, version), "Error": executions.STOPPED}
    return "stop_durable_execution", {"StopTimestamp": 1}, asked


@pytest.fixture
def aws(credentials):
    return Aws()


@pytest.fixture
def lambda_(aws):
    """Lambda answers with these, in this order."""
    with answering(aws.client("lambda")) as answer:
        yield answer


def stop(aws):
    said = []
    stop_durable(aws, "O", said.append, lambda seconds: None)
    return said


def test_what_runs_of_any_version_is_stopped_and_looked_at_again(aws, lambda_):
    lambda_(DURABLE, versions("$LATEST", "1", "2"))
    lambda_(running("2", "b-1"), running("1", "old"), running("$LATEST", "over"))
    lambda_(stopped("b-1", "2"), stopped("old", "1"))
    over = "InvalidParameterValueException"  # it has ended meanwhile
    lambda_.stub.add_client_error("stop_durable_execution", over, "", 400)
    lambda_(DURABLE, versions("1", "2"), running("2"), running("1"))
    assert stop(aws) == [f"stopping execution {name}" for name in ("b-1", "old", "over")]


def test_a_plain_function_is_asked_for_no_executions(aws, lambda_):
    lambda_(("get_function_configuration", {}, NAME))
    assert stop(aws) == []


def test_a_function_that_is_gone_has_none(aws, lambda_):
    code = "ResourceNotFoundException"
    lambda_.stub.add_client_error("get_function_configuration", code, "", 404)
    assert stop(aws) == []


def test_what_never_ends_is_named(aws, lambda_, monkeypatch):
    monkeypatch.setattr(executions, "LOOKS", 1)
    lambda_(DURABLE, versions("1"), running("1", "b-1"), stopped("b-1", "1"))
    with pytest.raises(AwsFailed, match=r"still run after 1 looks: b-1\. Stop them in the Lambda"):
        stop(aws)

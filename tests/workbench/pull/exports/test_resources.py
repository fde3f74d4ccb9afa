"""Resources are told by name: those of the stack by their role, those of others not at all."""

import pytest

from workbench.designs import DESIGNS
from workbench.pull.exports.resources import Resource, Stack

HERE = "us-east-1:123456789012"
IDS = {
    f"arn:aws:lambda:{HERE}:function:SqsBatchProcessing-Processor5F2A1B3C-aBc123": "processor",
    f"arn:aws:lambda:{HERE}:function:SqsBatchProcessing-Processor5F2A1B3C-aBc123:7": "processor",
    f"arn:aws:lambda:{HERE}:function:SqsBatchProcessing-FailuresDEADBEEF-x": "failures",
    f"arn:aws:sqs:{HERE}:SqsBatchProcessing-ItemQueue0AB12CD3-xYz": "item_queue",
    f"arn:aws:sqs:{HERE}:SqsBatchProcessing-DeadLetters0AB12CD3-xYz": "dead_letters",
    f"arn:aws:sqs:{HERE}:SqsBatchProcessing-NoticesQueue0AB12CD3-xYz": "notices_queue",
    f"arn:aws:sns:{HERE}:SqsBatchProcessing-NoticesTopic0AB12CD3-xYz": "topic",
    f"arn:aws:dynamodb:{HERE}:table/SqsBatchProcessing-BatchState0AB12CD3-XYZ": "table",
    f"arn:aws:logs:{HERE}:log-group:SqsBatchProcessing-FinalizerLogs0AB12CD3-x": "finalizer",
    f"arn:aws:logs:{HERE}:log-group:SqsBatchProcessing-FinalizerLogs0AB12CD3-x:*": "finalizer",
    f"arn:aws:logs:{HERE}:log-group:/aws/lambda/SqsBatchProcessing-Finalizer": "finalizer",
    f"arn:aws:cloudwatch:{HERE}:alarm:SqsBatchProcessing-OldestOpenBatch0AB12CD3-x": "alarm",
    f"arn:aws:sqs:{HERE}:SqsBatchProcessing-LostTriggers0AB12CD3-x": "LostTriggers",
    f"arn:aws:sqs:{HERE}:SqsBatchProcessing-ItemQueue": "item_queue",
    f"arn:aws:sqs:{HERE}:SqsBatchProcessingOld-ItemQueue": "",
    f"arn:aws:sqs:{HERE}:OtherStack-ItemQueue0AB12CD3-xYz": "",
    f"arn:aws:states:{HERE}:stateMachine:Machine0AB12CD3-xYz": "",  # the design has none
    "i-0abcdef": "",
    "": "",
}
OF_SFN = {
    f"arn:aws:states:{HERE}:stateMachine:Machine0AB12CD3-xYz": "machine",
    f"arn:aws:states:{HERE}:stateMachine:SfnBatchProcessing-Machine": "machine",
    f"arn:aws:states:{HERE}:mapRun:Machine0AB12CD3-xYz/Process:1-2": "machine",
    f"arn:aws:states:{HERE}:stateMachine:OtherMachine0AB12CD3-xYz": "",
    f"arn:aws:logs:{HERE}:log-group:SfnBatchProcessing-MachineLogs0AB12CD3-x": "machine",
    "sfnbatchprocessing-bucket83908e77-1a2b3c": "bucket",
    "arn:aws:s3:::sfnbatchprocessing-bucket83908e77-1a2b3c": "bucket",
    "someones-bucket": "",
}

ORCHESTRATOR = f"arn:aws:lambda:{HERE}:function:DurableBatchProcessing-Orchestrator5F2A1B3C-aBc123"
OF_DURABLE = {
    ORCHESTRATOR: "orchestrator",
    f"{ORCHESTRATOR}:live": "orchestrator",
    f"{ORCHESTRATOR}:2/durable-execution/b-1/0ab12cd3": "orchestrator",
    "durablebatchprocessing-bucket83908e77-1a2b3c": "bucket",
}


@pytest.mark.parametrize(
    ("design", "ids"), [("sqs", IDS), ("sfn", OF_SFN), ("durable", OF_DURABLE)]
)
def test_a_resource_is_a_part_of_the_stack_by_its_name(design, ids):
    stack = Stack(DESIGNS[design], {})
    assert {one: stack.role(Resource(one)) for one in ids} == ids


def test_where_a_name_is_known_another_one_of_that_construct_is_not_the_stacks():
    stack = Stack(DESIGNS["sqs"], {"item_queue": "SqsBatchProcessing-ItemQueue0AB12CD3-mine"})
    queue = f"arn:aws:sqs:{HERE}:SqsBatchProcessing-ItemQueue0AB12CD3"
    found = [stack.role(Resource(f"{queue}-{end}")) for end in ("mine", "before")]
    assert found == ["item_queue", ""]


def test_a_machine_is_known_by_the_arn_that_a_pull_keeps():
    names = {"machine": "arn:aws:states:us-east-1:<account>:stateMachine:Machine0AB12CD3-mine"}
    stack = Stack(DESIGNS["sfn"], names)
    machine = f"arn:aws:states:{HERE}:stateMachine:Machine0AB12CD3"
    assert [stack.role(Resource(f"{machine}-{end}")) for end in ("mine", "x")] == ["machine", ""]


def test_a_log_group_is_its_functions_though_only_the_function_is_known():
    stack = Stack(DESIGNS["sqs"], {"processor": "SqsBatchProcessing-Processor5F2A1B3C-aBc"})
    group = f"arn:aws:logs:{HERE}:log-group:SqsBatchProcessing-ProcessorLogs12345678-x"
    assert stack.role(Resource(group)) == "processor"


@pytest.mark.parametrize(
    ("one", "region", "service"),
    [(f"arn:aws:sqs:{HERE}:q", "us-east-1", "sqs"), ("a-bucket", "", "s3"), ("", "", "s3")],
)
def test_an_arn_says_region_and_service(one, region, service):
    assert (Resource(one).region, Resource(one).service) == (region, service)

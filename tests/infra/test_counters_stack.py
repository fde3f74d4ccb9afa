"""The `counters` stack: there only if it is named, its table expires, and knobs reach it."""

import pytest
from aws_cdk.assertions import Template


def test_what_a_batch_leaves_in_the_table_expires(counters):
    Template.from_json(counters.raw).has_resource(
        "AWS::DynamoDB::Table",
        {
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            },
            "DeletionPolicy": "Delete",
        },
    )


def test_a_batch_that_stays_open_sets_an_alarm_off(counters):
    alarm = counters.only("AWS::CloudWatch::Alarm")
    assert alarm["Dimensions"] == [
        {"Name": "design", "Value": "counters"},
        {"Name": "function", "Value": "finalizer"},
    ]
    assert alarm["AlarmActions"] == ["NoticesTopic"]


def test_only_the_message_that_drives_the_looks_may_fail_for_ever(counters):
    queues = counters.of_type("AWS::SQS::Queue")
    redriven = {name for name, one in queues.items() if "RedrivePolicy" in one}
    assert redriven == {"PlanQueue", "ItemQueue"}


@pytest.fixture(scope="module")
def other(synthesise):
    knobs = {
        "messages_per_invocation": 4,
        "max_concurrency": None,
        "batcher_concurrency": 3,
        "max_receives": 7,
        "memory_mb": 256,
    }
    return synthesise({"counters": knobs}).counters


def test_knobs_reach_the_queue_and_the_event_sources(other):
    mappings = {
        one["FunctionName"]: (one["BatchSize"], one.get("ScalingConfig"))
        for one in other.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    assert mappings == {
        "Batcher": (1, {"MaximumConcurrency": 3}),
        "Processor": (4, None),
        "Finalizer": (1, None),
        "Failures": (10, None),
    }
    queue = other.of_type("AWS::SQS::Queue")["ItemQueue"]
    processor = other.of_type("AWS::Lambda::Function")["Processor"]
    assert queue["VisibilityTimeout"] == 6 * processor["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 7
    assert processor["MemorySize"] == 256

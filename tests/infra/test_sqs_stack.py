"""The `sqs` stack: its table, its alarm, and knobs that reach it."""

import pytest
from aws_cdk.assertions import Template


def test_the_table_is_paid_by_request_and_goes_with_the_stack(sqs):
    Template.from_json(sqs.raw).has_resource(
        "AWS::DynamoDB::Table",
        {
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
            },
            "DeletionPolicy": "Delete",
        },
    )


def test_the_alarm_goes_off_when_a_batch_is_open_for_a_day(sqs):
    Template.from_json(sqs.raw).has_resource_properties(
        "AWS::CloudWatch::Alarm",
        {
            "Namespace": "BatchWorkbench",
            "MetricName": "open_batch_age_s",
            "Dimensions": [
                {"Name": "design", "Value": "sqs"},
                {"Name": "function", "Value": "finalizer"},
            ],
            "Statistic": "Maximum",
            "Period": 300,
            "Threshold": 86_400,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
    )


@pytest.fixture(scope="module")
def other(synthesise):
    knobs = {
        "messages_per_invocation": 20,
        "batch_window_s": 2,
        "max_concurrency": None,
        "pollers_min": 9,
        "pollers_max": 2_500,
        "max_receives": 7,
        "warm_write_units": 8_000,
        "memory_mb": 256,
        "batcher_memory_mb": 2_048,
    }
    return synthesise({"sqs": knobs}).sqs


def test_knobs_reach_the_item_queue_and_its_mapping(other):
    mappings = other.of_type("AWS::Lambda::EventSourceMapping").values()
    (mapping,) = (one for one in mappings if one["FunctionName"] == "Processor")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (20, 2)
    assert "ScalingConfig" not in mapping
    assert mapping["ProvisionedPollerConfig"] == {"MinimumPollers": 9, "MaximumPollers": 2_500}
    queue = other.of_type("AWS::SQS::Queue")["ItemQueue"]
    timeout_s = other.of_type("AWS::Lambda::Function")["Processor"]["Timeout"]
    assert queue["VisibilityTimeout"] == 6 * timeout_s + 2
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 7


def test_knobs_reach_the_functions_and_the_table(other):
    functions = other.of_type("AWS::Lambda::Function")
    memory_mb = {name: one["MemorySize"] for name, one in functions.items()}
    assert memory_mb == {"Batcher": 2_048, "Processor": 256, "Finalizer": 256, "Failures": 256}
    warm = other.only("AWS::DynamoDB::Table")["WarmThroughput"]
    assert warm == {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 8_000}

"""The `sfn` stack: its bucket, its alarm, and the rule that tells of failed executions."""

import json

import pytest
from aws_cdk.assertions import Template


def test_the_bucket_is_private_encrypted_and_goes_with_the_stack(sfn):
    Template.from_json(sfn.raw).has_resource(
        "AWS::S3::Bucket",
        {
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                    ]
                },
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
            },
            "DeletionPolicy": "Delete",
        },
    )


def test_the_bucket_forgets(sfn):
    (rule,) = sfn.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert rule == {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "ExpirationInDays": 30,
        "Status": "Enabled",
    }


def test_the_bucket_refuses_plain_http(sfn):
    (statement,) = sfn.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement == {
        "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Resource": ["Bucket.Arn", "Bucket.Arn/*"],
    }


def test_nothing_needs_a_custom_resource(template):
    kinds = {resource["Type"] for resource in template.raw["Resources"].values()}
    assert [kind for kind in kinds if kind.startswith("Custom::") or "CustomResource" in kind] == []


def test_an_execution_that_ends_badly_is_told_of(sfn):
    rule = sfn.of_type("AWS::Events::Rule")["Ended"]
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": ["Machine"],
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == "NoticesTopic"
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {
        "detail-name": "$.detail.name",
        "detail-status": "$.detail.status",
        "time": "$.time",
    }
    text = transformer["InputTemplate"].replace("<detail-status>", "TIMED_OUT")
    for name in ("detail-name", "time"):
        text = text.replace(f"<{name}>", f'"{name}"')
    assert json.loads(text) == {
        "batch_id": "detail-name",
        "design": "sfn",
        "status": "failed",
        "failed_at": "time",
        "reason": "execution TIMED_OUT",
    }


def test_only_the_rule_of_this_stack_may_publish_for_eventbridge(sfn):
    statements = sfn.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    [events] = [one for one in statements if "events." in str(one["Principal"])]
    assert events["Condition"] == {"ArnEquals": {"aws:SourceArn": "Ended.Arn"}}


def test_the_alarm_goes_off_when_an_execution_reaches_its_timeout(sfn):
    alarm = sfn.only("AWS::CloudWatch::Alarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", "ExecutionsTimedOut")
    assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": "Machine"}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(("child_type", "tries"), [("EXPRESS", 6), ("STANDARD", 6_000)])
def test_knobs_reach_the_map(synthesise, child_type, tries):
    process = synthesise({"sfn": {"child_type": child_type}}).sfn.definition["States"]["Process"]
    config = process["ItemProcessor"]["ProcessorConfig"]
    assert config == {"Mode": "DISTRIBUTED", "ExecutionType": child_type}
    (child,) = process["ItemProcessor"]["States"].values()
    assert child["Retry"][0]["MaxAttempts"] == tries

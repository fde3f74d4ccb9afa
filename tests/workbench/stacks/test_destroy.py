"""Taking the stacks down removes everything, and proves it."""

import json

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from workbench.designs.tags import stack_tags
from workbench.prices import load_book
from workbench.stacks import destroy as teardown
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, NoCredentials
from workbench.stacks.destroy import Leftovers, destroy, empty_bucket, teardown_plan
from workbench.stacks.inventory import Thing, exists, inventory, of_arn
from workbench.stacks.ledger import Entry, Ledger

TAGS = stack_tags("sfn")
MACHINE = "Machine6FC8AE80-1a2B3c4D5e6F"  # as CloudFormation names one: without the stack's name
TEMPLATE = {
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "sfnbatchprocessing-b"}},
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/SfnBatchProcessing/logs"},
        },
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": "SfnBatchProcessing-Q",
                "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
            },
        },
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": "SfnBatchProcessing-T"},
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {"Name": "SfnBatchProcessing-R", "ScheduleExpression": "rate(1 day)"},
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": MACHINE,
                "DefinitionString": json.dumps(
                    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
                ),
                "RoleArn": "arn:aws:iam::123456789012:role/machine",
            },
        },
    }
}
EXPECTED = [
    Thing("AWS::CloudFormation::Stack", "SfnBatchProcessing"),
    Thing("AWS::Events::Rule", "SfnBatchProcessing-R"),
    Thing("AWS::Logs::LogGroup", "/SfnBatchProcessing/logs"),
    Thing("AWS::S3::Bucket", "sfnbatchprocessing-b"),
    Thing("AWS::SNS::Topic", "SfnBatchProcessing-T"),
    Thing("AWS::SQS::Queue", "SfnBatchProcessing-Q"),
    Thing("AWS::StepFunctions::StateMachine", MACHINE),
]


@pytest.fixture
def aws(monkeypatch, credentials):
    monkeypatch.setattr(teardown, "LOOKS", 2)
    with mock_aws():
        yield boto3.client


@pytest.fixture
def stack(aws):
    aws("cloudformation", "us-east-1").create_stack(
        StackName="SfnBatchProcessing", TemplateBody=json.dumps(TEMPLATE)
    )


def remove(tmp_path):
    said = []
    before = destroy(tmp_path, said.append, ["sfn"], sleep=lambda seconds: None)
    return before, said


def test_everything_is_listed_once_and_without_the_account(aws, stack):
    assert inventory(Aws()) == EXPECTED


def test_what_is_tagged_belongs_to_it_though_no_stack_lists_it(aws, stack):
    queue = aws("sqs", "us-east-1").create_queue(QueueName="named-without-the-stack", tags=TAGS)
    aws("sqs", "us-east-1").create_queue(QueueName="SfnBatchProcessing-of-somebody-else")
    lost = Thing("AWS::SQS::Queue", "named-without-the-stack")
    assert inventory(Aws()) == sorted([*EXPECTED, lost])
    assert inventory(Aws(), ["sqs"]) == []
    aws("sqs", "us-east-1").delete_queue(QueueUrl=queue["QueueUrl"])
    assert inventory(Aws()) == EXPECTED


def test_a_destroy_removes_all_of_it(aws, stack, tmp_path):
    s3 = aws("s3", "us-east-1")
    for n in range(3):
        s3.put_object(Bucket="sfnbatchprocessing-b", Key=f"k{n}", Body=b"x")
    before, said = remove(tmp_path)
    assert before == EXPECTED
    assert "sfnbatchprocessing-b: 3 objects are deleted" in said
    assert said[-1].startswith("nothing is left of 7 things")
    assert inventory(Aws()) == []
    assert s3.list_buckets()["Buckets"] == []


def test_nothing_starts_or_runs_any_more_when_the_bucket_is_emptied(aws, stack, tmp_path, calls):
    """A machine that is deleted goes on until its executions have ended; lists come in pages."""
    states = aws("stepfunctions", "us-east-1")
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{MACHINE}"
    for n in range(1_005):
        states.start_execution(stateMachineArn=arn, name=f"b-{n}")
    _, said = remove(tmp_path)
    assert [said.count(f"stopping execution b-{n}") for n in range(1_005)] == [1] * 1_005
    order = [name for name in dict.fromkeys(calls) if name in CHANGES]
    assert order == list(CHANGES)


CHANGES = ("DisableRule", "StopExecution", "DeleteObjects", "DeleteStack")


@pytest.fixture
def calls(monkeypatch, aws, stack):
    """The calls in their order; the bucket has something to delete."""
    found, count = [], Aws._count
    aws("s3", "us-east-1").put_object(Bucket="sfnbatchprocessing-b", Key="k", Body=b"x")

    def listen(own, model, **rest):
        found.append(model.name)
        count(own, model, **rest)

    monkeypatch.setattr(Aws, "_count", listen)
    return found


def test_what_was_written_after_the_bucket_was_emptied_is_deleted_too(aws, stack, tmp_path):
    """A function that runs to its end may write once more, and then the bucket stays."""
    plain, delete, s3 = teardown.empty_bucket, teardown._deleted, aws("s3", "us-east-1")
    s3.put_object(Bucket="sfnbatchprocessing-b", Key="k0", Body=b"x")
    emptied = []

    def late(clients, name):
        emptied.append(plain(clients, name))
        if len(emptied) == 1:
            s3.put_object(Bucket=name, Key="late", Body=b"x")
        return emptied[-1]

    def as_aws(clients, stack, last):  # the server forgets a stack whose bucket is full
        full = "Contents" in s3.list_objects_v2(Bucket="sfnbatchprocessing-b")
        return not full and delete(clients, stack, last)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(teardown, "empty_bucket", late)
        patch.setattr(teardown, "_deleted", as_aws)
        remove(tmp_path)
    assert emptied == [1, 1]
    assert s3.list_buckets()["Buckets"] == []


def test_a_bucket_is_emptied_of_every_version_and_every_upload(aws, stack):
    s3 = aws("s3", "us-east-1")
    name = "sfnbatchprocessing-b"
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=name, Key="k", Body=body)
    s3.delete_object(Bucket=name, Key="k")
    s3.create_multipart_upload(Bucket=name, Key="half")
    assert empty_bucket(Aws(), name) == 3
    assert "Versions" not in s3.list_object_versions(Bucket=name)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)
    assert empty_bucket(Aws(), "never-there") == 0


def test_what_is_left_is_named_and_is_an_error(aws, stack, tmp_path):
    aws("sqs", "us-east-1").create_queue(QueueName="SfnBatchProcessing-lost", tags=TAGS)
    Ledger(tmp_path).write(Entry("b-1", "o", "sfn", 1, 7, "stack", "us-east-1", {}, "triggered"))
    with pytest.raises(Leftovers, match="left on AWS: AWS::SQS::Queue SfnBatchProcessing-lost"):
        remove(tmp_path)
    assert Ledger(tmp_path).read("b-1").phase == "destroyed"


def test_an_empty_inventory_before_proves_nothing(aws, tmp_path):
    with pytest.raises(Leftovers, match="nothing of SfnBatchProcessing is in us-east-1") as caught:
        remove(tmp_path)
    assert caught.value.exit_code != 0


def test_a_group_that_outlived_its_stack_goes_too(aws, stack, tmp_path, monkeypatch):
    """A late line may make Lambda create the group once more while the stack goes."""
    logs, plain = aws("logs", "us-east-1"), teardown._remove

    def late(*given):
        plain(*given)
        logs.create_log_group(logGroupName="/SfnBatchProcessing/logs")

    monkeypatch.setattr(teardown, "_remove", late)
    remove(tmp_path)
    assert logs.describe_log_groups()["logGroups"] == []


def test_batches_of_a_stack_that_is_gone_will_never_end(aws, stack, tmp_path):
    ledger = Ledger(tmp_path)
    for batch, design, region, phase in (
        ("b-1", "sfn", "us-east-1", "triggered"),
        ("b-2", "sfn", "us-east-1", "collected"),
        ("b-3", "sqs", "us-east-1", "triggered"),
        ("b-4", "sfn", "eu-west-1", "triggered"),
    ):
        ledger.write(Entry(batch, "o", design, 1, 7, f"stack of {design}", region, {}, phase))
    ledger.keep_settings("stack of sfn", {})
    remove(tmp_path)
    phases = [(one.batch_id, one.phase) for one in ledger.entries()]
    assert phases == [
        *(("b-1", "destroyed"), ("b-2", "collected")),
        *(("b-3", "triggered"), ("b-4", "triggered")),
    ]
    assert ledger.settings("stack of sfn") is None


def test_a_plan_lists_what_costs_most_first_and_removes_nothing(aws, stack):
    s3 = aws("s3", "us-east-1")
    s3.put_object(Bucket="sfnbatchprocessing-b", Key="k", Body=b"x" * 2**20)
    plan = teardown_plan()
    assert plan[0].thing == Thing("AWS::S3::Bucket", "sfnbatchprocessing-b")
    # One MiB at $0.023 a GiB-month.
    assert round(float(plan[0].monthly_usd), 9) == round(0.023 / 1024, 9)
    assert sorted(one.thing for one in plan) == EXPECTED == inventory(Aws())


def test_an_event_source_costs_its_polls():
    mapping = Thing("AWS::Lambda::EventSourceMapping", "id")
    # Five pollers, three long polls a minute each, at $0.40 a million.
    monthly_usd = teardown._monthly_usd(mapping, 0, load_book())
    assert (
        round(monthly_usd, 4) == round(5 * 3 * 60 * 24 * 365 / 12 * 4e-7, 4) or monthly_usd > 0.26
    )


def test_without_credentials_nothing_is_removed(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with pytest.raises(NoCredentials) as caught:
        destroy(tmp_path, print)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("arn", "thing"),
    [
        ("arn:aws:lambda:us-east-1:123456789012:function:F", "AWS::Lambda::Function F"),
        ("arn:aws:sqs:us-east-1:123456789012:Q", "AWS::SQS::Queue Q"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/T", "AWS::DynamoDB::Table T"),
        ("arn:aws:s3:::b", "AWS::S3::Bucket b"),
        (
            "arn:aws:states:us-east-1:123456789012:stateMachine:M",
            "AWS::StepFunctions::StateMachine M",
        ),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/a/b:*", "AWS::Logs::LogGroup /a/b"),
        ("arn:aws:events:us-east-1:123456789012:rule/R", "AWS::Events::Rule R"),
        (
            "arn:aws:cloudformation:us-east-1:123456789012:stack/S/1-2",
            "AWS::CloudFormation::Stack S",
        ),
        ("arn:aws:new:us-east-1:123456789012:thing/123456789012-x", "new:thing <account>-x"),
    ],
)
def test_an_arn_is_a_type_and_a_name(arn, thing):
    assert str(of_arn(arn)) == thing


def test_each_kind_of_thing_is_asked_for_at_its_own_service(aws, stack):
    there = {thing: exists(Aws(), thing) for thing in EXPECTED}
    assert there == dict.fromkeys(EXPECTED, True) | {EXPECTED[0]: None}
    for kind in ("S3::Bucket", "Logs::LogGroup", "SQS::Queue", "SNS::Topic", "DynamoDB::Table"):
        assert exists(Aws(), Thing(f"AWS::{kind}", "nobody-knows-it")) is False
    for kind in ("Lambda::Function", "Events::Rule", "IAM::Role", "CloudWatch::Alarm"):
        assert exists(Aws(), Thing(f"AWS::{kind}", "nobody-knows-it")) is False
    assert exists(Aws(), Thing("AWS::StepFunctions::StateMachine", "nobody-knows-it")) is False


def test_an_object_that_cannot_be_deleted_is_named():
    class Refusing:
        def delete_objects(self, **_):
            return {"Errors": [{"Key": "k", "Code": "AccessDenied"}]}

    with pytest.raises(AwsFailed, match="b: k stays: AccessDenied"):
        teardown._delete_objects(Refusing(), "b", [{"Key": "k", "VersionId": "null"}])


EXPORT = "fanin-workbench-0a1b2c3d"


def test_an_export_of_bills_is_asked_for_by_its_arn(monkeypatch, credentials):
    """moto has no data exports: what is asked stands in the request, as AWS's own model has it."""
    arn = f"arn:aws:bcm-data-exports:us-east-1:123456789012:export/{EXPORT}"
    thing = Thing("AWS::BCMDataExports::Export", EXPORT)
    assert of_arn(arn) == thing
    with mock_aws():
        aws = Aws()
        client = aws.client("bcm-data-exports")
        with Stubber(client) as stub:
            for _ in range(2):
                code = "ResourceNotFoundException"
                stub.add_client_error("get_export", code, expected_params={"ExportArn": arn})
            assert (exists(aws, thing), exists(aws, thing)) == (False, False)


def test_the_bills_go_with_the_rest_and_their_bucket_is_emptied(aws, tmp_path):
    """Of the stack as it is but for the export itself, which moto does not know."""
    name = "batchbillexport-bills"
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    aws("cloudformation", "us-east-1").create_stack(
        StackName="BatchBillExport", TemplateBody=json.dumps({"Resources": {"Bills": bucket}})
    )
    aws("s3", "us-east-1").put_object(Bucket=name, Key="bills/a.parquet", Body=b"x")
    said = []
    removed = destroy(tmp_path, said.append, sleep=lambda seconds: None)
    assert removed == [
        Thing("AWS::CloudFormation::Stack", "BatchBillExport"),
        Thing("AWS::S3::Bucket", name),
    ]
    assert f"{name}: 1 objects are deleted" in said
    assert inventory(Aws()) == []

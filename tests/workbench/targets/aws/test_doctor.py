"""What a run on AWS lacks is said before it spends, each with what to do."""

import json

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from workbench.designs import make_design
from workbench.stacks.aws_clients import Aws
from workbench.targets.aws import doctor as aws_doctor
from workbench.targets.aws.doctor import aws_findings

ANSWER = {"ResultsByTime": []}
SETTINGS = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}


@pytest.fixture
def aws(credentials):
    with mock_aws():
        yield


@pytest.fixture
def recorded(aws, monkeypatch):
    """Answers of what moto has not; a text is the code of an error."""

    def answer(limits=SETTINGS, tags=(), costs=(ANSWER, ANSWER)):
        made = Aws()
        stub = Stubber(made.client("lambda"))
        stub.add_response("get_account_settings", limits)
        stub.activate()
        stub = Stubber(made.client("ce"))
        stub.add_response("list_cost_allocation_tags", {"CostAllocationTags": list(tags)})
        for one in costs:
            if isinstance(one, str):
                stub.add_client_error("get_cost_and_usage", one)
            else:
                stub.add_response("get_cost_and_usage", one)
        stub.activate()
        monkeypatch.setattr(aws_doctor, "Aws", lambda region: made)

    return answer


def found(*designs, name, tmp_path):
    designs = designs or (make_design("sqs"),)
    return {one.name: one for one in aws_findings(designs, tmp_path)}[name]


def test_without_credentials_there_is_one_finding_that_is_fatal(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    [only] = aws_findings([make_design("sqs")], tmp_path)
    assert (only.ok, only.fatal) == (False, True)
    assert "Set AWS_PROFILE" in only.detail


@pytest.mark.parametrize(("left", "ok"), [(1_000, True), (914, True), (913, False), (10, False)])
def test_the_accounts_concurrency_is_held_against_the_knobs(recorded, tmp_path, left, ok):
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": left}
    recorded({"AccountLimit": limits})
    finding = found(name="Lambda concurrency", tmp_path=tmp_path)
    assert (finding.ok, finding.fatal) == (ok, not ok)
    assert finding.detail == f"the account has {left:,} left, sqs may want 914"
    assert "Service Quotas" in finding.advice


def test_each_design_that_is_short_of_places_has_its_own_advice(recorded, tmp_path):
    recorded({"AccountLimit": {"UnreservedConcurrentExecutions": 10}})
    designs = [make_design(name) for name in ("sqs", "sfn")]
    [finding] = [
        one for one in aws_doctor.aws_findings(designs, tmp_path) if "concurrency" in one.name
    ]
    quota = "ask for more: Service Quotas, AWS Lambda, Concurrent executions"
    assert finding.advice == (
        f"sqs: set max_concurrency and batcher_concurrency to 2, or {quota}, "
        f"sfn: set max_concurrency to 6 or less, or {quota}"
    )


def test_no_limit_on_concurrency_means_lambdas_own(recorded, tmp_path):
    recorded()
    design = make_design("sqs", settings={"max_concurrency": None})
    finding = found(design, name="Lambda concurrency", tmp_path=tmp_path)
    assert (finding.ok, finding.fatal, "1,264" in finding.detail) == (False, False, True)


def test_warm_writes_are_held_against_the_tables_limit(recorded, tmp_path):
    for units, ok in ((None, True), (10_000, True), (12_000, False)):  # moto's limit is 10,000
        design = make_design("sqs", settings={"warm_write_units": units})
        recorded()
        assert found(design, name="DynamoDB write limit", tmp_path=tmp_path).ok is ok


def test_more_messages_than_a_queue_gives_out_are_noted(recorded, tmp_path):
    recorded()
    large = {"items_per_message": 1, "messages_per_invocation": 200, "batch_window_s": 1}
    design = make_design("sqs", settings=large)
    finding = found(design, name="SQS in flight", tmp_path=tmp_path)
    assert (finding.ok, finding.detail) == (False, "up to 180,000 of 120,000 messages in flight")


@pytest.mark.parametrize(
    ("tags", "ok", "words"),
    [
        ([{"TagKey": "design", "Type": "UserDefined", "Status": "Active"}], True, "is Active"),
        (
            [{"TagKey": "design", "Type": "UserDefined", "Status": "Inactive"}],
            False,
            "is Inactive",
        ),
        ([], False, "is not known to billing"),
    ],
)
def test_the_cost_allocation_tag_must_be_active(recorded, tmp_path, tags, ok, words):
    recorded(tags=tags)
    finding = found(name="cost allocation tag", tmp_path=tmp_path)
    assert (finding.ok, words in finding.detail) == (ok, True)


def test_cost_explorer_may_answer_by_the_day_and_not_by_the_hour(recorded, tmp_path):
    recorded(costs=[ANSWER, "DataUnavailableException"])
    by_name = {one.name: one for one in aws_findings([make_design("sqs")], tmp_path)}
    assert by_name["Cost Explorer"].ok
    assert not by_name["Cost Explorer by the hour"].ok
    assert "hourly data" in by_name["Cost Explorer by the hour"].advice


def test_a_stack_that_is_not_there_is_fatal_and_says_so(recorded, tmp_path):
    recorded()
    finding = found(name="SqsBatchProcessing", tmp_path=tmp_path)
    assert (finding.ok, finding.fatal, finding.advice) == (False, True, "`make deploy`")


def test_a_stopped_batch_is_shown(recorded, tmp_path):
    outputs = dict.fromkeys(
        "PlanQueueUrl ItemQueueUrl PollQueueUrl DeadLettersUrl TopicArn NoticesQueueUrl "
        "BatcherName ProcessorName FinalizerName FailuresName ItemMappingId PlanMappingId "
        "RuleName".split(),
        "x",
    )
    outputs |= {
        "Version": "1",
        "StateTableName": "state",
        "DesignKnobs": json.dumps(make_design("sqs").knobs()),
    }
    keys = {"pk": "HASH", "sk": "RANGE"}
    boto3.client("dynamodb", "us-east-1").create_table(
        TableName="state",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
    )
    table = boto3.resource("dynamodb", "us-east-1").Table("state")
    table.put_item(Item={"pk": "open", "sk": "b-1"})
    table.put_item(Item={"pk": "batch#b-1", "sk": "META", "status": "CANCELLED"})
    template = {
        "Resources": {"Nothing": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation", "us-east-1").create_stack(
        StackName="SqsBatchProcessing", TemplateBody=json.dumps(template)
    )
    recorded()
    assert found(name="SqsBatchProcessing", tmp_path=tmp_path).ok
    recorded()
    finding = found(name="SqsBatchProcessing batches", tmp_path=tmp_path)
    assert (finding.ok, finding.detail) == (False, "b-1 is CANCELLED")
    assert "workbench resume" in finding.advice


def test_the_sessions_region_must_have_prices(recorded, tmp_path, monkeypatch):
    recorded()
    finding = found(name="region", tmp_path=tmp_path)
    assert (finding.ok, finding.detail) == (True, "us-east-1, with prices of 2026-11-23")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    recorded()
    finding = found(name="region", tmp_path=tmp_path)
    assert (finding.ok, finding.fatal) == (False, True)
    assert "`workbench prices refresh --region eu-west-1`" in finding.detail


def test_an_endpoint_that_is_not_aws_is_named(aws, monkeypatch):
    assert aws_doctor._credentials(Aws()).detail == "valid in us-east-1"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.us-east-1.amazonaws.com")
    assert "amazonaws.com, which is not AWS itself" in aws_doctor._credentials(Aws()).detail

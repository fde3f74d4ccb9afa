"""The proxy refuses in the caller's own protocol, and behaves as AWS does where servers do not."""

import json
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from moto import mock_aws

from tests.e2e.proxy import (
    THROTTLED,
    Delay,
    Late,
    Lose,
    PhysicalNames,
    Proxy,
    Refuse,
    Rule,
    Updating,
    to_moto,
)

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def proxy():
    with mock_aws(config={"lambda": {"use_docker": False}}), Proxy(to_moto) as made:
        yield made


KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def client(proxy, service):
    return boto3.client(service, "us-east-1", endpoint_url=proxy.url, config=ONCE, **KEYS)


CALLS = [
    ("sts.GetCallerIdentity", "sts", "get_caller_identity", {}),
    ("dynamodb.ListTables", "dynamodb", "list_tables", {}),
    ("monitoring.ListMetrics", "cloudwatch", "list_metrics", {}),
    ("lambda.GetFunctionConfiguration", "lambda", "get_function_configuration",
     {"FunctionName": "f"}),
    ("states.ListStateMachines", "stepfunctions", "list_state_machines", {}),
    ("s3.GET", "s3", "list_buckets", {}),
    ("cloudformation.DescribeStacks", "cloudformation", "describe_stacks", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "service", "method", "given"), CALLS)
def test_a_call_is_refused_in_its_own_protocol(proxy, name, service, method, given):
    proxy.rules = [Rule(name, Refuse("AccessDenied", 403, "an <odd> message"))]
    with pytest.raises(ClientError) as caught:
        getattr(client(proxy, service), method)(**given)
    error = caught.value.response
    assert error["Error"]["Code"] == "AccessDenied"
    assert error["Error"]["Message"] == "an <odd> message"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert proxy.made == [name]


def test_rules_count_the_calls_that_they_fit(proxy):
    proxy.rules = [Rule("sts.*", THROTTLED, after=1, times=2)]
    sts, ends = client(proxy, "sts"), []
    for _ in range(4):
        try:
            sts.get_caller_identity()
            ends.append("answered")
        except ClientError as error:
            ends.append(error.response["Error"]["Code"])
    assert ends == ["answered", "ThrottlingException", "ThrottlingException", "answered"]


def test_a_lost_answer_is_of_a_call_that_was_made(proxy):
    proxy.rules = [Rule("sqs.CreateQueue", Lose())]
    sqs = client(proxy, "sqs")
    with pytest.raises(ConnectionClosedError):
        sqs.create_queue(QueueName="q")
    assert len(sqs.list_queues()["QueueUrls"]) == 1


def test_an_answer_may_take_its_time(proxy):
    proxy.rules = [Rule("sts.*", Delay(0.2))]
    began = time.monotonic()
    client(proxy, "sts").get_caller_identity()
    assert time.monotonic() - began >= 0.2


def test_young_metrics_are_not_there_yet(proxy):
    cloudwatch, now = client(proxy, "cloudwatch"), time.time()
    for age_s, value in ((1200, 1.0), (300, 2.0)):
        datum = {"MetricName": "M", "Value": value, "Timestamp": now - age_s}
        cloudwatch.put_metric_data(Namespace="N", MetricData=[datum])
    stat = {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
    asked = {
        "MetricDataQueries": [{"Id": "q", "MetricStat": stat}],
        "StartTime": now - 3600,
        "EndTime": now + 60,
    }
    seen = []
    for late_s in (0, 900, 7200):
        proxy.rules = [Rule("monitoring.*", Late(late_s))]
        seen.append(sum(cloudwatch.get_metric_data(**asked)["MetricDataResults"][0]["Values"]))
    assert seen == [3.0, 1.0, 0.0]


def test_young_log_lines_are_not_there_yet(proxy):
    logs, now = client(proxy, "logs"), time.time()
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    events = [{"timestamp": int((now - age_s) * 1000), "message": "x"} for age_s in (1200, 300)]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    asked = {"logGroupName": "g", "startTime": int(now - 3600) * 1000, "endTime": int(now) * 1000}
    seen = []
    for late_s in (0, 900):
        proxy.rules = [Rule("logs.*", Late(late_s))]
        seen.append(len(logs.filter_log_events(**asked)["events"]))
    assert seen == [2, 1]


def test_an_event_source_takes_its_time_and_refuses_changes_meanwhile(proxy):
    at = [0.0]
    proxy.now = lambda: at[0]
    source = _event_source(proxy)
    proxy.rules = [Rule("lambda.*EventSourceMapping", Updating(3))]
    own = client(proxy, "lambda")
    assert own.update_event_source_mapping(UUID=source, BatchSize=5)["State"] == "Updating"
    with pytest.raises(ClientError, match="in use"):
        own.update_event_source_mapping(UUID=source, BatchSize=6)
    assert own.get_event_source_mapping(UUID=source)["State"] == "Updating"
    at[0] = 3.0
    found = own.get_event_source_mapping(UUID=source)
    assert (found["State"], found["BatchSize"]) == ("Enabled", 5)


def _event_source(proxy):
    """A function with a queue."""
    role = client(proxy, "iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client(proxy, "sqs").create_queue(QueueName="events")
    own = client(proxy, "lambda")
    own.create_function(
        FunctionName="f",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="x.y",
        Code={"ZipFile": b"x"},
    )
    arn = "arn:aws:sqs:us-east-1:123456789012:events"
    return own.create_event_source_mapping(EventSourceArn=arn, FunctionName="f")["UUID"]


def test_a_state_machine_is_named_as_cloudformation_names_it(proxy):
    proxy.rules = [Rule("s3.PUT", PhysicalNames())]
    s3 = client(proxy, "s3")
    s3.create_bucket(Bucket="bucket")
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {}}
    template = {"Resources": {"Machine6FC8AE80": machine}}
    s3.put_object(Bucket="bucket", Key="t.json", Body=json.dumps(template).encode())
    found = json.load(s3.get_object(Bucket="bucket", Key="t.json")["Body"])
    name = found["Resources"]["Machine6FC8AE80"]["Properties"]["StateMachineName"]
    assert name.startswith("Machine6FC8AE80-")

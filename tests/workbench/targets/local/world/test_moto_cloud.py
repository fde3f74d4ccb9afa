"""Deploying an assembly into this process, and leaving no trace."""

import json
import os
import subprocess
import sys

import pytest

from workbench.errors import NotDeployed
from workbench.targets.local.world.moto_cloud import MotoCloud


def write_assembly(folder, resources):
    """A cloud assembly of one stack called Stack, with a zip of the folder `code`."""
    bucket = "cdk-assets-${AWS::AccountId}-${AWS::Region}"
    code = folder / "asset.abc"
    code.mkdir(parents=True)
    (code / "hello.py").write_text("HELLO = 1\n")
    destination = {"here": {"bucketName": bucket, "objectKey": "abc.zip"}}
    source = {"path": "asset.abc", "packaging": "zip"}
    files = {"abc": {"source": source, "destinations": destination}}
    (folder / "Stack.assets.json").write_text(json.dumps({"files": files}))
    template = {
        "Resources": resources,
        "Parameters": {
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            }
        },
    }
    (folder / "Stack.template.json").write_text(json.dumps(template))
    return folder


QUEUE = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 7}}}


@pytest.fixture
def cloud():
    made = MotoCloud(lambda: 1_767_227_400.0)
    yield made
    made.close()


def test_a_stack_is_deployed_under_the_same_names_each_time(tmp_path, cloud):
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
    listens = {"Protocol": "sqs", "RawMessageDelivery": True, "TopicArn": {"Ref": "Topic"}}
    listens |= {"Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}}
    subscription = {"Sub": {"Type": "AWS::SNS::Subscription", "Properties": listens}}
    folder = write_assembly(tmp_path / "a", QUEUE | topic | subscription)
    stack = cloud.deploy(folder, "Stack")
    (queue,) = stack.of_type("AWS::SQS::Queue")
    (topic,) = stack.of_type("AWS::SNS::Topic")
    cloud.client("sns").publish(TopicArn=topic.physical_id, Message="hello")
    received = cloud.client("sqs").receive_message(QueueUrl=queue.physical_id)
    assert [one["Body"] for one in received["Messages"]] == ["hello"]
    cloud.close()
    other = MotoCloud(lambda: 0.0)
    again = other.deploy(folder, "Stack").of_type("AWS::SQS::Queue")[0].physical_id
    other.close()
    assert again == queue.physical_id


def test_a_resource_that_cannot_be_made_is_refused_by_name(tmp_path, cloud):
    odd = {"Odd": {"Type": "AWS::Route53Resolver::OutpostResolver", "Properties": {}}}
    folder = write_assembly(tmp_path, QUEUE | odd)
    with pytest.raises(NotDeployed, match="Odd: the local target cannot make"):
        cloud.deploy(folder, "Stack")


def test_only_one_cloud_at_a_time_has_motos_services(cloud):
    cloud.client("s3")
    other = MotoCloud(lambda: 0.0)
    with pytest.raises(NotDeployed, match="another local cloud"):
        other.client("s3")
    other.close()


def test_a_service_that_is_never_asked_for_is_not_loaded(tmp_path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from workbench.targets.local.world.moto_cloud import MotoCloud\n"
        "cloud = MotoCloud(lambda: 0.0)\n"
        f"cloud.deploy(Path({str(write_assembly(tmp_path, QUEUE))!r}), 'Stack')\n"
        "cloud.client('sqs')\n"
        "cloud.close()\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'moto'))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_motos_services_answer_a_cloud_that_began_without_moto():
    """In a process of its own: where moto is loaded already, every session has it."""
    code = """
from workbench.targets.local.world.moto_cloud import MotoCloud
cloud = MotoCloud(lambda: 0.0)
cloud.client("sqs")
print(cloud.client("cloudwatch").list_metrics()["Metrics"])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (told.stdout, told.returncode) == ("[]\n", 0), told.stderr[-500:]


def test_the_users_own_settings_are_neither_seen_nor_lost(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:1")
    before = dict(os.environ)
    cloud = MotoCloud(lambda: 0.0)
    try:
        assert "AWS_PROFILE" not in os.environ
        assert cloud.client("s3").list_buckets()["Buckets"] == []
    finally:
        cloud.close()
    assert dict(os.environ) == before

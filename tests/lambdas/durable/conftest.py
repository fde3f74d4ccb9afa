"""A deployed stack with the orchestrator and the processor, and batches on it in virtual time."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import lambdas
from workbench.platform.profile import load_profile
from workbench.targets.local.runtime.faults import Faults
from workbench.targets.local.world.context import EPOCH_S, RunContext
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.world import World

pytest.importorskip("aws_durable_execution_sdk_python")
CODE = Path(lambdas.__file__).parents[1]  # that is imported, as a mutant's is
KNOBS = {
    "items_per_chunk": 10,
    "chunks_per_segment": 50,
    "max_concurrency": 100,
    "item_concurrency": 1,
    "value_max": 1_000,
    "poison_per_million": 0,
}


def function(name, timeout_s, variables, **more):
    """A function of the stack."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Handler": f"lambdas.durable.{name}.handler",
            "Code": {"S3Bucket": "assets", "S3Key": "code.zip"},
            "MemorySize": 512,
            "Timeout": timeout_s,
            "Architectures": ["arm64"],
            "Environment": {"Variables": variables},
            **more,
        },
    }


TEMPLATE = {
    "Resources": {
        "Orchestrator": function(
            "orchestrator",
            300,
            {
                "PROCESSOR": {"Ref": "Processor"},
                "TOPIC_ARN": {"Ref": "Topic"},
                "BUCKET": {"Ref": "Bucket"},
            },
            DurableConfig={"ExecutionTimeout": 86_400, "RetentionPeriodInDays": 1},
        ),
        "Processor": function("processor", 900, {"BUCKET": {"Ref": "Bucket"}}),
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "LifecycleConfiguration": {"Rules": [{"ExpirationInDays": 7, "Status": "Enabled"}]}
            },
        },
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Notices": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Listens": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "Protocol": "sqs",
                "TopicArn": {"Ref": "Topic"},
                "Endpoint": {"Fn::GetAtt": ["Notices", "Arn"]},
            },
        },
    },
}


class Stack:
    """The stack; one batch after another runs on it."""

    def __init__(self, deployment):
        self.deployment = deployment
        named = {one.physical_id: one.logical_id for one in _functions(deployment)}
        self.names = {logical: physical for physical, logical in named.items()}

    def start(self, trigger, faults=None, seed=1):
        """A world in which an execution for this trigger has been started."""
        context = RunContext(load_profile(), seed, faults or Faults())
        world = World(self.deployment, context)
        world.begin(trigger.get("items", 0), lambda over: None)
        name = trigger.get("batch_id", "")
        root = world.durable.start(self.names["Orchestrator"], trigger, name)
        return world, root

    def run(self, items, faults=None, seed=1, **knobs):
        """What came of a batch."""
        trigger = {"batch_id": "b-1", "items": items, "seed": 7, "knobs": KNOBS | knobs}
        world, root = self.start(trigger, faults, seed)
        world.run(86_400, lambda: world.quiet())
        world.settle()
        created = [item.id for item in self.deployment.create()(7, 0, items, trigger["knobs"])]
        return SimpleNamespace(
            world=world,
            root=root,
            created=created,
            ids=set(created),
            notice=world.notifications.outcome("b-1") or {},
            listed=sorted(self.listed()),
        )

    def listed(self):
        """What the failed objects of the batch list: ids or ranges, reasons, tries."""
        s3 = self.deployment.cloud.client("s3")
        bucket = self.deployment.stack.of_type("AWS::S3::Bucket")[0].physical_id
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            if "/failed/" not in found["Key"]:
                continue
            body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
            for line in map(json.loads, body.splitlines()):
                what = line.get("id") or (line["start"], line["stop"])
                yield what, line["reason"], line.get("attempts")


def _functions(deployment):
    return deployment.stack.of_type("AWS::Lambda::Function")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """The deployed stack."""
    folder = tmp_path_factory.mktemp("assembly")
    (folder / "Durable.template.json").write_text(json.dumps(TEMPLATE))
    place = {"objectKey": "code.zip"}
    files = {"code": {"source": {"path": str(CODE)}, "destinations": {"one": place}}}
    (folder / "Durable.assets.json").write_text(json.dumps({"files": files}))
    deployment = Deployment(folder, "Durable")
    yield Stack(deployment)
    deployment.close()


def known_after_s(run):
    """Seconds from the last item's end until the batch was known to be done."""
    last_s = run.world.item_log.last_s(run.ids)
    return run.notice["detected_at"] - EPOCH_S - last_s

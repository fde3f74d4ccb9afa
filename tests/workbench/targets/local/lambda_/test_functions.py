"""What a template says of functions, their events and their mappings."""

from workbench.targets.local.lambda_.async_invoke import AsyncSpec, read_specs
from workbench.targets.local.lambda_.functions import FunctionSpec, read_functions
from workbench.targets.local.lambda_.mapping import MappingSpec, read_mappings
from workbench.targets.local.sqs.calls import queue_labels
from workbench.targets.local.world.stack import Stack

CODE = {"S3Bucket": "bucket", "S3Key": "key.zip"}
QUEUE = "arn:aws:sqs:us-east-1:123456789012:stack-ItemQueue"
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/stack-"


def resource(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


STACK = Stack(
    {
        "Resources": {
            "Full": resource(
                "Lambda::Function",
                Handler="lambdas.sqs.processor.handler",
                Code=CODE,
                Architectures=["arm64"],
                MemorySize=256,
                Timeout=70,
                ReservedConcurrentExecutions=5,
                Environment={"Variables": {"URL": {"Ref": "ItemQueue"}}},
            ),
            "Bare": resource(
                "Lambda::Function", Handler="lambdas.sqs.finalizer.handler", Code=CODE
            ),
            "ItemQueue": resource("SQS::Queue"),
            "Other": resource("SQS::Queue"),
            "Mapped": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=QUEUE,
                FunctionName="full",
                BatchSize=20,
                MaximumBatchingWindowInSeconds=3,
                ScalingConfig={"MaximumConcurrency": 9},
                FunctionResponseTypes=["ReportBatchItemFailures"],
            ),
            "Plain": resource("Lambda::EventSourceMapping", EventSourceArn=QUEUE, FunctionName="b"),
            "Off": resource(
                "Lambda::EventSourceMapping", EventSourceArn=QUEUE, FunctionName="b", Enabled=False
            ),
            "Config": resource(
                "Lambda::EventInvokeConfig",
                FunctionName="full",
                MaximumRetryAttempts=1,
                DestinationConfig={"OnFailure": {"Destination": QUEUE}},
            ),
        },
        "Outputs": {
            "ItemQueueUrl": {"Value": {"Ref": "ItemQueue"}},
            **{f"{name}Url": {"Value": name} for name in ("PlanQueue", "PollQueue", "DeadLetters")},
        },
    },
    {"Full": "full", "Bare": "bare", "ItemQueue": f"{URL}ItemQueue", "Other": f"{URL}Other"},
)


def test_functions_with_what_moto_drops_and_lambdas_defaults():
    full, bare = read_functions(STACK)
    assert full == FunctionSpec(
        name="full",
        handler="lambdas.sqs.processor.handler",
        memory_mb=256,
        timeout_s=70.0,
        arm=True,
        reserved=5,
        environment=(("URL", f"{URL}ItemQueue"),),
        code=("bucket", "key.zip"),
    )
    assert (bare.memory_mb, bare.timeout_s, bare.arm, bare.reserved) == (128, 3.0, False, None)
    assert (full.label, bare.label) == ("work", "knowing")
    assert (full.role, full.arn) == (
        "processor",
        "arn:aws:lambda:us-east-1:123456789012:function:full",
    )


def test_queues_are_labelled_by_the_stacks_outputs():
    assert queue_labels(STACK) == {f"{URL}ItemQueue": "dispatch", f"{URL}Other": "knowing"}


def test_mappings_that_are_on():
    assert list(read_mappings(STACK, queue_labels(STACK))) == [
        MappingSpec("stack-ItemQueue", "full", 20, 3.0, 9, True, "dispatch"),
        MappingSpec("stack-ItemQueue", "b", 10, 0.0, None, False, "dispatch"),
    ]


def test_settings_of_asynchronous_events():
    assert read_specs(STACK) == {"full": AsyncSpec(retries=1, on_failure=QUEUE)}

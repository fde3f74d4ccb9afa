"""What every stack carries: tags, outputs, no account and no region."""

import json

import pytest

from workbench.designs import DESIGNS, PRESETS, make_design
from workbench.pull.exports.resources import Resource, Stack

TAGGED = """
    AWS::SQS::Queue AWS::SNS::Topic AWS::DynamoDB::Table AWS::Lambda::Function AWS::IAM::Role
    AWS::Logs::LogGroup AWS::S3::Bucket AWS::StepFunctions::StateMachine AWS::Events::Rule
    AWS::CloudWatch::Alarm AWS::Lambda::EventSourceMapping
""".split()
OUTPUTS = {
    "sqs": """
        StateTableName PlanQueueUrl ItemQueueUrl PollQueueUrl DeadLettersUrl TopicArn
        NoticesQueueUrl BatcherName ProcessorName FinalizerName FailuresName ItemMappingId
        PlanMappingId RuleName DesignKnobs Version
    """,
    "sfn": """
        BucketName StateMachineArn TopicArn NoticesQueueUrl BatcherName ProcessorName SummaryName
        RuleName DesignKnobs Version
    """,
    "durable": """
        BucketName OrchestratorName ProcessorName TopicArn NoticesQueueUrl RuleName DesignKnobs
        Version
    """,
    "counters": """
        StateTableName PlanQueueUrl ItemQueueUrl PollQueueUrl DeadLettersUrl TopicArn
        NoticesQueueUrl BatcherName ProcessorName FinalizerName FailuresName ItemMappingId
        PlanMappingId RuleName DesignKnobs Version
    """,
}


@pytest.mark.parametrize("design", DESIGNS)
def test_everything_that_takes_tags_has_those_of_the_project_and_the_design(default, design):
    template = getattr(default, design)
    tags = [{"Key": "design", "Value": design}, {"Key": "project", "Value": "fanin-workbench"}]
    for kind in TAGGED:
        for name, properties in template.of_type(kind).items():
            assert properties.get("Tags") == tags, f"{name} is not tagged"


@pytest.mark.parametrize("design", DESIGNS)
def test_the_outputs_name_what_the_workbench_needs(default, design):
    assert set(getattr(default, design).raw["Outputs"]) == set(OUTPUTS[design].split())


@pytest.mark.parametrize(
    ("preset", "design"),
    [(p, name) for name in DESIGNS for p in ("default", "published") if p in PRESETS[name]],
)
def test_the_knobs_deployed_can_be_read_back(request, preset, design):
    outputs = getattr(request.getfixturevalue(preset), design).raw["Outputs"]
    knobs = json.loads(outputs["DesignKnobs"]["Value"])
    assert make_design(design, settings=knobs) == make_design(design, preset)
    assert outputs["Version"]["Value"] == "1"


def test_a_stack_is_made_for_no_account_and_no_region_in_particular(default):
    manifest = json.loads((default.folder / "manifest.json").read_text())["artifacts"]
    stacks = [one for one in manifest.values() if one["type"] == "aws:cloudformation:stack"]
    assert {one["environment"] for one in stacks} == {"aws://unknown-account/unknown-region"}
    assert len(stacks) == len(DESIGNS)


BILLED = {  # by CloudFormation's type, the ARN of what has a bill of its own
    "AWS::Lambda::Function": "arn:aws:lambda:{}:function:{}",
    "AWS::SQS::Queue": "arn:aws:sqs:{}:{}",
    "AWS::SNS::Topic": "arn:aws:sns:{}:{}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{}:table/{}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{}:stateMachine:{}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{}:log-group:{}",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{}:alarm:{}",
}
OTHERS = {"notices_queue", "alarm", "LostTriggers"}  # what is no part of a design


@pytest.mark.parametrize("design", DESIGNS)
def test_what_is_billed_is_known_by_the_names_that_cloudformation_makes(default, design):
    """A data export has no other: <stack>-<logical id>-<random>, a bucket's in small letters."""
    stack, resources = Stack(DESIGNS[design], {}), getattr(default, design).raw["Resources"]
    found = set()
    for logical_id, one in resources.items():
        name = f"{DESIGNS[design].stack}-{logical_id}-1aBcD2eFgH3i"
        if one["Type"] == "AWS::S3::Bucket":
            found.add(stack.role(Resource(name.lower())))
        elif one["Type"] in BILLED:
            arn = BILLED[one["Type"]].format("us-east-1:123456789012", name)
            found.add(stack.role(Resource(arn)))
    parts = DESIGNS[design].parts
    single = {one.role for one in (parts.table, parts.machine, parts.bucket) if one}
    own = {one.role for one in (*parts.functions, *parts.queues)} | single | {"topic"}
    assert (own - found, found - own - OTHERS) == (set(), set())

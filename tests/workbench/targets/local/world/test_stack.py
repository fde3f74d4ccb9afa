"""Reading a template's resources with their references filled in."""

import pytest

from workbench.targets.local.world.stack import Stack

TEMPLATE = {
    "Resources": {
        "Queue1": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 3}},
        "Map": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Queue1", "Arn"]},
                "FunctionName": {"Ref": "Fn1"},
                "Text": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]},
                "Deep": [{"x": {"Fn::Sub": "${AWS::AccountId}/${Fn1}"}}],
            },
        },
        "Fn1": {"Type": "AWS::Lambda::Function"},
        "Table": {"Type": "AWS::DynamoDB::Table"},
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {"Url": {"Value": {"Ref": "Queue1"}}},
}
IDS = {
    "Queue1": "https://sqs.us-east-1.amazonaws.com/123456789012/stack-Queue1",
    "Fn1": "stack-Fn1",
    "Table": "stack-Table",
    "Topic": "arn:aws:sns:us-east-1:123456789012:topic",
}


def test_resources_come_by_type_with_references_filled_in():
    stack = Stack(TEMPLATE, IDS)
    (mapping,) = stack.of_type("AWS::Lambda::EventSourceMapping")
    assert (mapping.logical_id, mapping.physical_id) == ("Map", "")
    assert mapping.properties == {
        "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:stack-Queue1",
        "FunctionName": "stack-Fn1",
        "Text": "a-us-east-1",
        "Deep": [{"x": "123456789012/stack-Fn1"}],
    }
    assert stack.outputs == {"Url": IDS["Queue1"]}
    assert stack.of_type("AWS::S3::Bucket") == []


@pytest.mark.parametrize(
    ("logical_id", "arn"),
    [
        ("Fn1", "arn:aws:lambda:us-east-1:123456789012:function:stack-Fn1"),
        ("Table", "arn:aws:dynamodb:us-east-1:123456789012:table/stack-Table"),
        ("Topic", "arn:aws:sns:us-east-1:123456789012:topic"),
    ],
)
def test_arns(logical_id, arn):
    assert Stack(TEMPLATE, IDS).resolve({"Fn::GetAtt": [logical_id, "Arn"]}) == arn


def test_a_function_that_is_not_read_here_is_no_silent_nonsense():
    with pytest.raises(AssertionError, match="Fn::Split"):
        Stack(TEMPLATE, IDS).resolve({"Fn::Split": ["-", "a-b"]})

"""Names by role: from a stack's outputs, and the log groups that Lambda tells."""

import pytest

from workbench.errors import PullFailed
from workbench.pull.names import log_groups, names_of

OUTPUTS = {
    "StateTableName": "Stack-Table",
    "ItemQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/Stack-ItemQueue",
    "ProcessorName": "Stack-Processor",
    "TopicArn": "arn:aws:sns:us-east-1:123456789012:topic",
    "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Machine",
}
NAMES = {"batcher": "b", "processor": "p", "table": "t"}


def test_outputs_become_names_by_role_and_urls_become_queue_names():
    assert names_of(OUTPUTS) == {
        "table": "Stack-Table",
        "item_queue": "Stack-ItemQueue",
        "processor": "Stack-Processor",
        "machine": "arn:aws:states:us-east-1:123456789012:stateMachine:Machine",
    }


def test_lambda_tells_the_log_group_and_else_it_is_named_after_the_function(recorded):
    found = log_groups(recorded("lambda", "log_groups"), NAMES)
    assert found == {"batcher": "/aws/lambda/b", "processor": "Stack-ProcessorLogs"}


def test_a_function_that_is_gone_is_an_error(recorded):
    with pytest.raises(PullFailed, match="was the stack destroyed"):
        log_groups(recorded("lambda", "log_groups_gone"), NAMES)

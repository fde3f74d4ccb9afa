"""The parts of a design by role, so that nothing above knows what CloudFormation called them."""

from collections.abc import Mapping
from typing import Any

from workbench.pull.refusals import explained

FUNCTIONS = ("batcher", "processor", "finalizer", "failures", "summary")
QUEUES = ("plan_queue", "item_queue", "poll_queue", "dead_letters")
TABLE, MACHINE, CHILDREN = "table", "machine", "children"

# A stack's output and the role that it names; of a queue's URL the last part is its name.
OUTPUTS = {
    "BatcherName": "batcher",
    "ProcessorName": "processor",
    "FinalizerName": "finalizer",
    "FailuresName": "failures",
    "SummaryName": "summary",
    "PlanQueueUrl": "plan_queue",
    "ItemQueueUrl": "item_queue",
    "PollQueueUrl": "poll_queue",
    "DeadLettersUrl": "dead_letters",
    "StateTableName": TABLE,
    "StateMachineArn": MACHINE,
}


def names_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """Physical names by role, from the outputs of a stack."""
    return {
        role: outputs[output].rsplit("/", 1)[-1] if output.endswith("Url") else outputs[output]
        for output, role in OUTPUTS.items()
        if output in outputs
    }


def log_groups(client: Any, names: Mapping[str, str]) -> dict[str, str]:
    """The log group of each function by role, asked of a Lambda client."""
    groups = {}
    for role in FUNCTIONS:
        if role in names:
            with explained("lambda:GetFunctionConfiguration"):
                answer = client.get_function_configuration(FunctionName=names[role])
            default = f"/aws/lambda/{names[role]}"
            groups[role] = answer.get("LoggingConfig", {}).get("LogGroup", default)
    return groups

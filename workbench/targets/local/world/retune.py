"""A deployed stack given other knobs, without synthesising and deploying it again.

A synthesis takes seconds, and the fault swarm draws new knobs for every seed. What a template says
because of knobs is known: it is written into the deployed template in place, and into moto's queues
where they hold a copy of it. A test holds the result against a synthesis for the same knobs. Roles
are left alone: nothing here checks them.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from workbench.designs import EXPRESS_MAX_S, RETRY_WAIT_S, Design, Sfn, Sqs
from workbench.targets.local.lambda_.functions import read_functions
from workbench.targets.local.sqs.service import read_settings
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.stack import Stack

Template = dict[str, Any]

CHILD = "ProcessBatch"  # the Task of the map's children
MARK = "\x00{}\x00"  # stands for a reference while a definition is read as JSON
TABLE_READ_UNITS = 12_000  # stands beside warmed writes
THROTTLE_TRIES = 20  # of a Task on Lambda, at most
THROTTLE_WAIT_MAX_S = 20


def retune(deployment: Deployment, design: Design, cron_items: int = 100) -> None:
    """Make a deployed stack what it would be with this design's knobs."""
    template = retuned(deployment.stack.template, design, cron_items)
    deployment.stack = Stack(template, deployment.stack.physical_ids)
    handlers = {spec.name: handler for spec, handler in deployment.functions.items()}
    deployment.functions = {spec: handlers[spec.name] for spec in read_functions(deployment.stack)}
    for resource in deployment.stack.of_type("AWS::SQS::Queue"):
        queue = deployment.cloud.queues[resource.physical_id]
        queue.settings = read_settings(resource.properties)


def retuned(template: Template, design: Design, cron_items: int = 100) -> Template:
    """A template of this design's stack with these knobs."""
    template = deepcopy(template)
    for logical_id, resource in template["Resources"].items():
        change = _CHANGES.get(resource["Type"])
        if change is not None:
            change(logical_id, resource["Properties"], design, cron_items)
    template["Outputs"]["DesignKnobs"]["Value"] = json.dumps(design.knobs())
    return template


def _function(logical_id: str, wanted: Template, design: Design, _: int) -> None:
    wanted["Architectures"] = ["arm64" if design.cpu == "arm64" else "x86_64"]
    if logical_id.startswith("Processor"):
        wanted["MemorySize"] = design.memory_mb
        wanted["Timeout"] = design.processor_timeout_s
    elif logical_id.startswith("Batcher"):
        wanted["MemorySize"] = design.batcher_memory_mb


def _queue(logical_id: str, wanted: Template, design: Design, _: int) -> None:
    if isinstance(design, Sqs):
        if logical_id.startswith("ItemQueue"):
            wanted["VisibilityTimeout"] = design.visibility_timeout_s
        if "RedrivePolicy" in wanted:
            wanted["RedrivePolicy"]["maxReceiveCount"] = design.max_receives


def _mapping(logical_id: str, wanted: Template, design: Design, _: int) -> None:
    if isinstance(design, Sqs) and logical_id.startswith("Processor"):
        wanted["BatchSize"] = design.messages_per_invocation
        _set(wanted, "MaximumBatchingWindowInSeconds", design.batch_window_s or None)
        _limit(wanted, design.max_concurrency)
    if isinstance(design, Sqs) and logical_id.startswith("Batcher"):
        _limit(wanted, design.batcher_concurrency)


def _limit(mapping: Template, most: int | None) -> None:
    _set(mapping, "ScalingConfig", most and {"MaximumConcurrency": most})


def _table(_: str, wanted: Template, design: Design, __: int) -> None:
    assert isinstance(design, Sqs), "only one design has a table"
    units = design.warm_write_units
    warm = {"ReadUnitsPerSecond": TABLE_READ_UNITS, "WriteUnitsPerSecond": units}
    _set(wanted, "WarmThroughput", warm if units else None)


def _rule(_: str, wanted: Template, design: Design, cron_items: int) -> None:
    """The schedule's input, word for word as the CDK app writes it."""
    if "ScheduleExpression" in wanted:
        rest = json.dumps({"items": cron_items, "knobs": design.batch_knobs()})
        transformer = wanted["Targets"][0]["InputTransformer"]
        transformer["InputTemplate"] = f'{{"time": <time>, {rest[1:]}'


def _machine(_: str, wanted: Template, design: Design, __: int) -> None:
    assert isinstance(design, Sfn), "only one design has a state machine"
    parts = wanted["DefinitionString"]["Fn::Join"][1]
    references = [part for part in parts if not isinstance(part, str)]
    marks = iter(range(len(references)))
    text = "".join(p if isinstance(p, str) else MARK.format(next(marks)) for p in parts)
    definition = json.loads(text, strict=False)
    process = definition["States"]["Process"]["ItemProcessor"]
    process["ProcessorConfig"]["ExecutionType"] = design.child_type
    _child(process["States"][CHILD], design)
    text = json.dumps(definition, separators=(",", ":"), ensure_ascii=False)
    pieces = text.replace("\\u0000", "\x00").split("\x00")
    pieces[1::2] = [references[int(number)] for number in pieces[1::2]]
    wanted["DefinitionString"]["Fn::Join"][1] = pieces


def _child(task: Template, design: Sfn) -> None:
    """The Task of a map child: its timeout and its two kinds of tries."""
    task["TimeoutSeconds"] = design.task_timeout_s
    throttles = {
        "ErrorEquals": [
            "Lambda.TooManyRequestsException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
        ],
        "IntervalSeconds": 1,
        "MaxAttempts": throttle_tries(design),
        "BackoffRate": 2,
        "MaxDelaySeconds": THROTTLE_WAIT_MAX_S,
        "JitterStrategy": "FULL",
    }
    errors = {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": RETRY_WAIT_S,
        "MaxAttempts": design.child_tries - 1,
        "BackoffRate": 1,
    }
    retry = [one for one in (throttles, errors) if one["MaxAttempts"]]
    _set(task, "Retry", retry or None)


def throttle_tries(design: Sfn) -> int:
    """How often a throttled child is tried again: what fits into an Express child's time."""
    if design.child_type == "STANDARD":
        return THROTTLE_TRIES
    left_s, tries, wait_s = EXPRESS_MAX_S - 1 - design.child_limit_s, 0, 1
    while left_s >= wait_s and tries < THROTTLE_TRIES:
        left_s, tries = left_s - wait_s, tries + 1
        wait_s = min(2 * wait_s, THROTTLE_WAIT_MAX_S)
    return tries


def _set(wanted: Template, name: str, value: Any) -> None:
    """Give a property a value, or take it away."""
    if value is None:
        wanted.pop(name, None)
    else:
        wanted[name] = value


_CHANGES: dict[str, Callable[[str, Template, Design, int], None]] = {
    "AWS::Lambda::Function": _function,
    "AWS::SQS::Queue": _queue,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::Rule": _rule,
    "AWS::StepFunctions::StateMachine": _machine,
}

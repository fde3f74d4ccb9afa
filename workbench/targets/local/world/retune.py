"""A deployed stack given other knobs, without synthesising and deploying it again.

A synthesis takes seconds, a run may have any knobs, and the fault swarm draws new ones for every
seed. What a template says because of knobs is known: it is written into the deployed template in
place, and into the queues, which hold a copy of it. A test holds the result against a synthesis for
the same knobs. Roles are left alone: nothing here checks them.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from workbench.designs import Design
from workbench.targets.local.lambda_.functions import read_functions
from workbench.targets.local.sqs.service import read_settings
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.stack import Stack

Template = dict[str, Any]

MARK = "\x00{}\x00"  # stands for a reference while a definition is read as JSON
SETTLED = (  # resources whose properties follow from knobs
    "AWS::Lambda::Function",
    "AWS::Lambda::EventSourceMapping",
    "AWS::SQS::Queue",
    "AWS::DynamoDB::Table",
)
HASH_LENGTH = 8  # of what CDK adds to a construct's name


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
    template, settings = deepcopy(template), design.settings()
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        own = settings.get(logical_id[:-HASH_LENGTH], {})
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            _set_definition(properties, own)
        elif resource["Type"] == "AWS::Events::Rule":
            _set_schedule(properties, design, cron_items)
        elif resource["Type"] in SETTLED:
            _set_all(properties, own)
    template["Outputs"]["DesignKnobs"]["Value"] = json.dumps(design.knobs())
    return template


def _set_all(wanted: Template, own: Mapping[str, Any]) -> None:
    """Give properties their values; a dot leads into a property, None takes one away."""
    for path, value in own.items():
        *outer, name = path.split(".")
        within = wanted
        for one in outer:
            within = within[one]
        if value is None:
            within.pop(name, None)
        else:
            within[name] = value


def _set_schedule(wanted: Template, design: Design, cron_items: int) -> None:
    """The schedule's input, word for word as the CDK app writes it."""
    if "ScheduleExpression" in wanted:
        rest = json.dumps({"items": cron_items, "knobs": design.batch_knobs()})
        transformer = wanted["Targets"][0]["InputTransformer"]
        transformer["InputTemplate"] = f'{{"time": <time>, {rest[1:]}'


def _set_definition(wanted: Template, own: Mapping[str, Any]) -> None:
    """A state machine's definition, which a template keeps as text with references in it."""
    parts = wanted["DefinitionString"]["Fn::Join"][1]
    references = [part for part in parts if not isinstance(part, str)]
    marks = iter(range(len(references)))
    text = "".join(p if isinstance(p, str) else MARK.format(next(marks)) for p in parts)
    definition = json.loads(text, strict=False)
    _set_all(definition, own)
    text = json.dumps(definition, separators=(",", ":"), ensure_ascii=False)
    pieces = text.replace("\\u0000", "\x00").split("\x00")
    pieces[1::2] = [references[int(number)] for number in pieces[1::2]]
    wanted["DefinitionString"]["Fn::Join"][1] = pieces

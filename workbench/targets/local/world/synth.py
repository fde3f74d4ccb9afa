"""The CDK app, synthesised: a cloud assembly for a design's knobs, reused while nothing changed.

Synthesis takes some seconds and a Node process, so it runs in a process of its own and its result
is kept under `.cache/synth`, named by a hash of all that it depends on.

A run may have any knobs, and the fault swarm draws new ones for every seed: a deployed stack is
retuned instead. What a template says because of knobs is written into the deployed template in
place, and into the queues, which hold a copy of it. A test holds the result against a synthesis for
the same knobs. Roles are left alone: nothing here checks them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.designs import Design
from workbench.errors import NotDeployed
from workbench.project import ROOT
from workbench.stacks.cdk import node_environment
from workbench.targets.local.lambda_.functions import read_functions
from workbench.targets.local.sqs.service import read_settings
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.stack import Stack
from workbench.temporary import clear_left, temporary

SOURCES = ("infra", "lambdas", "workbench/designs", "workbench/errors.py")
SYNTH_MAX_S = 300


def assembly(design: Design, cache: Path | None = None) -> Path:
    """The folder of the cloud assembly for these knobs, synthesised if there is none yet."""
    folder = (cache or ROOT / ".cache") / "synth" / _key(design)
    if not folder.exists():
        clear_left(folder.parent)
        with temporary(folder.parent) as made:
            _synthesise(design, made)
            _keep(made, folder)
    return folder


def _changed(design: Design) -> dict[str, str]:
    """The CDK context for a design: the knobs that are not its class's own.

    The default knobs of every design make the same assembly, which holds all stacks.
    """
    default = type(design)().knobs()
    changed = {name: value for name, value in design.knobs().items() if value != default[name]}
    return {design.name: json.dumps(changed, sort_keys=True)} if changed else {}


def _key(design: Design) -> str:
    """A hash of the sources, the CDK's version and the knobs."""
    digest = sha256(version("aws-cdk-lib").encode())
    for path in _files():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(json.dumps(_changed(design)).encode())
    return digest.hexdigest()[:32]


def _files() -> Iterator[Path]:
    """Every file that a template or the handlers' zip is made from."""
    for source in SOURCES:
        path = ROOT / source
        assert path.exists(), f"{source} is named as a source of the stacks and is not there"
        found = [path] if path.is_file() else sorted(path.rglob("*.py"))
        yield from (file for file in found if "node_modules" not in file.parts)


def _synthesise(design: Design, outdir: Path) -> None:
    """Run the CDK app in a process of its own."""
    environment = node_environment(dict(os.environ)) | {
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(_changed(design)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=SYNTH_MAX_S,
        check=False,
    )
    if done.returncode != 0:
        raise NotDeployed(
            f"the CDK app of {design.name} ended with {done.returncode}. Run "
            f"`python -m infra.app` to see why:\n{done.stderr[-2000:]}"
        )


def _keep(made: Path, folder: Path) -> None:
    """Put a whole assembly in its place; another process may have been first with the same one."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise


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
    redeploy(deployment, retuned(deployment.stack.template, design, cron_items))


def redeploy(deployment: Deployment, template: Template) -> None:
    """Give a deployed stack another template of the same resources."""
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

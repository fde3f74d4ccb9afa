"""One stack deployed for many faulty runs: it is given new knobs and emptied between them."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from inspect import unwrap
from types import ModuleType
from typing import Any, Self
from unittest.mock import patch

from moto.s3 import models as s3_models

from lambdas.trigger import name_of
from workbench.designs import DESIGNS
from workbench.engine.kernel import Kernel
from workbench.errors import NotDeployed
from workbench.platform.profile import load_profile
from workbench.runs.batch import Batch
from workbench.swarm.cases import FaultCase, Start
from workbench.swarm.expected import expected, knobs_of_opener
from workbench.swarm.fault_plan import FaultPlan, MapFaultPlan
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import plain
from workbench.swarm.protocols import PROTOCOLS
from workbench.swarm.recorder import Recorder
from workbench.targets.local.cloudwatch.telemetry import captured
from workbench.targets.local.dynamodb import table as tables
from workbench.targets.local.lambda_.functions import parts_of_stack
from workbench.targets.local.stepfunctions import map_storage as results
from workbench.targets.local.target import folder_of
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.stack import ACCOUNT
from workbench.targets.local.world.synth import assembly, retune, retuned
from workbench.targets.local.world.world import World

PACKAGE = "lambdas."
COLLECTED_AT = 100_000  # objects made: at Python's 700, a quarter of a seed's time is collecting
SETTLED_S = 30.0  # so long nothing may be under way before a run counts as over


class FaultHarness:
    """Runs cases of one design one after another, in this process."""

    def __init__(self, design_name: str) -> None:
        design = DESIGNS[design_name]()
        self._profile = load_profile()
        self.deployment = Deployment(assembly(design), design.stack)
        template = self.deployment.stack.template
        if retuned(template, design) != template:  # each seed is given its own settings anew
            raise NotDeployed(f"the stack {design.stack} has other settings than its design")

    def run(self, case: FaultCase) -> FaultRecord:
        """Run a case until nothing is under way any more, or until it should have been so."""
        self.tune(case)
        kernel = Kernel()
        plan = FaultPlan(case.rates, case.seed, kernel)
        context = RunContext(self._profile, case.seed, plan, MapFaultPlan(plan), kernel)
        world = World(self.deployment, context)
        world.begin(case.starts[0].items, lambda _: None)
        recorder = Recorder(world)
        started: list[tuple[Start, float]] = []
        for start in case.starts:
            kernel.at(start.at_s, partial(_start, world, start, started))
        for one in case.strangers:
            kernel.at(one.at_s, partial(_invoke, world, one.role, one.event))
        if case.cancel_s is not None:
            cancel = partial(_cancel, world, case.starts[0].batch_id)
            kernel.at(case.cancel_s, cancel)
        with ExitStack() as around:
            around.enter_context(_seldom_collected())
            around.enter_context(captured(sys.stdout))
            around.enter_context(recorder.listening())
            around.enter_context(small_limits(self.deployment, case.limits))
            around.callback(world.service.stop)
            converged = _run(world, case)
        world.settle()
        return _fault_record(case, world, recorder, started, converged)

    def tune(self, case: FaultCase) -> None:
        """Give the stack a case's knobs."""
        retune(self.deployment, case.design, case.cron_items)

    def close(self) -> None:
        """Undeploy."""
        self.deployment.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextmanager
def _seldom_collected() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(COLLECTED_AT, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _run(world: World, case: FaultCase) -> bool:
    """Run until all has come and nothing is under way; False if the time was up before."""
    kernel, last_s = world.context.kernel, max(start.at_s for start in case.starts)
    until_s = case.converge_s
    kernel.run(min(last_s, until_s))
    while kernel.now < until_s:
        kernel.run(until_s, world.quiet)
        if not world.quiet():
            return False
        settled_s = kernel.now + SETTLED_S
        kernel.run(settled_s, lambda: not world.quiet())
        if world.quiet():
            return True
    return False


def _start(world: World, start: Start, started: list[tuple[Start, float]]) -> None:
    """Let a trigger come."""
    started.append((start, world.context.kernel.now))
    if start.kind == "cron":
        world.bridge.fire()
    elif start.kind in ("again", "refused") and world.machines:
        world.machines.start_unnamed(start.trigger())
    elif start.kind == "refused":  # which may have a name that no execution can have
        _invoke(world, parts_of_stack(world.deployment.stack).functions[0].role, start.trigger())
    else:
        world.start(start.trigger())


def _invoke(world: World, role: str, event: Any) -> None:
    """Let a function have an event, as whoever may invoke it can."""
    functions = world.deployment.functions
    (name,) = (spec.name for spec in functions if spec.role == role)
    world.events.invoke(name, event)


def _cancel(world: World, batch_id: str) -> None:
    """Set a batch to CANCELLED if it is open, as stopping it on dollars does."""
    (table,) = world.deployment.stack.of_type("AWS::DynamoDB::Table")
    dynamodb = world.deployment.cloud.client("dynamodb")
    try:
        dynamodb.update_item(
            TableName=table.physical_id,
            Key={"pk": {"S": f"batch#{batch_id}"}, "sk": {"S": "META"}},
            UpdateExpression="SET #s = :cancelled",
            ConditionExpression="#s = :open",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":cancelled": {"S": "CANCELLED"}, ":open": {"S": "OPEN"}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return  # it is not there yet, or complete already


def _fault_record(
    case: FaultCase,
    world: World,
    recorder: Recorder,
    started: list[tuple[Start, float]],
    converged: bool,
) -> FaultRecord:
    first = case.starts[0]
    batch = Batch(first.items, first.seed, first.batch_id)
    records = dict(_records(world.deployment))
    objects, durable = dict(_objects(world.deployment.stack)), world.durable.executions
    batches = tuple(expected(case, started, knobs_of_opener(records, objects, durable)))
    ids = {name for one in batches if one.batch_id == first.batch_id for name in one.ids}
    folder = folder_of(world, case.design, batch, ids, datetime.now(UTC).isoformat())
    machine, stack = world.machines.machine, world.deployment.stack
    executions = machine.executions if machine else {}
    return FaultRecord(
        design=case.design,
        protocol=PROTOCOLS[case.design.name],
        batches=batches,
        plan=world.context.faults,
        **vars(recorder.noted),
        records=records,
        objects=objects,
        uploads=sum(len(bucket.multiparts) for bucket in _buckets(stack)),
        left=world.left(),
        refused_triggers=[one.batch_id for one, _ in started if one.kind == "refused"],
        strangers=[one.event for one in case.strangers],
        aliases={name: name_of(one.input) for name, one in executions.items()},
        empty_polls=sum(source.empty_polls for source in world.sources),
        map_runs=list(machine.map_runs) if machine else [],
        durable=list(durable.values()),
        transitions=sum(
            event in ("entered", "retried")
            for execution in executions.values()
            for _, _, event in execution.history
        ),
        usage=world.context.meter.frame(),
        reports=world.reports.frame(),
        folder=folder,
        limits=case.limits,
        ended_s=world.context.kernel.now,
        converged=converged,
    )


def _records(deployment: Deployment) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Every record of the state table."""
    for table in deployment.stack.of_type("AWS::DynamoDB::Table"):
        for stored in deployment.cloud.tables[table.physical_id].records():
            record = plain(stored)
            yield (record["pk"], record["sk"]), record


def _buckets(stack: Any) -> list[Any]:
    """moto's buckets of a stack."""
    known = s3_models.s3_backends[ACCOUNT]["aws"].buckets
    return [known[bucket.physical_id] for bucket in stack.of_type("AWS::S3::Bucket")]


def _objects(stack: Any) -> Iterator[tuple[str, bytes]]:
    """Every object by its key."""
    for bucket in _buckets(stack):
        for key in list(bucket.keys):
            yield key, bucket.keys[key].value


@contextmanager
def small_limits(deployment: Deployment, limits: dict[str, int]) -> Iterator[None]:
    """What handlers and services hold at a time is so small inside the block.

    An upload has parts of 8 MiB, a list 1,000 keys: too much for batches that run so often.
    """
    with ExitStack() as undo:
        for names in _modules(deployment) if limits else ():
            small = {name: limits[name] for name in limits if name in names}
            undo.enter_context(patch.dict(names, small))
        if "PART_BYTES" in limits:
            undo.enter_context(patch.object(s3_models, "S3_UPLOAD_PART_MIN_SIZE", 1))
        if "PAGE_MAX_BYTES" in limits:
            undo.enter_context(patch.object(tables, "PAGE_MAX_BYTES", limits["PAGE_MAX_BYTES"]))
        if "FILE_MAX_BYTES" in limits:
            undo.enter_context(patch.object(results, "FILE_MAX_BYTES", limits["FILE_MAX_BYTES"]))
        if "PAGE_KEYS" in limits:
            keys = {"MOTO_S3_DEFAULT_MAX_KEYS": str(limits["PAGE_KEYS"])}
            undo.enter_context(patch.dict(os.environ, keys))
        yield


def _modules(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """The names of every module of the handlers, of each function's own copies."""
    for handler in deployment.functions.values():
        found, waiting = set(), [unwrap(handler).__globals__]
        while waiting:
            names = waiting.pop()
            if names["__name__"] not in found:
                found.add(names["__name__"])
                yield names
                parts = (one for one in names.values() if isinstance(one, ModuleType))
                waiting += [vars(one) for one in parts if one.__name__.startswith(PACKAGE)]

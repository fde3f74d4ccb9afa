"""Durable functions in a toy cloud: their handlers import AWS's SDK on virtual threads."""

import json
import re
import sys
from pathlib import Path

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from workbench.targets.local.lambda_.durable.calls import DurableService
from workbench.targets.local.lambda_.durable.invocations import replaying
from workbench.targets.local.lambda_.durable.service import DurableExecutions
from workbench.targets.local.runtime.clients import Caller
from workbench.targets.local.runtime.outside import load

OUTSIDE = "def client(s): ...\ndef now(): ...\ndef sleep(s): ...\ndef gather(f, v, n): ...\n"
PROGRAM = (Path(__file__).parent / "program.py").read_text()
MODEL = get_session().get_service_model("lambda")
WITH_SDK = pytest.importorskip("aws_durable_execution_sdk_python", reason="of the extra `durable`")


class Durable:
    """Functions of one module of a deployed package, and executions of the durable ones."""

    def __init__(self, toy, folder):
        self.toy, self.folder = toy, folder
        toy.cloud._own["lambda"] = toy.cloud.durable
        self.dead_letters = []
        self.executions = toy.cloud.durable.executions = DurableExecutions(
            toy.context, toy.service, lambda arn, event: self.dead_letters.append((arn, event))
        )
        services = toy.services() | {"lambda": DurableService(toy.context)}
        toy.current_run.set(toy.context, Caller(toy.context, services), toy.item_log)
        self.client = toy.cloud.client("lambda")
        toy.cloud.on_call = check_shapes

    def function(self, text, name, durable=None, **spec):
        """A function of a module with these lines; a durable one has a timeout and a retention."""
        package = self.folder / "lambdas"
        package.mkdir(exist_ok=True)
        for file, lines in (("__init__", ""), ("outside", OUTSIDE), (name, text)):
            (package / f"{file}.py").write_text(lines)
        found = load(self.folder, f"lambdas.{name}.handler", {}, self.toy.current_run)
        if durable:
            cpu_ms = self.toy.context.profile.value("durable_cpu_ms_per_operation")
            found = replaying(found, cpu_ms)
        return self.toy.function(found, name, durable=durable, **spec)

    def start(self, payload, function="program", name=""):
        """Start an execution."""
        return self.executions.start(function, payload, name)

    def finished(self, payload, function="program", name=""):
        """An execution that was started, when nothing is left to do."""
        execution = self.start(payload, function, name)
        self.toy.run()
        return execution

    def describe(self, execution):
        """What GetDurableExecution says."""
        return self.client.get_durable_execution(DurableExecutionArn=execution.started.arn)


def double(event, context):
    """A plain function."""
    return event["value"] * 2


def fails(event, context):
    """A plain function that cannot."""
    raise LookupError(f"no {event['value']}")


def check_shapes(service, operation, request, response, code):
    """Hold a call and its answer to botocore's model of Lambda."""
    model = MODEL.operation_model(operation)
    for given, shape in ((request, model.input_shape), (response, model.output_shape)):
        if not (code and given is response):
            report = ParamValidator().validate(given, shape)
            assert not report.has_errors(), report.generate_report()
            check_patterns(given, shape)


def check_patterns(value, shape):
    """What botocore leaves to the service: patterns and enumerations."""
    if shape.type_name == "structure":
        for name, one in value.items():
            check_patterns(one, shape.members[name])
    elif shape.type_name == "list":
        for one in value:
            check_patterns(one, shape.member)
    elif shape.type_name == "string":
        pattern = shape.metadata.get("pattern")
        assert not pattern or re.fullmatch(pattern, value), f"{shape.name}: {value}"
        assert not shape.enum or value in shape.enum, f"{shape.name}: {value}"


def result_of(execution):
    """The status of an execution, and what it returned or failed with."""
    return execution.status, json.loads(execution.result) if execution.result else execution.error


@pytest.fixture
def durables(toys, tmp_path):
    """Makes durable clouds with the functions of `program`: `durables(durable_invoke=50)`."""
    open_toys = []

    def make(faults=None, **values):
        toy = toys(faults, **values)
        open_toys.append(toy)
        made = Durable(toy.__enter__(), tmp_path)
        program = made.function(PROGRAM, "program", durable=(3600.0, 1))
        made.toy.function(program.handler, "nested", durable=(600.0, 1))
        made.toy.function(double, "double")
        made.toy.function(fails, "fails")
        return made

    yield make
    for toy in open_toys:
        toy.__exit__(*sys.exc_info())


@pytest.fixture
def durable(durables):
    """A durable cloud in which nothing but waiting takes time."""
    return durables()

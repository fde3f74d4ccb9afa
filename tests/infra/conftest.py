"""All stacks, synthesised once: with the default knobs, and with the published design's."""

import json
import os
from pathlib import Path

import pytest

from workbench.designs import DESIGNS, PRESETS, make_design
from workbench.stacks.cdk import node_path

# jsii starts Node when aws_cdk is first imported, which is before any fixture runs.
os.environ.setdefault("JSII_NODE", str(node_path()))


class Template:
    """A stack's template, with references read as names: `ItemQueue.Arn`, `Bucket`."""

    def __init__(self, text):
        self.raw = json.loads(text)
        self.ids = {logical_id: logical_id[:-8] for logical_id in self.raw["Resources"]}

    def of_type(self, kind):
        """The properties of a type's resources, by name."""
        return {
            self.ids[logical_id]: self.read(resource.get("Properties", {}))
            for logical_id, resource in self.raw["Resources"].items()
            if resource["Type"] == kind
        }

    def only(self, kind):
        """The properties of the one resource of a type."""
        (found,) = self.of_type(kind).values()
        return found

    def read(self, value):
        """A value with every reference in it as text."""
        if isinstance(value, list):
            return [self.read(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return self.ids.get(value["Ref"], f"<{value['Ref']}>")
        if "Fn::GetAtt" in value:
            logical_id, attribute = value["Fn::GetAtt"]
            return f"{self.ids[logical_id]}.{attribute}"
        if "Fn::Join" in value:
            return "".join(map(self.read, value["Fn::Join"][1]))
        return {name: self.read(one) for name, one in value.items()}

    def statements(self, role, policy):
        """What one policy of a role allows: pairs of actions and resources."""
        policies = {
            one["PolicyName"]: one for one in self.of_type("AWS::IAM::Role")[role]["Policies"]
        }
        return [
            (as_list(one["Action"]), as_list(one["Resource"]))
            for one in policies[policy]["PolicyDocument"]["Statement"]
        ]

    def every_statement(self):
        """The statements of every role."""
        policies = list(self.of_type("AWS::IAM::Policy").values())
        for role in self.of_type("AWS::IAM::Role").values():
            policies += role.get("Policies", [])
        return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]

    @property
    def definition(self):
        """The state machine's definition."""
        return json.loads(self.only("AWS::StepFunctions::StateMachine")["DefinitionString"])


class Assembly:
    """A cloud assembly's folder, and its templates by design."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name, design in DESIGNS.items():
            path = self.folder / f"{design.stack}.template.json"
            setattr(self, name, Template(path.read_text()) if path.exists() else None)


def as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory):
    """Synthesise the stacks of the study and those named: knobs by design, cron and its items."""
    from infra.app import build

    def synthesise(knobs, **cron):
        return Assembly(build(str(tmp_path_factory.mktemp("cdk.out")), knobs, **cron))

    return synthesise


@pytest.fixture(scope="session")
def default(synthesise):
    return synthesise({"counters": {}})


@pytest.fixture(scope="session")
def published(synthesise):
    names = [name for name in DESIGNS if "published" in PRESETS[name]]
    return synthesise({name: make_design(name, "published").knobs() for name in names})


@pytest.fixture(scope="session")
def sqs(default):
    return default.sqs


@pytest.fixture(scope="session")
def sfn(default):
    return default.sfn


@pytest.fixture(scope="session")
def counters(default):
    return default.counters


@pytest.fixture(scope="session")
def durable(default):
    return default.durable


WITH_ALARM = [
    ("default", "sqs"),
    ("default", "sfn"),
    ("default", "counters"),
    ("published", "sqs"),
    ("published", "sfn"),
]


@pytest.fixture(params=WITH_ALARM, ids="-".join)
def alarmed(request):
    """Each template whose batches may stay open: of a durable one Lambda itself tells in time."""
    assembly, design = request.param
    return getattr(request.getfixturevalue(assembly), design)


@pytest.fixture(params=[*WITH_ALARM, ("default", "durable")], ids="-".join)
def template(request):
    """Each template of both assemblies."""
    assembly, design = request.param
    return getattr(request.getfixturevalue(assembly), design)

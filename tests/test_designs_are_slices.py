"""A design is one slice: it stands in every dictionary, and nothing else asks which one it has."""

import ast
from pathlib import Path

import pytest

from tests.test_house_rules import SOURCES, TREES
from workbench.designs import DESIGNS

ROOT = Path(__file__).resolve().parents[1]
# One dictionary a layer: where a design is found by its name.
DICTIONARIES = {
    "workbench.designs.presets": "DESIGNS",
    "infra.app": "STACKS",
    "workbench.targets.model.models": "MODELS",
    "workbench.targets.aws.session": "CONTROLS",
    "workbench.runs.failures": "READERS",
    "workbench.agreement.tellers": "PLAIN",
    "workbench.swarm.protocols": "PROTOCOLS",
}
# Where the text "sqs" is the name of AWS's service.
SERVICE = {
    "lambdas.queues",
    "workbench.stacks.inventory",
    "workbench.swarm.checks.billing",
    "workbench.swarm.fault_plan",
    "workbench.swarm.recorder",
    "workbench.targets.aws.measurements",
    "workbench.targets.aws.counters",
    "workbench.targets.aws.follow",
    "workbench.targets.aws.settings",
    "workbench.targets.aws.table_batches",
    "workbench.targets.local.dynamodb.quick.clients",
    "workbench.targets.local.lambda_.event_source",
    "workbench.targets.local.world.moto_cloud",
    "workbench.targets.local.world.stack",
    "workbench.targets.local.world.world",
}
# What still names designs; to be emptied, never to grow.
ALLOWED = {
    "bench.model_speed",
    "bench.peers",
}


def own(name):
    """Whether a module is one design's own, by its name or its folder's."""
    parts = name.split(".")
    return any(part == d or part.startswith(f"{d}_") for part in parts for d in DESIGNS)


def names_of_designs(name):
    """Where a module spells a design, or asks for its class: line and what."""
    classes = {design.__name__ for design in DESIGNS.values()}
    texts = set(DESIGNS) - ({"sqs"} if name in SERVICE else set())
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Constant) and node.value in texts:
            yield node.lineno, node.value
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if asks and node.func.id == "isinstance":
            found = {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)}
            yield from ((node.lineno, one) for one in found & classes)


@pytest.mark.parametrize(("module", "name"), DICTIONARIES.items())
def test_every_design_stands_in_every_dictionary(module, name):
    found = [
        node.value
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0]) == name
    ]
    assert {key.value for key in found[0].keys} == set(DESIGNS)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_designs_are_named_only_where_they_are_at_home(name):
    if own(name) or name in DICTIONARIES or name in ALLOWED:
        return
    assert list(names_of_designs(name)) == []


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_what_may_still_name_designs_does(name):
    assert list(names_of_designs(name)) != []

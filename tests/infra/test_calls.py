"""Each role against its handler's source: what the handler may call, and what it reads.

The calls are found by following names from `handler` through the `lambdas` package, function by
function; every method of a client that is met on the way must be known below.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ACTIONS = {
    "batch_get_item": "dynamodb:BatchGetItem",
    "batch_write_item": "dynamodb:BatchWriteItem",
    "delete_item": "dynamodb:DeleteItem",
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "query": "dynamodb:Query",
    "update_item": "dynamodb:UpdateItem",
    "send_message": "sqs:SendMessage",
    "send_message_batch": "sqs:SendMessage",
    "change_message_visibility": "sqs:ChangeMessageVisibility",
    "publish": "sns:Publish",
    "put_object": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "complete_multipart_upload": "s3:PutObject",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "get_object": "s3:GetObject",
    "list_objects_v2": "s3:ListBucket",
    "put_metric_data": "cloudwatch:PutMetricData",
    "invoke": "lambda:InvokeFunction",  # of a branch of a durable map
}
# A transaction needs the rights of its parts, a paginator those of its call.
NO_CALLS = {"exceptions", "transact_write_items", "get_paginator", "step", "wait"}
PARTS = {name: f"dynamodb:{name}Item" for name in ("Put", "Update", "Delete", "ConditionCheck")}
FUNCTIONS = [
    ("sqs", "batcher"),
    ("sqs", "processor"),
    ("sqs", "finalizer"),
    ("sqs", "failures"),
    ("sfn", "batcher"),
    ("sfn", "processor"),
    ("sfn", "summary"),
    ("counters", "batcher"),
    ("counters", "processor"),
    ("counters", "finalizer"),
    ("counters", "failures"),
    ("durable", "orchestrator"),
    ("durable", "processor"),
]


class Source:
    """A module: its functions, what its names stand for, its clients and variables."""

    def __init__(self, name):
        tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text())
        self.functions = {
            node.name: node
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        self.names = {one: f"{name}.{one}" for one in self.functions}
        self.clients, self.variables = set(), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("lambdas"):
                self.names |= {one.name: f"{node.module}.{one.name}" for one in node.names}
            if isinstance(node, ast.Assign) and "outside.client(" in ast.unparse(node.value):
                self.clients |= {one.id for one in node.targets}
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get":
                self.variables.add(node.args[0].value)


@cache
def source(name):
    """A module's source, or None if the name is no module of `lambdas`."""
    return Source(name) if (ROOT / f"{name.replace('.', '/')}.py").is_file() else None


def called(handler):
    """The actions that a handler may call."""
    actions, seen, left = set(), set(), [handler]
    while left:
        name = left.pop()
        module, _, function = name.rpartition(".")
        if name in seen or source(module) is None or function not in source(module).functions:
            continue
        seen.add(name)
        for node in ast.walk(source(module).functions[function]):
            left.append(_target(source(module), node))
            actions |= _actions(source(module), node)
    return actions


def _target(module, node):
    """The function that a name or `module.name` stands for, as a dotted name."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{module.names.get(node.value.id)}.{node.attr}"
    return module.names.get(node.id, "") if isinstance(node, ast.Name) else ""


def _actions(module, node):
    """What a node calls: a client's method, by name or by text, or a part of a transaction."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        client = node.value.id in module.clients or "Client" in node.value.id
        if client or node.value.id in ("dynamodb", "cloudwatch", "sns", "s3", "branch"):
            assert node.attr in ACTIONS.keys() | NO_CALLS, f"{node.attr} is not known here"
            return {ACTIONS[node.attr]} if node.attr in ACTIONS else set()
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("conditional", "paginator")):
        return {ACTIONS[node.args[0].value]}
    if isinstance(node, ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant):
        return {PARTS[node.elts[0].value]} if node.elts[0].value in PARTS else set()
    return set()


@cache
def modules(name):
    """A handler's module and all that it imports of `lambdas`."""
    tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text())
    found = {name}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("lambdas"):
            for one in (node.module, *(f"{node.module}.{one.name}" for one in node.names)):
                found |= modules(one) if source(one) else set()
    return found


@pytest.mark.parametrize(("design", "name"), FUNCTIONS)
def test_a_role_allows_what_its_handler_calls_and_no_more(default, published, design, name):
    """In the published design, whose processors put metrics too, where there is one."""
    template = getattr(published, design) or getattr(default, design)
    statements = template.statements(f"{name.capitalize()}Role", "Calls")
    allowed = [action for actions, _ in statements for action in actions]
    assert sorted(allowed) == sorted(called(f"lambdas.{design}.{name}.handler"))


@pytest.mark.parametrize(("design", "name"), FUNCTIONS)
def test_a_function_gets_the_variables_that_its_modules_read(default, design, name):
    function = getattr(default, design).of_type("AWS::Lambda::Function")[name.capitalize()]
    read = set().union(*(source(one).variables for one in modules(f"lambdas.{design}.{name}")))
    assert set(function["Environment"]["Variables"]) == read


@pytest.mark.parametrize("design", ["sqs", "counters"])
@pytest.mark.parametrize("name", ["batcher", "processor", "finalizer", "failures"])
def test_a_role_names_the_very_resources_that_its_function_is_told_of(default, design, name):
    template = getattr(default, design)
    function = template.of_type("AWS::Lambda::Function")[name.capitalize()]
    told = {
        text if variable == "TOPIC_ARN" else f"{text}.Arn"
        for variable, text in function["Environment"]["Variables"].items()
    }
    allowed = {
        resource
        for _, resources in template.statements(f"{name.capitalize()}Role", "Calls")
        for resource in resources
    }
    assert allowed == told


def test_a_role_reaches_only_below_the_prefixes_of_its_batches(sfn):
    reached = {
        name: [resources for _, resources in sfn.statements(f"{name}Role", "Calls")]
        for name in ("Batcher", "Processor", "Summary")
    }
    batches, results = "Bucket.Arn/batches/*", "Bucket.Arn/results/*"
    assert reached == {
        "Batcher": [[batches]],
        "Processor": [[batches]],
        "Summary": [["Bucket.Arn"], [batches, results]],
    }

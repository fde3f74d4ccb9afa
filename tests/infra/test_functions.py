"""Functions: the zip, their settings, their roles and logs."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POLLING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


STACKS = ["SqsBatchProcessing", "SfnBatchProcessing", "CounterBatchProcessing"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_zip_holds_the_lambdas_package_and_nothing_else(default, stack):
    assets = json.loads((default.folder / f"{stack}.assets.json").read_text())["files"].values()
    (folder,) = (one["source"]["path"] for one in assets if one["source"]["packaging"] == "zip")
    held = {
        str(path.relative_to(default.folder / folder))
        for path in (default.folder / folder).rglob("*")
        if path.is_file()
    }
    assert held == {str(path.relative_to(ROOT)) for path in (ROOT / "lambdas").rglob("*.py")}


def test_all_stacks_deploy_the_same_zip(default):
    keys = {
        function["Code"]["S3Key"]
        for template in (default.sqs, default.sfn, default.counters)
        for function in template.of_type("AWS::Lambda::Function").values()
    }
    assert len(keys) == 1


def _settings(template):
    return {
        name: (one["Handler"], one["MemorySize"], one["Timeout"], one.get("RecursiveLoop"))
        for name, one in template.of_type("AWS::Lambda::Function").items()
    }


def test_functions_of_sqs_are_as_the_knobs_say(sqs):
    assert _settings(sqs) == {
        "Batcher": ("lambdas.sqs.batcher.handler", 1_024, 900, "Allow"),
        "Processor": ("lambdas.sqs.processor.handler", 128, 127, "Allow"),
        "Finalizer": ("lambdas.sqs.finalizer.handler", 256, 60, "Allow"),
        "Failures": ("lambdas.sqs.failures.handler", 256, 300, "Allow"),
    }


def test_functions_of_counters_are_as_the_knobs_say(counters):
    assert _settings(counters) == {
        "Batcher": ("lambdas.counters.batcher.handler", 1_024, 900, "Allow"),
        "Processor": ("lambdas.counters.processor.handler", 128, 112, "Allow"),
        "Finalizer": ("lambdas.counters.finalizer.handler", 256, 120, None),
        "Failures": ("lambdas.counters.failures.handler", 256, 120, "Allow"),
    }


def test_functions_of_sfn_are_as_the_knobs_say(sfn):
    assert _settings(sfn) == {
        "Batcher": ("lambdas.sfn.batcher.handler", 1_024, 900, None),
        "Processor": ("lambdas.sfn.processor.handler", 128, 111, None),
        "Summary": ("lambdas.sfn.summary.handler", 256, 300, None),
    }


@pytest.mark.parametrize(("assembly", "cpu"), [("default", "arm64"), ("published", "x86_64")])
@pytest.mark.parametrize("design", ["sqs", "sfn"])
def test_every_function_runs_the_newest_python_on_the_cpu_asked_for(request, assembly, cpu, design):
    template = getattr(request.getfixturevalue(assembly), design)
    functions = template.of_type("AWS::Lambda::Function").values()
    asked = {(one["Runtime"], *one["Architectures"]) for one in functions}
    assert asked == {("python3.14", cpu)}


def test_every_function_has_a_role_of_its_own_without_managed_policies(template):
    functions = template.of_type("AWS::Lambda::Function")
    assert {name: one["Role"] for name, one in functions.items()} == {
        name: f"{name}Role.Arn" for name in functions
    }
    roles = template.of_type("AWS::IAM::Role").values()
    assert [one for one in roles if "ManagedPolicyArns" in one] == []


def test_every_function_writes_to_a_log_group_of_its_own_that_expires(template):
    groups = template.of_type("AWS::Logs::LogGroup")
    assert {one["RetentionInDays"] for one in groups.values()} == {14}
    for name, function in template.of_type("AWS::Lambda::Function").items():
        assert function["LoggingConfig"] == {"LogGroup": f"{name}Logs"}
        logs = (["logs:CreateLogStream", "logs:PutLogEvents"], [f"{name}Logs.Arn"])
        assert logs in template.statements(f"{name}Role", "Service")
    kept = [
        logical_id
        for logical_id, one in template.raw["Resources"].items()
        if one["Type"] == "AWS::Logs::LogGroup" and one["DeletionPolicy"] != "Delete"
    ]
    assert kept == []


def test_a_role_lets_lambda_poll_its_queue_and_keep_what_failed(sqs):
    assert sqs.statements("BatcherRole", "Service")[1:] == [
        (POLLING, ["PlanQueue.Arn"]),
        (["sqs:SendMessage"], ["DeadLetters.Arn"]),
    ]
    assert sqs.statements("ProcessorRole", "Service")[1:] == [(POLLING, ["ItemQueue.Arn"])]
    assert sqs.statements("FinalizerRole", "Service")[1:] == [(POLLING, ["PollQueue.Arn"])]
    assert sqs.statements("FailuresRole", "Service")[1:] == [(POLLING, ["DeadLetters.Arn"])]


def test_a_failed_asynchronous_invocation_of_the_batcher_is_kept(sqs):
    assert sqs.only("AWS::Lambda::EventInvokeConfig") == {
        "DestinationConfig": {"OnFailure": {"Destination": "DeadLetters.Arn"}},
        "FunctionName": "Batcher",
        "Qualifier": "$LATEST",
    }


def test_no_policy_has_a_wildcard_action(template):
    actions = [action for one in template.every_statement() for action in _list(one["Action"])]
    assert [action for action in actions if "*" in action] == []


def test_item_metrics_are_allowed_only_where_the_knob_asks_for_them(default, published):
    def allowed(template):
        return [
            one for one in template.every_statement() if "Put" in str(one) and "cloud" in str(one)
        ]

    statement = {
        "Action": "cloudwatch:PutMetricData",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "BatchWorkbench"}},
        "Effect": "Allow",
        "Resource": "*",
    }
    assert allowed(default.sqs) + allowed(default.sfn) == []
    assert (allowed(published.sqs), allowed(published.sfn)) == ([statement], [statement])
    for template in (published.sqs, published.sfn):
        assert (["cloudwatch:PutMetricData"], ["*"]) in template.statements(
            "ProcessorRole", "Calls"
        )


def _list(value):
    return value if isinstance(value, list) else [value]

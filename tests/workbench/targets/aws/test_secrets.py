"""No account, key, user or role reaches a file under results, whatever AWS refuses."""

import json
from contextlib import nullcontext

import pandas as pd
import pytest

from tests.e2e.proxy import Answered, Refuse, Rule
from workbench import notebooks
from workbench.errors import WorkbenchError
from workbench.pull.collect import collect
from workbench.runs.runner import RunRequest, run_request
from workbench.stacks.aws_errors import AwsFailed

ACCOUNT, USER = "123456789012", "jane.doe@example.com"
DENIED = Refuse(
    "AccessDeniedException",
    message=f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Admin-of-it/{USER} with "
    f"AKIAIOSFODNN7EXAMPLE is not authorized on arn:aws:iam::{ACCOUNT}:user/{USER} or "
    f"arn:aws:iam::{ACCOUNT}:role/Deploy",
)
SECRETS = (ACCOUNT, USER, "Admin-of-it", "role/Deploy", "AKIAIOSFODNN7EXAMPLE")
CALLS = (
    "lambda.Invoke",
    "sqs.ReceiveMessage",
    "dynamodb.GetItem",
    "dynamodb.Query",
    "logs.FilterLogEvents",
    "monitoring.GetMetricData",
    "lambda.UpdateFunctionConfiguration",
    "events.DisableRule",
    "states.StartExecution",
    "cloudformation.DescribeStacks",
)


def every_text(results):
    """What stands in every file under a folder, by its path; tables as text too."""
    found = {}
    for path in results.rglob("*"):
        if path.is_file():
            found[str(path)] = path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".parquet":
                found[str(path)] += pd.read_parquet(path).to_csv()
    return found


def given_away(texts):
    """The secrets that stand in these texts, with where."""
    return [(where, one) for where, text in texts.items() for one in SECRETS if one in text]


def finished(world, batch):
    """A batch whose items failed with AWS's own words; everything of it is there."""
    world.meta(batch, status="NOTIFIED", items=100, items_failed=1)
    world.notify(batch, items_failed=1, reason=DENIED.message, detected_at=world.clock.at + 60)
    world.evidence(batch, 100)
    failed = {"pk": f"failed#{batch}", "sk": "00", "reason": f"ClientError: {DENIED.message}"}
    item = {key: {"S": text} for key, text in failed.items()} | {"attempts": {"N": "3"}}
    world.client("dynamodb").put_item(TableName="state", Item=item)


@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_given_away_by_a_run_with_a_denied_call(sqs, proxy, call, capsys):
    finished(sqs, "b-1")
    proxy.rules = [Rule(call, DENIED)]
    said = []
    try:
        request = RunRequest("sqs", "aws", 100, settings={"memory_mb": 256})
        run_request(request, sqs.results, print, "b-1", sqs.target(say=said.append))
    except WorkbenchError as error:
        said.append(str(error))
    texts = every_text(sqs.results) | {"said": "\n".join(said), "out": str(capsys.readouterr())}
    assert given_away(texts) == []


def test_nothing_is_given_away_by_failed_items_and_pulls(sqs, proxy):
    finished(sqs, "b-1")
    run_request(RunRequest("sqs", "aws", 100), sqs.results, print, "b-1", sqs.target())
    proxy.rules = [Rule("ce.*", DENIED)]
    found = collect(sqs.results / "runs" / "b-1", Patient(sqs.target()))
    assert [one.kind for one in found.pulls] == ["cloudwatch"]
    texts = every_text(sqs.results)
    assert any("failures.parquet" in path for path in texts)
    assert given_away(texts | {"failed": "\n".join(found.failed)}) == []


def test_a_pull_names_a_state_machine_without_its_account(sfn, proxy):
    sfn.notify("b-1", detected_at=sfn.clock.at + 60)
    sfn.evidence("b-1", 100)
    run_request(
        RunRequest("sfn", "aws", 100),
        sfn.results,
        lambda now: sfn.succeed("b-1"),
        "b-1",
        sfn.target(),
    )
    proxy.rules = [Rule("ce.*", DENIED)]
    [pull] = collect(sfn.results / "runs" / "b-1", Patient(sfn.target())).pulls
    assert json.dumps(pull.facts["names"]).count("<account>") == 1
    assert given_away(every_text(sfn.results)) == []


REFUSED = pytest.raises(AwsFailed, match=r"^benchmark\.ipynb: AWS DescribeStacks is not allowed")


@pytest.mark.parametrize(
    ("call", "ends"),
    [
        ("logs.FilterLogEvents", nullcontext()),  # in an incomplete run
        pytest.param("cloudformation.DescribeStacks", REFUSED, marks=pytest.mark.slow),
    ],
)
def test_nothing_is_given_away_by_an_executed_notebook(sqs, proxy, call, ends, tmp_path):
    """What its cells print, show and raise stands in it, whether the run ends or is refused."""
    finished(sqs, "b-1")
    places = {"AccountLimit": {"UnreservedConcurrentExecutions": 1_000}}  # moto has none
    proxy.rules = [
        *(Rule(one, DENIED) for one in (call, "ce.*")),
        Rule("lambda.GetAccountSettings", Answered(places)),
    ]
    executed = tmp_path / "notebooks" / "benchmark.ipynb"
    asked = {"design": "sqs", "target": "aws", "items": 100, "results": str(tmp_path)}
    with ends:
        notebooks.execute("benchmark", asked | {"run_id": "b-1"}, executed)
    texts = every_text(tmp_path)
    assert f"AWS {call.partition('.')[2]} is not allowed" in texts[str(executed)]
    assert given_away(texts) == []


class Patient:
    """A target whose cloud is not waited for."""

    def __init__(self, target):
        self.name, self._target = target.name, target

    def cloud(self, design):
        found = self._target.cloud(design)
        return type(found)(**(vars(found) | {"late_s": 0}))

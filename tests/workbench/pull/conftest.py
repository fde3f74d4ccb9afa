"""A run with its bill, clients that answer from a record, and moto's clients with data in them."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import boto3
import pandas as pd
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from tests.workbench.targets.aws.conftest import moto, sfn, sqs  # noqa: F401
from workbench.bill import bill
from workbench.designs import make_design
from workbench.prices import load_book
from workbench.pull.window import Window
from workbench.runs.records import USAGE_COLUMNS, Run, RunData
from workbench.targets.local.world.cost_explorer import load_bill

RECORDED = Path(__file__).parent / "recorded"
START = datetime(2026, 11, 20, 6, 10, 30, tzinfo=UTC)
LAMBDA, SQS, DDB = "AWS Lambda", "Amazon Simple Queue Service", "Amazon DynamoDB"
CW, CE = "AmazonCloudWatch", "AWS Cost Explorer"
USAGE = [
    (LAMBDA, "Request-ARM", "Requests", "work", "10"),
    (LAMBDA, "Request-ARM", "Requests", "knowing", "30"),
    (LAMBDA, "Lambda-GB-Second-ARM", "GB-Seconds", "work", "62.5"),
    (SQS, "Requests-Tier1", "Requests", "dispatch", "210"),
    (DDB, "WriteRequestUnits", "WriteRequestUnits", "knowing", "2000"),
    (CW, "CW:MetricMonitorUsage", "Metrics", "telemetry", "0.01"),
    (CW, "CW:GMD-Metrics", "Metrics", "measuring", "160"),
]


def make_run(**changes):
    fields = {
        "run_id": "sqs-aws-1000-7",
        "design": "sqs",
        "target": "aws",
        "items": 1_000,
        "seed": 7,
        "knobs": make_design("sqs").knobs(),
        "batch_id": "b-1",
        "started_at": START.isoformat(),
        "created_s": 2.0,
        "processed_s": 170.0,
        "detected_s": 180.0,
        "items_processed": 1_000,
        "invocations": 10,
    }
    return Run(**fields | changes)


def make_folder(times=1, with_bill=True, **changes):
    rows = [(*name, Decimal(quantity) * times) for *name, quantity in USAGE]
    usage = pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
    timeline = pd.DataFrame(columns=["t_s", "metric", "value"])
    table = bill(usage, load_book()) if with_bill else None
    return RunData(make_run(**changes), timeline, usage, table)


@pytest.fixture
def run():
    return make_run()


@pytest.fixture
def folder():
    return make_folder()


@pytest.fixture
def another_folder():
    """Makes folders of other runs: `times` the usage, and fields of the run."""
    return make_folder


@pytest.fixture
def window():
    """Three minutes and a margin: four minutes of the clock are touched."""
    return Window(START, START + timedelta(seconds=200))


@pytest.fixture(autouse=True)
def _no_account(monkeypatch):
    """No test finds the credentials of whoever runs it."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def cloud():
    """moto's clients by service."""
    with mock_aws():
        yield boto3.client


@pytest.fixture
def recorded():
    """Makes a client that answers from `recorded/<name>.json`, in order, and checks each request.

    The records were written by hand in the shape that the API reference gives, and botocore holds
    them against the service's model; none was taken from an account.
    """
    stubbers = []

    def make(service, *names):
        client = boto3.client(service)
        stubber = Stubber(client)
        for name in names:
            for step in json.loads((RECORDED / f"{name}.json").read_text())["steps"]:
                _add(stubber, step)
        stubber.activate()
        stubbers.append(stubber)
        return client

    yield make
    for stubber in stubbers:
        stubber.assert_no_pending_responses()


def _add(stubber, step):
    if "error" in step:
        request = _timed(step["request"])
        stubber.add_client_error(step["operation"], *step["error"], expected_params=request)
    else:
        stubber.add_response(step["operation"], _timed(step["answer"]), _timed(step["request"]))


def _timed(value):
    """JSON has no times: those of CloudWatch stand in it as texts."""
    if isinstance(value, list):
        return [_timed(one) for one in value]
    if not isinstance(value, dict):
        return value
    times = ("StartTime", "EndTime", "Timestamps")
    return {key: _read(one) if key in times else _timed(one) for key, one in value.items()}


def _read(value):
    if isinstance(value, list):
        return [_read(one) for one in value]
    return datetime.fromisoformat(value)


@pytest.fixture
def load_cost_explorer():
    """Loads a metered bill into moto's Cost Explorer, as the two answers that a pull asks for.

    moto evaluates no filter: the first answer is for what carries the tag, the second for the rest.
    """

    def load(table, start, end):
        load_bill(table, datetime.fromisoformat(start))

    return load

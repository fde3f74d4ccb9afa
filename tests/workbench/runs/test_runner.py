"""One run from its order to its folder, also where there is nothing to run on."""

import pytest
from moto import mock_aws

from workbench.errors import NotDeployed
from workbench.runs.records import read_folder, read_run
from workbench.runs.runner import RunRequest, run_request


def unwatched(_progress):
    """Nobody looks."""


@pytest.fixture
def bare_account(monkeypatch):
    """An account in which nothing is deployed."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with mock_aws():
        yield monkeypatch


def test_a_stack_that_is_not_there_leaves_a_run_that_says_so(bare_account, tmp_path):
    request = RunRequest("sqs", "aws", 10)
    with pytest.raises(NotDeployed) as refused:
        run_request(request, tmp_path, unwatched, "first")
    folder = read_folder(tmp_path / "runs" / "first")
    assert (folder.run.status, folder.run.reason) == ("incomplete", str(refused.value))
    assert (folder.run.knobs, folder.run.cost_usd) == (request.make_design().knobs(), 0.0)
    assert [len(table) for table in (folder.timeline, folder.usage, folder.bill)] == [0, 0, 0]


def test_a_region_without_our_prices_leaves_a_run_that_says_so(bare_account, tmp_path):
    bare_account.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(NotDeployed):
        run_request(RunRequest("sfn", "aws", 10), tmp_path, unwatched, "second")
    assert "the session is in eu-west-1" in read_run(tmp_path / "runs" / "second").reason

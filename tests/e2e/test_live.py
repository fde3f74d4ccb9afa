"""The same life on a real account: off unless asked for with `-m live`. It costs a few cents."""

import os
from decimal import Decimal

import pytest

from workbench.designs import COMPARED
from workbench.runs.records import read_folder
from workbench.runs.runner import RunRequest, run_request
from workbench.stacks.aws_clients import Aws
from workbench.stacks.deploy import Deployment, deploy
from workbench.stacks.destroy import destroy
from workbench.stacks.inventory import inventory
from workbench.targets.aws import AwsOptions, AwsTarget

pytestmark = pytest.mark.live


def test_every_design_lives_and_dies_on_a_real_account(tmp_path):
    """What is deployed here is removed again, so nothing of ours may be there before."""
    assert "AWS_ENDPOINT_URL" not in os.environ, "this test is for AWS itself"
    assert inventory(Aws()) == [], "something is deployed: `make destroy` it first"
    target = AwsTarget(AwsOptions(results=tmp_path, max_usd=Decimal("0.25")))
    deploy(Deployment(cron=False, bootstrap=True), print)
    try:
        for name in COMPARED:
            path = run_request(RunRequest(name, "aws", 1_000), tmp_path, print, target=target)
            run = read_folder(path).run
            assert (run.status, run.reason) == ("complete", "")
            assert (run.items_processed, run.items_failed) == (1_000, 0)
            assert 0 < run.created_s < run.processed_s < run.detected_s
    finally:
        destroy(tmp_path, print)
    assert inventory(Aws()) == []

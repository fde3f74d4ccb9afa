"""A run of each design as if on AWS, and what AWS exports of it."""

import pytest

from tests import data_exports
from workbench.designs import DESIGNS
from workbench.runs.records import read_folder
from workbench.runs.runner import RunRequest, make_target, run_request

STARTED = "2026-11-20T06:10:00+00:00"


@pytest.fixture(scope="session")
def runs_on_aws(tmp_path_factory):
    """The run folder of each design: 300 items of the local target, kept as if AWS had run them."""
    results = tmp_path_factory.mktemp("local")
    target, found = make_target("local"), {}
    for design in DESIGNS:
        request = RunRequest(design, "local", 300)
        found[design] = run_request(request, results, lambda _: None, design, target)
    target.close()
    return found


@pytest.fixture
def on_aws(runs_on_aws, tmp_path):
    """Makes a run folder of a design under a results folder of the test's own."""

    def make(design="sqs", **changes):
        started = {"started_at": STARTED} | changes
        return data_exports.on_aws(runs_on_aws[design], tmp_path / "results", **started)

    return make


@pytest.fixture
def billed():
    """The rows of FOCUS_1_2_AWS for a run folder."""
    return lambda *paths: data_exports.billed(*map(read_folder, paths))

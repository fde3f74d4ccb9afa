"""The log of a batch has the same volume in both tellings, whatever is logged."""

import pytest

from workbench.designs import make_design
from workbench.runs.batch import Batch
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

ITEMS = 1_000
LOGGED = {"metrics": {}, "all": {"logs": "all"}}


def log_gb(target, name, logs):
    design = make_design(name, settings={"value_max": 50} | LOGGED[logs])
    usage = target.run(design, Batch(ITEMS, 7, "b-logs"), lambda _: None).usage
    return float(usage[usage["usage_type"] == "VendedLog-Bytes"]["quantity"].sum())


@pytest.mark.parametrize("name", ["sqs", "sfn"])
def test_every_line_that_is_asked_for_is_billed_in_both_tellings(name):
    with LocalTarget() as local:
        metered = {logs: log_gb(local, name, logs) for logs in LOGGED}
    modelled = {logs: log_gb(ModelTarget(), name, logs) for logs in LOGGED}
    added = {told["all"] - told["metrics"] for told in (metered, modelled)}
    assert min(added) * 1e9 > ITEMS * 59  # one line an item, and each message or child
    assert min(added) == pytest.approx(max(added), rel=0.02)
    for logs in LOGGED:
        assert modelled[logs] == pytest.approx(metered[logs], rel=0.05)

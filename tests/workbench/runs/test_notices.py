"""Notices are read in one place: also the trigger of a batch that Lambda gave up on."""

import json

import pytest

from workbench.runs.notices import GIVEN_UP, read_notice

TRIGGER = {"batch_id": "b-1", "items": 100, "seed": 7, "knobs": {"value_max": 10}}
SLOT = {"time": "2026-11-23T06:00:00Z", "items": 100, "knobs": {}}


def test_a_notice_is_read_as_it_is():
    notice = {"batch_id": "b-1", "status": "complete", "items_failed": 2}
    assert read_notice(json.dumps(notice)) == notice


@pytest.mark.parametrize(
    ("trigger", "batch"), [(TRIGGER, "b-1"), (SLOT, "cron-20261123T0600")], ids=["run", "cron"]
)
def test_a_trigger_that_came_to_nothing_is_a_failure(trigger, batch):
    failed = {"batch_id": batch, "status": "failed", "items": 100, "reason": GIVEN_UP}
    assert read_notice(json.dumps(trigger)) == failed
    why = "exceeded 3,000 operations"
    assert read_notice(json.dumps(trigger), why) == failed | {"reason": why}


@pytest.mark.parametrize(
    "body",
    ["", "no JSON", "[1]", "7", '{"AlarmName": "OldestOpenBatch"}', '{"status": "failed"}',
     '{"batch_id": "b-1"}'],
)  # fmt: skip
def test_anything_else_is_no_notice(body):
    assert read_notice(body) is None

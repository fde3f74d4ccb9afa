"""The cron rule: when it fires, what it hands over, and that it can be off."""

import json

import pytest

from workbench.designs import DESIGNS, PRESETS, make_design

FOUR_TIMES_A_DAY = "cron(0 0,6,12,18 * * ? *)"


def _rules(assembly):
    templates = (getattr(assembly, name) for name in DESIGNS)
    return [one.of_type("AWS::Events::Rule")["Cron"] for one in templates if one]


def _input(rule, time):
    """What EventBridge makes of the template: a variable in no quotes is put in as JSON."""
    transformer = rule["Targets"][0]["InputTransformer"]
    assert transformer["InputPathsMap"] == {"time": "$.time"}
    return json.loads(transformer["InputTemplate"].replace("<time>", json.dumps(time)))


def test_four_batches_a_day_are_on_by_default(default):
    for rule in _rules(default):
        assert (rule["ScheduleExpression"], rule["State"]) == (FOUR_TIMES_A_DAY, "ENABLED")


def test_a_switch_turns_the_schedule_off(synthesise):
    for rule in _rules(synthesise({}, cron=False, cron_items=250)):
        assert (rule["ScheduleExpression"], rule["State"]) == (FOUR_TIMES_A_DAY, "DISABLED")
        assert _input(rule, "2026-11-23T06:00:00Z")["items"] == 250


@pytest.mark.parametrize("preset", ["default", "published"])
def test_the_trigger_carries_the_slot_the_items_and_every_batch_knob(request, preset):
    time = "2026-11-23T06:00:00Z"
    rules = _rules(request.getfixturevalue(preset))
    assert [_input(rule, time) for rule in rules] == [
        {"time": time, "items": 100, "knobs": _design(name, preset).batch_knobs()}
        for name in DESIGNS
    ]


def test_the_rule_starts_the_batcher_or_the_machine(sqs, sfn):
    (function,) = sqs.of_type("AWS::Events::Rule")["Cron"]["Targets"]
    (machine,) = sfn.of_type("AWS::Events::Rule")["Cron"]["Targets"]
    assert function["Arn"] == "Batcher.Arn"
    assert machine["Arn"] == "Machine"
    assert machine["DeadLetterConfig"] == {"Arn": "LostTriggers.Arn"}
    permission = sqs.only("AWS::Lambda::Permission")
    assert (permission["Principal"], permission["SourceArn"], permission["FunctionName"]) == (
        "events.amazonaws.com",
        "Cron.Arn",
        "Batcher.Arn",
    )


def _design(name, preset):
    """A design as the preset has it; one without that preset has its default knobs."""
    return make_design(name, preset if preset in PRESETS[name] else "default")

"""The shared constructs: accepted findings, queues, notifications, the schedule."""

import json
from contextlib import suppress

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from infra import constructs
from infra.app import CONTEXT, compose
from workbench.designs import DESIGNS, PRESETS, make_design


def _findings(outdir, preset):
    """What the pack finds in the stacks: construct and rule."""
    knobs = {n: make_design(n, preset).knobs() for n in DESIGNS if preset in PRESETS[n]}
    app = cdk.App(outdir=str(outdir), context=CONTEXT | knobs | {"bill_export": "on"})
    compose(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(
        RuntimeError
    ):  # how jsii hands over that a validation failed; the report says why
        app.synth()
    (report,) = json.loads((outdir / "validation-report.json").read_text())["pluginReports"]
    return {
        (construct["constructPath"].removesuffix("/Resource"), one["ruleName"])
        for one in report["violations"]
        for construct in one["violatingConstructs"]
    }


@pytest.mark.parametrize("preset", ["default", "published"])
def test_no_finding_is_left(tmp_path, preset):
    assert _findings(tmp_path, preset) == set()


@pytest.mark.parametrize("preset", ["default", "published"])
def test_every_acceptance_answers_a_finding_and_gives_its_reason(tmp_path, monkeypatch, preset):
    taken = []

    class Acceptances:
        def __init__(self, construct):
            self.path = construct.node.path

        @classmethod
        def of(cls, construct):
            return cls(construct)

        def acknowledge(self, rule):
            assert len(rule.reason.split()) >= 5
            taken.append((self.path, rule.id.removeprefix(f"{constructs.PACK}::")))

    monkeypatch.setattr(constructs, "Validations", Acceptances)
    found = _findings(tmp_path, preset)
    assert len(taken) == len(set(taken))
    assert set(taken) == found


FOURTEEN_DAYS_S = 1_209_600


def test_every_queue_is_encrypted_and_patient(template):
    queues = template.of_type("AWS::SQS::Queue").values()
    asked = {(one["MessageRetentionPeriod"], one["SqsManagedSseEnabled"]) for one in queues}
    assert asked == {(FOURTEEN_DAYS_S, True)}


def test_every_queue_refuses_plain_http(template):
    refusing = {
        queue
        for policy in template.of_type("AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
        for one in policy["PolicyDocument"]["Statement"]
        if one["Effect"] == "Deny"
        and one["Action"] == "sqs:*"
        and one["Principal"] == {"AWS": "*"}
        and one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refusing == set(template.of_type("AWS::SQS::Queue"))


def test_work_that_keeps_failing_goes_to_the_dead_letters_and_looks_never_do(sqs):
    redrives = {
        name: one.get("RedrivePolicy") for name, one in sqs.of_type("AWS::SQS::Queue").items()
    }
    dead = {"deadLetterTargetArn": "DeadLetters.Arn", "maxReceiveCount": 5}
    assert redrives == {
        "PlanQueue": dead,
        "ItemQueue": dead,
        "PollQueue": None,
        "DeadLetters": None,
        "NoticesQueue": None,
    }


@pytest.mark.parametrize("assembly", ["default", "published"])
def test_a_message_stays_invisible_six_times_as_long_as_its_function_may_run(request, assembly):
    template = request.getfixturevalue(assembly).sqs
    queues = template.of_type("AWS::SQS::Queue")
    functions = template.of_type("AWS::Lambda::Function")
    mappings = template.of_type("AWS::Lambda::EventSourceMapping").values()
    assert len(mappings) == 4
    for mapping in mappings:
        queue = queues[mapping["EventSourceArn"].removesuffix(".Arn")]
        limit_s = 6 * functions[mapping["FunctionName"]]["Timeout"]
        assert queue["VisibilityTimeout"] >= limit_s + mapping.get(
            "MaximumBatchingWindowInSeconds", 0
        )


def test_the_mappings_are_as_the_knobs_say(sqs):
    read = {
        one["EventSourceArn"]: (
            one["FunctionName"],
            one["BatchSize"],
            one.get("MaximumBatchingWindowInSeconds"),
            one.get("ScalingConfig", {}).get("MaximumConcurrency"),
            one["FunctionResponseTypes"],
        )
        for one in sqs.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    partial = ["ReportBatchItemFailures"]
    assert read == {
        "PlanQueue.Arn": ("Batcher", 1, None, 10, partial),
        "ItemQueue.Arn": ("Processor", 10, None, 900, partial),
        "PollQueue.Arn": ("Finalizer", 1, None, None, partial),
        "DeadLetters.Arn": ("Failures", 10, None, None, partial),
    }


def test_the_queue_gets_every_message_of_the_topic_as_it_was_published(template):
    assert template.only("AWS::SNS::Subscription") == {
        "Endpoint": "NoticesQueue.Arn",
        "Protocol": "sqs",
        "RawMessageDelivery": True,
        "TopicArn": "NoticesTopic",
    }
    (policy,) = (
        one
        for one in template.of_type("AWS::SQS::QueuePolicy").values()
        if one["Queues"] == ["NoticesQueue"]
    )
    assert policy["PolicyDocument"]["Statement"][1:] == [
        {
            "Action": "sqs:SendMessage",
            "Condition": {"ArnEquals": {"aws:SourceArn": "NoticesTopic"}},
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Resource": "NoticesQueue.Arn",
        }
    ]


def test_the_topic_refuses_plain_http_and_lets_alarms_in(alarmed):
    statements = alarmed.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    refusal = {
        "Action": "sns:Publish",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": "*",
        "Resource": "NoticesTopic",
        "Sid": "AllowPublishThroughSSLOnly",
    }
    alarms = {
        "Action": "sns:Publish",
        "Condition": {"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}},
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Resource": "NoticesTopic",
    }
    assert statements[0] == refusal
    assert alarms == {name: value for name, value in statements[-1].items() if name != "Sid"}


def test_the_alarm_on_the_oldest_open_batch_publishes(alarmed):
    assert alarmed.only("AWS::CloudWatch::Alarm")["AlarmActions"] == ["NoticesTopic"]


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

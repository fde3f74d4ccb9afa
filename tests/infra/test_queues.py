"""Queues and what polls them."""

import pytest

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

"""Task states: Lambda and SNS."""

import json


def test_lambda_invoke_wraps_the_payload(stage, kit):
    stage.work = lambda event: (2, {"got": event})
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": kit.FUNCTION, "Payload": {"n.$": "$.n"}},
    }
    assert stage.run({"Work": state}, {"n": 4}).output == {
        "ExecutedVersion": "$LATEST",
        "Payload": {"got": {"n": 4}},
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "StatusCode": 200,
    }


def test_a_function_may_change_its_event_and_nobody_notices(stage, kit):
    stage.work = lambda event: (1, event.clear())
    assert stage.run({"Work": kit.task(ResultPath="$.r")}, {"n": 1}).output == {"n": 1, "r": None}


def test_a_task_that_takes_too_long_times_out_and_its_late_answer_says_nothing(stage, kit):
    stage.work = lambda event: (20, "late")
    catch = [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.e", "Next": "Wait"}]
    states = {
        "Work": kit.task(TimeoutSeconds=5, Catch=catch),
        "Wait": {"Type": "Wait", "Seconds": 60},
    }
    ended = stage.run(states)
    assert ended.output == {"e": {"Error": "States.Timeout", "Cause": "Work took longer than 5 s"}}
    assert round(ended.ended_s, 3) == 66.1


def test_each_try_has_the_whole_time_limit(stage, kit):
    times = [20, 4]
    stage.work = lambda event: (times.pop(0), "done")
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}]
    ended = stage.run({"Work": kit.task(TimeoutSeconds=5, Retry=retry)})
    assert (ended.output, ended.ended_s) == ("done", 11)


def publish(arn, **parameters):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": arn, **parameters},
        "ResultPath": "$.sent",
    }


def test_a_notification_is_published_once_and_paid_by_chunk(stage, topic):
    arn, texts = topic
    message = {"id.$": "$.id", "text": "x" * 70_000}
    ended = stage.run({"Notify": publish(arn, Message=message)}, {"id": "b-7"})
    assert list(ended.output) == ["id", "sent"]
    assert [json.loads(text) for text in texts()] == [{"id": "b-7", "text": "x" * 70_000}]
    assert round(ended.ended_s, 3) == 1.015
    assert stage.usage() == {
        ("sfn", "StateTransition", "knowing"): 1,
        ("sns", "Requests-Tier1", "knowing"): 2,
    }


def test_a_message_that_is_a_string_is_sent_as_it_is(stage, topic):
    arn, texts = topic
    message = {"Message.$": "States.Format('{} done', $.id)"}
    stage.run({"Notify": publish(arn, **message)}, {"id": "b-7"})
    assert texts() == ["b-7 done"]


def test_a_refused_notification_fails_the_state_and_costs_nothing(stage, topic):
    arn, _ = topic
    ended = stage.run({"Notify": publish(arn + "-gone", Message="m")})
    assert (ended.status, ended.error) == ("FAILED", "SNS.NotFound")
    assert list(stage.usage()) == [("sfn", "StateTransition", "knowing")]

"""States and inline maps."""

import json

import pytest


def test_a_function_gets_its_payload_and_its_response_is_wrapped(aws, kit):
    aws.work = lambda event: (2, {"got": event})
    state = kit.task(Parameters={"FunctionName": kit.FUNCTION, "Payload": {"n.$": "$.n"}})
    del state["OutputPath"]
    assert aws.run({"Work": state}, {"n": 4}).output == {
        "ExecutedVersion": "$LATEST",
        "Payload": {"got": {"n": 4}},
        "SdkHttpMetadata": {"HttpStatusCode": 200},
        "StatusCode": 200,
    }


def test_a_function_that_changes_its_event_does_not_change_the_state(aws, kit):
    aws.work = lambda event: (1, event.clear())
    assert aws.run({"Work": kit.task(ResultPath=None)}, {"n": 1}).output == {"n": 1}


def test_a_task_that_takes_too_long_times_out_and_its_late_answer_is_dropped(aws, kit):
    times = [20, 60]
    aws.work = lambda event: (times.pop(0), event)
    catch = kit.catch("Next", "States.Timeout")
    ended = aws.run({"Work": kit.task(TimeoutSeconds=5, Catch=catch), "Next": kit.task()})
    late = {"Error": "States.Timeout", "Cause": "Work took longer than 5 s"}
    assert ended.output == {"error": late}
    assert round(ended.ended_s, 3) == 66.1


def test_each_try_has_the_whole_time_limit(aws, kit):
    times = [20, 4]
    aws.work = lambda event: (times.pop(0), "done")
    ended = aws.run({"Work": kit.task(TimeoutSeconds=5, Retry=kit.retry("States.Timeout"))})
    assert (ended.output, ended.ended_s) == ("done", 11)


def publish(arn, **message):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": arn, **message},
    }


def test_a_notification_is_published_once_and_paid_by_chunk(aws, topic):
    arn, texts = topic
    message = {"id.$": "$.id", "text": "x" * 70_000}
    ended = aws.run({"Notify": publish(arn, Message=message)}, {"id": "b-7"})
    assert list(ended.output) == ["MessageId"]
    assert [json.loads(text) for text in texts()] == [{"id": "b-7", "text": "x" * 70_000}]
    assert round(ended.ended_s, 3) == 1.015
    assert aws.usage() == {
        ("sfn", "StateTransition", "knowing"): 1,
        ("sns", "Requests-Tier1", "knowing"): 2,
    }


def test_a_message_that_is_a_string_is_sent_as_it_is(aws, topic):
    arn, texts = topic
    aws.run({"Notify": publish(arn, **{"Message.$": "$.text"})}, {"text": "b-7 done"})
    assert texts() == ["b-7 done"]


def test_a_refused_notification_fails_the_state_and_costs_nothing(aws, topic):
    arn, _ = topic
    ended = aws.run({"Notify": publish(arn + "-gone", Message="m")})
    assert (ended.status, ended.error) == ("FAILED", "SNS.NotFound")
    assert list(aws.usage()) == [("sfn", "StateTransition", "knowing")]


@pytest.mark.parametrize(
    ("given", "error"),
    [({"a": True, "b": True}, "A"), ({"a": False, "b": False}, "B"), ({"a": 1, "b": True}, "D")],
)
def test_a_choice_takes_the_first_rule_that_holds_else_the_default(aws, given, error):
    ends = {name: {"Type": "Fail", "Error": name, "Cause": ""} for name in "ABD"}
    rules = [
        {"Variable": "$.a", "BooleanEquals": True, "Next": "A"},
        {"Variable": "$.b", "BooleanEquals": False, "Next": "B"},
    ]
    choice = {"Type": "Choice", "Choices": rules, "Default": "D"}
    ended = aws.run({"StartAt": "Which", "States": {"Which": choice, **ends}}, given)
    assert ended.error == error


def test_a_variable_that_is_missing_fails_the_state(aws):
    rule = {"Variable": "$.gone", "BooleanEquals": True, "Next": "Done"}
    choice = {"Type": "Choice", "Choices": [rule], "Default": "Done"}
    ended = aws.run({"Which": choice, "Done": {"Type": "Succeed"}})
    assert (ended.error, "$.gone" in ended.cause) == ("States.Runtime", True)


def test_a_fail_state_fails_the_execution_in_its_words(aws):
    ended = aws.run({"No": {"Type": "Fail", "Error": "Bad", "Cause": "luck"}})
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "Bad", "luck")


@pytest.fixture
def each(kit):
    """A Map state over $.list whose iterations call the function."""

    def make(**fields):
        processor = kit.chain({"One": kit.task()}) | {"ProcessorConfig": {"Mode": "INLINE"}}
        state = {"Type": "Map", "ItemsPath": "$.list", "ItemProcessor": processor}
        return state | {"ItemSelector": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrency": 40} | fields

    return make


def test_results_stand_in_the_order_of_the_items(aws, each):
    aws.work = lambda event: (10 - event["v"], event["v"] ** 2)
    assert aws.run({"Each": each()}, {"list": [1, 2, 3]}).output == [1, 4, 9]
    assert [event for _, event in aws.calls] == [{"v": 1}, {"v": 2}, {"v": 3}]


def test_an_item_selector_builds_each_input(aws, each):
    selector = {
        "v.$": "$$.Map.Item.Value",
        "batch.$": "$.id",
        "run.$": "$$.Execution.Name",
    }
    aws.run({"Each": each(ItemSelector=selector)}, {"id": "b", "list": ["x", "y"]})
    assert [event for _, event in aws.calls] == [
        {"v": "x", "batch": "b", "run": "run-1"},
        {"v": "y", "batch": "b", "run": "run-1"},
    ]


@pytest.mark.parametrize(("wanted", "most"), [(3, 3), (0, 40), (90, 40)])
def test_so_many_iterations_run_at_a_time(aws, each, wanted, most):
    aws.work = lambda event: (5, None)
    aws.run({"Each": each(MaxConcurrency=wanted)}, {"list": [0] * 100})
    starts = [round(t, 1) for t, _ in aws.calls]
    assert starts[:most] == [1.1] * most
    assert starts[most] == 6.2
    assert len(starts) == 100


def test_no_items_no_iterations(aws, each):
    assert aws.run({"Each": each()}, {"list": []}).output == []


def test_items_that_are_no_list_are_a_runtime_error(aws, each):
    assert aws.run({"Each": each()}, {"list": {}}).error == "States.Runtime"


def test_one_failed_iteration_fails_the_map_and_ends_the_others(aws, kit, each):
    def work(event):
        if event["v"] == 2:
            raise kit.Fails("Bad", "two", after_s=1)
        return 5, event

    aws.work = work
    ended = aws.run({"Each": each(MaxConcurrency=2)}, {"list": [1, 2, 3]})
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "Bad", "two")
    assert [event["v"] for _, event in aws.calls] == [1, 2]
    assert round(ended.ended_s, 3) == 2.1


def test_a_selector_that_reads_nothing_fails_the_map(aws, each):
    ended = aws.run({"Each": each(ItemSelector={"v.$": "$.gone"})}, {"list": [1, 2]})
    assert (ended.status, ended.error, aws.calls) == ("FAILED", "States.Runtime", [])


def test_the_states_of_iterations_are_transitions(aws, each):
    aws.run({"Each": each()}, {"list": [1, 2, 3]})
    assert aws.usage() == {("sfn", "StateTransition", "dispatch"): 4}

"""One state after the other: the input and output of each, and its tries."""

import pytest


def test_parameters_are_filled_in_from_the_input(aws, kit):
    payload = {"whole.$": "$", "n.$": "$.in.n"}
    state = kit.task(Parameters={"FunctionName": kit.FUNCTION, "Payload": payload})
    aws.run({"Work": state}, {"in": {"n": 3}})
    assert aws.calls == [(1, {"whole": {"in": {"n": 3}}, "n": 3})]


def test_a_result_is_selected_and_a_null_path_drops_it(aws, kit):
    aws.work = lambda event: (1, {"a": "b"})
    ended = aws.run({"Work": kit.task(OutputPath="$.Payload.a")}, {"n": 1})
    assert ended.output == "b"
    aws.__init__()
    assert aws.run({"Work": kit.task(ResultPath=None)}, {"n": 1}).output == {"n": 1}


def test_an_output_path_to_nothing_is_a_runtime_error(aws, kit):
    ended = aws.run({"Work": kit.task(OutputPath="$.Payload.gone")}, {"n": 1})
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")


def test_a_failed_task_is_tried_again_after_each_wait(aws, kit):
    answers = [kit.Fails("A"), kit.Fails("A"), (1, "at last")]

    def work(event):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    aws.work = work
    ended = aws.run({"Work": kit.task(Retry=kit.retry("A", IntervalSeconds=3))})
    assert ended.output == "at last"
    assert [t for t, _ in aws.calls] == [1, 4, 10]
    assert [event for _, state, event in ended.history if state] == [
        "entered", "failed: A", "retried", "failed: A", "retried", "exited",
    ]  # fmt: skip
    assert aws.usage() == {("sfn", "StateTransition", "dispatch"): 3}


def test_jitter_spreads_the_tries_of_the_same_dice_alike(aws, kit):
    def moments(seed):
        def work(event):
            raise kit.Fails("A")

        aws.__init__()
        aws.work = work
        retry = kit.retry("A", IntervalSeconds=4, JitterStrategy="FULL")
        assert aws.run({"Work": kit.task(Retry=retry)}, seed=seed).status == "FAILED"
        return [t for t, _ in aws.calls]

    waits = [b - a for a, b in zip(moments(3), moments(3)[1:], strict=False)]
    assert all(0 <= wait <= most for wait, most in zip(waits, (4, 8, 16), strict=True))
    assert moments(3) == moments(3) != moments(4)


def test_a_caught_error_goes_on_with_the_input_and_the_error(aws, kit):
    def work(event):
        raise kit.Fails("ValueError", "no")

    aws.work = work
    states = {"Work": kit.task(Catch=kit.catch("Say")), "Say": {"Type": "Succeed"}}
    ended = aws.run(states, {"n": 1})
    assert ended.status == "SUCCEEDED"
    assert ended.output == {"n": 1, "error": {"Error": "ValueError", "Cause": "no"}}


def test_an_error_that_does_not_fit_into_the_input_fails_the_execution(aws, kit):
    def work(event):
        raise kit.Fails("ValueError", "no")

    aws.work = work
    states = {"Work": kit.task(Catch=kit.catch("Say")), "Say": {"Type": "Succeed"}}
    assert aws.run(states, [1]).error == "States.ResultPathMatchFailure"


def test_a_runtime_error_is_never_caught(aws, kit):
    parameters = {"FunctionName": kit.FUNCTION, "Payload.$": "$.gone"}
    state = kit.task(Parameters=parameters, Catch=kit.catch("Say"))
    ended = aws.run({"Work": state, "Say": {"Type": "Succeed"}})
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "$.gone" in ended.cause


def test_an_input_over_256_kib_fails_a_state_past_any_wildcard(aws, kit):
    payload = {"a.$": "$.text", "b.$": "$.text"}
    parameters = {"FunctionName": kit.FUNCTION, "Payload": payload}
    states = {"Work": kit.task(Parameters=parameters, Catch=kit.catch("Say"))}
    ended = aws.run(states | {"Say": {"Type": "Succeed"}}, {"text": "x" * 140_000})
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")
    assert aws.calls == []


@pytest.mark.parametrize("fields", [{}, {"ResultPath": None}], ids=["kept", "dropped"])
def test_a_result_over_256_kib_fails_the_state_that_got_it(aws, kit, fields):
    aws.work = lambda event: (1, "x" * 262_143)
    states = {"Work": kit.task(Catch=kit.catch("Say"), **fields), "Say": {"Type": "Succeed"}}
    ended = aws.run(states)
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")

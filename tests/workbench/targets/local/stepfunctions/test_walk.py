"""A visit to a state: what goes in, what comes out, how often it is tried."""

import pytest


def test_input_is_filtered_then_filled_in(stage, kit):
    state = kit.task(InputPath="$.in", Parameters={"whole.$": "$", "n.$": "$.n"})
    stage.run({"Work": state}, {"in": {"n": 3}, "out": 1})
    assert stage.calls == [(1, {"whole": {"n": 3}, "n": 3})]


def test_a_result_is_selected_then_placed_then_filtered(stage, kit):
    stage.work = lambda event: (1, {"a": 1, "b": 2})
    state = kit.task(ResultSelector={"only.$": "$.a"}, ResultPath="$.got.here", OutputPath="$.got")
    assert stage.run({"Work": state}, {"kept": True}).output == {"here": {"only": 1}}


def test_a_result_without_a_path_replaces_the_input_and_null_drops_it(stage, kit):
    stage.work = lambda event: (1, "result")
    assert stage.run({"Work": kit.task()}, {"n": 1}).output == "result"
    stage.__init__()
    assert stage.run({"Work": kit.task(ResultPath=None)}, {"n": 1}).output == {"n": 1}
    stage.__init__()
    assert stage.run({"Work": kit.task(OutputPath=None)}, {"n": 1}).output == {}


def test_a_pass_state_gives_its_result(stage):
    states = {"Set": {"Type": "Pass", "Result": [1], "ResultPath": "$.list"}}
    assert stage.run(states, {"n": 1}).output == {"n": 1, "list": [1]}


def test_a_choice_goes_where_its_rule_says(stage, kit):
    block = kit.chain(
        {
            "Which": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"}],
                "Default": "Small",
            },
            "Big": {"Type": "Pass", "Result": "big", "Next": "End"},
            "Small": {"Type": "Pass", "Result": "small", "Next": "End"},
            "End": {"Type": "Succeed"},
        }
    )
    assert stage.run(block, {"n": 6}).output == "big"
    stage.__init__()
    assert stage.run(block, {"n": 5}).output == "small"


def test_a_failed_task_is_tried_again_after_each_wait(stage, kit):
    answers = [kit.Fails("A"), kit.Fails("A"), (1, "at last")]

    def work(event):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    stage.work = work
    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 3, "BackoffRate": 2}]
    tried = {"try.$": "$$.State.RetryCount"}
    ended = stage.run({"Work": kit.task(Parameters=tried, Retry=retry)})
    assert ended.output == "at last"
    assert stage.calls == [(1, {"try": 0}), (4, {"try": 1}), (10, {"try": 2})]
    assert [event for _, state, event in ended.history if state] == [
        "entered", "failed: A", "retried", "failed: A", "retried", "exited",
    ]  # fmt: skip
    assert stage.usage() == {("sfn", "StateTransition", "dispatch"): 3}


def test_jitter_spreads_the_tries_of_the_same_dice_alike(stage, kit):
    def moments(seed):
        def work(event):
            raise kit.Fails("A")

        stage.__init__()
        stage.work = work
        retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 4, "JitterStrategy": "FULL"}]
        assert stage.run({"Work": kit.task(Retry=retry)}, seed=seed).status == "FAILED"
        return [t for t, _ in stage.calls]

    waits = [b - a for a, b in zip(moments(3), moments(3)[1:], strict=False)]
    assert all(0 <= wait <= most for wait, most in zip(waits, (4, 8, 16), strict=True))
    assert moments(3) == moments(3) != moments(4)


def test_a_caught_error_goes_on_with_the_input_and_the_error(stage, kit):
    def work(event):
        raise kit.Fails("ValueError", "no")

    stage.work = work
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Say"}]
    ended = stage.run({"Work": kit.task(Catch=catch), "Say": {"Type": "Pass"}}, {"n": 1})
    assert ended.status == "SUCCEEDED"
    assert ended.output == {"n": 1, "error": {"Error": "ValueError", "Cause": "no"}}


def test_a_runtime_error_is_never_caught(stage, kit):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Say"}]
    states = {"Work": kit.task(InputPath="$.gone", Catch=catch), "Say": {"Type": "Pass"}}
    ended = stage.run(states)
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "$.gone" in ended.cause


@pytest.mark.parametrize(
    "fields",
    [{"Parameters": {"a.$": "$.text", "b.$": "$.text"}}, {"ResultPath": "$.again"}],
    ids=["input", "output"],
)
def test_data_over_256_kib_fail_a_state_past_any_wildcard(stage, kit, fields):
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Say"}]
    states = {"Work": kit.task(Catch=catch, **fields), "Say": {"Type": "Pass"}}
    ended = stage.run(states, {"text": "x" * 140_000})
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")


def test_a_result_over_256_kib_fails_the_state_that_got_it(stage, kit):
    stage.work = lambda event: (1, "x" * 262_143)
    ended = stage.run({"Work": kit.task(ResultPath=None)})
    assert (ended.status, ended.error) == ("FAILED", "States.DataLimitExceeded")

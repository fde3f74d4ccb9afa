"""Inline maps."""

import pytest


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

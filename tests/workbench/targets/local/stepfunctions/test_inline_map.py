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


def test_results_stand_in_the_order_of_the_items(stage, each):
    stage.work = lambda event: (10 - event["v"], event["v"] ** 2)
    assert stage.run({"Each": each()}, {"list": [1, 2, 3]}).output == [1, 4, 9]
    assert [event for _, event in stage.calls] == [{"v": 1}, {"v": 2}, {"v": 3}]


def test_an_item_selector_builds_each_input(stage, each):
    selector = {
        "v.$": "$$.Map.Item.Value",
        "batch.$": "$.id",
        "run.$": "$$.Execution.Name",
    }
    stage.run({"Each": each(ItemSelector=selector)}, {"id": "b", "list": ["x", "y"]})
    assert [event for _, event in stage.calls] == [
        {"v": "x", "batch": "b", "run": "run-1"},
        {"v": "y", "batch": "b", "run": "run-1"},
    ]


@pytest.mark.parametrize(("wanted", "most"), [(3, 3), (0, 40), (90, 40)])
def test_so_many_iterations_run_at_a_time(stage, each, wanted, most):
    stage.work = lambda event: (5, None)
    stage.run({"Each": each(MaxConcurrency=wanted)}, {"list": [0] * 100})
    starts = [round(t, 1) for t, _ in stage.calls]
    assert starts[:most] == [1.1] * most
    assert starts[most] == 6.2
    assert len(starts) == 100


def test_no_items_no_iterations(stage, each):
    assert stage.run({"Each": each()}, {"list": []}).output == []


def test_items_that_are_no_list_are_a_runtime_error(stage, each):
    assert stage.run({"Each": each()}, {"list": {}}).error == "States.Runtime"


def test_one_failed_iteration_fails_the_map_and_ends_the_others(stage, kit, each):
    def work(event):
        if event["v"] == 2:
            raise kit.Fails("Bad", "two", after_s=1)
        return 5, event

    stage.work = work
    ended = stage.run({"Each": each(MaxConcurrency=2)}, {"list": [1, 2, 3]})
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "Bad", "two")
    assert [event["v"] for _, event in stage.calls] == [1, 2]
    assert round(ended.ended_s, 3) == 2.1


def test_a_selector_that_reads_nothing_fails_the_map(stage, each):
    ended = stage.run({"Each": each(ItemSelector={"v.$": "$.gone"})}, {"list": [1, 2]})
    assert (ended.status, ended.error, stage.calls) == ("FAILED", "States.Runtime", [])


def test_the_states_of_iterations_are_transitions(stage, each):
    stage.run({"Each": each()}, {"list": [1, 2, 3]})
    assert stage.usage() == {("sfn", "StateTransition", "dispatch"): 4}

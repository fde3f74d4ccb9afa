"""Which metrics are asked for."""

from workbench.pull.metrics import arrivals, wanted

SQS_NAMES = {
    "batcher": "b",
    "processor": "p",
    "finalizer": "f",
    "failures": "x",
    "plan_queue": "pq",
    "item_queue": "iq",
    "poll_queue": "oq",
    "dead_letters": "dl",
    "table": "t",
}
DURABLE_NAMES = {"orchestrator": "o", "processor": "p"}
SFN_NAMES = {"batcher": "b", "processor": "p", "summary": "s", "machine": "arn"}


def of(series):
    return {(one.namespace, one.metric, one.statistic, one.label) for one in series}


def test_the_sqs_design_is_asked_for_all_its_parts_and_never_for_states():
    found = of(wanted("sqs", SQS_NAMES))
    assert {namespace for namespace, *_ in found} == {
        "AWS/Lambda",
        "AWS/SQS",
        "AWS/DynamoDB",
        "BatchWorkbench",
    }
    assert ("AWS/Lambda", "Duration", "p99", "processor") in found
    assert ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", "poll_queue") in found
    assert ("AWS/DynamoDB", "SuccessfulRequestLatency", "p50", "table Query") in found


def test_executions_started_are_counted_by_their_sum_alone():
    found = of(wanted("sfn", SFN_NAMES))
    started = {one for one in found if one[1] == "ExecutionsStarted"}
    assert started == {("AWS/States", "ExecutionsStarted", "Sum", "machine")}
    assert {namespace for namespace, *_ in found} == {"AWS/Lambda", "AWS/States", "BatchWorkbench"}


def test_a_durable_function_is_asked_for_its_executions_too():
    found = of(wanted("durable", DURABLE_NAMES))
    assert ("AWS/Lambda", "DurableExecutionOperations", "Sum", "orchestrator") in found
    assert ("AWS/Lambda", "DurableExecutionFailed", "Sum", "orchestrator") in found
    assert {one[3] for one in found if one[1].startswith("DurableExecution")} == {"orchestrator"}


def test_without_percentiles_all_the_rest_is_asked_for():
    some, every = of(wanted("sqs", SQS_NAMES, percentiles=False)), of(wanted("sqs", SQS_NAMES))
    assert {one for one in every if one[2] in ("p50", "p99")} == every - some


def test_no_series_is_paid_for_twice_and_one_pull_fits_one_call():
    for design, names in (
        ("sqs", SQS_NAMES),
        ("sfn", SFN_NAMES),
        ("durable", DURABLE_NAMES),
    ):
        series = wanted(design, names)
        assert len(set(series)) == len(series) <= 500


def test_what_tells_whether_data_have_arrived_is_a_handful():
    assert len(arrivals("sqs", SQS_NAMES)) == 5
    assert len(arrivals("sfn", SFN_NAMES)) == 4

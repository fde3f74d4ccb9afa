"""Usage follows from the measured, line by line."""

from dataclasses import replace
from decimal import Decimal

import pytest

from workbench.bill import bill
from workbench.designs import make_design
from workbench.platform.services import CLOUDWATCH, DYNAMODB, LAMBDA, S3, SNS, SQS, STEP_FUNCTIONS
from workbench.platform.units import gb_months, quantity
from workbench.prices import load_book
from workbench.pull.cloudwatch import Reading
from workbench.pull.logs import Billed, Counted
from workbench.pull.window import MeasuringCost, Window
from workbench.targets.aws.session import CONTROLS
from workbench.targets.aws.usage import (
    BatchMeasurements,
    billed_by_metrics,
    lines_of_run,
    usage_of_run,
)

SHORT = {LAMBDA: "lambda", SQS: "sqs", SNS: "sns", DYNAMODB: "table", S3: "s3"} | {
    STEP_FUNCTIONS: "states",
    CLOUDWATCH: "cloudwatch",
}
START_S = 3_600_000
HOUR = Window.between(START_S, START_S + 1_800)


def reading(**sums):
    """Metrics by part and name: `item_queue__NumberOfMessagesSent=3`."""
    return Reading({tuple(key.split("__")): [(0.0, value)] for key, value in sums.items()})


def lines(measured):
    """Quantities by service, usage type and label."""
    outputs = {"StateMachineArn": "arn", "OrchestratorName": "Orchestrator"}
    controls = CONTROLS[measured.design.name](None, outputs, None)
    usage = usage_of_run(lines_of_run(measured, controls.usage_lines(measured)))
    bill(usage, load_book())  # every line has a price and its unit
    return {
        (SHORT[service], usage_type, label): quantity
        for service, usage_type, _, label, quantity in usage.itertuples(index=False)
    }


def test_functions_are_billed_by_their_memory_and_label():
    design = make_design("sqs", settings={"memory_mb": 512, "cpu": "x86_64"})
    billed = {
        "processor": Billed(4, 2_000),
        "batcher": Billed(2, 1_000),
        "finalizer": Billed(1, 100),
    }
    found = lines(BatchMeasurements(design, 100, HOUR, billed=billed))
    assert found["lambda", "Request", "work"] == 4
    assert found["lambda", "Lambda-GB-Second", "work"] == Decimal(1)
    assert found["lambda", "Lambda-GB-Second", "dispatch"] == Decimal(1)
    assert found["lambda", "Lambda-GB-Second", "knowing"] == Decimal("0.025")


def test_messages_become_requests_by_how_many_go_into_a_call():
    metrics = reading(
        item_queue__NumberOfMessagesSent=25,
        item_queue__SentMessageSize=25 * 8_000,
        item_queue__NumberOfMessagesReceived=25,
        item_queue__NumberOfMessagesDeleted=25,
        item_queue__NumberOfEmptyReceives=6,
        poll_queue__NumberOfMessagesSent=3,
        poll_queue__SentMessageSize=300,
        poll_queue__NumberOfMessagesReceived=3,
        poll_queue__NumberOfMessagesDeleted=3,
    )
    found = lines(BatchMeasurements(make_design("sqs"), 250, HOUR, reading=metrics))
    # Three calls of up to ten, 80 KB each, so two requests each, and as many receives; then
    # deletes and idle polls.
    assert found["sqs", "Requests-Tier1", "dispatch"] == 3 * 2 + 3 * 2 + 3 + 6
    assert found["sqs", "Requests-Tier1", "knowing"] == 9


def test_each_line_says_what_used_it():
    metrics = reading(
        item_queue__NumberOfMessagesDeleted=25,
        plan_queue__NumberOfEmptyReceives=2,
        processor__IncomingBytes=2**20,
        batcher__IncomingBytes=2**10,
        table__ConsumedWriteCapacityUnits=9.0,
    )
    billed = {"processor": Billed(4, 2_000), "batcher": Billed(1, 1_000)}
    measured = BatchMeasurements(make_design("sqs"), 250, HOUR, billed=billed, reading=metrics)
    told = lines_of_run(measured, CONTROLS["sqs"](None, {}, None).usage_lines(measured))
    found = {(one, kind): amount for one, _, kind, _, _, amount in told if amount}
    assert {key: found[key] for key in found if key[1] != "CW:MetricMonitorUsage"} == {
        ("processor", "Request-ARM"): 4,
        ("processor", "Lambda-GB-Second-ARM"): found["processor", "Lambda-GB-Second-ARM"],
        ("batcher", "Request-ARM"): 1,
        ("batcher", "Lambda-GB-Second-ARM"): found["batcher", "Lambda-GB-Second-ARM"],
        ("processor", "VendedLog-Bytes"): Decimal("0.0009765625"),
        ("batcher", "VendedLog-Bytes"): Decimal("0.00000095367432"),
        ("plan_queue", "Requests-Tier1"): 2,
        ("item_queue", "Requests-Tier1"): 3,
        ("table", "WriteRequestUnits"): 9,
        ("table", "TimedStorage-ByteHrs"): found["table", "TimedStorage-ByteHrs"],
    }


def durable(items, processor, **metrics):
    billed = {"processor": Billed(processor, 1_000), "orchestrator": Billed(5, 500)}
    counted = Counted(processed=items - 4, failed=4)
    return lines(
        BatchMeasurements(
            make_design("durable", settings={"chunks_per_segment": 225}),
            items,
            HOUR,
            counted=counted,
            billed=billed,
            reading=reading(**metrics),
        )
    )


def test_durable_operations_are_those_of_the_plan_and_of_the_processors_invocations():
    """An execution, its map, three steps and 108 chained invokes: as `local` counts them."""
    found = durable(10_000, 108)
    operations = "Lambda-Durable-Execution-Operations"
    assert found["lambda", operations, "dispatch"] == 2 + 3 + 108
    assert found["s3", "Requests-Tier1", "dispatch"] == 1  # the claim
    assert found["s3", "Requests-Tier1", "knowing"] == 4 * 3  # each try lists what failed
    assert found["s3", "Requests-Tier2", "knowing"] == 4 * 2
    of_segments = durable(100_000, 1_000)  # five segments more, each an execution with its map
    assert of_segments["lambda", operations, "dispatch"] == 2 + 3 + 5 * 3 + 1_000


def test_what_lambda_meters_of_executions_counts_where_it_is_near_the_plan():
    """Whether its "cumulative" metrics may be added up no page says: far off they may not."""
    usage_type = "Lambda-Durable-Execution-Written-Bytes"
    metric = "orchestrator__DurableExecutionStorageWrittenBytes"
    near, far = durable(10_000, 108, **{metric: 2**16}), durable(10_000, 108, **{metric: 2**22})
    assert near["lambda", usage_type, "dispatch"] == Decimal(2**16) / 2**30
    assert far["lambda", usage_type, "dispatch"] == quantity(113 * 620 / 2**30)
    kept = near["lambda", "Lambda-Durable-Execution-TimedStorage-ByteHrs", "dispatch"]
    assert kept == gb_months(Decimal(2**16) / 2**30, 24.5)


def test_messages_sent_again_cost_a_call_each():
    metrics = reading(item_queue__NumberOfMessagesSent=27, item_queue__SentMessageSize=27)
    found = lines(BatchMeasurements(make_design("sqs"), 250, HOUR, reading=metrics))
    assert found["sqs", "Requests-Tier1", "dispatch"] == 3 + 2


def test_our_own_reads_are_measuring_not_knowing():
    metrics = reading(
        table__ConsumedWriteCapacityUnits=500.0, table__ConsumedReadCapacityUnits=20.5
    )
    cost = MeasuringCost(sqs_calls=7, read_units=4.5, metrics=40, scanned_bytes=2**20)
    found = lines(BatchMeasurements(make_design("sqs"), 250, HOUR, reading=metrics, cost=cost))
    assert found["table", "WriteRequestUnits", "knowing"] == 500
    assert found["table", "ReadRequestUnits", "knowing"] == 16
    assert found["table", "ReadRequestUnits", "measuring"] == Decimal("4.5")
    assert found["sqs", "Requests-Tier1", "measuring"] == 7
    assert found["cloudwatch", "CW:GMD-Metrics", "measuring"] == 40
    assert found["cloudwatch", "DataScanned-Bytes", "measuring"] == Decimal("0.0009765625")


def test_custom_metrics_are_paid_by_the_hour():
    billed = {role: Billed(1, 1) for role in ("processor", "batcher", "finalizer")}
    design = make_design("sqs")
    one = lines(BatchMeasurements(design, 1, HOUR, billed=billed))
    two = lines(
        BatchMeasurements(design, 1, Window.between(START_S, START_S + 3_601), billed=billed)
    )
    key = ("cloudwatch", "CW:MetricMonitorUsage", "telemetry")
    assert (round(one[key] * 730, 6), round(two[key] * 730, 6)) == (6, 12)


def test_put_metric_data_costs_a_request_an_item():
    design = make_design("sfn", settings={"telemetry": "put_metric_data"})
    found = lines(BatchMeasurements(design, 100, HOUR, counted=Counted(processed=99)))
    assert found["cloudwatch", "CW:Requests", "telemetry"] == 99


def test_sfn_counts_its_states_children_and_objects():
    billed = {"processor": Billed(10, 5_000, express_steps=60)}
    measured = BatchMeasurements(make_design("sfn"), 1_000, HOUR, billed=billed, children=10)
    found = lines(measured)
    assert found["states", "StateTransition", "dispatch"] == 4 + 1 + 10
    assert found["states", "StateTransition", "knowing"] == 3
    assert found["states", "StepFunctions-Request", "dispatch"] == 10
    assert found["states", "StepFunctions-GB-Second", "dispatch"] == Decimal("0.375")
    storage = {key[1:]: value for key, value in found.items() if key[0] == "s3"}
    assert storage == {
        ("Requests-Tier1", "dispatch"): 3,  # the claim, one segment, one page of keys
        ("Requests-Tier2", "dispatch"): 1,
        ("Requests-Tier1", "knowing"): 4,  # two files of results, two LISTs
        ("Requests-Tier2", "knowing"): 1,
    }


def test_a_large_segment_goes_up_in_parts():
    measured = BatchMeasurements(make_design("sfn"), 500_000, HOUR, children=5_000)
    found = lines(measured)
    # 500,000 lines of up to 38 bytes are three parts of 8 MiB: five requests.
    assert found["s3", "Requests-Tier1", "dispatch"] == 1 + 5 + 1


def test_standard_children_pay_for_their_state_and_their_retries():
    design = make_design("sfn", settings={"child_type": "STANDARD"})
    billed = {"processor": Billed(12, 5_000)}
    found = lines(BatchMeasurements(design, 1_000, HOUR, billed=billed, children=10))
    assert found["states", "StateTransition", "dispatch"] == 4 + 1 + 10 + 12
    assert ("states", "StepFunctions-Request", "dispatch") not in found


def test_a_notification_that_was_seen_counts_whatever_the_metric_says():
    found = lines(BatchMeasurements(make_design("sqs"), 1, HOUR, notifications=1))
    assert found["sns", "Requests-Tier1", "knowing"] == 1


@pytest.mark.parametrize("design", ["sqs", "sfn"])
def test_what_cloudwatch_has_not_told_yet_is_named(design):
    missing = BatchMeasurements(
        make_design(design), 10, HOUR, counted=Counted(processed=4)
    ).missing()
    assert missing[0] == "the log lines of 6 items"
    assert "1 of the processor's REPORT lines" in missing


WHOLE = {  # of 100 items, ten a message, in two invocations; one item failed
    "table__ConsumedWriteCapacityUnits": 200,
    "item_queue__NumberOfMessagesSent": 10,
    "item_queue__NumberOfMessagesDeleted": 9,
    "processor__Invocations": 2,
    "processor__IncomingBytes": 200,
}
FEWEST = {"sqs": 200, "counters": 10}


def whole(design, **changes):
    """A batch of 100 items whose measurements are there, but for the changes."""
    own = WHOLE | {"table__ConsumedWriteCapacityUnits": FEWEST[design]} | changes
    made = make_design(design)
    least = CONTROLS[design](None, {}, None).least(made, 100, 1)
    counted, billed = Counted(processed=99), {"processor": Billed(2, 10)}
    return BatchMeasurements(
        made, 100, HOUR, counted, billed, reading(**own), failed=1, least=least
    )


@pytest.mark.parametrize("design", FEWEST)
def test_nothing_is_missing_of_a_batch_that_is_all_there(design):
    """Also of one in which an item died without a log line, as the batch's own records say."""
    assert whole(design).missing() == []


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("design", FEWEST)
def test_a_metric_that_a_whole_batch_cannot_stay_below_is_waited_for(design, name):
    part, metric = name.split("__")
    [lacking] = whole(design, **{name: 1}).missing()
    assert lacking.startswith(f"{metric} of the {part} (1 of ")


def test_a_batch_that_went_on_under_other_settings_may_have_had_fewer_invocations():
    """Stopped and resumed, its source takes as many messages at a time as the stack's own knobs."""
    one_by_one = make_design("sqs", settings={"messages_per_invocation": 1})
    found = replace(whole("sqs"), design=one_by_one)
    assert found.missing() == ["8 of the processor's REPORT lines"]
    assert replace(found, whole=False).missing() == []


def test_children_without_a_function_that_reported_are_those_whose_items_failed():
    """A child that never got a place among the functions leaves no line of any kind."""
    sfn = make_design("sfn", settings={"items_per_child": 100})
    metrics = reading(processor__Invocations=9, processor__IncomingBytes=900)
    billed = {"processor": Billed(9, 10)}
    found = BatchMeasurements(sfn, 1_000, HOUR, Counted(processed=900), billed, metrics, failed=100)
    assert found.missing() == []
    assert "1 of the processor's REPORT lines" in replace(found, failed=0).missing()


def test_while_a_batch_runs_the_metrics_stand_for_the_report_lines():
    metrics = reading(processor__Invocations=4, processor__Duration=1_000.5)
    billed = billed_by_metrics(metrics, ("processor", "batcher"))
    assert billed == {
        "processor": Billed(4, 1_001, express_steps=15),
        "batcher": Billed(0, 0),
    }


@pytest.mark.parametrize(("measured", "hours"), [(0, "1.5"), (400, "6.66666666666667")])
def test_provisioned_pollers_are_billed_by_their_minutes_and_the_least_always(measured, hours):
    design = make_design("sqs", settings={"max_concurrency": None, "pollers_min": 3})
    found = lines(
        BatchMeasurements(design, 100, HOUR, reading=reading(items__ProvisionedPollers=measured))
    )
    assert found["lambda", "Lambda-SQS-Event-Poller-Unit-Hour", "dispatch"] == Decimal(hours)

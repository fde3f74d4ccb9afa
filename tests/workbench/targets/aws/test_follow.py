"""How long a batch may take, what it has cost so far, and the notification of its end."""

import json
from decimal import Decimal

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workbench.designs import make_design
from workbench.platform.services import DYNAMODB
from workbench.prices import load_book
from workbench.runs.records import USAGE_COLUMNS
from workbench.targets.aws.follow import (
    DEADLINE_LEAST_S,
    Notification,
    Notifications,
    Spending,
    deadline_s,
)
from workbench.targets.aws.timeouts import Clock


@given(name=st.sampled_from(["sqs", "sfn"]), items=st.integers(1, 100_000_000))
def test_a_batch_gets_several_times_what_it_should_take(name, items):
    design = make_design(name)
    should_s = items * design.value_max / 1000 / 900
    assert deadline_s(design, items, 0) >= max(DEADLINE_LEAST_S, 4 * should_s)
    assert deadline_s(design, items, 1e6) >= 4e6  # where the model says more


@given(items=st.integers(1, 10_000_000))
def test_more_items_never_get_less_time(items):
    design = make_design("sqs")
    assert deadline_s(design, items, 0) <= deadline_s(design, items + 1, 0)


def usage(write_units):
    row = (DYNAMODB, "WriteRequestUnits", "WriteRequestUnits", "knowing", Decimal(write_units))
    return pd.DataFrame([row], columns=USAGE_COLUMNS).astype({"quantity": object})


def spending(seen, forecast_usd=Decimal(0), times=None):
    times = iter(times or range(0, 10_000, 100))
    clock = Clock(now=lambda: float(next(times)))
    return Spending(lambda: usage(seen.pop(0)), load_book(), forecast_usd, clock, 60)


def test_the_meter_is_asked_now_and_then_and_never_goes_back():
    spent = spending([1_000_000, 10, 2_000_000])
    usd = [spent.usd(0.0) for _ in range(3)]
    # $0.625 a million write units.
    assert [round(float(one), 2) for one in usd] == [0.62, 0.62, 1.25]


def test_between_two_looks_the_meter_keeps_its_word():
    spent = spending([1_000_000], times=[0, 70, 80, 90])
    assert len({spent.usd(0.0) for _ in range(3)}) == 1


def test_the_forecast_for_what_is_done_fills_the_gap():
    spent = spending([0] * 9, forecast_usd=Decimal("10"), times=[0, 1, 2])
    assert (spent.usd(0.25), spent.usd(0.5)) == (Decimal("2.5"), Decimal(5))


def notifications(sqs, *waiting):
    return Notifications(sqs.session.aws, sqs.outputs["NoticesQueueUrl"], waiting.__contains__)


def left(sqs):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.client("sqs").get_queue_attributes(
        QueueUrl=sqs.outputs["NoticesQueueUrl"], AttributeNames=names
    )
    return sum(map(int, answer["Attributes"].values()))


def test_the_notice_of_the_batch_is_read_and_deleted(sqs):
    sqs.notify("b-1", items_failed=2, detected_at=1795000000.25, reason="")
    found = notifications(sqs).wait("b-1", 0)
    assert found == Notification("b-1", "complete", 2, 1795000000.25, "")
    assert left(sqs) == 0


def test_a_notice_that_another_run_waits_for_stays(sqs):
    sqs.notify("b-2")
    assert notifications(sqs, "b-2").wait("b-1", 0) is None
    assert left(sqs) == 1


def test_a_notice_that_nobody_waits_for_goes(sqs):
    sqs.notify("cron-20261123T0600")
    assert notifications(sqs, "b-2").wait("b-1", 0) is None
    assert left(sqs) == 0


def test_an_alarm_and_a_text_are_no_notices(sqs):
    for body in ('{"AlarmName": "OldestOpenBatch"}', "not JSON", "[]", "3"):
        sqs.client("sqs").send_message(QueueUrl=sqs.outputs["NoticesQueueUrl"], MessageBody=body)
    assert notifications(sqs).wait("b-1", 0) is None
    assert left(sqs) == 0


def test_a_reason_tells_no_account(sqs):
    sqs.notify("b-1", status="failed", reason="arn:aws:iam::123456789012:role/x is refused")
    assert (
        notifications(sqs).wait("b-1", 0).reason == "arn:aws:iam::<account>:role/<name> is refused"
    )


def test_a_trigger_that_lambda_gave_up_on_says_so_with_lambdas_words(sqs):
    words = {"ErrorMessage": {"DataType": "String", "StringValue": "arn:aws:iam::123456789012:x"}}
    trigger = json.dumps({"batch_id": "b-1", "items": 10, "seed": 7, "knobs": {}})
    queue = sqs.outputs["NoticesQueueUrl"]
    sqs.client("sqs").send_message(QueueUrl=queue, MessageBody=trigger, MessageAttributes=words)
    found = notifications(sqs).wait("b-1", 0)
    assert found == Notification("b-1", "failed", reason="arn:aws:iam::<account>:x")
    assert left(sqs) == 0


def test_a_reason_may_be_an_object(sqs):
    sqs.notify("b-1", status="failed", reason={"Error": "States.Timeout"})
    assert notifications(sqs).wait("b-1", 0).reason == json.dumps({"Error": "States.Timeout"})

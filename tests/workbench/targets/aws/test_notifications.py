"""The notification of a batch is found among others, and what nobody waits for goes."""

import json

from workbench.targets.aws.notifications import Notification, Notifications


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
    assert notifications(sqs).wait("b-1", 0).reason == "arn:aws:iam::<account>:role/x is refused"


def test_a_reason_may_be_an_object(sqs):
    sqs.notify("b-1", status="failed", reason={"Error": "States.Timeout"})
    assert notifications(sqs).wait("b-1", 0).reason == json.dumps({"Error": "States.Timeout"})

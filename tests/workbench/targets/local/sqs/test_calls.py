"""What is published of a batch, and the queues' metrics."""

import json

from workbench.targets.local.sqs.calls import Notifications


def test_a_notice_that_says_complete_wins_else_the_first_counts():
    notifications = Notifications()
    for batch, status in (
        ("a", "failed"),
        ("a", "complete"),
        ("b", "not_started"),
        ("b", "failed"),
    ):
        notifications.sent(json.dumps({"batch_id": batch, "status": status}))
    statuses = {batch: notifications.outcome(batch)["status"] for batch in "ab"}
    assert (statuses, notifications.outcome("c")) == ({"a": "complete", "b": "not_started"}, None)
    assert len(notifications.by_batch["a"]) == 2


def test_a_trigger_among_the_notices_is_a_failure_and_an_alarm_is_nothing():
    notifications = Notifications()
    for body in ({"batch_id": "a", "items": 10, "knobs": {}}, {"AlarmName": "open"}):
        notifications.sent(json.dumps(body))
    assert notifications.by_batch.keys() == {"a"}
    assert notifications.outcome("a")["status"] == "failed"


def test_messages_are_counted_under_awss_names(toy):
    toy.function(lambda event, context: None)
    toy.source(toy.queue())
    toy.send("abc")
    toy.run()
    counted = {
        metric: (statistics.count, statistics.sum, statistics.high)
        for ((namespace, metric, _), _), statistics in toy.context.metrics._minutes.items()
        if namespace == "AWS/SQS"
    }
    assert counted == {
        "NumberOfMessagesSent": (3, 3, 1),
        "NumberOfMessagesReceived": (3, 3, 1),
        "NumberOfMessagesDeleted": (3, 3, 1),
        "ApproximateNumberOfMessagesVisible": (3, 3, 2),
    }

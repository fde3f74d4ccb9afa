"""The SQS event source: batches, concurrency, partial failures, dead letters, polls."""

import json

import pytest

from workbench.platform.services import LAMBDA, POLLER_HOURS, SQS
from workbench.platform.units import poller_hours
from workbench.targets.local.lambda_.mapping import failures


def handler_of(toy, seconds=1.0, fails=lambda body, receives: False):
    """A handler that logs (time, bodies) and reports the messages that fail."""
    toy.seen = []

    def handler(event, context):
        bodies = [record["body"] for record in event["Records"]]
        toy.seen.append((round(toy.kernel.now, 3), "".join(bodies)))
        toy.outside.sleep(seconds)
        failed = [
            {"itemIdentifier": record["messageId"]}
            for record in event["Records"]
            if fails(record["body"], int(record["attributes"]["ApproximateReceiveCount"]))
        ]
        return {"batchItemFailures": failed}

    return handler


def requests(toy):
    return int(toy.meter.quantity(SQS, "Requests-Tier1", "dispatch"))


def test_a_batch_is_what_is_there_up_to_its_size(toy):
    toy.function(handler_of(toy))
    toy.source(toy.queue(), batch_size=4)
    toy.send("abcdef")
    toy.run()
    assert toy.seen == [(0.0, "abcd"), (0.0, "ef")]
    assert requests(toy) == 2 + 2  # a receive and a delete for each batch


def test_the_event_is_awss(toy):
    events = []
    toy.function(lambda event, context: events.append(event))
    toy.source(toy.queue())
    toy.send(["hello"])
    toy.run()
    (record,) = events[0]["Records"]
    assert record.pop("messageId").count("-") == 4
    assert record.pop("receiptHandle")
    assert record == {
        "body": "hello",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767227400000",
            "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
            "ApproximateFirstReceiveTimestamp": "1767227400000",
        },
        "messageAttributes": {},
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }


@pytest.mark.parametrize(("seconds", "grows_s"), [(100, 10), (4, 4)])
def test_a_rested_mapping_grows_after_its_first_batch_or_ten_seconds(toys, seconds, grows_s):
    with toys(esm_first_minute_percent=50) as toy:
        toy.function(handler_of(toy, float(seconds)), timeout_s=900.0)
        toy.source(toy.queue(VisibilityTimeout=5400), batch_size=1)
        toy.send("x" * 12)
        toy.run(until_s=grows_s + 1.5)
        new = [at_s - grows_s for at_s, _ in toy.seen if at_s > grows_s]
        assert [at_s for at_s, _ in toy.seen[:2]] == [0, 0]
        assert new == pytest.approx([0.4, 0.8, 1.2])


def test_a_maximum_holds_and_a_free_place_is_taken_at_once(toy):
    function = toy.function(handler_of(toy))
    toy.source(toy.queue(), batch_size=1, max_concurrency=2)
    toy.send("abcde")
    toy.run()
    assert function.peak == 2
    assert toy.seen == [(0, "a"), (0, "b"), (1, "c"), (1, "d"), (2, "e")]


def test_a_poller_deletes_and_receives_before_it_hands_over_the_next_batch(toys):
    with toys(esm_turn_ms=30) as toy:
        toy.function(handler_of(toy))
        toy.source(toy.queue(), batch_size=1, max_concurrency=2)
        toy.send("abcde")
        toy.run()
        assert toy.seen == [(0, "a"), (0, "b"), (1.03, "c"), (1.03, "d"), (2.06, "e")]


def test_provisioned_pollers_work_ten_batches_each_and_poll_ten_times_a_second(toy):
    function = toy.function(handler_of(toy))
    source = toy.source(toy.queue(), batch_size=1, pollers=(2, 2))
    toy.send("abcdefghijklmnopqrstuvwxyz")
    toy.run()
    assert function.peak == 20
    assert [at for at, _ in toy.seen[:3]] == pytest.approx([0, 0.05, 0.1])
    assert toy.seen[20][0] == pytest.approx(1)  # all twenty places were taken until then
    source.settle()
    hours = toy.meter.quantity(LAMBDA, POLLER_HOURS)
    assert hours == poller_hours(2 * toy.kernel.now)


def test_a_window_gathers_until_it_ends_or_the_batch_is_full(toy):
    toy.function(handler_of(toy))
    toy.source(toy.queue(), batch_size=3, window_s=5.0)
    toy.send("a")
    toy.kernel.at(2, lambda: toy.send("b"))
    toy.kernel.at(10, lambda: toy.send("cdefg"))
    toy.run()
    assert toy.seen == [(5, "ab"), (10, "cde"), (15, "fg")]


def test_a_batch_closes_at_six_megabytes(toy):
    toy.function(handler_of(toy))
    toy.source(toy.queue(MaximumMessageSize=1_048_576), batch_size=10)
    toy.send(letter * 1_000_000 for letter in "abcdefg")
    toy.run()
    assert [[len(bodies), bodies[0]] for _, bodies in toy.seen] == [[6_000_000, "a"], [10**6, "g"]]
    assert requests(toy) == 92 + 16 + 2  # 64 KB of what a receive brings, and two deletes


def test_only_what_is_reported_failed_comes_again(toy):
    toy.function(handler_of(toy, fails=lambda body, receives: body == "b" and receives == 1))
    toy.source(toy.queue(VisibilityTimeout=30))
    toy.send("abc")
    toy.run()
    assert toy.seen == [(0, "abc"), (30, "b")]


def test_without_partial_failures_or_after_an_error_the_whole_batch_comes_again(toy):
    tries = []

    def handler(event, context):
        tries.append(round(toy.kernel.now))
        if len(tries) == 1:
            raise ValueError

    toy.function(handler)
    toy.source(toy.queue(VisibilityTimeout=30), partial_failures=False)
    toy.send("ab")
    toy.run()
    assert tries == [0, 30]


def test_a_handler_can_put_a_failed_message_off(toy):
    sqs = toy.outside.client("sqs")
    tries = []

    def handler(event, context):
        (record,) = event["Records"]
        tries.append(round(toy.kernel.now))
        if len(tries) > 1:
            return None
        sqs.change_message_visibility(
            QueueUrl=toy.url(), ReceiptHandle=record["receiptHandle"], VisibilityTimeout=7
        )
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}

    toy.function(handler)
    toy.source(toy.queue(VisibilityTimeout=600))
    toy.send("a")
    toy.run()
    assert tries == [0, 7]


def test_after_its_last_receive_a_message_goes_to_the_dead_letters(toy):
    toy.queue("dead")
    policy = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}
    policy = json.dumps(policy | {"maxReceiveCount": 3})
    toy.function(handler_of(toy, fails=lambda body, receives: True))
    toy.source(toy.queue(VisibilityTimeout=30, RedrivePolicy=policy))
    toy.send("a")
    toy.run()
    assert [at_s for at_s, _ in toy.seen] == [0, 30, 60]
    found = toy.cloud.client("sqs").receive_message(QueueUrl=toy.url("dead"))
    assert [message["Body"] for message in found["Messages"]] == ["a"]


def test_a_message_whose_handler_takes_too_long_is_handed_out_twice(toy):
    toy.function(handler_of(toy, 50.0))
    toy.source(toy.queue(VisibilityTimeout=30))
    toy.send("a")
    toy.run()
    assert toy.seen == [(0, "a"), (30, "a")]


def test_a_throttled_batch_is_tried_again_with_fewer_at_a_time(toys):
    with toys(lambda_account_concurrency=1, esm_throttle_retry=1_000) as toy:
        function = toy.function(handler_of(toy, 2.5))
        toy.source(toy.queue(VisibilityTimeout=600), batch_size=1)
        toy.send("ab")
        toy.run()
        assert toy.seen == [(0, "a"), (3, "b")]
        assert function.throttles == 3


@pytest.mark.parametrize(("reported", "begun"), [(True, 15), (False, 10)])
def test_failing_invocations_lower_a_mapping_that_does_not_report_failures(toys, reported, begun):
    seen = []

    def handler(event, context):
        seen.append(toy.kernel.now)
        toy.outside.sleep(1.1)
        raise ValueError

    with toys(esm_back_off_percent=90) as toy:
        toy.function(handler)
        queue = toy.queue(VisibilityTimeout=600)
        toy.source(queue, batch_size=1, max_concurrency=50, partial_failures=reported)
        toy.send("x" * 30)  # five at once, five more in a second, then those five again
        toy.run(until_s=1.15)
        assert len(seen) == begun


def test_a_batch_throttled_past_its_visibility_returns_with_a_receive_used_up(toys):
    with toys(lambda_account_concurrency=1, esm_throttle_retry=1_000) as toy:
        receives = []

        def handler(event, context):
            receives.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
            toy.outside.sleep(45)

        toy.function(handler)
        toy.source(toy.queue(VisibilityTimeout=30), batch_size=1)
        toy.send("a")
        toy.kernel.at(1, lambda: toy.send("b"))
        toy.run(until_s=100)
        assert receives[:2] == ["1", "2"]


def test_no_more_messages_are_in_flight_than_sqs_allows(toys):
    with toys(sqs_in_flight_max=2) as toy:
        toy.function(handler_of(toy))
        toy.source(toy.queue(), batch_size=1, max_concurrency=9)
        toy.send("abcd")
        toy.run()
        assert toy.seen == [(0, "a"), (0, "b"), (1, "c"), (1, "d")]


def test_idle_pollers_pay_for_their_long_polls(toy):
    toy.function(handler_of(toy))
    source = toy.source(toy.queue())
    toy.kernel.at(100, lambda: toy.send("a"))
    toy.run(until_s=101.5)
    source.settle()
    # Two pollers for 100 s and one for the second of work: 10 polls of 20 s; a receive, a delete.
    assert requests(toy) == 10 + 2


def test_a_maximum_keeps_five_pollers_polling(toy):
    toy.function(handler_of(toy))
    source = toy.source(toy.queue(), max_concurrency=50)
    toy.kernel.at(60, lambda: None)
    toy.run()
    source.settle()
    assert requests(toy) == 15


RECORDS = [{"messageId": "a"}, {"messageId": "b"}]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"wrong": "b"}]}, {"a", "b"}),
        ({"batchItemFailures": "b"}, {"a", "b"}),
        ("no object", {"a", "b"}),
    ],
)
def test_a_partial_answer_is_read_as_lambda_reads_it(answer, failed):
    assert failures(answer, RECORDS) == failed

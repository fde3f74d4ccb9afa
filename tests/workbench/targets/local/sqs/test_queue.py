"""A queue behaves as SQS's does, in virtual time, and a backlog costs nothing."""

import sys

import pytest
from botocore.exceptions import ClientError

from workbench.targets.local.sqs.queue import QueueObserver


@pytest.fixture
def sqs(toy):
    toy.queue("dead")
    policy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":2}'
    toy.queue("queue", VisibilityTimeout=30, RedrivePolicy=policy)
    toy.sqs = toy.cloud.client("sqs")
    return toy


def receive(toy, name="queue", count=10):
    found = toy.sqs.receive_message(
        QueueUrl=toy.url(name), MaxNumberOfMessages=count, AttributeNames=["All"]
    )
    return found.get("Messages", [])


def pass_time(toy, seconds):
    toy.kernel.after(seconds, lambda: None)
    toy.kernel.run()


def bodies(messages):
    return [message["Body"] for message in messages]


def counts(toy, name="queue"):
    names = ("", "NotVisible", "Delayed")
    asked = [f"ApproximateNumberOfMessages{one}" for one in names]
    found = toy.sqs.get_queue_attributes(QueueUrl=toy.url(name), AttributeNames=asked)
    return [int(found["Attributes"][one]) for one in asked]


def test_messages_come_in_order_and_are_hidden_once_received(sqs):
    sqs.send("abc")
    assert bodies(receive(sqs, count=2)) == ["a", "b"]
    assert bodies(receive(sqs)) == ["c"]
    assert (receive(sqs), counts(sqs)) == ([], [0, 3, 0])


def test_a_delayed_message_comes_in_virtual_time(sqs):
    sqs.send("a", DelaySeconds=900)
    pass_time(sqs, 899)
    assert (receive(sqs), counts(sqs)) == ([], [0, 0, 1])
    pass_time(sqs, 1)
    (message,) = receive(sqs)
    assert message["Attributes"]["SentTimestamp"] == "1767227400000"
    assert message["Attributes"]["ApproximateFirstReceiveTimestamp"] == "1767228300000"


def test_a_message_that_is_not_deleted_comes_again_and_then_to_the_dead_letters(sqs):
    sqs.send("a")
    received = [receive(sqs)[0]["Attributes"]["ApproximateReceiveCount"]]
    pass_time(sqs, 30)
    received.append(receive(sqs)[0]["Attributes"]["ApproximateReceiveCount"])
    pass_time(sqs, 30)
    assert (received, receive(sqs), counts(sqs)) == (["1", "2"], [], [0, 0, 0])
    assert bodies(receive(sqs, "dead")) == ["a"]


def test_a_deleted_message_is_gone_and_deleting_it_again_is_no_error(sqs):
    sqs.send("a")
    receipt = receive(sqs)[0]["ReceiptHandle"]
    for _ in range(2):
        sqs.sqs.delete_message(QueueUrl=sqs.url(), ReceiptHandle=receipt)
    pass_time(sqs, 60)
    assert receive(sqs) == []


def test_an_old_receipt_deletes_a_message_that_was_received_again(sqs):
    sqs.send("a")
    receipt = receive(sqs)[0]["ReceiptHandle"]
    pass_time(sqs, 30)
    receive(sqs)
    sqs.sqs.delete_message(QueueUrl=sqs.url(), ReceiptHandle=receipt)
    assert counts(sqs) == [0, 0, 0]


def test_a_receipt_from_before_the_dead_letters_deletes_nothing_there(sqs):
    sqs.send("a")
    receipts = []
    for _ in range(2):
        receipts.append(receive(sqs)[0]["ReceiptHandle"])
        pass_time(sqs, 30)
    receive(sqs)
    for receipt in receipts:
        sqs.sqs.delete_message(QueueUrl=sqs.url(), ReceiptHandle=receipt)
    assert bodies(receive(sqs, "dead")) == ["a"]


@pytest.mark.parametrize(("seconds", "due_s"), [(0, 0), (5, 5), (100, 100)])
def test_visibility_can_be_changed_while_a_message_is_in_flight(sqs, seconds, due_s):
    sqs.send("a")
    receipt = receive(sqs)[0]["ReceiptHandle"]
    change = {"QueueUrl": sqs.url(), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
    sqs.sqs.change_message_visibility(**change)
    if due_s:
        pass_time(sqs, due_s - 1)
        assert receive(sqs) == []
        pass_time(sqs, 1)
    assert bodies(receive(sqs)) == ["a"]


def test_visibility_cannot_be_changed_otherwise(sqs):
    sqs.send("a")
    receipt = receive(sqs)[0]["ReceiptHandle"]
    change = {"QueueUrl": sqs.url(), "ReceiptHandle": receipt}
    pass_time(sqs, 10)
    with pytest.raises(ClientError, match="43200"):
        sqs.sqs.change_message_visibility(**change, VisibilityTimeout=43_200)
    pass_time(sqs, 30)
    with pytest.raises(ClientError, match="not in flight"):
        sqs.sqs.change_message_visibility(**change, VisibilityTimeout=5)
    with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
        sqs.sqs.delete_message(QueueUrl=sqs.url(), ReceiptHandle="never seen")


def test_a_message_past_its_retention_is_gone(sqs):
    sqs.send("a")
    pass_time(sqs, 4 * 86_400)
    assert (receive(sqs), counts(sqs)) == ([], [0, 0, 0])


def test_purging_forgets_everything(sqs):
    sqs.send("ab")
    receive(sqs, count=1)
    sqs.sqs.purge_queue(QueueUrl=sqs.url())
    pass_time(sqs, 60)
    assert counts(sqs) == [0, 0, 0]


def test_a_fault_plan_can_copy_and_delay_what_is_sent(sqs):
    class Twice(QueueObserver):
        def copies(self, body):
            return (0.0, 50.0)

    queue = sqs.queue("twice")
    queue.watcher = Twice()
    sqs.send("a", "twice")
    first = receive(sqs, "twice")[0]
    sqs.sqs.delete_message(QueueUrl=sqs.url("twice"), ReceiptHandle=first["ReceiptHandle"])
    pass_time(sqs, 50)
    (second,) = receive(sqs, "twice")
    assert (second["MessageId"], second["Body"]) == (first["MessageId"], "a")


def test_the_work_of_a_call_does_not_grow_with_the_backlog(sqs):
    def calls(backlog):
        """Python calls that a hundred receives and deletes make."""
        queue, made = sqs.queue(f"backlog-{backlog}"), []
        for number in range(backlog):
            queue.send(str(number), "body")
        queue.receive(1, 30)  # those that are due get in line once
        sys.setprofile(lambda frame, event, of: made.append(event) if event == "call" else None)
        for _ in range(100):
            (message,) = queue.receive(1, 30)
            queue.delete_message(message.receipt_handle)
        sys.setprofile(None)
        return len(made)

    assert calls(20_000) == calls(200)

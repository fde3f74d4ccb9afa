"""Asynchronous invocation: retries, throttles, and what fails for good."""

import json

from workbench.targets.local.lambda_.async_invoke import AsyncInvoker, AsyncSpec
from workbench.targets.local.lambda_.durable.service import DurableExecutions

DEAD = "arn:aws:sqs:us-east-1:123456789012:dead"


def invoker(toy, delivered, **spec):
    specs = {"work": AsyncSpec(on_failure=DEAD, **spec)}

    def deliver(arn, body):
        delivered.append((arn, body))

    service = DurableExecutions(toy.context, toy.service, deliver)
    return AsyncInvoker(toy.context, service, specs, deliver)


def failing(toy, times):
    """A handler that fails so many times; its tries by virtual time."""
    tries = []

    def handler(event, context):
        tries.append(round(toy.kernel.now, 2))
        if len(tries) <= times:
            raise ValueError("not yet")

    toy.function(handler)
    return tries


def test_an_error_is_tried_again_after_one_and_two_minutes(toys):
    with toys(lambda_async=40) as toy:
        delivered, tries = [], failing(toy, 2)
        events = invoker(toy, delivered)
        events.invoke("work", {"a": 1})
        toy.run()
        assert (tries, delivered, events.waiting) == ([0.04, 60.08, 180.12], [], 0)


def test_what_fails_for_good_goes_to_the_failure_destination(toy):
    delivered, tries = [], failing(toy, 9)
    events = invoker(toy, delivered)
    events.invoke("work", {"batch_id": "b"})
    toy.run(until_s=179)
    assert events.waiting == 1
    toy.run()
    ((arn, body),) = delivered
    record = json.loads(body)
    assert (arn, len(tries), events.waiting) == (DEAD, 3, 0)
    assert record["requestPayload"] == {"batch_id": "b"}
    assert record["requestContext"].pop("requestId")
    assert record["requestContext"] == {
        "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:work:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responsePayload"].pop("requestId")
    assert record["responsePayload"] == {"errorMessage": "not yet", "errorType": "ValueError"}
    assert record["timestamp"] == "2026-01-01T00:33:00.000Z"


def test_retries_can_be_turned_off(toy):
    delivered, tries = [], failing(toy, 9)
    invoker(toy, delivered, retries=0).invoke("work", {})
    toy.run()
    assert (len(tries), len(delivered)) == (1, 1)


def test_a_throttle_uses_up_no_try_and_waits_longer_each_time(toys):
    with toys(lambda_account_concurrency=1) as toy:
        tries = []

        def handler(event, context):
            tries.append((event, round(toy.kernel.now)))
            toy.outside.sleep(20)

        toy.function(handler)
        events = invoker(toy, [])
        for name in "ab":
            events.invoke("work", name)
        toy.run()
        assert tries == [("a", 0), ("b", 1 + 2 + 4 + 8 + 16)]


def test_an_event_that_gets_too_old_is_given_up(toys):
    with toys(lambda_account_concurrency=0) as toy:
        delivered = []
        failing(toy, 0)
        invoker(toy, delivered, age_max_s=100).invoke("work", {})
        toy.run()
        record = json.loads(delivered[0][1])
        assert record["requestContext"]["condition"] == "EventAgeExceeded"

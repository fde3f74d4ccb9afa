"""Notifications: the same fields in every design, as JSON, and never passed over."""

import json

import pytest

COMPLETE = {
    "batch_id": "b1",
    "design": "sqs",
    "status": "complete",
    "items": 9,
    "items_failed": 2,
    "detected_at": 7.5,
    "reason": "",
}


@pytest.fixture
def notification(world):
    return world.module("notification")


def test_a_batch_that_is_complete_says_how_many_failed(notification):
    assert notification.complete("sqs", "b1", 9, 2, 7.5) == COMPLETE


def test_a_batch_that_never_started_says_why(notification, world):
    assert notification.incomplete("not_started", "sqs", "b1", None, "no items") == COMPLETE | {
        "status": "not_started",
        "items": None,
        "items_failed": 0,
        "detected_at": world.now,
        "reason": "no items",
    }


def test_it_is_published_as_json_under_a_subject_that_sns_takes(notification):
    published = []

    class Topic:
        def publish(self, **call):
            published.append(call)

    notification.publish(Topic(), "topic", COMPLETE | {"batch_id": "b" * 64})
    notification.publish(Topic(), "topic", COMPLETE | {"status": "cancelled"})
    notification.publish(Topic(), "topic", COMPLETE | {"status": "not_started"})
    assert [call["Subject"] for call in published] == [
        f"Batch {'b' * 64} complete",
        "Batch b1 cancelled",
        "Batch not started",
    ]
    assert json.loads(published[0]["Message"]) == COMPLETE | {"batch_id": "b" * 64}


def test_a_publish_that_is_refused_is_an_error(notification):
    with pytest.raises(AttributeError):
        notification.publish(None, "topic", COMPLETE)

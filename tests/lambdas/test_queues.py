"""Sending: every message once in as few calls as may be, refused ones again, none dropped."""

import importlib
import json

import pytest


@pytest.fixture
def queues(world):
    """The module as it is: the world notes delays in its place."""
    return importlib.reload(world.module("queues"))


class Service:
    """SQS as a batch send sees it: each call's entries, of which the next ones are refused."""

    def __init__(self, *refused):
        self.refused = list(refused)
        self.calls = []

    def send_message_batch(self, QueueUrl, Entries):
        self.calls.append([json.loads(entry["MessageBody"])["n"] for entry in Entries])
        refused = self.refused.pop(0) if self.refused else ()
        failed = [Entries[self.calls[-1].index(n)]["Id"] for n in refused]
        return {"Failed": [{"Id": one} for one in failed]} if failed else {}


def sent(queues, monkeypatch, count, size=10, refused=(), text=""):
    service = Service(*refused)
    monkeypatch.setattr(queues, "sqs", service)
    queues.send_all("queue", [{"n": n, "text": text} for n in range(count)], size)
    return service.calls


def test_every_message_is_in_one_call_and_no_call_holds_more_than_asked_for(queues, monkeypatch):
    assert sent(queues, monkeypatch, 7, size=3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert [len(call) for call in sent(queues, monkeypatch, 25, size=100)] == [10, 10, 5]
    assert sent(queues, monkeypatch, 0) == []


def test_a_call_holds_no_more_bytes_than_sqs_takes(queues, monkeypatch):
    calls = sent(queues, monkeypatch, 8, text="x" * 300_000)
    assert calls == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_refused_entries_alone_are_sent_again_after_a_wait(queues, world, monkeypatch):
    calls = sent(queues, monkeypatch, 4, refused=[{1, 3}, {3}])
    assert calls == [[0, 1, 2, 3], [1, 3], [3]]
    assert world.slept == [0.05, 0.1]


def test_what_stays_refused_is_an_error(queues, world, monkeypatch):
    with pytest.raises(queues.Unsent, match="1 messages to queue could not be sent"):
        sent(queues, monkeypatch, 4, refused=[{2}] * 8)
    assert world.slept == [0.05 * 2**n for n in range(8)]


def test_one_message_a_call_is_sent_by_itself(queues, world):
    queues.send_all(world.urls["item"], [{"n": n} for n in range(3)], 1)
    assert world.bodies("item") == [{"n": 0}, {"n": 1}, {"n": 2}]


@pytest.mark.parametrize(("asked_s", "given_s"), [(-3, 0), (0, 0), (7.9, 7), (5_000, 900)])
def test_a_message_is_sent_at_most_15_minutes_late(queues, monkeypatch, asked_s, given_s):
    sent = []
    monkeypatch.setattr(queues.sqs, "send_message", lambda **call: sent.append(call))
    queues.send("queue", {"n": 0}, asked_s)
    assert sent == [{"QueueUrl": "queue", "MessageBody": '{"n":0}', "DelaySeconds": given_s}]


@pytest.mark.parametrize(
    ("asked_s", "given_s"), [(-3, 1), (0, 1), (7.1, 8), (900, 900), (50_000, 42_300)]
)
def test_a_message_is_put_off_not_less_than_asked_for_and_as_sqs_allows(
    queues, monkeypatch, asked_s, given_s
):
    put_off = []
    monkeypatch.setattr(
        queues.sqs, "change_message_visibility", lambda **call: put_off.append(call)
    )
    queues.delay_message("queue", "receipt", asked_s)
    assert put_off == [
        {"QueueUrl": "queue", "ReceiptHandle": "receipt", "VisibilityTimeout": given_s}
    ]


def test_a_message_that_cannot_be_put_off_comes_back_and_takes_no_other_along(
    queues, world, monkeypatch, capsys
):
    """It was seen again meanwhile, or is among the dead letters."""

    def refused(**_call):
        raise OSError("not in flight")

    def deal(message):
        if message["n"] == 2:
            raise KeyError("picture")

    monkeypatch.setattr(queues.sqs, "change_message_visibility", refused)
    records = [world.record({"n": number}) for number in (1, 2, 3)]
    answer = queues.receive({"Records": records}, ("sqs", "processor"), "queue", deal)
    assert answer == {"batchItemFailures": [{"itemIdentifier": records[1]["messageId"]}]}
    errors = [json.loads(line)["error"] for line in capsys.readouterr().out.splitlines()]
    assert errors == ["KeyError('picture')", "OSError('not in flight')"]


def test_waits_double_up_to_15_minutes(queues):
    waits_s = [queues.backoff_s(tries) for tries in range(1, 10)]
    assert waits_s == [10, 20, 40, 80, 160, 320, 640, 900, 900]

"""The door out: results in order, everything joined."""

import threading
import time

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from lambdas import outside
from workbench.designs import DESIGNS

THROTTLED = b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}'


class Raw:
    """The body of an answer, as urllib3 has it."""

    def __init__(self, body):
        self.body = body

    def stream(self, **_):
        yield self.body


@pytest.fixture
def throttled(monkeypatch):
    """A client whose first so many calls are throttled, and what was asked of it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)

    def make(times):
        asked, client = [], outside.client("dynamodb")

        def answer(request, **_):
            asked.append(request.url)
            code, body = (400, THROTTLED) if len(asked) <= times else (200, b"{}")
            return AWSResponse(request.url, code, {}, Raw(body))

        client.meta.events.register("before-send.dynamodb", answer)
        return client, asked

    return make


def test_a_throttled_call_is_tried_again_and_not_without_end(throttled):
    client, asked = throttled(3)
    client.get_item(TableName="t", Key={"pk": {"S": "x"}})
    assert len(asked) == 4
    client, asked = throttled(100)
    with pytest.raises(ClientError, match="ThrottlingException"):
        client.get_item(TableName="t", Key={"pk": {"S": "x"}})
    assert 4 <= len(asked) <= 10


def test_a_call_that_hangs_is_given_up_before_its_function_ends(throttled):
    config = throttled(0)[0].meta.config
    soonest_s = min(design().processor_timeout_s for design in DESIGNS.values())
    assert config.connect_timeout + config.read_timeout < soonest_s


def test_gather_keeps_the_order_whatever_ends_first():
    def slow_first(n):
        time.sleep(0.02 / (n + 1))
        return n * n

    assert outside.gather(slow_first, range(6), 6) == [0, 1, 4, 9, 16, 25]
    assert outside.gather(slow_first, range(3), 1) == [0, 1, 4]


def test_gather_never_runs_more_at_once_than_it_may():
    running, peak, lock = [], [], threading.Lock()

    def watch(n):
        with lock:
            running.append(n)
            peak.append(len(running))
        time.sleep(0.005)
        with lock:
            running.remove(n)

    outside.gather(watch, range(20), 4)
    assert max(peak) == 4


def test_an_error_is_raised_only_when_every_thread_has_ended():
    ended, all_begun = [], threading.Barrier(4)

    def work(n):
        all_begun.wait(timeout=10)
        if n == 0:
            raise ValueError("the first")
        time.sleep(0.02)
        ended.append(n)

    with pytest.raises(ValueError, match="the first"):
        outside.gather(work, range(4), 4)
    assert sorted(ended) == [1, 2, 3]


def test_sleeping_less_than_nothing_is_an_error():
    with pytest.raises(ValueError, match="non-negative"):
        outside.sleep(-0.001)


def test_computing_takes_as_much_time_of_the_cpu():
    before_s = time.thread_time()
    outside.compute(20)
    assert 0.02 <= time.thread_time() - before_s < 1

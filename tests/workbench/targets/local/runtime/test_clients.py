"""What handlers' AWS calls take: latency, CPU, retries, faults."""

import pytest
from botocore.exceptions import ClientError

from workbench.platform.services import SQS
from workbench.targets.local.runtime.clients import ProxyClient
from workbench.targets.local.runtime.faults import CallFault, Faults
from workbench.targets.local.runtime.service import Broken, NotKnown


def timed(toy, *calls, **spec):
    """The virtual times at which each call ended, or how it failed."""
    log = []

    def handler(event, context):
        for call in calls:
            try:
                call()
                log.append(round(toy.kernel.now, 6))
            except ClientError as error:
                log.append((round(toy.kernel.now, 6), error.response["Error"]["Code"]))

    toy.function(handler, **spec)
    toy.invoke({})
    toy.run()
    return log


class Plan(Faults):
    """Answers each attempt with the next fault, and keeps what was asked."""

    def __init__(self, *faults):
        self.faults, self.calls = list(faults), []

    def calling(self, call):
        self.calls.append(call)
        return self.faults.pop(0) if self.faults else CallFault()


def send(toy, body="a", **more):
    sqs = toy.outside.client("sqs")
    return lambda: sqs.send_message(QueueUrl=toy.url(), MessageBody=body, **more)


def test_a_call_takes_its_latency_and_happens_half_way(toys):
    with toys(sqs_send=100) as toy:
        toy.queue()
        assert timed(toy, send(toy)) == [0.1]
        assert (
            toy.cloud.client("sqs").receive_message(QueueUrl=toy.url())["Messages"][0][
                "Attributes"
            ]["SentTimestamp"]
            == "1767227400050"
        )


def test_a_batch_call_takes_cpu_for_each_entry_and_small_memory_more(toys):
    with toys(cpu_ms_per_call=10, cpu_ms_per_entry=1) as toy:
        toy.queue()
        entries = [{"Id": str(n), "MessageBody": "a"} for n in range(10)]
        sqs = toy.outside.client("sqs")
        batch = lambda: sqs.send_message_batch(QueueUrl=toy.url(), Entries=entries)  # noqa: E731
        assert timed(toy, batch, slowness=2.0) == [0.04]


def test_a_body_takes_time_on_the_line_and_cpu_both_ways(toys):
    with toys(s3_ms_per_mb=12, cpu_ms_per_mb=20) as toy:
        toy.cloud.client("s3").create_bucket(Bucket="bucket")
        s3, place = toy.outside.client("s3"), {"Bucket": "bucket", "Key": "key"}
        put = lambda: s3.put_object(Body=b"x" * 2**21, **place)  # noqa: E731
        get = lambda: s3.get_object(**place)["Body"].read()  # noqa: E731
        assert timed(toy, put, get) == [0.064, 0.128]


def test_throttles_and_server_errors_are_tried_again_with_back_off(toys):
    plan = Plan(CallFault(error="ThrottlingException", status=400), CallFault(error="Internal"))
    with toys(plan) as toy:
        toy.queue()
        (ended,) = timed(toy, send(toy))
        assert 0 < ended <= 1 + 2
        assert [call.attempt for call in plan.calls] == [1, 2, 3]
        assert plan.calls[0].operation == "SendMessage"
        assert toy.meter.quantity(SQS, "Requests-Tier1") == 1


def test_after_its_last_try_a_call_fails_and_other_errors_fail_at_once(toys):
    fault = CallFault(error="InternalFailure", status=503)
    with toys(Plan(fault, fault, fault)) as toy:
        toy.queue()
        log = timed(toy, send(toy), send(toy, "x" * 2_000_000))
        assert [code for _, code in log] == ["InternalFailure", "InvalidParameterValue"]
        assert log[0][0] == log[1][0]


def test_an_answer_can_be_lost_after_the_call_was_done(toys):
    with toys(Plan(CallFault(error="Internal", lose_answer=True))) as toy:
        queue = toy.queue()
        timed(toy, send(toy))
        assert queue.held == 2


def test_a_call_can_be_delayed_and_part_of_a_batch_held_back(toys):
    with toys(Plan(CallFault(delay_s=5.0, hold_back=1))) as toy:
        queue, answers = toy.queue(), []
        sqs = toy.outside.client("sqs")
        entries = [{"Id": str(n), "MessageBody": "a"} for n in range(3)]
        call = lambda: answers.append(  # noqa: E731
            sqs.send_message_batch(QueueUrl=toy.url(), Entries=entries)
        )
        assert timed(toy, call) == [5.0]
        assert queue.held == 2
        assert [one["Id"] for one in answers[0]["Failed"]] == ["2"]


@pytest.mark.parametrize(("kill", "held"), [("before", 0), ("after", 1)])
def test_an_environment_can_die_before_a_call_is_done_or_after(toys, kill, held):
    with toys(Plan(CallFault(kill=kill))) as toy:
        queue = toy.queue()
        assert timed(toy, send(toy), send(toy)) == []
        assert queue.held == held
        assert toy.reports.frame()["error"].tolist() == ["Lambda.Unknown"]


def test_an_environment_can_die_in_a_sleep(toys):
    class Deadly(Faults):
        def sleeping(self, function, request_id, seconds):
            return seconds == 2

    with toys(Deadly()) as toy:
        log = timed(toy, lambda: toy.outside.sleep(1), lambda: toy.outside.sleep(2))
        assert (log, toy.kernel.now >= 2) == ([1.0], True)
        assert toy.reports.frame()["duration_ms"].tolist() == [2000.0]


def test_sleeping_less_than_nothing_raises_as_it_does_on_aws(toy):
    toy.function(lambda event, context: toy.outside.sleep(-0.001))
    result = toy.invoke({})
    toy.run()
    assert result[0].error == "ValueError"
    assert "sleep length must be non-negative" in result[0].cause


def test_what_nothing_here_meters_stops_the_run_even_if_the_handler_hides_it(toy):
    def handler(event, context):
        try:
            toy.outside.client("dynamodb").list_tables()
        except Exception:
            return "hidden"

    toy.function(handler)
    toy.invoke({})
    with pytest.raises(NotKnown, match="ListTables"):
        toy.run()


def test_a_fault_of_a_services_own_stops_the_run(toy, monkeypatch):
    queue = toy.queue()
    monkeypatch.setattr(queue, "send", lambda *message: {}["moto"])
    toy.function(lambda event, context: send(toy)())
    toy.invoke({})
    with pytest.raises(Broken, match="KeyError"):
        toy.run()


def test_a_transfer_helper_is_refused_by_name(toy):
    s3 = toy.outside.client("s3")
    with pytest.raises(AttributeError, match="upload_fileobj is no API call"):
        s3.upload_fileobj(b"", "bucket", "key")


def test_paginators_and_exceptions_are_boto3s(toys):
    with toys(s3_list=10) as toy:
        plain = toy.cloud.client("s3")
        plain.create_bucket(Bucket="bucket")
        for key in "abc":
            plain.put_object(Bucket="bucket", Key=key)
        s3 = toy.outside.client("s3")
        keys = []

        def handler(event, context):
            pages = s3.get_paginator("list_objects_v2").paginate(
                Bucket="bucket", PaginationConfig={"PageSize": 2}
            )
            keys.extend(one["Key"] for page in pages for one in page["Contents"])
            try:
                s3.get_object(Bucket="bucket", Key="none")
            except s3.exceptions.NoSuchKey:
                keys.append("no such key")

        toy.function(handler)
        toy.invoke({})
        toy.run()
        assert (keys, round(toy.reports.frame()["duration_ms"][0])) == (
            ["a", "b", "c", "no such key"],
            20,
        )
        assert isinstance(s3, ProxyClient)

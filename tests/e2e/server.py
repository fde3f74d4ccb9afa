"""Our launcher of ministack, the AWS-compatible server of the end-to-end tests, gaps filled.

Each patch says why it is here. What stays different from AWS stands in server_gaps.py. Besides, the
launcher counts what the handlers do (`GET /_fanin/tally`), seen from the server's side.
"""

import asyncio
import json
import math
import os
import threading
import time
from collections import Counter, defaultdict
from typing import Any

from durable_server import run_executions
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import lambda_runtime
from ministack.services import cloudwatch, dynamodb, lambda_svc, sns, sqs, stepfunctions

TALLY_PATH = "/_fanin/tally"
EVENT_OVERHEAD_BYTES = 26  # that CloudWatch Logs adds to each event (PutLogEvents, API reference)
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


class Tally:
    """What was done, by batch: records put and deleted, messages sent by queue, publishes."""

    def __init__(self) -> None:
        self.puts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.deletes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.values: defaultdict[str, dict[str, int]] = defaultdict(dict)  # of items, as put
        self.sent: Counter[str] = Counter()
        self.published: Counter[str] = Counter()

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))

    def put(self, record: dict[str, Any]) -> None:
        kind, batch = _kind(record)
        self.puts[batch][kind] += 1
        if kind == "items" and "value" in record:
            self.values[batch][record["sk"]["S"]] = int(record["value"]["N"])

    def delete(self, key: dict[str, Any]) -> None:
        kind, batch = _kind(key)
        self.deletes[batch][kind] += 1


tally = Tally()


def main() -> None:
    """Serve on GATEWAY_PORT of BIND_HOST until stopped."""
    batch_map_items()
    count_dynamodb()
    count_sqs()
    count_sns()
    measure_functions()
    spare_the_working()
    name_throttles()
    run_executions(lambda space, name, n, function: _record(space, name, n, FunctionName=function))
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.loglevel = "WARNING"
    asyncio.run(serve(application, config))


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The server, and the tally beside it."""
    if scope["type"] == "http" and scope["path"] == TALLY_PATH:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = json.dumps(tally.as_json()).encode()
        await send({"type": "http.response.body", "body": body})
        return
    await ministack.app(scope, receive, send)


def batch_map_items() -> None:
    """A Distributed Map batches its items: ministack ignores ItemBatcher, so that a child never
    gets more than one item, nor the batch id and the knobs."""
    plain, plain_view = stepfunctions._run_distributed_map, stepfunctions._map_run_view
    runs: dict[str, tuple[int, int]] = {}  # items in all and a child's, by execution

    def run(state: Any, raw: Any, effective: Any, iterator: Any, execution: Any, ctx: Any) -> Any:
        batcher = state.get("ItemBatcher")
        if not batcher:
            return plain(state, raw, effective, iterator, execution, ctx)
        items = stepfunctions._read_map_items(state["ItemReader"], effective, ctx)
        size = batcher.get("MaxItemsPerBatch") or stepfunctions._resolve_path_or_ctx(
            batcher["MaxItemsPerBatchPath"], effective, ctx
        )
        shared = stepfunctions._resolve_params_obj(batcher.get("BatchInput") or {}, effective, ctx)
        children = [
            {"BatchInput": shared, "Items": items[at : at + size]}
            for at in range(0, len(items), size)
        ]
        runs[execution["executionArn"]] = (len(items), size)
        left = {key: value for key, value in state.items() if key != "ItemReader"}
        path = {"ItemsPath": "$.children"}
        return plain(left | path, raw, {"children": children}, iterator, execution, ctx)

    def view(run: Any) -> Any:
        shown = plain_view(run)
        if run["executionArn"] in runs:
            total, size = runs[run["executionArn"]]
            counts = shown["itemCounts"]
            scaled = {name: min(total, count * size) for name, count in counts.items()}
            shown = shown | {"itemCounts": scaled | {"total": total}}
        return shown

    stepfunctions._run_distributed_map, stepfunctions._map_run_view = run, view


def count_dynamodb() -> None:
    """DynamoDB tells CloudWatch what was consumed: ministack has no AWS/DynamoDB metrics, though it
    reckons the units."""
    plain = dynamodb.handle_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        action = headers.get("x-amz-target", "").split(".")[-1]
        request = json.loads(body) if body else {}
        if action in WRITES or action in ("GetItem", "BatchGetItem", "Query"):
            body = json.dumps(request | {"ReturnConsumedCapacity": "TOTAL"}).encode()
        status, out, answer = await plain(method, path, headers, body, query)
        if status == 200 and request:
            _count_capacity(action, json.loads(answer))
            _count_records(action, request)
        return status, out, answer

    dynamodb.handle_request = handle


def _count_capacity(action: str, answer: dict[str, Any]) -> None:
    consumed = answer.get("ConsumedCapacity") or []
    name = "ConsumedWriteCapacityUnits" if action in WRITES else "ConsumedReadCapacityUnits"
    for one in consumed if isinstance(consumed, list) else [consumed]:
        table = one["TableName"].rsplit("/", 1)[-1]
        _record("AWS/DynamoDB", name, one["CapacityUnits"], TableName=table)


def _count_records(action: str, request: dict[str, Any]) -> None:
    """Records that a successful call put or deleted."""
    if action == "PutItem":
        tally.put(request["Item"])
    elif action == "DeleteItem":
        tally.delete(request["Key"])
    elif action == "BatchWriteItem":
        for entry in (one for part in request["RequestItems"].values() for one in part):
            if "PutRequest" in entry:
                tally.put(entry["PutRequest"]["Item"])
            else:
                tally.delete(entry["DeleteRequest"]["Key"])
    elif action == "TransactWriteItems":
        for entry in request["TransactItems"]:
            if "Put" in entry:
                tally.put(entry["Put"]["Item"])
            elif "Delete" in entry:
                tally.delete(entry["Delete"]["Key"])


def _kind(key: dict[str, Any]) -> tuple[str, str]:
    """What a record is (items, segments, batch, open, failed) and of which batch."""
    kind, *rest = key["pk"]["S"].split("#")
    return kind, rest[0] if rest else key["sk"]["S"]


def count_sqs() -> None:
    """SQS tells CloudWatch what went through a queue: ministack has no AWS/SQS metrics."""
    plain_send, plain_batch = sqs._HANDLERS["SendMessage"], sqs._HANDLERS["SendMessageBatch"]
    plain_receive, plain_delete = sqs._receive_messages_for_esm, sqs._delete_messages_for_esm

    def send(data: Any, url: str) -> Any:
        answer = plain_send(data, url)
        _count_sent(data.get("QueueUrl", url), [data])
        return answer

    def send_batch(data: Any, url: str) -> Any:
        answer = plain_batch(data, url)
        done = {entry["Id"] for entry in answer["Successful"]}
        sent = [entry for entry in data["Entries"] if entry["Id"] in done]
        _count_sent(data.get("QueueUrl", url), sent)
        return answer

    def receive(url: str, most: int) -> Any:
        messages = plain_receive(url, most)
        if messages:
            _count_queue(url, "NumberOfMessagesReceived", len(messages))
        return messages

    def delete(url: str, handles: set[str]) -> None:
        plain_delete(url, handles)
        _count_queue(url, "NumberOfMessagesDeleted", len(handles))

    sqs._HANDLERS.update(SendMessage=send, SendMessageBatch=send_batch)
    sqs._receive_messages_for_esm, sqs._delete_messages_for_esm = receive, delete


def _count_sent(url: str, messages: list[dict[str, Any]]) -> None:
    if messages:
        tally.sent[url.rsplit("/", 1)[-1]] += len(messages)
        _count_queue(url, "NumberOfMessagesSent", len(messages))
        size = sum(len(message["MessageBody"]) for message in messages)
        _count_queue(url, "SentMessageSize", size)


def _count_queue(url: str, name: str, value: float) -> None:
    _record("AWS/SQS", name, value, QueueName=url.rsplit("/", 1)[-1])


def count_sns() -> None:
    """SNS tells CloudWatch what was published: ministack has no AWS/SNS metrics."""
    plain = sns._fanout

    def fanout(topic_arn: str, *rest: Any, **more: Any) -> Any:
        topic = topic_arn.rsplit(":", 1)[-1]
        tally.published[topic] += 1
        _record("AWS/SNS", "NumberOfMessagesPublished", 1, TopicName=topic)
        return plain(topic_arn, *rest, **more)

    sns._fanout = fanout


def measure_functions() -> None:
    """Lambda and Logs tell CloudWatch of every invocation: ministack leaves out those by event
    sources and by state machines, and has no AWS/Logs metrics."""
    plain = lambda_svc._emit_lambda_logs

    def emit(function: Any, request: str, text: str, error: bool, took: int, **more: Any) -> None:
        plain(function, request, text, error, took, **more)
        settings = function.get("config") or function
        name = settings["FunctionName"]
        _record("AWS/Lambda", "Invocations", 1, FunctionName=name)
        _record("AWS/Lambda", "Duration", math.ceil(took), FunctionName=name)
        lines = text.splitlines() if text else []
        size = sum(len(line.encode()) + EVENT_OVERHEAD_BYTES for line in lines)
        group = (settings.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        _record("AWS/Logs", "IncomingBytes", size + 3 * 100, LogGroupName=group)

    lambda_svc._emit_lambda_logs = emit
    lambda_svc._emit_lambda_metrics = lambda *_, **__: None  # else some are counted twice


def name_throttles() -> None:
    """A task that Lambda throttles fails with the name that retriers match: ministack calls it
    Lambda.Unknown (Step Functions developer guide, Lambda service exceptions)."""
    plain = stepfunctions._call_lambda

    def call(function: Any, event: Any) -> Any:
        try:
            return plain(function, event)
        except stepfunctions._ExecutionError as error:
            if "TooManyRequestsException" in str(vars(error)):
                cause = json.dumps({"errorMessage": "Rate Exceeded"})
                throttled = "Lambda.TooManyRequestsException"
                raise stepfunctions._ExecutionError(throttled, cause) from None
            raise

    stepfunctions._call_lambda = call


def spare_the_working() -> None:
    """A change of a function's settings leaves what it is working on alone: ministack kills it, and
    its messages stay hidden until their visibility ends. On AWS an invocation keeps its
    environment to its end (Lambda developer guide, execution environment lifecycle)."""
    plain = lambda_svc.invalidate_worker

    def invalidate(name: str, qualifier: str | None = None, **scope: str) -> None:
        if scope:  # code that changed, a function that is deleted, one that timed out
            plain(name, qualifier=qualifier, **scope)
            return
        with lambda_runtime._lock:
            keys = [key for key in lambda_runtime._workers if f":{name}:" in key]
            workers = [one for key in keys for one in lambda_runtime._workers.pop(key)]
        for worker in workers:
            threading.Thread(target=_retire, args=(worker,), daemon=True).start()

    lambda_svc.invalidate_worker = invalidate


def _retire(worker: Any) -> None:
    """End a worker once it is idle; Lambda's longest timeout is the limit."""
    until = time.monotonic() + 900
    while worker.in_use and time.monotonic() < until:
        time.sleep(0.2)
    lambda_runtime.kill_workers([worker])


def _record(namespace: str, name: str, value: float, **dimensions: str) -> None:
    """One value of a metric."""
    cloudwatch.record_metric(namespace, name, value, "Count", dimensions)


if __name__ == "__main__":
    main()

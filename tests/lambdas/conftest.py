"""Handlers against moto: the tables, queues and bucket that the stacks would make."""

import importlib
import json
import sys
from functools import partial
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from workbench.designs import Sfn, Sqs

REGION = "us-east-1"
CLIENTS = {}  # of all worlds: a client takes long to make, and moto answers it in each


class World:
    """The AWS side of one test, a clock that the test moves, and events as Lambda delivers them."""

    def __init__(self, monkeypatch):
        self.now = 1_750_000_000.0
        self.slept, self.computed = [], []
        self.dynamodb, self.sqs, self.s3, self.sns = (
            _client("test", name) for name in ("dynamodb", "sqs", "s3", "sns")
        )
        self.requests = 0
        self._make(monkeypatch)
        self._load(monkeypatch)

    def _make(self, monkeypatch):
        self.dynamodb.create_table(
            TableName="state",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
        )
        self.s3.create_bucket(Bucket="batches")
        self.topic = self.sns.create_topic(Name="topic")["TopicArn"]
        names = ("plan", "item", "poll", "notices")
        self.urls = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
        arn = "arn:aws:sqs:us-east-1:123456789012:notices"
        self.sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        monkeypatch.setenv("STATE_TABLE", "state")
        monkeypatch.setenv("BUCKET", "batches")
        monkeypatch.setenv("TOPIC_ARN", self.topic)
        for name in ("plan", "item", "poll"):
            monkeypatch.setenv(f"{name.upper()}_QUEUE_URL", self.urls[name])

    def _load(self, monkeypatch):
        for name in [name for name in sys.modules if name.split(".")[0] == "lambdas"]:
            monkeypatch.delitem(sys.modules, name)
        self.outside = importlib.import_module("lambdas.outside")
        monkeypatch.setattr(self.outside, "client", partial(_client, "handlers"))
        monkeypatch.setattr(self.outside, "now", lambda: self.now)
        monkeypatch.setattr(self.outside, "sleep", self._sleep)
        monkeypatch.setattr(self.outside, "compute", self.computed.append)

    def _sleep(self, seconds):
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self.slept.append(seconds)
        self.now += seconds

    def module(self, name):
        """A module of the handlers, loaded in this world."""
        return importlib.import_module(f"lambdas.{name}")

    def context(self):
        """Lambda's context of a new invocation."""
        self.requests += 1
        return SimpleNamespace(aws_request_id=f"request-{self.requests}")

    def call(self, name, event):
        """One invocation of a handler."""
        return self.module(name).handler(event, self.context())

    def trigger(self, items=100, batch="b1", seed=7, deadline_s=None, **knobs):
        """Open a batch of the sqs design."""
        event = Sqs(**knobs).trigger(batch, items, seed, deadline_s)
        return self.call("sqs.batcher", event)

    def sfn_batch(self, items=100, batch="b1", seed=7, **knobs):
        """The trigger of a batch of the sfn design."""
        event = {"batch_id": batch, "items": items, "seed": seed}
        return event | {"knobs": Sfn(**knobs).batch_knobs()}

    def bodies(self, queue):
        """Take every message off a queue, delays and visibility aside; their bodies."""
        return [json.loads(record["body"]) for record in self.records(queue)]

    def delays_s(self, queue):
        """How long each message on a queue is kept back."""
        return [int(message.delayed_until - message.sent_timestamp) // 1000
                for message in self._queue(queue)._messages]  # fmt: skip

    def records(self, queue, receives=1):
        """Take every message off a queue as the records of an event."""
        found = self._queue(queue)
        messages = list(found._messages)
        found._messages.clear()
        return [self.record(message.body, queue, receives) for message in messages]

    def _queue(self, name):
        backend = sys.modules["moto.sqs.models"].sqs_backends["123456789012"][REGION]
        return backend.queues[name]

    def record(self, body, queue="item", receives=1):
        """One record of an SQS event, as Lambda's guide shows it."""
        self.requests += 1
        text = body if isinstance(body, str) else json.dumps(body)
        with open("tests/events/sqs_record.json") as file:
            record = json.load(file)
        record["attributes"]["ApproximateReceiveCount"] = str(receives)
        source = f"arn:aws:sqs:us-east-1:123456789012:{queue}"
        return record | {
            "messageId": f"m-{self.requests}",
            "body": text,
            "receiptHandle": f"r-{self.requests}",
            "eventSourceARN": source,
        }

    def deliver(self, handler, records):
        """One invocation by an event source."""
        return self.call(handler, {"Records": records})

    def create(self, **batch):
        """Trigger a batch and create all of it; the item queue's messages are left there."""
        self.trigger(**batch)
        while records := self.records("plan"):
            for record in records:
                assert self.deliver("sqs.batcher", [record]) == {"batchItemFailures": []}

    def look(self, batch="b1"):
        """One look of the finalizer; whether it wants another."""
        record = self.record({"batch": batch}, "poll")
        return self.deliver("sqs.finalizer", [record]) != {"batchItemFailures": []}

    def cancel(self):
        """Stop the batch as the workbench does."""
        self.dynamodb.update_item(
            TableName="state",
            Key=self.module("table").batch_key("b1"),
            UpdateExpression="SET #s = :c",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":c": {"S": "CANCELLED"}},
        )

    def state(self, prefix=""):
        """Every record of the state table whose partition starts so, by (pk, sk)."""
        unpack = self.module("table").unpack
        rows = map(unpack, self.dynamodb.scan(TableName="state")["Items"])
        return {(r["pk"], r["sk"]): r for r in rows if r["pk"].startswith(prefix)}

    def notices(self):
        """The notifications so far."""
        return self.bodies("notices")


def _client(whose, service):
    if (whose, service) not in CLIENTS:
        CLIENTS[whose, service] = boto3.client(service, region_name=REGION)
    return CLIENTS[whose, service]


@pytest.fixture
def world(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        made = World(monkeypatch)
        # A hidden receipt cannot be found by moto: what is delayed is noted instead.
        made.delayed = []
        monkeypatch.setattr(
            made.module("queues"),
            "delay_message",
            lambda url, receipt, seconds: made.delayed.append((receipt, round(seconds))),
        )
        yield made
    for name in [name for name in sys.modules if name.split(".")[0] == "lambdas"]:
        del sys.modules[name]


@pytest.fixture
def strong_reads(world, monkeypatch):
    """Whether each single read so far was strongly consistent."""
    table, strong = world.module("table"), []
    read = table.read
    monkeypatch.setattr(
        table, "read", lambda key, consistent=True: strong.append(consistent) or read(key)
    )
    return strong

"""A batch of the `counters` design in the handlers' world."""

import pytest

from workbench.designs import Counters


class Batch:
    """What a test does with the batch `b1`, queue by queue."""

    def __init__(self, world):
        self.world = world

    def trigger(self, items=100, batch="b1", seed=7, deadline_s=None, **knobs):
        """Open the batch."""
        event = Counters(**knobs).trigger(batch, items, seed, deadline_s)
        return self.world.call("counters.batcher", event)

    def create(self, **batch):
        """Open the batch and create all of it; the item messages' bodies."""
        self.trigger(**batch)
        assert self.plan() == {"batchItemFailures": []}
        return self.world.bodies("item")

    def plan(self):
        """Let the batcher take every message of the plan queue."""
        return self.world.deliver("counters.batcher", self.world.records("plan"))

    def work(self, *bodies, receives=1):
        """One invocation of the processor with these messages."""
        records = [self.world.record(body, "item", receives) for body in bodies]
        return self.world.deliver("counters.processor", records)

    def look(self):
        """One look of the finalizer; whether it wants another."""
        body = {"batch": "b1", "poll_s": 30}
        record = self.world.record(body, "poll")
        return self.world.deliver("counters.finalizer", [record]) != {"batchItemFailures": []}

    def bury(self, *bodies):
        """One invocation of the failures consumer with these dead letters."""
        records = [self.world.record(body, "dead") for body in bodies]
        return self.world.deliver("counters.failures", records)

    def counted(self):
        """The numbers of the messages that are counted."""
        shards = self.world.state("done#").values()
        return sorted(int(number) for shard in shards for number in shard["done"])

    def failed(self):
        """What is listed as failed: how many items by name."""
        return {sk: one["items"] for (_, sk), one in self.world.state("failed#").items()}

    def set_status(self, status):
        """As stopping the batch does, or its finalizer."""
        self.world.dynamodb.update_item(
            TableName="state",
            Key={"pk": {"S": "batch#b1"}, "sk": {"S": "META"}},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": status}},
        )

    def status(self):
        """The batch record's status."""
        return self.world.state("batch#")["batch#b1", "META"]["status"]


@pytest.fixture
def batch(world):
    return Batch(world)

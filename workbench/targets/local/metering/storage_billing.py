"""What is billed at the end of a run because it adds up over time: storage."""

from workbench.platform.services import DYNAMODB, S3
from workbench.targets.local.metering.s3 import label_of
from workbench.targets.local.metering.storage import Storage, gb_months
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.moto_cloud import bucket_named
from workbench.targets.local.world.stack import Stack

STORED = ("TimedStorage-ByteHrs", "GB-Mo")


def bill_storage(context: RunContext, stack: Stack, table: Storage) -> None:
    """The table by its bytes over time; objects as if they had been there for the whole run."""
    now = context.kernel.now
    context.meter.add(DYNAMODB, *STORED, "knowing", table.gb_months(now))
    for bucket in stack.of_type("AWS::S3::Bucket"):
        objects = bucket_named(bucket.physical_id).keys
        for name in list(objects):
            label = label_of({"Key": name})
            context.meter.add(S3, *STORED, label, gb_months(objects[name].size * now))

"""S3: requests by their tier, bytes kept over time, labelled by what the object is for."""

from typing import Any

from botocore.exceptions import ClientError

from workbench.designs.parts import DISPATCH, KNOWING
from workbench.platform.services import S3
from workbench.targets.local.metering import gb_months
from workbench.targets.local.runtime.service import Admitted, Service
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import ACCOUNT

TIER_1 = (  # aws.amazon.com/s3/pricing: PUT, COPY, POST and LIST
    "PutObject",
    "CopyObject",
    "ListObjectsV2",
    "CreateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
)
TIER_2 = ("GetObject", "HeadObject")  # GET and all others
FREE = ("AbortMultipartUpload", "DeleteObject", "DeleteObjects")


class S3Service(Service):
    """What S3 bills for a call."""

    name = "s3"
    known = (*TIER_1, *TIER_2, *FREE)

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def meter(self, operation: str, admitted: Admitted, response: Any) -> None:  # noqa: ARG002
        if operation not in FREE:
            tier = "Requests-Tier1" if operation in TIER_1 else "Requests-Tier2"
            request = admitted.request
            label = label_of(request.get("Key") or request.get("Prefix") or "")
            self._context.meter.add(S3, tier, "Requests", label, 1, request["Bucket"])

    def refused(self, operation: str, admitted: Admitted, error: ClientError) -> None:
        """A condition that does not hold is a request all the same; a server error is not."""
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            self.meter(operation, admitted, {})


def label_of(key: str) -> str:
    """What an object or a listing is for: items and claims dispatch, the rest is to know."""
    return KNOWING if key.startswith("results/") or "/failed/" in key else DISPATCH


def bucket_named(name: str) -> Any:
    """moto's bucket."""
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"].buckets[name]


def bill_objects(context: RunContext, bucket: str) -> None:
    """Bill a bucket's objects as if they had been there for the whole run."""
    objects = bucket_named(bucket).keys
    for name in list(objects):
        quantity = gb_months(objects[name].size * context.kernel.now)
        context.meter.add(S3, "TimedStorage-ByteHrs", "GB-Mo", label_of(name), quantity, bucket)

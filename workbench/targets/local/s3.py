"""S3: requests by their tier, bytes kept over time, labelled by what the object is for."""

from typing import Any

from botocore.exceptions import ClientError

from workbench.designs.parts import DISPATCH, KNOWING
from workbench.platform.services import S3
from workbench.targets.local.metering import gb_months
from workbench.targets.local.runtime.service import Admitted, Service
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import ACCOUNT, Resource

TIER_1 = (  # aws.amazon.com/s3/pricing: PUT, COPY, POST and LIST
    "PutObject",
    "CopyObject",
    "ListObjectsV2",
    "CreateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
)
TIER_2 = ("GetObject", "HeadObject")  # GET and all others
DAY_S = 86_400
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
    listed = "/failed/" in key or "/again/" in key
    return KNOWING if key.startswith("results/") or listed else DISPATCH


def bucket_named(name: str) -> Any:
    """moto's bucket."""
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"].buckets[name]


def bill_objects(context: RunContext, bucket: Resource) -> None:
    """Bill a bucket's objects until they expire: a batch leaves them behind, and pays for that."""
    objects = bucket_named(bucket.physical_id).keys
    kept_s = _expire_s(bucket)
    for name in list(objects):
        quantity = gb_months(objects[name].size * kept_s)
        label = label_of(name)
        context.meter.add(S3, "TimedStorage-ByteHrs", "GB-Mo", label, quantity, bucket.physical_id)


def _expire_s(bucket: Resource) -> int:
    """After how many seconds the template's lifecycle rule removes an object."""
    rules = bucket.properties["LifecycleConfiguration"]["Rules"]
    return min(one["ExpirationInDays"] for one in rules if "ExpirationInDays" in one) * DAY_S

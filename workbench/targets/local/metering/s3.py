"""S3: requests by their tier, labelled by what the object is for."""

from typing import Any

from botocore.exceptions import ClientError

from workbench.platform.services import S3
from workbench.targets.local.metering.rules import Prepared, Request, Unknown
from workbench.targets.local.world.context import RunContext

SERVICE = "s3"
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


class S3Rules:
    """The rules of S3."""

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def entries(self, operation: str, request: Request) -> int:
        del operation, request
        return 0

    def prepare(self, operation: str, request: Request, hold_back: int) -> Prepared:
        del hold_back
        if operation not in (*TIER_1, *TIER_2, *FREE):
            raise Unknown(SERVICE, operation)
        return Prepared(dict(request))

    def settle(self, operation: str, prepared: Prepared, response: dict[str, Any]) -> None:
        del response
        if operation in FREE:
            return
        tier = "Requests-Tier1" if operation in TIER_1 else "Requests-Tier2"
        self._context.meter.add(S3, tier, "Requests", label_of(prepared.request), 1)

    def failed(self, operation: str, prepared: Prepared, error: ClientError) -> None:
        """A condition that does not hold is a request all the same; a server error is not."""
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            self.settle(operation, prepared, {})


def label_of(request: Request) -> str:
    """What an object or a listing is for: items and claims dispatch, the rest is to know."""
    key = request.get("Key") or request.get("Prefix") or ""
    return "knowing" if key.startswith("results/") or "/failed/" in key else "dispatch"

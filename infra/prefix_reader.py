"""An item reader that CDK lacks: the rows of every object under a prefix, in one map.

ListObjectsV2 with `Transformation: LOAD_AND_FLATTEN` (Step Functions developer guide, ItemReader)
reads the objects' JSON Lines as items, so that segments written side by side need no merging.
"""

from typing import Any

import jsii
from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn


@jsii.implements(sfn.IItemReader)
class PrefixReader:
    """Reads `prefix_path`, a JSON path in the map's input, of `bucket`.

    The prefix must end with a slash: `b1` is a prefix of `b10` too.
    """

    def __init__(self, bucket: s3.IBucket, prefix_path: str, readable: str) -> None:
        self._bucket = bucket
        self._prefix_path = prefix_path
        self._readable = readable  # the key pattern that may be read

    @property
    def bucket(self) -> s3.IBucket:
        return self._bucket

    @property
    def bucket_name_path(self) -> str | None:
        return None

    @property
    def resource(self) -> str:
        return f"arn:{Aws.PARTITION}:states:::s3:listObjectsV2"

    @property
    def max_items(self) -> int | None:
        return None

    def render(self, query_language: sfn.QueryLanguage | None = None) -> Any:
        if query_language == sfn.QueryLanguage.JSONATA:
            raise ValueError("PrefixReader is written in JSONPath only")
        return {
            "Resource": self.resource,
            "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
            "Parameters": {"Bucket": self._bucket.bucket_name, "Prefix.$": self._prefix_path},
        }

    def provide_policy_statements(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._bucket.bucket_arn]),
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[self._bucket.arn_for_objects(self._readable)],
            ),
        ]

    def validate_item_reader(self) -> list[str]:
        return []

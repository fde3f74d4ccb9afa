"""The optional stack: AWS's bills by the hour and resource, in a private bucket that expires."""

import pytest

from tests.data_exports import FOCUS_COLUMNS
from tests.infra.conftest import Template
from tests.infra.test_lint import findings
from workbench.pull.exports.tables import shape_of

STACK = "BatchBillExport"


@pytest.fixture(scope="module")
def template(synthesise):
    folder = synthesise({}, bill_export=True).folder
    return Template((folder / f"{STACK}.template.json").read_text())


def test_it_is_off_unless_asked_for(default):
    assert not (default.folder / f"{STACK}.template.json").exists()


def test_the_export_has_every_column_by_the_hour_as_the_reader_wants_them(template):
    export = template.only("AWS::BCMDataExports::Export")["Export"]
    query = export["DataQuery"]
    columns = query["QueryStatement"].removeprefix("SELECT ").split(" FROM ")[0].split(", ")
    assert columns == FOCUS_COLUMNS
    assert shape_of("it", columns).name == "FOCUS_1_2_AWS"
    assert query["QueryStatement"].endswith(" FROM FOCUS_1_2_AWS")
    assert query["TableConfigurations"] == {"FOCUS_1_2_AWS": {"TIME_GRANULARITY": "HOURLY"}}
    assert export["RefreshCadence"] == {"Frequency": "SYNCHRONOUS"}
    assert export["DestinationConfigurations"]["S3Destination"] == {
        "S3Bucket": "Bills",
        "S3Prefix": "bills",
        "S3Region": "us-east-1",
        "S3OutputConfigurations": {
            "Compression": "PARQUET",
            "Format": "PARQUET",
            "OutputType": "CUSTOM",
            "Overwrite": "OVERWRITE_REPORT",
        },
    }


def test_the_bucket_is_private_encrypted_by_s3_and_expires(template):
    bucket = template.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (life,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (life["ExpirationInDays"], life["Status"]) == (90, "Enabled")
    kinds = {one["Type"]: one for one in template.raw["Resources"].values()}
    assert kinds["AWS::S3::Bucket"]["DeletionPolicy"] == "Delete"


def test_only_exports_of_this_account_are_let_in_and_nobody_without_tls(template):
    deny, allow = template.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Principal"]) == ("Deny", {"AWS": "*"})
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow == {
        "Effect": "Allow",
        "Principal": {"Service": "bcm-data-exports.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketPolicy"],
        "Resource": ["Bills.Arn", "Bills.Arn/*"],
        "Condition": {
            "StringLike": {
                "aws:SourceAccount": "<AWS::AccountId>",
                "aws:SourceArn": "arn:<AWS::Partition>:bcm-data-exports:us-east-1:"
                "<AWS::AccountId>:export/*",
            }
        },
    }


def test_the_export_is_made_after_the_policy_that_lets_it_write(template):
    resources = template.raw["Resources"]
    by_type = {one["Type"]: name for name, one in resources.items()}
    export = resources[by_type["AWS::BCMDataExports::Export"]]
    assert export["DependsOn"] == [by_type["AWS::S3::BucketPolicy"]]


def test_it_carries_the_projects_tags_and_says_where_to_read(template):
    tags = [
        {"Key": "design", "Value": "bill-export"},
        {"Key": "project", "Value": "fanin-workbench"},
    ]
    for kind in ("AWS::S3::Bucket", "AWS::BCMDataExports::Export"):
        assert template.only(kind)["Tags"] == tags
    (place,) = template.raw["Outputs"].values()
    assert template.read(place["Value"]) == "s3://Bills/bills/fanin-workbench"


def test_cfn_lint_finds_nothing(template):
    assert findings(template.raw) == []

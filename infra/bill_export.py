"""Stack `BatchBillExport`, off unless asked for: AWS's bills by hour and resource, in a bucket.

`workbench collect RUN --export s3://…` reads them. CloudFormation makes data exports in us-east-1
alone, wherever the designs' stacks are: an export has all regions.
"""

from aws_cdk import App, Aws, CfnOutput, Stack, Tags
from aws_cdk import aws_bcmdataexports as exports
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.constructs import add_bucket
from workbench.designs.tags import BILL_EXPORT, EXPORT_REGION, EXPORT_STACK, stack_tags

NAME, PREFIX = "fanin-workbench", "bills"
KEPT_DAYS = 90  # a month's file is written until two weeks after its end
TABLE = "FOCUS_1_2_AWS"
COLUMNS = (  # all that the Data Exports table dictionary has; a query may not say `*`
    "AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType "
    "BillingCurrency BillingPeriodEnd BillingPeriodStart CapacityReservationId "
    "CapacityReservationStatus ChargeCategory ChargeClass ChargeDescription ChargeFrequency "
    "ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId "
    "CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus "
    "CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedCost "
    "ContractedUnitPrice EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice "
    "PricingCategory PricingCurrency PricingCurrencyContractedUnitPrice "
    "PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice PricingQuantity PricingUnit "
    "ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType "
    "ServiceCategory ServiceName ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId "
    "SubAccountId SubAccountName SubAccountType Tags x_Discounts x_Operation x_ServiceCode"
).split()


class BillExportStack(Stack):
    """A private bucket that expires, and the export that AWS keeps up to date in it."""

    def __init__(self, app: App) -> None:
        super().__init__(app, EXPORT_STACK, description="AWS's bills by the hour and resource")
        self.bucket = self._bucket()
        export = exports.CfnExport(self, "Export", export=self._export())
        assert self.bucket.policy is not None
        export.node.add_dependency(self.bucket.policy)  # AWS writes to it as the export is made
        for key, value in stack_tags(BILL_EXPORT).items():
            Tags.of(self).add(key, value)
        place = f"s3://{self.bucket.bucket_name}/{PREFIX}/{NAME}"
        CfnOutput(self, "ExportPlace", value=place)

    def _bucket(self) -> s3.Bucket:
        """Where the bills lie, which AWS alone may write."""
        reason = "One reader, who also pays: a log of its reads would be read by nobody."
        bucket = add_bucket(self, "Bills", KEPT_DAYS, reason)
        # Data Exports user guide, Setting up an Amazon S3 bucket: exports of this account alone.
        source = f"arn:{Aws.PARTITION}:bcm-data-exports:{EXPORT_REGION}:{Aws.ACCOUNT_ID}:export/*"
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject", "s3:GetBucketPolicy"],
                principals=[iam.ServicePrincipal("bcm-data-exports.amazonaws.com")],
                resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
                conditions={
                    "StringLike": {"aws:SourceArn": source, "aws:SourceAccount": Aws.ACCOUNT_ID}
                },
            )
        )
        return bucket

    def _export(self) -> exports.CfnExport.ExportProperty:
        """Every row of the account by the hour, one parquet copy of each month."""
        output = exports.CfnExport.S3OutputConfigurationsProperty(
            compression="PARQUET",
            format="PARQUET",
            output_type="CUSTOM",
            overwrite="OVERWRITE_REPORT",
        )
        place = exports.CfnExport.S3DestinationProperty(
            s3_bucket=self.bucket.bucket_name,
            s3_output_configurations=output,
            s3_prefix=PREFIX,
            s3_region=EXPORT_REGION,
        )
        return exports.CfnExport.ExportProperty(
            name=NAME,
            description="Read by `workbench collect --export`",
            data_query=exports.CfnExport.DataQueryProperty(
                query_statement=f"SELECT {', '.join(COLUMNS)} FROM {TABLE}",
                table_configurations={TABLE: {"TIME_GRANULARITY": "HOURLY"}},
            ),
            destination_configurations=exports.CfnExport.DestinationConfigurationsProperty(
                s3_destination=place
            ),
            refresh_cadence=exports.CfnExport.RefreshCadenceProperty(frequency="SYNCHRONOUS"),
        )

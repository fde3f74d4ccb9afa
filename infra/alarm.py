"""The alarm of the designs whose finalizer looks: a batch that stays open."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.notices import Notices
from workbench.designs import Design

OPEN_BATCH_LIMIT_H = 24


def add_alarm(stack: Stack, design: Design, notices: Notices) -> None:
    """Tell of a batch that is open too long: the finalizer reports the age of each it looks at."""
    age = cloudwatch.Metric(
        namespace="BatchWorkbench",
        metric_name="open_batch_age_s",
        dimensions_map={"design": design.name, "function": "finalizer"},
        statistic="Maximum",
        period=Duration.minutes(5),
    )
    alarm = age.create_alarm(
        stack,
        "OldestOpenBatch",
        alarm_description=f"A batch has been open for over {OPEN_BATCH_LIMIT_H} hours",
        threshold=OPEN_BATCH_LIMIT_H * 3_600,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    notices.tell(alarm)

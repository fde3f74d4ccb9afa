"""The tags that every resource of a stack carries; inventory and costs ask by them.

Beside the designs' stacks one may stand that no design has: AWS's bills, exported into a bucket.
"""

PROJECT_TAG = "project"
PROJECT = "fanin-workbench"
DESIGN_TAG = "design"  # its value is the design's name; costs are told apart by it
BILL_EXPORT = "bill-export"  # the value of that tag on what is no design's
EXPORT_STACK = "BatchBillExport"
EXPORT_REGION = "us-east-1"  # where alone CloudFormation makes data exports; they have all regions


def stack_tags(design: str) -> dict[str, str]:
    """The tags of one design's stack."""
    return {PROJECT_TAG: PROJECT, DESIGN_TAG: design}

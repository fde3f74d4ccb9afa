"""The tags that every resource of a stack carries; inventory and costs ask by them."""

PROJECT_TAG = "project"
PROJECT = "fanin-workbench"
DESIGN_TAG = "design"  # its value is the design's name; costs are told apart by it


def stack_tags(design: str) -> dict[str, str]:
    """The tags of one design's stack."""
    return {PROJECT_TAG: PROJECT, DESIGN_TAG: design}

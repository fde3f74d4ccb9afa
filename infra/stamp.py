"""What every stack carries: tags, and the outputs that tell the workbench what is there."""

import json

from aws_cdk import CfnOutput, Stack, Tags

from workbench.designs import Design

VERSION = "1"  # of the outputs and their meaning; a run refuses a stack of another one


def stamp(stack: Stack, design: Design, outputs: dict[str, str]) -> None:
    """Tag everything in the stack, and add its outputs, its knobs and its version to them."""
    Tags.of(stack).add("project", "fanin-workbench")
    Tags.of(stack).add("design", design.name)
    known = {"DesignKnobs": json.dumps(design.knobs()), "Version": VERSION}
    for name, value in (outputs | known).items():
        CfnOutput(stack, name, value=value)

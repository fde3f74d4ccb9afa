"""Usage of the `sfn` design that no free metric has: state transitions, Express children, S3.

Counted from the machine of docs/architecture.md; a retry of one of its own states is left out.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import ceil

from workbench.designs import Sfn
from workbench.platform.services import KEYS_PER_LIST, S3, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MB, EXPRESS_STEP_MS, gb_seconds
from workbench.targets.aws.evidence import Evidence
from workbench.targets.aws.logs import Billed
from workbench.targets.aws.queue_usage import Line

DISPATCH_STATES = 4  # Start, Owner?, CreateItems, Process; and one CreateSegment a segment
KNOWING_STATES = 3  # Summarize, Notify, Done
PART_BYTES = 8 * 2**20  # of a multipart upload (lambdas/sfn/batcher.py)
LINE_BYTES = len('{"id":"0123456789abcdef","value":}\n')


def sfn_lines(evidence: Evidence, design: Sfn) -> Iterator[Line]:
    """Transitions, Express children and S3 requests of a batch."""
    segments = ceil(evidence.items / design.segment_items)
    yield from _states(evidence, design, segments)
    yield from _objects(evidence, design, segments)


def _states(evidence: Evidence, design: Sfn, segments: int) -> Iterator[Line]:
    children = evidence.children
    processor = evidence.billed.get("processor", Billed())
    transitions = DISPATCH_STATES + segments + children  # a child's start is one, Express too
    if design.child_type == "STANDARD":
        transitions += max(children, processor.requests)  # a retry enters its state again
    kind, unit = "StateTransition", "StateTransitions"
    yield STEP_FUNCTIONS, kind, unit, "dispatch", Decimal(transitions)
    yield STEP_FUNCTIONS, kind, unit, "knowing", Decimal(KNOWING_STATES)
    if design.child_type == "EXPRESS":
        yield STEP_FUNCTIONS, "StepFunctions-Request", "Requests", "dispatch", Decimal(children)
        used = gb_seconds(processor.express_steps * EXPRESS_STEP_MS, EXPRESS_STEP_MB)
        yield STEP_FUNCTIONS, "StepFunctions-GB-Second", "GB-Seconds", "dispatch", used


def _objects(evidence: Evidence, design: Sfn, segments: int) -> Iterator[Line]:
    """The claim and the segments; the map's reading of them; lists of failures and results."""
    line_bytes = LINE_BYTES + len(str(design.value_max))
    puts, left = 1, evidence.items
    for _ in range(segments):
        size = min(left, design.segment_items) * line_bytes
        puts += 1 if size < PART_BYTES else 2 + ceil(size / PART_BYTES)
        left -= design.segment_items
    listed = ceil(segments / KEYS_PER_LIST)
    tier1, tier2, unit = "Requests-Tier1", "Requests-Tier2", "Requests"
    yield S3, tier1, unit, "dispatch", Decimal(puts + listed)
    yield S3, tier2, unit, "dispatch", Decimal(segments)
    lists = min(evidence.counted.failed, evidence.children)  # one a child that had failures
    results = 2  # a manifest and one file of what succeeded
    yield S3, tier1, unit, "knowing", Decimal(lists + results + 2)  # and the summary's two LISTs
    yield S3, tier2, unit, "knowing", Decimal(lists + 1)  # and the manifest

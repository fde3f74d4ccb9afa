"""How the swarm sees that a rule of the `sfn` design decided something."""

from collections import defaultdict
from typing import Any

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.probes import Branch
from workbench.swarm.rules.guards import Elsewhere, Rules, ended
from workbench.swarm.rules.scenarios import Scenario
from workbench.targets.local.lambda_.functions import THROTTLED, TIMED_OUT


def _written_again(seen: FaultRecord) -> bool:
    """A segment was written by a second invocation, or one batch's name begins another's."""
    writers: dict[str, set[str]] = defaultdict(set)
    for call in seen.calls:
        if call.role == "batcher" and "/items/" in call.request.get("Key", ""):
            writers[call.request["Key"]].add(call.request_id)
    names = [batch.batch_id for batch in seen.batches]
    nested = any(one != other and other.startswith(one) for one in names for other in names)
    return nested or any(len(requests) > 1 for requests in writers.values())


def _failed_children(seen: FaultRecord) -> bool:
    return any(run.children.total() > run.children["SUCCEEDED"] for run in seen.map_runs)


def _failed_notice(seen: FaultRecord) -> bool:
    return any(one.message["status"] != "complete" for one in seen.notified)


RULES: Rules = {
    "Deterministic keys under a prefix that ends with a slash": (_written_again,),
    "Results go to S3 by the ResultWriter": Elsewhere("tests/swarm/controls/sfn_rules.py"),
    "All failures are tolerated, and listed": (
        _failed_children,
        Branch("sfn.processor.handler", "failed"),
    ),
    "Function timeout < task timeout < 300 s, with all tries": (ended("processor", TIMED_OUT),),
    "The first state claims the batch by a conditional put": (
        Branch("claim.put_first", "code == 'PreconditionFailed'"),
    ),
    "Throttles of Lambda are retried by name": (ended("processor", THROTTLED),),
    "A failed execution notifies": (_failed_notice,),
    "A child's list of failures carries its first item's name": (
        Branch("sfn.summary._listed", "key not in died"),
    ),
    "A list of a child that died is not counted": (
        Branch("sfn.summary._listed", "key not in died", False),
    ),
    "An upload in parts that fails is ended": (
        Branch("sfn.batcher._upload", "except BaseException"),
    ),
}

POISONED = {"poison_per_million": (50_000, 200_000)}
LISTING: dict[str, Any] = {  # children that list what failed
    "roles": ("processor",),
    "operations": ("PutObject",),
    "knobs": POISONED | {"child_tries": (1, 2), "items_per_child": (5, 20)},
}
CLAIMING: dict[str, Any] = {  # the batcher's claim of a batch
    "roles": ("batcher",),
    "operations": ("PutObject",),
    "quiet_s": (20.0, 60.0),
    "items": (1, 60),
}
SCENARIOS = (
    Scenario(
        "children that list what failed, and die in every try",
        rates={"kill_after": (0.4, 1.0)},
        **LISTING,
    ),
    Scenario(
        "uploads in parts that fail",
        rates={"refuse": (0.1, 0.6), "kill_before": (0.0, 0.2), "lose_answer": (0.0, 0.3)},
        roles=("batcher",),
        operations=("UploadPart", "CompleteMultipartUpload"),
        limits={"PART_BYTES": (40, 400)},
    ),
    Scenario(
        "lists that cannot be written",
        rates={"refuse": (0.4, 1.0)},
        **LISTING,
    ),
    Scenario(
        "items that are never all written",
        rates={"refuse": (0.95, 1.0)},
        roles=("batcher",),
        operations=("UploadPart",),
        items=(20, 100),
        limits={"PART_BYTES": (40, 400)},
    ),
    Scenario("a map that cannot read its items", rates={"map_s3": (0.9, 1.0)}, items=(1, 60)),
    Scenario(
        "a claim that conflicts",
        rates={"refuse": (0.4, 0.8)},
        **CLAIMING,
    ),
    Scenario(
        "executions whose claims conflict",
        rates={"refuse": (0.3, 1.0)},
        again_s=(0.0, 0.3),
        **CLAIMING,
    ),
    Scenario(
        "lists of several pages",
        rates={"child_fails": (0.05, 0.3), "kill_sleep": (0.0, 0.1)},
        knobs=POISONED | {"items_per_child": (1, 5)},
        limits={
            "PAGE_KEYS": (1, 4),
            "CHUNK_BYTES": (50, 400),
            "FILE_MAX_BYTES": (500, 4_000),
        },
    ),
    Scenario(
        "children that outlive their function's time",
        rates={"hang_start": (0.05, 0.4), "hang_call": (0.0, 0.2)},
        roles=("processor",),
        knobs=POISONED | {"value_max": (200, 2_000)},
    ),
    Scenario(
        "children that are throttled",
        rates={"throttle": (0.1, 0.5)},
        roles=("processor",),
        items=(1, 60),
    ),
    Scenario(
        "heads that hang",
        rates={"hang_start": (0.2, 0.6), "hang_call": (0.1, 0.4)},
        roles=("batcher", "summary"),
        items=(1, 60),
    ),
    Scenario(
        "heads that die",
        rates={"kill_before": (0.1, 0.5), "kill_after": (0.1, 0.5), "throttle": (0.0, 0.3)},
        roles=("batcher", "summary"),
        again_s=(0.0, 60.0),
    ),
)

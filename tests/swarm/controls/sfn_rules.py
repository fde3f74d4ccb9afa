"""Mutants of the sfn handlers and of its state machine, each without one rule."""

import json
from collections import Counter

from lambdas import claim, items, telemetry
from lambdas.sfn import batcher, keys, processor, summary
from tests.swarm.controls.mutants import Control, original
from workbench.targets.local.world.synth import MARK

QUICK = {"value_max": 0, "items_per_child": 5}


def machine(change):
    """A change of the definition, made where it stands in the template."""

    def alter(template):
        (wanted,) = (
            resource["Properties"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::StepFunctions::StateMachine"
        )
        parts = wanted["DefinitionString"]["Fn::Join"][1]
        references = [part for part in parts if not isinstance(part, str)]
        numbers = iter(range(len(references)))
        text = "".join(p if isinstance(p, str) else MARK.format(next(numbers)) for p in parts)
        definition = json.loads(text, strict=False)
        change(definition["States"])
        pieces = json.dumps(definition).split("\\u0000")
        pieces[1::2] = [references[int(number)] for number in pieces[1::2]]
        wanted["DefinitionString"]["Fn::Join"][1] = pieces

    return alter


def child_task(states):
    return states["Process"]["ItemProcessor"]["States"]["ProcessBatch"]


def without_writer(states):
    del states["Process"]["ResultWriter"]


def without_tolerance(states):
    del states["Process"]["ToleratedFailurePercentage"]


def short_task(states):
    """The Task gives up before its function must end."""
    child_task(states)["TimeoutSeconds"] = 3


def throttles_like_errors(states):
    child_task(states)["Retry"] = child_task(states)["Retry"][1:]


def nobody_catches(template):
    """No Catch, and no rule that tells of a failed execution."""

    def change(states):
        for state in states.values():
            state.pop("Catch", None)

    machine(change)(template)
    for resource in template["Resources"].values():
        if "EventPattern" in resource["Properties"]:
            resource["Properties"]["State"] = "DISABLED"


def results_in_the_state(event, context):
    """The child's answer holds its items, as the published processor's did."""
    answer = original(event, context)
    items = event["Items"]
    return answer | {
        "results": [{"item": item, "status": "processed", "at": "x" * 40} for item in items]
    }


def prefix_without_a_slash(batch):
    return f"items/{batch}"


def key_behind_it(batch, segment):
    return f"items/{batch}/{segment:06d}.jsonl"


def everybody_owns(s3, bucket, batch, execution):
    return True


def claim_without_an_owner(s3, bucket, batch, execution):
    """A claim that is refused is taken for another's, and not looked at."""
    place = {"Bucket": bucket, "Key": f"batches/{batch}/start"}
    try:
        s3.put_object(**place, Body=execution.encode(), IfNoneMatch="*")
    except claim.ClientError:
        return False
    return True


TRIES = Counter()


def fresh_object_keys(batch, segment):
    """Each try of a segment writes an object of its own."""
    TRIES[batch, segment] += 1
    return f"{keys.items_prefix(batch)}{segment:06d}-{TRIES[batch, segment]}.jsonl"


def failed_children_forgotten(batch):
    return (0, set())


def failures_unlisted(batch, first, failed):
    return None


def uploads_left_open(key, parts):
    place = {"Bucket": keys.bucket, "Key": key}
    place["UploadId"] = batcher.s3.create_multipart_upload(**place)["UploadId"]
    done = [batcher._part(place, n, part) for n, part in enumerate(parts, 1) if part]
    batcher.s3.complete_multipart_upload(**place, MultipartUpload={"Parts": done})


def written_twice(created):
    """A segment holds its items twice."""
    (part,) = original(created)
    yield part + part


def one_more_processed(design, function, batch, context, metrics, **rest):
    """A line counts an item that nobody worked."""
    more = {"items_processed": metrics.get("items_processed", 0) + 1}
    original(design, function, batch, context, metrics | more, **rest)


def sent_bare(made, knobs):
    """Items travel without what they carry."""
    return map(list, made)


RULES = [
    Control(
        name="items that lose what they carry",
        design="sfn",
        changes={items.sent: sent_bare},
        checks=("processed",),
        knobs=QUICK | {"item_bytes": 20},
    ),
    Control(
        name="map output over 256 KiB",
        design="sfn",
        changes={processor.handler: results_in_the_state},
        template=machine(without_writer),
        checks=("notified", "processed"),
        items=2_500,
        knobs={"value_max": 0, "items_per_child": 100},
    ),
    Control(
        name="the first failed child ends the map",
        design="sfn",
        template=machine(without_tolerance),
        checks=("notified", "processed"),
        knobs=QUICK,
        rates={"child_fails": 0.3},
    ),
    Control(
        name="a child that outlives its map",
        design="sfn",
        template=machine(short_task),
        checks=("not_too_early",),
        knobs={"value_max": 2_000, "items_per_child": 10, "child_tries": 1},
    ),
    Control(
        name="throttles that use up the tries",
        design="sfn",
        template=machine(throttles_like_errors),
        checks=("processed",),
        knobs=QUICK,
        rates={"throttle": 0.5, "roles": ("processor",)},
    ),
    Control(
        name="a failed execution tells nobody",
        design="sfn",
        template=nobody_catches,
        checks=("notified",),
        knobs=QUICK,
        rates={"map_s3": 0.5},
    ),
    Control(
        name="a prefix without its slash",
        design="sfn",
        changes={
            keys.items_prefix: prefix_without_a_slash,
            keys.segment_key: key_behind_it,
        },
        checks=("repeats", "processed"),
        knobs=QUICK,
        more=lambda first: [
            type(first)(**vars(first) | {"batch_id": first.batch_id + "0", "seed": 99})
        ],
    ),
    Control(
        name="two executions for one slot",
        design="sfn",
        changes={claim.owns: everybody_owns},
        checks=("repeats", "notified"),
        knobs=QUICK,
        more=lambda first: [type(first)(1.0, "cron"), type(first)(1.5, "cron")],
    ),
    Control(
        name="a claim that forgets its owner",
        design="sfn",
        changes={claim.owns: claim_without_an_owner},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("PutObject",)},
    ),
    Control(
        name="fresh object keys",
        design="sfn",
        changes={keys.segment_key: fresh_object_keys},
        checks=("repeats", "leftovers"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("PutObject",)},
    ),
    Control(
        name="failed children that nobody counts",
        design="sfn",
        changes={summary._in_failed_children: failed_children_forgotten},
        checks=("notified",),
        knobs=QUICK,
        rates={"child_fails": 0.3},
    ),
    Control(
        name="failed items that nobody lists",
        design="sfn",
        changes={processor._list: failures_unlisted},
        checks=("processed",),
        knobs=QUICK | {"poison_per_million": 200_000},
    ),
    Control(
        name="uploads that nobody ends",
        design="sfn",
        changes={batcher._upload: uploads_left_open},
        checks=("leftovers",),
        knobs=QUICK,
        limits={"PART_BYTES": 100},
        rates={"refuse": 0.3, "roles": ("batcher",), "operations": ("UploadPart",)},
    ),
    Control(
        name="items written twice",
        design="sfn",
        changes={batcher._parts: written_twice},
        checks=("repeats",),
        knobs=QUICK,
    ),
    Control(
        name="a line that counts one item more",
        design="sfn",
        changes={telemetry.emit: one_more_processed},
        roles=("processor",),
        checks=("telemetry",),
        knobs=QUICK,
    ),
]

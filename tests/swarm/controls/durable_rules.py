"""Mutants of the durable handlers and of their stack, each without one rule."""

from collections import Counter

from lambdas import claim, notification, outside, telemetry
from lambdas.durable import failed, orchestrator, processor, ranges
from tests.swarm.controls.mutants import Control, original

QUICK = {"value_max": 20, "items_per_chunk": 3, "chunks_per_segment": 3}
POISONED = QUICK | {"poison_per_million": 200_000}
DEADLY = {"kill_sleep": 0.5, "roles": ("processor",)}
CHECKPOINT = {"roles": ("orchestrator",), "operations": ("CheckpointDurableExecution",)}


def asked_in_every_replay(trigger, segments):
    """A look at the claim that is no step."""
    failed.s3.get_object(Bucket=failed.bucket, Key=f"batches/{trigger.batch}/start")
    return original(trigger, segments)


def dated_by_its_replay(design, batch, items, items_failed, detected_at):
    return original(design, batch, items, items_failed, outside.now())


def one_item_more_in_a_second_try(event, context):
    if event["tries"] > 1 and not event["again"]:
        event = event | {"stop": event["stop"] + 1}
    return original(event, context)


TIMES = Counter()


def listed_by_the_run(batch, which, *tries):
    """Each list has a name of its own."""
    TIMES[batch, which] += 1
    other = ranges.Range(which.start, which.stop + 1_000 * TIMES[batch, which])
    return original(batch, other, *tries)


def answered_before_it_is_listed(batch, which, left, tries):
    return len(list(left))


def answered_in_full(event, context):
    """The answer names each item that failed."""
    return ["x" * 16] * original(event, context) or 0


def worked_whole_again(event, context):
    return original(event | {"again": 0}, context)


def listed_nowhere(*_):
    return None


def counted_and_not_listed(trigger, chunk, again, why):
    return chunk.items


def told_nowhere(context, event, why):
    return None


def everybody_owns(s3, bucket, batch, execution):
    return True


def all_segments_with_all(trigger, segments):
    return segments, trigger.knobs["max_concurrency"]


def given_up_in_silence(template):
    for resource in template["Resources"].values():
        resource["Properties"].pop("DeadLetterConfig", None)


def one_more_processed(design, function, batch, context, metrics, **rest):
    """A line counts an item that nobody worked."""
    more = {"items_processed": metrics.get("items_processed", 0) + 1}
    original(design, function, batch, context, metrics | more, **rest)


def nothing_asked(first):
    return [type(first)(5.0, "refused", "wrong", 0, 1, first.knobs)]


RULES = [
    Control(
        name="a call that is no step",
        design="durable",
        changes={ranges.at_once: asked_in_every_replay},
        checks=("repeats",),
        knobs=QUICK,
    ),
    Control(
        name="a second try of other items",
        design="durable",
        changes={processor.handler: one_item_more_in_a_second_try},
        checks=("processed", "repeats"),
        knobs=QUICK,
        rates=DEADLY,
    ),
    Control(
        name="a list for each run",
        design="durable",
        changes={failed.key: listed_by_the_run},
        checks=("leftovers",),
        knobs=POISONED,
    ),
    Control(
        name="failures that only the answer knows",
        design="durable",
        changes={failed.write: answered_before_it_is_listed},
        checks=("processed", "ends"),
        knobs=POISONED,
    ),
    Control(
        name="an answer that is no number",
        design="durable",
        changes={processor.handler: answered_in_full},
        checks=("telemetry",),
        knobs=POISONED,
    ),
    Control(
        name="tries that work the whole chunk",
        design="durable",
        changes={processor.handler: worked_whole_again},
        checks=("repeats",),
        knobs=POISONED,
    ),
    Control(
        name="a chunk that died, and is not listed",
        design="durable",
        changes={orchestrator._listed: counted_and_not_listed},
        checks=("processed",),
        knobs=QUICK,
        rates={**DEADLY, "kill_sleep": 0.9},
    ),
    Control(
        name="a segment that failed, and is not listed",
        design="durable",
        changes={failed.write_range: listed_nowhere},
        checks=("processed",),
        knobs=QUICK,
        rates={**CHECKPOINT, "kill_before": 0.9, "unnamed": True, "quiet_s": 100.0},
    ),
    Control(
        name="a moment that each replay reads anew",
        design="durable",
        changes={notification.complete: dated_by_its_replay},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_after": 0.8, "roles": ("orchestrator",), "operations": ("Publish",)},
    ),
    Control(
        name="a trigger that is refused in silence",
        design="durable",
        changes={orchestrator._refuse: told_nowhere},
        checks=("notified",),
        knobs=QUICK,
        more=nothing_asked,
    ),
    Control(
        name="an execution that fails in silence",
        design="durable",
        template=given_up_in_silence,
        checks=("notified",),
        knobs=QUICK,
        rates={**CHECKPOINT, "kill_before": 0.95},
    ),
    Control(
        name="two executions for one slot",
        design="durable",
        changes={claim.owns: everybody_owns},
        checks=("repeats", "notified"),
        knobs=QUICK,
        more=lambda first: [type(first)(1.0, "cron"), type(first)(1.5, "cron")],
    ),
    Control(
        name="more chunks at a time than asked for",
        design="durable",
        changes={ranges.at_once: all_segments_with_all},
        checks=("parallel",),
        knobs=QUICK | {"max_concurrency": 2, "value_max": 2_000},
    ),
    Control(
        name="a line that counts one item more",
        design="durable",
        changes={telemetry.emit: one_more_processed},
        roles=("processor",),
        checks=("telemetry",),
        knobs=QUICK,
    ),
]

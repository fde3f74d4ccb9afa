"""The orchestrator: a durable execution for a batch, and one more for each of its segments.

It is run again from its start whenever something that it waits for is over, so nothing outside of a
step reads a clock, draws, or calls AWS: what a step returns and what a chunk answers is the same in
every replay.
"""

import os
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, config, durable_execution
from aws_durable_execution_sdk_python.__about__ import __version__
from aws_durable_execution_sdk_python.exceptions import InvokeError

from lambdas import claim, items, notification, outside
from lambdas.durable import failed
from lambdas.durable.ranges import TRIES_MAX, Range, at_once, cut, refuse_sizes
from lambdas.trigger import Trigger, name_of, read_trigger
from lambdas.work import REASON_MAX

CHUNK_ENDS = config.Duration(seconds=900)  # a function is ended by then (Lambda quotas)
SDK_LEAST = 2  # before it, max_concurrency bounded threads and held no invoke back
NEEDED = "items_per_chunk chunks_per_segment max_concurrency item_concurrency value_max".split()
SENT = ("item_concurrency", *items.SHAPES)  # to the processor, of the knobs

processor = os.environ.get("PROCESSOR", "")
topic = os.environ.get("TOPIC_ARN", "")
sns = outside.client("sns")


@durable_execution
def handler(event: Any, context: DurableContext) -> int:
    """Carry out a batch or a segment of one; how many of its items failed."""
    event = event if isinstance(event, dict) else {}
    try:
        trigger = _read(event)
    except ValueError as error:
        if "segment" not in event:
            _refuse(context, event, str(error))
        raise
    if "segment" in event:
        return _chunks(context, trigger, Range(*event["segment"]), event["at_once"])
    return _batch(context, trigger, event)


def _read(event: Any) -> Trigger:
    """What the event asks for; refused with an SDK that would start everything at once."""
    if int(__version__.split(".")[0]) < SDK_LEAST:
        raise ValueError(f"the durable SDK is {__version__}: {SDK_LEAST}.0 or later is needed")
    trigger = read_trigger(event, NEEDED)
    refuse_sizes(trigger.knobs)
    return trigger


def _batch(context: DurableContext, trigger: Trigger, event: dict[str, Any]) -> int:
    """Every segment, then the notice. The moment is kept first: each notice must name the same."""
    own = context.execution_context.durable_execution_arn
    place = (failed.s3, failed.bucket, trigger.batch)
    if not context.step(lambda _: claim.owns(*place, own), name="claim"):
        return 0  # the schedule has fired twice
    knobs, whole = trigger.knobs, Range(0, trigger.items)
    segments = cut(whole, knobs["items_per_chunk"] * knobs["chunks_per_segment"])
    together, chunks = at_once(trigger, len(segments))
    if len(segments) == 1:
        left = _chunks(context, trigger, whole, chunks)
    else:
        left = _segments(context, event | {"at_once": chunks}, trigger.batch, segments, together)
    detected_at = context.step(lambda _: outside.now(), name="detect")
    message = notification.complete("durable", trigger.batch, trigger.items, left, detected_at)
    context.step(lambda _: notification.publish(sns, topic, message), name="notify")
    return left


def _refuse(context: DurableContext, event: Any, why: str) -> None:
    """Notify that a trigger could not be carried out."""

    def tell(_: Any) -> None:
        batch, asked = name_of(event), event.get("items")
        message = notification.incomplete("not_started", "durable", batch, asked, why)
        notification.publish(sns, topic, message)

    context.step(tell, name="refuse")


def _segments(
    context: DurableContext, asked: dict[str, Any], batch: str, segments: list[Range], together: int
) -> int:
    """Each segment is an execution of this function; one that fails is listed whole."""
    own = context.lambda_context.invoked_function_arn

    def one(branch: DurableContext, segment: Range, *_: Any) -> int:
        try:
            return branch.invoke(own, asked | {"segment": segment})
        except InvokeError as error:
            why = _why(error)
            branch.wait(CHUNK_ENDS)  # what it had asked for goes on meanwhile
            branch.step(lambda _: failed.write_range(batch, segment, why))
            return segment.items

    return _sum(context, segments, one, together)


def _chunks(context: DurableContext, trigger: Trigger, whole: Range, together: int) -> int:
    """Each chunk is an invocation of the processor, and one more for what failed in it."""
    knobs = {name: trigger.knobs[name] for name in SENT if name in trigger.knobs}
    asked = {"batch_id": trigger.batch, "seed": trigger.seed, "knobs": knobs}

    def one(branch: DurableContext, chunk: Range, *_: Any) -> int:
        part, left, again = asked | chunk._asdict(), 0, 0
        for tries in range(1, TRIES_MAX + 1):
            try:
                left = branch.invoke(processor, part | {"tries": tries, "again": again})
            except InvokeError as error:
                why = _why(error)
                continue
            if left == 0:
                return 0
            again = tries
        answered = again == TRIES_MAX
        return left if answered else branch.step(lambda _: _listed(trigger, chunk, again, why))

    return _sum(context, cut(whole, trigger.knobs["items_per_chunk"]), one, together)


def _listed(trigger: Trigger, chunk: Range, again: int, why: str) -> int:
    """How many items are listed of a chunk whose last try has died: all that it was given, unless
    it had listed less before.
    """
    left = failed.given(trigger, chunk, again)
    return failed.write(trigger.batch, chunk, ((item, why) for item in left), TRIES_MAX)


def _sum(context: DurableContext, ranges: list[Range], one: Any, together: int) -> int:
    """What `one` answers of each range, so many at a time, added up.

    Flat: a range is the operations that it makes, and no context of its own besides.
    """
    wanted = config.MapConfig(
        max_concurrency=together,
        nesting_type=config.NestingType.FLAT,
        completion_config=config.CompletionConfig.all_completed(),
    )
    results = context.map(ranges, one, name="all", config=wanted)
    results.throw_if_error()
    return sum(results.get_results())


def _why(error: InvokeError) -> str:
    """What an invoked function failed with, as a reason."""
    lines = (error.message or "").splitlines() or [""]
    return f"{error.error_type}: {lines[0]}"[:REASON_MAX]

"""Mutants of the sqs handlers without the rules on looking, telling, planning and stopping."""

from collections import Counter

from lambdas import outside, table, telemetry
from lambdas.sqs import batcher, batches, finalizer
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import QUICK

SEGMENTS = QUICK | {"segment_items": 5}


def ends_at_complete(link, batch):
    """COMPLETE ends the chain, and not NOTIFIED."""
    return batch.status != "COMPLETE" and original(link, batch)


def moment_of_the_look(batch):
    """A second notice names another moment of completion."""
    return original(batch._replace(detected_at=outside.now()))


def failed_link_acknowledged(link, context):
    try:
        original(link, context)
    except Exception as error:
        telemetry.report("sqs", "finalizer", link["batch"], error)


def early_link_dropped(link):
    """A link whose batch is not written yet is not sent again."""
    return


def plan_written_twice(key, owner):
    """A plan that comes again writes the segments again."""
    record = original(key, owner)
    return record | {"planned": False} if record and "planned" in record else record


ATTEMPTS, NEWEST = Counter(), {}


def keys_of_each_attempt(batch, start, stop):
    """Sort keys made up anew at every attempt; the last ones are those that messages carry."""
    ATTEMPTS[batch.id, start] += 1
    attempt = ATTEMPTS[batch.id, start]
    for record in original(batch, start, stop):
        NEWEST[batch.id, record["sk"]] = f"{record['sk']}-{attempt}"
        yield record | {"sk": f"{record['sk']}-{attempt}"}


def newest_key(batch, sk, shards):
    return original(batch, sk, shards) | table.pack({"sk": NEWEST.get((batch, sk), sk)})


def cancelled_unseen(batch, consistent=True):
    """A cancelled batch is taken for an open one."""
    found = original(batch, consistent)
    cancelled = found is not None and found.status == "CANCELLED"
    return found._replace(status="OPEN") if cancelled else found


LOOKING = [
    Control(
        name="a chain that ends at complete",
        design="sqs",
        changes={finalizer._valid: ends_at_complete},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a moment of completion for each notice",
        design="sqs",
        changes={finalizer._notify: moment_of_the_look},
        checks=("notified",),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a failed link acknowledged",
        design="sqs",
        changes={finalizer._follow: failed_link_acknowledged},
        checks=("notified", "not_too_late"),
        knobs=QUICK,
        rates={"refuse": 0.5, "roles": ("finalizer",), "operations": ("GetItem",)},
    ),
    Control(
        name="a link before its batch is dropped",
        design="sqs",
        changes={finalizer._wait_for: early_link_dropped},
        checks=("notified",),
        knobs=QUICK | {"poll_s": 10},
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("TransactWriteItems",)},
    ),
    Control(
        name="a plan written twice",
        design="sqs",
        changes={batcher._leased: plan_written_twice},
        checks=("claims",),
        knobs=SEGMENTS | {"claim": True},
        rates={"lose_answer": 0.9, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="sort keys of each attempt",
        design="sqs",
        changes={batcher._records: keys_of_each_attempt, table.item_key: newest_key},
        checks=("leftovers", "not_too_late"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a cancelled batch that is looked at",
        design="sqs",
        changes={batches.read_batch: cancelled_unseen},
        roles=("finalizer",),
        checks=("cancelled",),
        knobs=SEGMENTS | {"poll_s": 60, "value_max": 2_000, "max_concurrency": 2},
        items=60,
        cancel_s=5.0,
    ),
    Control(
        name="a cancelled batch that is created",
        design="sqs",
        changes={batches.read_batch: cancelled_unseen},
        roles=("batcher",),
        checks=("cancelled",),
        knobs=SEGMENTS | {"batcher_concurrency": 2},
        items=60,
        cancel_s=1.5,
        rates={"slow": 0.9, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
]

"""Variants of the sqs handlers without the rules on looking, telling, planning and stopping."""

from collections import Counter

from tests.swarm.controls.sqs_published import QUICK
from tests.swarm.controls.variants import Control

SEGMENTS = QUICK | {"segment_items": 5}


def ends_at_complete(original, copy):
    """COMPLETE ends the chain, and not NOTIFIED."""
    return lambda link, batch: batch.status != "COMPLETE" and original(link, batch)


def moment_of_the_look(original, copy):
    """A second notice names another moment of completion."""
    return lambda batch: original(batch._replace(detected_at=copy.outside.now()))


def failed_link_acknowledged(original, copy):
    def follow(link, context):
        try:
            original(link, context)
        except Exception as error:
            copy.telemetry.report("sqs", "finalizer", link["batch"], error)

    return follow


def early_link_dropped(original, copy):
    """A link whose batch is not written yet is not sent again."""
    return lambda link: None


def plan_written_twice(original, copy):
    """A plan that comes again writes the segments again."""

    def lease(key, owner):
        taken = original(key, owner)
        known = {"planned": False} if "planned" in taken.record else {}
        return taken._replace(record=taken.record | known)

    return lease


def keys_of_each_attempt():
    """Sort keys made up anew at every attempt; the last ones are those that messages carry."""
    attempts, newest = Counter(), {}

    def records(original, copy):
        def made(batch, start, stop):
            attempts[batch.id, start] += 1
            attempt = attempts[batch.id, start]
            for record in original(batch, start, stop):
                newest[batch.id, record["sk"]] = f"{record['sk']}-{attempt}"
                yield record | {"sk": f"{record['sk']}-{attempt}"}

        return made

    def item_key(original, copy):
        def key(batch, sk, shards):
            own = copy.state.pack({"sk": newest.get((batch, sk), sk)})
            return original(batch, sk, shards) | own

        return key

    return {"batcher._records": records, "state.item_key": item_key}


def cancelled_unseen(module):
    """The function of that module takes a cancelled batch for an open one."""

    def make(original, copy):
        if f"lambdas.sqs.{module}" not in copy.modules:
            return original

        def read_batch(batch, consistent=True):
            found = original(batch, consistent)
            cancelled = found is not None and found.status == "CANCELLED"
            return found._replace(status="OPEN") if cancelled else found

        return read_batch

    return make


LOOKING = [
    Control(
        name="a chain that ends at complete",
        design="sqs",
        changes={"finalizer._valid": ends_at_complete},
        judges=("notified",),
        knobs=QUICK,
        rates={"kill_before": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a moment of completion for each notice",
        design="sqs",
        changes={"finalizer._tell": moment_of_the_look},
        judges=("notified",),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("finalizer",), "operations": ("Publish",)},
    ),
    Control(
        name="a failed link acknowledged",
        design="sqs",
        changes={"finalizer._follow": failed_link_acknowledged},
        judges=("notified", "not_too_late"),
        knobs=QUICK,
        rates={"refuse": 0.5, "roles": ("finalizer",), "operations": ("GetItem",)},
    ),
    Control(
        name="a link before its batch is dropped",
        design="sqs",
        changes={"finalizer._wait_for": early_link_dropped},
        judges=("notified",),
        knobs=QUICK | {"poll_s": 10},
        rates={"slow": 0.5, "roles": ("batcher",), "operations": ("TransactWriteItems",)},
    ),
    Control(
        name="a plan written twice",
        design="sqs",
        changes={"batcher._lease": plan_written_twice},
        judges=("claims",),
        knobs=SEGMENTS | {"claim": True},
        rates={"lose_answer": 0.9, "roles": ("batcher",), "operations": ("SendMessageBatch",)},
    ),
    Control(
        name="sort keys of each attempt",
        design="sqs",
        changes=keys_of_each_attempt(),
        judges=("leftovers", "not_too_late"),
        knobs=QUICK,
        rates={"kill_after": 0.5, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
    Control(
        name="a cancelled batch that is looked at",
        design="sqs",
        changes={"batches.read_batch": cancelled_unseen("finalizer")},
        judges=("cancelled",),
        knobs=SEGMENTS | {"poll_s": 60, "value_max": 2_000, "max_concurrency": 2},
        items=60,
        cancel_s=5.0,
    ),
    Control(
        name="a cancelled batch that is created",
        design="sqs",
        changes={"batches.read_batch": cancelled_unseen("batcher")},
        judges=("cancelled",),
        knobs=SEGMENTS | {"batcher_concurrency": 2},
        items=60,
        cancel_s=1.5,
        rates={"slow": 0.9, "roles": ("batcher",), "operations": ("BatchWriteItem",)},
    ),
]

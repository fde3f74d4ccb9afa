"""Faults that the swarm found in the handlers, put back: they must be found again."""

from lambdas import claim, outside, telemetry
from lambdas.durable import failed
from lambdas.sfn import summary
from tests.swarm.controls.mutants import Control, original


def listed_twice(batch, died):
    """A child listed items, and died in every try: they were counted from both lists."""
    return original(batch, set())


def dated_when_all_was_listed(names, batch, context, counts):
    """The clock was read after the list of what failed was written, retries and all."""
    later = [one | {"done_at": outside.now()} if "done_at" in one else one for one in counts]
    original(names, batch, context, later)


def one_list_for_all_tries(batch, which, *_):
    return original(batch, which)


def put_last(s3, bucket, key, body):
    """Whoever comes last has the last word."""
    s3.put_object(Bucket=bucket, Key=key, Body=body)


FOUND_DURABLE = [
    Control(
        name="a late copy of an earlier try lists what is done",
        design="durable",
        changes={failed.key: one_list_for_all_tries, claim.put_first: put_last},
        checks=("notified",),
        knobs={"value_max": 200, "items_per_chunk": 3, "fails_per_million": 400_000},
        rates={"chain_twice": 0.5, "chain_late": 0.3},
    ),
    Control(
        name="items that are dated by the list of others",
        design="durable",
        changes={telemetry.emit_work: dated_when_all_was_listed},
        checks=("telemetry",),
        knobs={"value_max": 20, "items_per_chunk": 5, "poison_per_million": 200_000},
        rates={"refuse": 0.5, "roles": ("processor",), "operations": ("PutObject",)},
    ),
]
FOUND_SFN = [
    Control(
        name="a failed child is counted twice",
        design="sfn",
        changes={summary._listed: listed_twice},
        checks=("notified",),
        knobs={"value_max": 0, "items_per_child": 5, "poison_per_million": 200_000},
        rates={"kill_after": 0.8, "roles": ("processor",), "operations": ("PutObject",)},
    ),
]

"""Faults that the swarm found in the handlers, put back: they must be found again."""

from unittest.mock import patch

from lambdas import table
from lambdas.sfn import summary
from lambdas.sqs import item_work, splitting
from tests.swarm.controls.mutants import Control, original
from tests.swarm.controls.sqs_published import QUICK

MESSAGES = QUICK | {"track": "message", "claim": True}
POISONED = MESSAGES | {"poison_per_million": 200_000}


def refusal_taken_for_gone(key, undone, owner):
    """A write whose answer was lost is refused the second time, and the message was dropped."""
    with patch.object(table, "read", lambda key: None):
        return original(key, undone, owner)


def crash_forgotten(key, owner, crashed=False):
    """Whoever gave a lease back took away the trace of a crash before it."""
    return original(key, owner)


def children_without_a_past(body, pairs, crashed):
    """A split after a crash made children that nobody seemed to have worked."""
    return original(body, pairs, False)


def split_without_a_mark(key, owner, seconds, count_attempt=False, mark=""):
    """A split died between its children and its flag, and the message was worked whole."""
    return original(key, owner, seconds, count_attempt)


def listed_twice(batch, died):
    """A child listed items, and died in every try: they were counted from both lists."""
    return original(batch, set())


FOUND_SQS = [
    Control(
        name="a lost answer passes for a record that is gone",
        design="sqs",
        changes={item_work.keep_undone: refusal_taken_for_gone},
        checks=("not_too_late", "notified"),
        knobs=POISONED,
        rates={"lose_answer": 0.3, "roles": ("processor",), "operations": ("UpdateItem",)},
    ),
    Control(
        name="the failures consumer forgets a crash",
        design="sqs",
        changes={table.release: crash_forgotten},
        checks=("claims",),
        knobs=MESSAGES | {"max_receives": 4},
        rates={"kill_before": 0.7, "roles": ("processor",), "operations": ("DeleteItem",)}
        | {"quiet_s": 3_000.0, "hang_start": 0.3},
    ),
    Control(
        name="a split forgets a crash",
        design="sqs",
        changes={splitting._children: children_without_a_past},
        checks=("claims",),
        knobs=MESSAGES,
        rates={"kill_before": 0.5, "roles": ("processor",), "operations": ("DeleteItem",)}
        | {"quiet_s": 1_500.0, "hang_start": 0.3},
    ),
    Control(
        name="a split that has begun is worked",
        design="sqs",
        changes={table.lease: split_without_a_mark},
        checks=("claims",),
        knobs=MESSAGES | {"stuck_after_s": 600, "poll_s": 60},
        rates={"kill_before": 0.4, "roles": ("processor",), "operations": ("UpdateItem",)}
        | {"quiet_s": 2_500.0, "hang_start": 0.3},
    ),
    Control(
        name="an attempt of the client is one of the item",
        design="sqs",
        constants={(table, "UNLEASED"): table.FREE},
        checks=("processed",),
        knobs=QUICK | {"items_per_message": 1, "messages_per_invocation": 1},
        items=10,
        rates={"throttle": 0.99, "lose_answer": 0.9, "roles": ("processor",)}
        | {"operations": ("UpdateItem",), "quiet_s": 3_000.0},
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

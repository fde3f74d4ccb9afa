"""Faults that the swarm found in the handlers, put back: they must be found again."""

from lambdas.sfn import summary
from tests.swarm.controls.mutants import Control, original


def listed_twice(batch, died):
    """A child listed items, and died in every try: they were counted from both lists."""
    return original(batch, set())


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

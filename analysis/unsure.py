"""What no price list says, and whether a verdict on dollars hangs on it.

Nobody says what a chained invoke of a durable execution is billed as: bills take one operation, and
it may be two (profile, `durable_operations_per_invoke`).
"""

import pandas as pd

from analysis import measures
from analysis.frames import Frames
from analysis.verdicts import Verdicts, by_size_in_words, span_of, verdicts
from analysis.words import dollars, listed
from workbench.platform.services import DURABLE_OPERATIONS, LAMBDA

MILLION = 1_000_000


def otherwise(frames: Frames, runs: pd.DataFrame, words: tuple[str, str]) -> str:
    """What the verdict on the dollars of these runs becomes if chained invokes are two operations.

    `words` are for better and best. Empty where no run has any.
    """
    bills = measures.run_tables(frames.results, "bill", set(runs["run_id"]))
    invoking = set(bills.loc[bills["usage_type"] == DURABLE_OPERATIONS, "run_id"])
    concerned = runs["run_id"].isin(invoking)
    if not concerned.any():
        return ""
    (tier,) = frames.book.price(LAMBDA, DURABLE_OPERATIONS).tiers
    more_usd = runs["invocations"].where(concerned, 0) * float(tier.usd)
    per_million = (more_usd / runs["items"])[concerned].groupby(runs["design"]).median() * MILLION
    before = verdicts(runs, "batch_usd")
    after = verdicts(runs.assign(batch_usd=runs["batch_usd"] + more_usd), "batch_usd")
    named = listed([f"{name} costs {dollars(usd)}" for name, usd in per_million.items()])
    same = _who_where(after) == _who_where(before)
    changes = "no verdict on dollars changes"
    if not same:
        changes = f"then {by_size_in_words(after, *words)}"
    return (
        "No price list says what a chained invoke of a durable execution is billed as; one "
        f"operation is taken here. If it is two, {named} more a million items, and {changes}"
    ).rstrip(".") + "."


def _who_where(found: Verdicts) -> list[tuple[tuple[str, ...], str]]:
    """Who is best at which sizes: a verdict without its factor."""
    return [(zone.best, span_of(zone.start, zone.stop)) for zone in found.zones()]

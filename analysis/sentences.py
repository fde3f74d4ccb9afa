"""One sentence for each claim, made from the same frames as its chart.

A sentence never compares two single numbers where intervals can be had, and says "too close to
call" where they touch.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.agreement import COMPARED, model_and_local, with_errors
from analysis.charts.binding_limits import share_of_time
from analysis.charts.who_wins import PANELS, chosen_lengths, factors
from analysis.frames import Frames
from analysis.measures import near_a_million, usd_per_million
from analysis.needs import NothingToShow, columns, in_order, same_knobs, usable
from analysis.ownership import UpkeepRate, upkeep_usd
from analysis.study_claims import predicted, saved
from analysis.sweeps import by_setting, one_size
from analysis.verdicts import CLOSE_CALL, Zone, verdicts, zones
from analysis.words import count, dollars, duration, listed, percent
from workbench.designs import DESIGNS


def cheaper(frames: Frames) -> str:
    """Which design costs less at which size."""
    runs = same_knobs(usable(frames.runs, in_dollars=True)).runs
    return told_by_size(verdicts(runs, "batch_usd"), "cheaper")


def sooner(frames: Frames) -> str:
    """Which design is known to be done first at which size."""
    runs = same_knobs(usable(frames.runs)).runs
    return told_by_size(verdicts(runs, "detected_s"), "sooner known to be done")


def knowing(frames: Frames) -> str:
    """What knowing costs and how late it comes, at the default knobs."""
    chosen = near_a_million(same_knobs(usable(frames.runs, in_dollars=True)))
    middle = chosen.runs.groupby("design")[["knowing_per_million_usd", "detection_lag_s"]].median()
    parts = [
        f"{design} it costs {dollars(row.knowing_per_million_usd)} per million items and comes "
        f"{duration(row.detection_lag_s)} after the last item"
        for design, row in middle.loc[chosen.designs].iterrows()
    ]
    items = count(chosen.runs["items"].iloc[0])
    return f"Knowing that {items} items are done: with {'; with '.join(parts)}."


def purposes(frames: Frames) -> str:
    """What share of the dollars goes where."""
    chosen = near_a_million(same_knobs(usable(frames.runs, in_dollars=True)))
    lines = frames.bills[frames.bills["run_id"].isin(chosen.runs["run_id"])]
    sums = usd_per_million(lines, "label")
    parts = []
    for design in chosen.designs:
        own = sums[sums["design"] == design].set_index("label")["usd"]
        share = own / own.sum()
        told = listed([f"{percent(share.get(x, 0))} for {x}" for x in PURPOSES])
        parts.append(f"{design} takes {dollars(own.sum())} per million items, {told}")
    return f"{'; '.join(parts)}."


def ramp(frames: Frames) -> str:
    """When each design reaches its peak, and when it is known to be done."""
    samples = frames.pair_timelines[frames.pair_timelines["metric"] == "concurrency"]
    parts = []
    for run in frames.pair.itertuples():
        own = samples[samples["run_id"] == run.run_id]
        if own.empty:
            raise NothingToShow(f"{run.run_id} keeps no concurrency over time. Run it again.")
        top = own.loc[own["value"].idxmax()]
        parts.append(
            f"{run.design} peaks at {top['value']:,.0f} invocations after {duration(top['t_s'])} "
            f"and is known to be done after {duration(run.detected_s)}"
        )
    return f"Of the same {count(frames.pair['items'].iloc[0])} items, {'; '.join(parts)}."


def durations(frames: Frames) -> str:
    """The median invocation, and how many start cold."""
    calls = columns(frames.invocations, "table of invocations", "Local runs keep it.", "cold")
    parts = []
    for design, own in in_order(calls):
        total_s = (own["init_ms"] + own["duration_ms"]) / 1000
        median, tail = duration(total_s.median()), duration(total_s.quantile(0.99))
        parts.append(
            f"{design} takes {median} in the median and {tail} at the 99th percentile, "
            f"{percent(own['cold'].mean())} of its invocations start cold"
        )
    return f"An invocation of {'; of '.join(parts)}."


def best_settings(frames: Frames) -> str:
    """The cheapest and the fastest setting of each design."""
    chosen = one_size(frames.runs)
    dots = by_setting(chosen, "detected_s", "per_million_usd")
    parts = []
    for design, own in in_order(dots):
        cheap, fast = own.loc[own["per_million_usd"].idxmin()], own.loc[own["detected_s"].idxmin()]
        told = [
            f"{dollars(one['per_million_usd'])} per million items and {duration(one['detected_s'])}"
            for one in (cheap, fast)
        ]
        rest = ", and none is faster" if cheap.equals(fast) else f", the fastest {told[1]}"
        parts.append(f"the cheapest of {design} takes {told[0]}{rest}")
    items = count(chosen.runs["items"].iloc[0])
    return f"Of {len(dots)} settings at {items} items, {'; '.join(parts)}."


def map_of_winners(frames: Frames) -> str:
    """How often each design wins, over sizes and lengths of items."""
    runs = chosen_lengths(usable(frames.runs, in_dollars=True)).runs
    parts = []
    for column, title in PANELS:
        found = factors(runs, column)["winner"].value_counts()
        won = listed([f"{d} at {found[d]}" for d in ("sqs", "sfn") if d in found.index])
        close = f", too close to call at {found[CLOSE_CALL]}" if CLOSE_CALL in found.index else ""
        parts.append(f"{title.lower()}: {won or 'neither'}{close}")
    return f"Of all combinations of batch size and time per item, {'; '.join(parts)}."


def limits(frames: Frames) -> str:
    """Which limit binds at which sizes."""
    table = columns(frames.table("limits"), "table of limits", "Run `make study`.", "held_s")
    binding = share_of_time(table).query("binds").sort_values("items")
    parts = []
    for design, own in in_order(binding):
        runs_of = (own["limit"] != own["limit"].shift()).cumsum()
        spans = [
            f"{part['limit'].iloc[0]} {_span(part['items'].iloc[0], part['items'].iloc[-1])}"
            for _, part in own.groupby(runs_of)
        ]
        parts.append(f"{design} is held longest by {listed(spans)}")
    return f"{'; '.join(parts)}."


def simplicity(frames: Frames) -> str:
    """How much there is of each design."""
    table = columns(frames.table("simplicity"), "table of simplicity", "Run `make study`.", "value")
    wide = table.pivot(index="design", columns="measure", values="value")
    parts = [
        f"{design} is made of {row['resources']:.0f} resources of {row['services']:.0f} services, "
        f"{row['IAM statements']:.0f} IAM statements and {row['handler lines']:,.0f} lines of "
        f"handlers with {row['handler branches']:.0f} branches"
        for design, row in sorted(wide.iterrows(), key=lambda pair: list(DESIGNS).index(pair[0]))
    ]
    return f"{'; '.join(parts)}."


def ownership(frames: Frames) -> str:
    """What the smallest and the largest batch cost a month, with upkeep."""
    runs, rate = frames.monthly, UpkeepRate()
    sizes = sorted({runs["items"].min(), runs["items"].max()})
    hours = upkeep_usd(frames.table("simplicity"), rate)
    parts = []
    for items in sizes:
        told = [
            f"{design} {dollars(own['month_usd'].median())} and {dollars(hours[design])} of upkeep"
            for design, own in in_order(runs[runs["items"] == items])
        ]
        parts.append(f"with {count(items)} items {listed(told)}")
    return f"Four batches a day cost a month: {'; '.join(parts)}."


def local_agreement(frames: Frames) -> str:
    """How far the model is from the local target, at worst."""
    errors = model_and_local(usable(frames.runs).runs)
    parts = []
    for quantity in COMPARED.values():
        own = errors.loc[errors["quantity"] == quantity, ["low", "high"]].abs()
        if len(own):
            parts.append(f"{own.to_numpy().max():.2g} % in {quantity}")
    if not parts:
        raise NothingToShow("no run of the model has one on local to be compared with.")
    return f"On the same items and seeds, model and local target differ by at most {listed(parts)}."


def published_agreement(frames: Frames) -> str:
    """How far the model is from what others have measured."""
    table = columns(frames.table("agreement"), "published measurement", "Run `make agreement`.")
    errors = with_errors(table)
    aimed = errors[errors["goal_percent"].notna()]
    held = int((aimed["error_percent"].abs() <= aimed["goal_percent"]).sum())
    return (
        f"Of {len(aimed)} published measurements with a goal the model meets {held}; over all "
        f"{len(errors)} quantities its error is {errors['error_percent'].abs().median():.2g} % in "
        "the median."
    )


PURPOSES = ("work", "dispatch", "knowing")
CLAIMS: dict[str, Callable[[Frames], str]] = {
    "price_of_knowing": knowing,
    "cost_against_items": cheaper,
    "cost_by_service": purposes,
    "completion_time": sooner,
    "concurrency_and_backlog": ramp,
    "invocation_durations": durations,
    "cost_against_time": best_settings,
    "who_wins": map_of_winners,
    "binding_limits": limits,
    "how_simple": simplicity,
    "cost_of_ownership": ownership,
    "agreement_with_local": local_agreement,
    "agreement_with_published": published_agreement,
    "savings": saved,
    "prediction_errors": predicted,
}


def sentence(name: str, frames: Frames) -> str:
    """The sentence of a chart, or why there is none."""
    try:
        return CLAIMS[name](frames)
    except NothingToShow as reason:
        return f"Not told: {reason}"


def told_by_size(found: pd.DataFrame, better: str) -> str:
    """Who is better where, from verdicts at single sizes."""
    ranges = zones(found)
    single = "" if found["pairs"].min() > 1 else " (from one pair of runs at some sizes)"
    first, last = found["items"].min(), found["items"].max()
    if len(ranges) == 1:
        who, span = ranges[0].winner, _span(first, last)
        if who == CLOSE_CALL:
            return f"Which design is {better} is too close to call {span}{single}."
        ratios = found["ratio"] if who == "sfn" else 1 / found["ratio"]
        least, most = np.round((ratios.min(), ratios.max()), 2)
        factor = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        return f"{who} is {better} {span}, by a factor of {factor}{single}."
    return f"{_zones_told(ranges, better)}{single}."


def _zones_told(ranges: list[Zone], better: str) -> str:
    """Below x items sqs is cheaper, above y sfn, between them too close to call."""
    if [zone.winner == CLOSE_CALL for zone in ranges] == [False, True, False]:
        low, high = count(ranges[0].stop), count(ranges[2].start)
        return (
            f"Below {low} items {ranges[0].winner} is {better}, above {high} {ranges[2].winner}, "
            "between them too close to call"
        )
    told = []
    for place, zone in enumerate(ranges):
        who = "too close to call" if zone.winner == CLOSE_CALL else f"{zone.winner} is {better}"
        if place == 0:
            told.append(f"below {count(zone.stop)} items {who}")
        elif place == len(ranges) - 1:
            told.append(f"above {count(zone.start)} {who}")
        else:
            told.append(f"from {count(zone.start)} to {count(zone.stop)} {who}")
    text = ", ".join(told)
    return text[0].upper() + text[1:]


def _span(first: float, last: float) -> str:
    """A range of sizes in words."""
    if first == last:
        return f"at {count(first)} items"
    return f"from {count(first)} to {count(last)} items"

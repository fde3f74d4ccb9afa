"""How much time provisioned pollers buy, and for how much: the same batches with and without."""

import json

import pandas as pd

from analysis.frames import Frames
from analysis.needs import NothingToShow, usable
from analysis.words import count, dollars, duration
from workbench.designs.queued import POLLERS_LEAST
from workbench.platform.services import LAMBDA, POLLER_HOURS
from workbench.platform.units import MONTH_HOURS
from workbench.prices import PriceBook

KNOBS = ("pollers_min", "pollers_max")
PRICE = """An event source may have pollers of its own (`pollers_max`), ten invocations each, at
${hour_usd} an hour. They buy time, never cheapness, and {least} of them at least stand and are
paid for while nothing runs, {month} a month:"""
LACKING = "no runs with pollers of their own beside the same without. Run studies/reference.yaml."


def table(frames: Frames) -> pd.DataFrame:
    """A row for each number of pollers: time, dollars, and what a minute less than without costs.

    Dollars are of a batch. Raises NothingToShow where no runs differ in their pollers alone.
    """
    runs = usable(frames.runs, in_dollars=True).runs.query("target == 'model'")
    rest = [json.dumps([r.design, r.items, _without(r.knobs)]) for r in runs.itertuples()]
    most = [knobs.get("pollers_max") for knobs in runs["knobs"]]
    own = runs.assign(rest=rest, most=pd.Series(most, runs.index, dtype="Int64"))
    tables = [
        _compared(of) for _, of in own.groupby("rest") if of["most"].nunique(dropna=False) > 1
    ]
    found = [one for one in tables if one is not None]
    if not found:
        raise NothingToShow(LACKING)
    return pd.concat(found, ignore_index=True)


def price_in_words(book: PriceBook) -> str:
    """What pollers of its own cost an event source by a price book."""
    (tier,) = book.price(LAMBDA, POLLER_HOURS).tiers
    month_usd = POLLERS_LEAST * MONTH_HOURS * tier.usd
    return PRICE.format(hour_usd=tier.usd, least=POLLERS_LEAST, month=dollars(float(month_usd)))


def _without(knobs: dict) -> dict:
    return {name: value for name, value in sorted(knobs.items()) if name not in KNOBS}


def _compared(runs: pd.DataFrame) -> pd.DataFrame | None:
    """The means over the seeds, beside those of Lambda's own pollers; None without these."""
    means = runs.groupby("most", dropna=False)[["detected_s", "batch_usd"]].mean()
    plain = means[means.index.isna()]
    if plain.empty:
        return None
    before = plain.iloc[0]
    rows = [_row(runs, "Lambda's own", before, "")]
    for most, of in means[means.index.notna()].iterrows():
        sooner_min = (before["detected_s"] - of["detected_s"]) / 60
        more = of["batch_usd"] - before["batch_usd"]
        price = dollars(more / sooner_min) if sooner_min > 0 else "no sooner"
        rows.append(_row(runs, f"up to {most}", of, price))
    return pd.DataFrame(rows)


def _row(runs: pd.DataFrame, pollers: str, means: pd.Series, price: str) -> dict[str, str]:
    return {
        "design": runs["design"].iloc[0],
        "items": count(runs["items"].iloc[0]),
        "pollers": pollers,
        "known after": duration(means["detected_s"]),
        "$ of the batch": f"{means['batch_usd']:,.4g}",
        "$ a minute sooner": price,
    }

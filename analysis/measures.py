"""Frames for the charts, made from a set of runs: runs with their knobs, bills, timelines.

All are tidy: one row a run, a bill's line or a sample, each with run_id, design, target, items.
"""

from collections.abc import Collection
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.needs import (
    DEFAULT,
    Chosen,
    NothingToShow,
    in_order,
    same_knobs,
    several_designs,
    usable,
)
from workbench.bill.pricing import MILLION
from workbench.designs import DESIGNS, ITEM_TRAITS, PRESETS, WORKLOAD_KNOBS
from workbench.runs.records import COORDINATION, LABELS, TABLES, Run
from workbench.runs.sets import read_runs, read_tables
from workbench.workload.durations import item_ms_of

TARGETS = ("aws", "local", "model")  # what is nearest to AWS first
RUN_FIELDS = [f.name for f in fields(Run) if f.name not in ("knobs", "versions")]
RUN_COLUMNS = ["run_id", "design", "target", "items"]
STORY_ITEMS = 100_000
LOW, HIGH = 0.05, 0.95  # the band: nine runs of ten lie in it


def runs_with_knobs(results: Path) -> pd.DataFrame:
    """`sets.runs_frame` and the knobs: `knobs`, `setting` (their name), `item_ms`, `mean_ms`.

    `changes` counts the knobs that differ from the default ones; knobs that were tuned for a batch
    are none of these. `item_ms` says in words how long items take, and what else they are: runs of
    different ones are of different work. `mean_ms` is what one takes on average.
    """
    rows = []
    for run in read_runs(results):
        row = {name: getattr(run, name) for name in RUN_FIELDS}
        row |= {"detection_lag_s": run.detection_lag_s, "knobs": run.knobs}
        row |= {"setting": setting(run.design, run.knobs), "changes": changes(run)}
        if run.best_in:
            row |= {"setting": f"best in {run.best_in}", "changes": max(1, row["changes"])}
        row |= {"item_ms": _items_line(run.knobs), "mean_ms": _mean_ms(run.knobs)}
        rows.append(row)
    return pd.DataFrame(rows)


def setting(design: str, knobs: dict[str, Any]) -> str:
    """The name of a set of knobs: a preset's, or what differs from the default ones."""
    for name, preset in _presets(design).items():
        if all(preset.get(key) == value for key, value in knobs.items() if _tunes(key)):
            return name
    return tuned_knobs(design, knobs)


def tuned_knobs(design: str, knobs: dict[str, Any]) -> str:
    """The knobs that differ from the default ones, as `name=value`."""
    return ", ".join(_changed(design, knobs)) or DEFAULT


def changes(run: Run) -> int:
    """How many knobs of a run differ from the default ones."""
    return len(_changed(run.design, run.knobs))


def run_tables(results: Path, name: str, run_ids: Collection[str] | None = None) -> pd.DataFrame:
    """One table of these runs (of all, if none are named), with the columns of their run in front.

    `name` is bill, timeline, usage or invocations. Dollars stay exact decimals.
    """
    table = read_tables(results, name, run_ids)
    if table.empty:
        return pd.DataFrame(columns=[*RUN_COLUMNS, *TABLES[name]])
    runs = {run.run_id: run for run in read_runs(results, set(table["run_id"]))}
    for place, column in enumerate(RUN_COLUMNS[1:], 1):
        values = {run_id: getattr(run, column) for run_id, run in runs.items()}
        table.insert(place, column, table["run_id"].map(values))
    return table


def by_size(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row a design, target and number of items: low, middle and high of a column."""
    known = runs[runs[column].notna()]
    if known.empty:
        raise NothingToShow(f"no run knows its {column}. Run `make study`.")
    groups = known.groupby(["design", "target", "items"], sort=True)[column]
    return groups.agg(
        low=lambda s: s.quantile(LOW),
        middle="median",
        high=lambda s: s.quantile(HIGH),
        runs="count",
    ).reset_index()


def over_best(sizes: pd.DataFrame) -> pd.DataFrame:
    """What `by_size` gives, as multiples of the least middle of any design there."""
    least = sizes.groupby(["target", "items"])["middle"].transform("min")
    return sizes.assign(**{name: sizes[name] / least for name in ("low", "middle", "high")})


def usd_per_million(bills: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean dollars per million items by design and a column of the bill, `measuring` left out."""
    lines = bills[bills["label"] != "measuring"]
    usd = lines["cost_usd"].astype(float) * MILLION / lines["items"]
    runs = lines.groupby("design")["run_id"].nunique()
    sums = lines.assign(usd=usd).groupby(["design", column], sort=True)["usd"].sum().reset_index()
    sums["usd"] /= sums["design"].map(runs)
    return sums


def with_batch_usd(runs: pd.DataFrame, by_label: pd.DataFrame) -> pd.DataFrame:
    """The runs with `batch_usd`, and `per_million_usd`, `coordination_…` and `knowing_…` of it.

    `by_label` is `usd_by_label`. `batch_usd` is what the batch itself cost: the bill without what
    the workbench's own look cost.
    """
    wide = by_label.pivot_table(index="run_id", columns="label", values="usd", aggfunc="sum")
    wide = wide.reindex(columns=list(LABELS)).fillna(0.0)
    batch = runs["run_id"].map(wide.drop(columns="measuring").sum(axis=1))
    million = MILLION / runs["items"]
    coordination = wide[list(COORDINATION)].sum(axis=1)
    return runs.assign(
        batch_usd=batch,
        per_million_usd=batch * million,
        coordination_per_million_usd=runs["run_id"].map(coordination) * million,
        knowing_per_million_usd=runs["run_id"].map(wide["knowing"]) * million,
    )


def near_a_million(chosen: Chosen) -> Chosen:
    """Runs of one size and target: nearest a million items, and the target most designs ran on."""
    size = common_size(chosen.runs, MILLION)
    runs = chosen.runs[chosen.runs["items"] == size]
    everywhere = runs.groupby("target")["design"].nunique()
    best = everywhere[everywhere == everywhere.max()].index
    target = next(target for target in TARGETS if target in best)
    return chosen.only(runs[runs["target"] == target])


def main_target(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of the target that has most sizes; of equals the one nearest to AWS."""
    sizes = runs.groupby("target")["items"].nunique()
    best = next(target for target in TARGETS if sizes.get(target) == sizes.max())
    return runs[runs["target"] == best]


def common_size(runs: pd.DataFrame, near: int) -> int:
    """The number of items, among those that every design has, that is nearest in proportion."""
    sizes = [set(own["items"]) for _, own in runs.groupby("design")]
    common = set.intersection(*sizes)
    if not common:
        raise NothingToShow("the designs have no number of items in common. Run all at one.")
    return min(sorted(common), key=lambda items: max(items / near, near / items))


def story_batch(runs: pd.DataFrame) -> pd.DataFrame:
    """Complete runs, one a design, of the very same batch: seed, items, values and target.

    Of as many designs as there are; of several batches the one nearest a hundred thousand items,
    where ramp, plateau and tail all show; then by target: aws, local, model.
    """
    runs = same_knobs(several_designs(usable(runs))).runs
    batch = ["target", "items", "seed", *(["item_ms"] if "item_ms" in runs else [])]
    last = runs.sort_values("run_id").groupby([*batch, "design"]).tail(1)
    designs = last.groupby(batch)["design"].transform("nunique")
    if designs.max() < 2:
        raise NothingToShow(
            "no two runs, one a design, have the same target, items and seed. Run `make study`."
        )
    shared = last[designs == designs.max()]
    distance = (shared["items"] / STORY_ITEMS).map(lambda share: max(share, 1 / share))
    rank = shared["target"].map(TARGETS.index)
    order = shared.assign(distance=distance, rank=rank).sort_values(["distance", "rank", "seed"])
    same = order[(order[batch] == order.iloc[0][batch]).all(axis=1)]
    return pd.concat(own for _, own in in_order(same))[list(runs.columns)]


def _items_line(knobs: dict[str, Any]) -> str:
    """How long items take, in words, and the other knobs of theirs that say something."""
    told = [f"{name}={knobs[name]}" for name in ITEM_TRAITS if knobs.get(name)]
    return ", ".join([item_ms_of(knobs).line, *told])


def _mean_ms(knobs: dict[str, Any]) -> float:
    """What an item takes on average, waiting and computing, in ms."""
    return item_ms_of(knobs).mean_ms + knobs.get("cpu_ms", 0)


def _changed(design: str, knobs: dict[str, Any]) -> list[str]:
    """The knobs that differ from the default ones, as `name=value`."""
    default = _presets(design)[DEFAULT]
    return [f"{k}={v}" for k, v in knobs.items() if _tunes(k) and default.get(k) != v]


@cache
def _presets(design: str) -> dict[str, dict[str, Any]]:
    """Every preset's knobs, the most particular first."""
    presets = {name: DESIGNS[design](**v).knobs() for name, v in PRESETS[design].items()}
    return dict(reversed(presets.items()))


def _tunes(key: str) -> bool:
    return key not in WORKLOAD_KNOBS

"""Frames for the charts, made from the run folders: runs with their knobs, bills, timelines.

All are tidy: one row a run, a bill's line or a sample, each with run_id, design, target, items.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.needs import DEFAULT, NothingToShow, both_designs, same_knobs, usable
from workbench.bill.totals import MILLION
from workbench.designs import DESIGNS, PRESETS
from workbench.records import (
    BILL_COLUMNS,
    LABELS,
    TIMELINE_COLUMNS,
    read_run,
    read_table,
    run_folders,
    runs_frame,
)

RUN_COLUMNS = ["run_id", "design", "target", "items"]
# What a batch is made of, and not how a design is tuned: not part of a setting's name.
WORKLOAD_KNOBS = ("value_max", "poison_per_million")
INVOCATION_COLUMNS = [
    "function", "start_s", "init_ms", "duration_ms", "billed_ms", "memory_mb", "cold", "error"
]  # fmt: skip
STORY_ITEMS = 100_000
LOW, HIGH = 0.05, 0.95  # the band: nine runs of ten lie in it


def runs_with_knobs(results: Path) -> pd.DataFrame:
    """`records.runs_frame` and the knobs: `knobs`, `setting` (their name), `value_max_ms`."""
    runs = runs_frame(results)
    if runs.empty:
        return runs
    knobs = {path.name: read_run(path).knobs for path in run_folders(results)}
    own = [knobs[run_id] for run_id in runs["run_id"]]
    settings = [setting(d, k) for d, k in zip(runs["design"], own, strict=True)]
    values = [k.get("value_max") for k in own]
    return runs.assign(knobs=own, setting=settings, value_max_ms=values)


def setting(design: str, knobs: dict[str, Any]) -> str:
    """The name of a set of knobs: a preset's, or what differs from the default ones."""
    for name, values in reversed(PRESETS[design].items()):
        preset = DESIGNS[design](**values).knobs()
        if all(preset.get(key) == value for key, value in knobs.items() if _tunes(key)):
            return name
    default = DESIGNS[design]().knobs()
    changed = (f"{k}={v}" for k, v in knobs.items() if _tunes(k) and default.get(k) != v)
    return ", ".join(changed) or DEFAULT


def bills_frame(results: Path) -> pd.DataFrame:
    """Every line of every bill, with its run; dollars stay exact decimals."""
    return _tables(results, "bill", BILL_COLUMNS)


def timelines_frame(results: Path, run_ids: list[str] | None = None) -> pd.DataFrame:
    """The timelines of these runs (of all, if none are named), with their run."""
    return _tables(results, "timeline", TIMELINE_COLUMNS, run_ids)


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


def usd_per_million(bills: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean dollars per million items by design and a column of the bill, `measuring` left out."""
    lines = bills[bills["label"] != "measuring"]
    usd = lines["cost_usd"].astype(float) * MILLION / lines["items"]
    runs = lines.groupby("design")["run_id"].nunique()
    sums = lines.assign(usd=usd).groupby(["design", column], sort=True)["usd"].sum().reset_index()
    sums["usd"] /= sums["design"].map(runs)
    return sums


def with_batch_usd(runs: pd.DataFrame, bills: pd.DataFrame) -> pd.DataFrame:
    """The runs with `batch_usd`, `per_million_usd` and `knowing_per_million_usd`.

    `batch_usd` is what the batch itself cost: the bill without what the workbench's look cost.
    """
    lines = bills.assign(usd=bills["cost_usd"].astype(float))
    own = lines[lines["label"] != "measuring"].groupby("run_id")["usd"].sum()
    knowing = lines[lines["label"] == "knowing"].groupby("run_id")["usd"].sum()
    million = MILLION / runs["items"]
    batch = runs["run_id"].map(own)
    known = runs["run_id"].map(knowing).where(batch.isna(), runs["run_id"].map(knowing).fillna(0))
    return runs.assign(
        batch_usd=batch,
        per_million_usd=batch * million,
        knowing_per_million_usd=known * million,
    )


def common_size(runs: pd.DataFrame, near: int) -> int:
    """The number of items, among those that every design has, that is nearest in proportion."""
    sizes = [set(own["items"]) for _, own in runs.groupby("design")]
    common = set.intersection(*sizes)
    if not common:
        raise NothingToShow("the designs have no number of items in common. Run both at one.")
    return min(sorted(common), key=lambda items: max(items / near, near / items))


def story_pair(runs: pd.DataFrame) -> pd.DataFrame:
    """Two complete runs, sqs and sfn, of the very same batch: seed, items, values and target.

    Of several the one nearest a hundred thousand items, where ramp, plateau and tail all show;
    then by target: aws, local, model.
    """
    runs = same_knobs(both_designs(usable(runs))).runs
    batch = ["target", "items", "seed", *(["value_max_ms"] if "value_max_ms" in runs else [])]
    last = runs.sort_values("run_id").groupby([*batch, "design"]).tail(1)
    pairs = last[last.groupby(batch)["design"].transform("nunique") == len(DESIGNS)]
    if pairs.empty:
        raise NothingToShow(
            "no two runs, one a design, have the same target, items and seed. Run `make study`."
        )
    distance = (pairs["items"] / STORY_ITEMS).map(lambda share: max(share, 1 / share))
    rank = pairs["target"].map({"aws": 0, "local": 1, "model": 2})
    order = pairs.assign(distance=distance, rank=rank).sort_values(["distance", "rank", "seed"])
    first = order.iloc[0]
    same = (order[batch] == first[batch]).all(axis=1)
    place = {design: index for index, design in enumerate(DESIGNS)}
    return order[same].sort_values("design", key=lambda s: s.map(place))[list(runs.columns)]


def invocations_frame(results: Path) -> pd.DataFrame:
    """The processor's invocations of every run that kept them, with their run."""
    frame = _tables(results, "invocations", INVOCATION_COLUMNS)
    return frame[frame["function"] == "processor"]


def labels_in_order(labels: set[str]) -> list[str]:
    """A bill's labels in their usual order."""
    return [label for label in LABELS if label in labels]


def _tables(
    results: Path, name: str, columns: list[str], run_ids: list[str] | None = None
) -> pd.DataFrame:
    """One table of many runs, one below the other, with the columns of their runs in front."""
    frames = []
    for path in run_folders(results):
        if run_ids is not None and path.name not in run_ids:
            continue
        if not (path / f"{name}.parquet").exists():
            continue
        run = read_run(path)
        table = read_table(path, name, columns)
        for place, column in enumerate(RUN_COLUMNS):
            table.insert(place, column, getattr(run, column))
        frames.append(table)
    if not frames:
        return pd.DataFrame(columns=[*RUN_COLUMNS, *columns])
    return pd.concat(frames, ignore_index=True)


def _tunes(key: str) -> bool:
    return key not in WORKLOAD_KNOBS

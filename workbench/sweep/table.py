"""The table of a study: one row a finished run, its columns, knobs and dollars by label."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from workbench.bill.pricing import MILLION
from workbench.errors import BadRecord
from workbench.runs.records import LABELS, read_run, skip_damaged
from workbench.sweep.jobs import Job
from workbench.sweep.kept import Kept
from workbench.temporary import written_whole

NOT_SHOWN = ("knobs", "versions")


def runs_table(jobs: list[Job], folder: Path | None, kept: Kept) -> pd.DataFrame:
    """One row a finished run, in the order of the jobs: its columns, `preset`, `<label>_usd`,
    `knob_<name>`.

    Raises BadRecord if their prices are of different dates.
    """
    own = [job for job in jobs if folder and job.run_id not in kept.ids]
    rows = [row for job in own if job.is_finished(folder) for row in _rows(job, folder)]
    frames = [one for one in (pd.DataFrame(rows), _packed(jobs, kept)) if len(one)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if len(frames) > 1:
        order = {job.run_id: number for number, job in enumerate(jobs)}
        places = frame.pop("job").map(order)
        frame = frame.iloc[places.argsort(kind="stable")].reset_index(drop=True)
    elif len(frame):
        frame = frame.drop(columns="job")
    dates = set(frame["price_date"].dropna()) if len(frame) else set()
    if len(dates) > 1:
        raise BadRecord(f"runs of this study have prices of {', '.join(sorted(dates))}")
    return frame


def write_table(name: str, jobs: list[Job], folder: Path | None, kept: Kept) -> Path | str:
    """Write the table of a study whole, in place of an older one, and say where it is."""
    frame = runs_table(jobs, folder, kept)
    if folder is None:
        made = io.BytesIO()
        frame.to_parquet(made, index=False)
        return kept.place.write_study(name, made.getvalue())
    path = folder / "studies" / f"{name}.parquet"
    with written_whole(path) as written:
        frame.to_parquet(written, index=False)
    return path


def _packed(jobs: list[Job], kept: Kept) -> pd.DataFrame:
    """The rows of runs in parts. By columns: a row at a time, a hundred thousand take minutes."""
    if not kept.ids:
        return pd.DataFrame()
    runs = kept.runs().to_pandas().set_index("run_id", drop=False)
    presets = {job.run_id: job.request.preset for job in jobs if job.run_id in kept.ids}
    runs = runs.loc[list(presets)]
    texts, knobs = pd.factorize(runs["knobs"])
    knobs = pd.DataFrame([json.loads(one) for one in knobs]).add_prefix("knob_").iloc[texts]
    usd = kept.dollars().to_pandas().astype({"usd": float})
    usd = usd.pivot(index="run_id", columns="label", values="usd")
    usd = usd.reindex(index=runs.index, columns=list(LABELS)).fillna(0.0).add_suffix("_usd")
    frame = runs.drop(columns=[*NOT_SHOWN, *usd.columns.intersection(runs.columns)])
    frame["preset"] = list(presets.values())
    frame["detection_lag_s"] = frame["detected_s"] - frame["processed_s"]
    frame[list(usd.columns)] = usd
    frame["batch_usd"] = usd.drop(columns="measuring_usd").sum(axis=1)
    frame["per_million_usd"] = frame["batch_usd"] * MILLION / frame["items"]
    frame["job"] = list(presets)
    parts = (frame.reset_index(drop=True), knobs.reset_index(drop=True))
    return pd.concat(parts, axis=1)


def _rows(job: Job, folder: Path) -> Iterator[dict[str, Any]]:
    """The row of a finished run; none of a damaged one, which is named on standard error."""
    try:
        yield _row(job.folder(folder), job)
    except BadRecord as error:
        skip_damaged(job.folder(folder), error)


def _row(path: Path, job: Job) -> dict[str, Any]:
    run = read_run(path)
    row = {key: value for key, value in asdict(run).items() if key not in NOT_SHOWN}
    row |= {"preset": job.request.preset, "detection_lag_s": run.detection_lag_s}
    row |= dict.fromkeys((f"{label}_usd" for label in LABELS), 0.0) | _by_label(path)
    batch_usd = sum(row[f"{label}_usd"] for label in LABELS if label != "measuring")
    row |= {"batch_usd": batch_usd, "per_million_usd": batch_usd * MILLION / run.items}
    row |= {f"knob_{name}": value for name, value in run.knobs.items()}
    return row | {"job": job.run_id}


def _by_label(path: Path) -> dict[str, float]:
    """Dollars by label; the two columns alone are read, since a study has many bills."""
    try:
        lines = pq.read_table(path / "bill.parquet", columns=["label", "cost_usd"])
    except (OSError, ValueError) as error:
        raise BadRecord(f"{path}/bill.parquet cannot be read: {error}") from None
    sums = lines.group_by("label").aggregate([("cost_usd", "sum")]).to_pydict()
    pairs = zip(sums["label"], sums["cost_usd_sum"], strict=True)
    return {f"{label}_usd": float(usd) for label, usd in pairs}

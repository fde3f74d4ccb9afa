"""Fitting the profile's open constants to real runs.

A constant is open if the profile gives it a range. Each of the ones below moves something that a
run folder holds; the model is run under the same knobs, items and seed, and the constants are moved
one after the other, within their ranges, until its numbers lie closest to the measured ones (least
squares of the logarithms of their ratios). A faint pull towards where it stood keeps a constant
that the runs say nothing about where it was.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.batch import Batch
from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.profile import Profile, load_profile
from workbench.records import Folder, read_folder
from workbench.targets.model.target import ModelTarget

OPEN = (  # what a run folder can tell, the surest first
    "sfn_child_overhead",
    "sfn_map_end_s",
    "sfn_map_start_s",
    "s3_ms_per_mb",
    "ddb_batch_write",
    "cpu_ms_per_call",
    "ddb_single",
    "sqs_send_batch",
    "cpu_ms_per_mb",
    "lambda_init",
    "esm_idle_s",
)
SWEEPS = 3
PULL = 1e-4  # of the prior, against 1 for a measured quantity that is off by a factor of e
STEPS = 24  # of one search: the range by 0.618 each
LEAST_S = 1e-3  # times and quantities below this are taken as this
GOLDEN = (sqrt(5) - 1) / 2
GB_SECONDS = ("Lambda-GB-Second", "StepFunctions-GB-Second")


@dataclass(frozen=True)
class Calibration:
    """The fitted profile, and every measured quantity with its modelled value before and after."""

    profile: Profile
    errors: pd.DataFrame  # run_id, quantity, measured, before, after

    def fitted(self) -> dict[str, float]:
        """The constants that were fitted, at their new values."""
        entries = self.profile.entries
        return {n: _get(entries[n]) for n in OPEN if "calibrated_from" in entries[n]}


def calibrate(paths: Sequence[Path], profile: Profile | None = None) -> Calibration:
    """Fit the open constants to run folders of `aws` or `local`; needs complete runs."""
    base = profile or load_profile()
    folders = [_usable(read_folder(path)) for path in paths]
    if not folders:
        raise BadInput("calibrate needs at least one run folder")
    measured = [observe(folder) for folder in folders]

    def distance(candidate: Profile) -> float:
        modelled = [observe(_simulate(folder, candidate)) for folder in folders]
        pairs = zip(modelled, measured, strict=True)
        miss = sum(_log_ratio(m[k], t[k]) ** 2 for m, t in pairs for k in t)
        return miss + PULL * sum(_moved(candidate, base, name) for name in OPEN)

    best = base
    for _ in range(SWEEPS):
        for name in OPEN:
            best = _search(best, name, distance)
    names = [folder.run.run_id for folder in folders]
    fitted = replace(best, entries=_signed(best, base, names), date=f"{base.date} calibrated")
    return Calibration(fitted, _errors(folders, measured, base, best))


def write_profile(profile: Profile, path: Path) -> None:
    """The profile as a file that `--profile` reads."""
    content = {"date": profile.date, "entries": profile.entries}
    path.write_text(json.dumps(content, indent=1) + "\n")


def observe(folder: Folder) -> dict[str, float]:
    """What a run folder says about the constants: times, and seconds billed by what they are for."""
    run, usage = folder.run, folder.usage
    seen = {
        "created_s": run.created_s,
        "processed_s": run.processed_s,
        "detection_lag_s": run.detection_lag_s if run.design == "sfn" else None,  # else a poll
    }
    billed = usage[usage["usage_type"].str.startswith(GB_SECONDS)]
    for (service, label), rows in billed.groupby(["service", "label"]):
        seen[f"{service} {label} GB-s"] = float(sum(rows["quantity"]))
    return {name: float(value) for name, value in seen.items() if value is not None}


def _usable(folder: Folder) -> Folder:
    """Refuse what cannot be compared with the model."""
    run = folder.run
    if run.status != "complete" or run.target == "model":
        raise BadInput(
            f"run {run.run_id} is {run.status} on {run.target}: take a complete real one"
        )
    return folder


def _simulate(folder: Folder, profile: Profile) -> Folder:
    """The same batch on the model."""
    run = folder.run
    design = make_design(run.design, settings=run.knobs)
    batch = Batch(run.items, run.seed, run.batch_id)
    return ModelTarget(profile).run(design, batch, lambda progress: None)


def _search(profile: Profile, name: str, distance: Callable[[Profile], float]) -> Profile:
    """The profile with one constant moved to where the distance is least (golden section)."""
    entry = profile.entries[name]
    low, high = log(max(entry["low"], 1e-3)), log(entry["high"])

    def at(x: float) -> float:
        return distance(_with(profile, name, exp(x)))

    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = at(left), at(right)
    for _ in range(STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = at(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = at(right)
    moved = _with(profile, name, exp((low + high) / 2))
    return moved if distance(moved) < distance(profile) else profile


def _with(profile: Profile, name: str, value: float) -> Profile:
    """The profile with one constant at a value; a spread keeps its shape."""
    entry = profile.entries[name]
    if "value" in entry:
        changed = entry | {"value": value}
    else:
        changed = entry | {"p50": value, "p99": entry["p99"] * value / entry["p50"]}
    return replace(profile, entries=profile.entries | {name: changed})


def _get(entry: dict[str, Any]) -> float:
    """A constant's value, or its median."""
    return entry.get("value", entry.get("p50"))


def _moved(profile: Profile, base: Profile, name: str) -> float:
    """How far a constant is from where it stood, squared."""
    return _log_ratio(_get(profile.entries[name]), _get(base.entries[name])) ** 2


def _log_ratio(a: float, b: float) -> float:
    return log(max(a, LEAST_S) / max(b, LEAST_S))


def _signed(best: Profile, base: Profile, run_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The entries, those that have moved with the runs they come from."""
    moved = {n for n in OPEN if _moved(best, base, n) > 1e-9}
    sign = {"calibrated_from": run_ids}
    return {n: e | sign if n in moved else e for n, e in best.entries.items()}


def _errors(
    folders: list[Folder], measured: list[dict[str, float]], base: Profile, best: Profile
) -> pd.DataFrame:
    """Every measured quantity, modelled before and after."""
    rows = []
    for folder, seen in zip(folders, measured, strict=True):
        before, after = (observe(_simulate(folder, profile)) for profile in (base, best))
        rows += [(folder.run.run_id, k, v, before[k], after[k]) for k, v in seen.items()]
    return pd.DataFrame(rows, columns=["run_id", "quantity", "measured", "before", "after"])

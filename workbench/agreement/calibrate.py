"""Fitting the profile's open constants to real runs.

A constant is open if the profile gives it a range. Each of the ones below moves something that a
run folder holds. The model is run under the same knobs, items and seed, and the constants are moved
together (Gauss-Newton on their logarithms, kept within their ranges) until its numbers lie closest
to the measured ones. A faint pull towards where a constant stood keeps one that the runs say
nothing about where it was.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput
from workbench.platform.profile import Profile, load_profile
from workbench.platform.services import LAMBDA, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MB, KB
from workbench.runs.batch import Batch, draw
from workbench.runs.records import RunData, read_folder
from workbench.targets.model.target import ModelTarget

OPEN = (  # what a run folder can tell
    "sfn_child_overhead",
    "sfn_map_start_s",
    "sfn_map_end_s",
    "s3_ms_per_mb",
    "ddb_batch_write",
    "ddb_single",
    "sqs_send_batch",
    "lambda_init",
    "cpu_ms_per_call",
    "cpu_ms_per_mb",
)
ROUNDS = 8
NUDGE = 0.05  # of a logarithm, to see which way a quantity goes
PULL = 0.02  # a constant off by a factor of e, against a quantity off by its tolerance
TOLERANCE = 0.01  # of a quantity, and this much more:
TOLERANCE_S, TOLERANCE_MS = 0.05, 2.0
ITEMS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Calibration:
    """The fitted profile, and every measured quantity with its modelled value before and after."""

    profile: Profile
    errors: pd.DataFrame  # run_id, quantity, measured, before, after

    def fitted(self) -> dict[str, float]:
        """The open constants at their new values."""
        return {name: _get(self.profile.entries[name]) for name in OPEN}


def calibrate(paths: Sequence[Path], profile: Profile | None = None) -> Calibration:
    """Fit the open constants to run folders of `aws` or `local`; refuses incomplete runs."""
    base = profile or load_profile()
    folders = [_usable(read_folder(path)) for path in paths]
    if not folders:
        raise BadInput("calibrate needs at least one run folder")
    slept = [_slept_ms(folder) for folder in folders]
    measured = [observe(f, ms) for f, ms in zip(folders, slept, strict=True)]
    target = _stack(measured)
    scale = TOLERANCE * np.abs(target) + _stack([_tolerances(seen) for seen in measured])

    def modelled(x: np.ndarray) -> np.ndarray:
        candidate = _moved(base, x)
        seen = [observe(_simulate(f, candidate), ms) for f, ms in zip(folders, slept, strict=True)]
        return _stack(seen)

    best = _fit(base, lambda x: (modelled(x) - target) / scale)
    fitted = _moved(base, best)
    names = [folder.run.run_id for folder in folders]
    marked = replace(fitted, entries=_marked(fitted, base, names), date=f"{base.date} calibrated")
    return Calibration(marked, _errors(names, measured, modelled(_start(base)), modelled(best)))


def write_profile(profile: Profile, path: Path) -> None:
    """The profile as a file that `--profile` reads."""
    content = {"date": profile.date, "entries": profile.entries}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def observe(folder: RunData, slept_ms: float) -> dict[str, float]:
    """What a run says about the constants: times, and the milliseconds billed beyond the sleep."""
    run = folder.run
    processor_ms = _billed_ms(folder, LAMBDA, "work", run.knobs["memory_mb"])
    batcher_ms = _billed_ms(folder, LAMBDA, "dispatch", run.knobs["batcher_memory_mb"])
    each = max(run.invocations, 1)
    seen = {
        "created_s": run.created_s,
        "processed_s": run.processed_s,
        "invocation beyond sleep, ms": (processor_ms - slept_ms) / each,
        "batcher, s": batcher_ms / 1_000,
    }
    if DESIGNS[run.design].parts.machine:
        seen["detection_lag_s"] = run.detection_lag_s  # that of the others hangs on their polls
    if run.knobs.get("child_type") == "EXPRESS":
        express_ms = _billed_ms(folder, STEP_FUNCTIONS, "dispatch", EXPRESS_STEP_MB)
        seen["child beyond its invocation, ms"] = (express_ms - processor_ms) / each
    return {name: float(value) for name, value in seen.items()}


def _billed_ms(folder: RunData, service: str, label: str, memory_mb: int) -> float:
    """Milliseconds behind the GB-seconds of a function or of Express children."""
    usage = folder.usage
    rows = usage[(usage["service"] == service) & (usage["label"] == label)]
    gb_seconds = sum(rows[rows["usage_type"].str.contains("GB-Second")]["quantity"])
    return float(gb_seconds) * 1_000 * KB / memory_mb


def _slept_ms(folder: RunData) -> float:
    """What the items of a run have slept; at once if a processor works several at a time."""
    run, knobs = folder.run, folder.run.knobs
    total = 0
    for start in range(0, run.items, ITEMS_AT_ONCE):
        stop = min(start + ITEMS_AT_ONCE, run.items)
        values = draw(run.seed, start, stop, knobs["value_max"], knobs["poison_per_million"])[1]
        total += int(values[values > 0].sum())
    return total / knobs["item_concurrency"]


def _usable(folder: RunData) -> RunData:
    """Refuse what cannot be compared with the model."""
    run = folder.run
    if run.status != "complete" or run.target == "model":
        raise BadInput(
            f"run {run.run_id} is {run.status} on {run.target}: take a complete real one"
        )
    return folder


def _simulate(folder: RunData, profile: Profile) -> RunData:
    """The same batch on the model."""
    run = folder.run
    design = make_design(run.design, settings=run.knobs)
    return ModelTarget(profile).run(
        design, Batch(run.items, run.seed, run.batch_id), lambda _: None
    )


def _fit(base: Profile, misses: Any) -> np.ndarray:
    """The logarithms of the open constants at which the misses are least."""
    start = x = _start(base)
    low, high = (np.log([base.entries[n][side] for n in OPEN]) for side in ("low", "high"))
    miss = misses(x)
    for _ in range(ROUNDS):
        nudges = np.diag(np.where(x + NUDGE <= high, NUDGE, -NUDGE))
        slopes = np.array([(misses(x + d) - miss) / d.sum() for d in nudges]).T
        pull = PULL**2 * np.eye(len(x))
        step = np.linalg.solve(slopes.T @ slopes + pull, -slopes.T @ miss - PULL**2 * (x - start))
        trial = np.clip(x + step, low, high)
        next_miss = misses(trial)
        if next_miss @ next_miss >= miss @ miss:
            break
        x, miss = trial, next_miss
    return x


def _start(base: Profile) -> np.ndarray:
    """Where the open constants stand."""
    return np.log([_get(base.entries[name]) for name in OPEN])


def _moved(base: Profile, x: np.ndarray) -> Profile:
    """The profile with the open constants at these logarithms; a spread keeps its shape."""
    changed = {}
    for name, logarithm in zip(OPEN, x, strict=True):
        entry, value = base.entries[name], exp(logarithm)
        if "value" in entry:
            changed[name] = entry | {"value": value}
        else:
            changed[name] = entry | {"p50": value, "p99": entry["p99"] * value / entry["p50"]}
    return replace(base, entries=base.entries | changed)


def _get(entry: dict[str, Any]) -> float:
    """A constant's value, or its median."""
    return entry.get("value", entry.get("p50"))


def _marked(fitted: Profile, base: Profile, run_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The entries; those that have moved by 1 % or more name the runs they come from."""
    entries = dict(fitted.entries)
    for name in OPEN:
        if abs(log(_get(entries[name]) / _get(base.entries[name]))) < 0.01:
            entries[name] = base.entries[name]
        else:
            entries[name] = entries[name] | {"calibrated_from": run_ids}
    return entries


def _tolerances(seen: dict[str, float]) -> dict[str, float]:
    """How near is near enough, by the unit that a quantity's name ends in."""
    return {name: TOLERANCE_MS if name.endswith("ms") else TOLERANCE_S for name in seen}


def _stack(seen: list[dict[str, float]]) -> np.ndarray:
    """Every quantity of every run, in order."""
    return np.array([value for one in seen for value in one.values()])


def _errors(
    run_ids: list[str], measured: list[dict[str, float]], before: np.ndarray, after: np.ndarray
) -> pd.DataFrame:
    """Every measured quantity, modelled before and after."""
    keys = [(run_id, *item) for run_id, seen in zip(run_ids, measured, strict=True)
            for item in seen.items()]  # fmt: skip
    rows = [(*key, b, a) for key, b, a in zip(keys, before, after, strict=True)]
    return pd.DataFrame(rows, columns=["run_id", "quantity", "measured", "before", "after"])

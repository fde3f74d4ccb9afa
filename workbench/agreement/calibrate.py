"""Fitting the profile's constants to real runs, with how sure that leaves each of them.

Least squares on the logarithms of the open constants (scipy). Two things pull: the quantities of
the runs, each against the spread that it has from seed to seed; and the ranges of the profile, as a
prior that holds a constant where it stood unless the runs say otherwise. The model is run under the
same knobs, items and seed as each run. What comes out carries its covariance, so that estimates
under the new profile draw fitted constants together, and no wider than the runs leave them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import exp, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.agreement.evidence import Evidence, Reports, read_evidence
from workbench.agreement.observe import INIT, Seen, observe, processor_ms, slept_ms, tolerance
from workbench.agreement.tellers import OPEN
from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.platform.profile import Fitted, Profile, load_profile
from workbench.runs.batch import Batch
from workbench.runs.records import RunData
from workbench.targets.model.target import ModelTarget

NUDGE = 0.2  # of a prior's standard deviation, to see which way a quantity goes
SEEDS = 5  # runs of the model that show how a quantity differs from seed to seed
UNTOLD = 0.7  # of the prior's deviation left: the runs say next to nothing
SURE = 0.5  # of a deviation to each side: over so much a slope says how sure a constant is
STEPS_MAX = 12  # it takes three to five
FLAT = 1e-3  # a step that betters the fit or moves a constant by less is the last
ON_BOUND = 0.01  # of a logarithm: as near to the end of its range


@dataclass(frozen=True)
class Calibration:
    """The fitted profile, each open constant with its error, and each quantity with its own.

    `constants`: constant unit before after low high error_percent told on_bound tell_by;
    `errors`: run_id quantity measured before after.
    """

    profile: Profile
    constants: pd.DataFrame
    errors: pd.DataFrame

    def fitted(self) -> dict[str, float]:
        """The open constants at their new values."""
        return dict(zip(self.constants["constant"], self.constants["after"], strict=True))


@dataclass(frozen=True)
class Priors:
    """The open constants' logarithms: where they stand, and the ends of their ranges."""

    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation of each: a range is four of them wide."""
        return (self.high - self.low) / 4

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends in deviations from the middle."""
        return tuple((end - self.middle) / self.deviation for end in (self.low, self.high))

    def at(self, z: np.ndarray) -> np.ndarray:
        """Logarithms so many deviations from the middle."""
        return self.middle + z * self.deviation


def calibrate(paths: Sequence[Path], profile: Profile | None = None) -> Calibration:
    """Fit the open constants to run folders of `aws` or `local`; refuses incomplete runs."""
    base = profile or load_profile()
    if not paths:
        raise BadInput("calibrate needs at least one run folder")
    runs = [_Measured(_usable(read_evidence(path))) for path in paths]
    priors = _priors(base)
    target = np.concatenate([run.values for run in runs])
    scale = np.concatenate([run.scale(base) for run in runs])

    def modelled(z: np.ndarray) -> np.ndarray:
        candidate = moved(base, priors.at(z))
        return np.concatenate([run.modelled(candidate) for run in runs])

    z, spread = _fit(lambda z: (modelled(z) - target) / scale, priors.bounds)
    names = [run.run_id for run in runs]
    constants = _constants(base, priors, z, spread)
    fitted = _profile(base, priors, z, spread, names)
    keys = [
        (name, quantity) for name, run in zip(names, runs, strict=True) for quantity in run.seen
    ]
    errors = pd.DataFrame(keys, columns=["run_id", "quantity"])
    errors = errors.assign(measured=target, before=modelled(0.0 * z), after=modelled(z))
    return Calibration(fitted, constants, errors)


def write_profile(profile: Profile, path: Path) -> None:
    """The profile as a file that `--profile` reads."""
    content: dict[str, Any] = {"date": profile.date, "entries": profile.entries}
    if profile.fitted is not None:
        content["fitted"] = asdict(profile.fitted)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


class _Measured:
    """A run that was measured, and what the model makes of it."""

    def __init__(self, evidence: Evidence) -> None:
        run, self._evidence = evidence.folder.run, evidence
        self.run_id, self._slept = run.run_id, slept_ms(evidence.folder)
        self._design = make_design(run.design, settings=run.knobs)
        self._batch = Batch(run.items, run.seed, run.batch_id)
        measured = self._observed(evidence.folder, evidence.reports)
        like = self._simulate(load_profile(), 0)
        self.seen = [name for name in measured if name in like]
        self.values = np.array([measured[name] for name in self.seen])

    def modelled(self, profile: Profile, replication: int = 0) -> np.ndarray:
        """The same quantities of the same batch on the model."""
        found = self._simulate(profile, replication)
        return np.array([found.get(name, 0.0) for name in self.seen])

    def scale(self, profile: Profile) -> np.ndarray:
        """How far each may be off: by the seed, in the run and in the model, and else."""
        drawn = [self.modelled(profile, number) for number in range(1, SEEDS + 1)]
        own = [tolerance(*pair) for pair in zip(self.seen, self.values, strict=True)]
        if INIT in self.seen:  # a median of few: as of so many normal ones
            place, cold = self.seen.index(INIT), self._evidence.reports.cold
            sigma = profile.spread("lambda_init").sigma
            own[place] += self.values[place] * sigma * sqrt(pi / 2 / cold)
        return np.sqrt(2 * np.var(drawn, axis=0, ddof=1) + np.square(own))

    def _simulate(self, profile: Profile, replication: int) -> Seen:
        """The model's own, with REPORT lines if the run has them, beside as many warm places."""
        target = ModelTarget(profile, replication, self._evidence.warm)
        found = target.run(self._design, self._batch, lambda _: None)
        if self._evidence.reports is None:
            return self._observed(found, None)
        run, init = found.run, profile.spread("lambda_init")
        billed_ms = processor_ms(found)
        lines = Reports(
            *(run.invocations, run.cold_starts, billed_ms, run.cold_starts * init.mean, init.p50)
        )
        return self._observed(found, lines)

    def _observed(self, folder: RunData, reports: Reports | None) -> Seen:
        return observe(folder, self._slept, reports, self._evidence.second)


def _usable(evidence: Evidence) -> Evidence:
    """Refuse what cannot be compared with the model."""
    run = evidence.folder.run
    if run.status != "complete" or run.target == "model":
        raise BadInput(
            f"run {run.run_id} is {run.status} on {run.target}: take a complete real one"
        )
    return evidence


def _fit(
    misses: Callable[[np.ndarray], np.ndarray], bounds: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Where misses and priors together are least, in the priors' deviations; the covariance."""
    from scipy.optimize import least_squares

    def with_prior(z: np.ndarray) -> np.ndarray:
        return np.concatenate([misses(z), z])

    def slopes(z: np.ndarray) -> np.ndarray:
        here = with_prior(z)
        nudges = np.diag(np.where(z > 0, -NUDGE, NUDGE))
        return np.array([(with_prior(z + d) - here) / d.sum() for d in nudges]).T

    wider = np.full(len(OPEN), SURE)
    found = least_squares(
        with_prior,
        np.zeros(len(OPEN)),
        slopes,
        bounds=bounds,
        ftol=FLAT,
        xtol=FLAT,
        max_nfev=STEPS_MAX,
    )
    wide = [np.clip(found.x + d, *bounds) for d in (*np.diag(wider), *np.diag(-wider))]
    above, below = np.split(np.array([with_prior(z) for z in wide]), 2)
    apart = np.array([(a - b).sum() for a, b in zip(*np.split(np.array(wide), 2), strict=True)])
    over = ((above - below) / apart[:, None]).T  # a step of the model's does not pass for a slope
    return found.x, np.linalg.inv(over.T @ over)


def _priors(base: Profile) -> Priors:
    """Where the open constants stand, and the ends of their ranges."""
    entries = [base.entries[name] for name in OPEN]
    lacking = [name for name, entry in zip(OPEN, entries, strict=True) if "low" not in entry]
    if lacking:
        raise BadInput(f"the profile gives no range to {', '.join(lacking)}: nothing to fit within")
    middles = [value_of(entry) for entry in entries]
    ends = ([entry[side] for entry in entries] for side in ("low", "high"))
    return Priors(np.log(middles), *map(np.log, ends))


def moved(base: Profile, logarithms: np.ndarray) -> Profile:
    """The profile with the open constants there; a spread keeps its shape."""
    changed = {}
    for name, logarithm in zip(OPEN, logarithms, strict=True):
        entry, value = base.entries[name], exp(logarithm)
        if "value" in entry:
            changed[name] = entry | {"value": value}
        else:
            changed[name] = entry | {"p50": value, "p99": entry["p99"] * value / entry["p50"]}
    return replace(base, entries=base.entries | changed)


def value_of(entry: dict[str, Any]) -> float:
    """A constant's value, or its median."""
    return entry.get("value", entry.get("p50"))


def _constants(base: Profile, priors: Priors, z: np.ndarray, spread: np.ndarray) -> pd.DataFrame:
    """A row each: what it was, what it is, how sure, and the run that would tell it."""
    after, left = priors.at(z), np.sqrt(np.diag(spread))  # of the prior's deviation
    width = left * priors.deviation
    rows = []
    for i, (name, tell_by) in enumerate(OPEN.items()):
        told = bool(left[i] < UNTOLD)
        near = min(after[i] - priors.low[i], priors.high[i] - after[i])
        rows.append(
            {
                "constant": name,
                "unit": base.entries[name]["unit"],
                "before": value_of(base.entries[name]),
                "after": exp(after[i]),
                "error_percent": (exp(width[i]) - 1) * 100,
                "told": told,
                "on_bound": bool(near < ON_BOUND),
                "tell_by": "" if told else str(tell_by),
            }
        )
    return pd.DataFrame(rows)


def _profile(
    base: Profile, priors: Priors, z: np.ndarray, spread: np.ndarray, runs: list[str]
) -> Profile:
    """The profile with what was fitted, and the covariance of its logarithms."""
    covariance = spread * np.outer(priors.deviation, priors.deviation)
    shrunk = float(np.median(np.sqrt(np.diag(spread))))
    fitted = Fitted(runs, list(OPEN), covariance.tolist(), shrunk)
    entries = moved(base, priors.at(z)).entries
    return Profile(f"{base.date} calibrated", entries, fitted)

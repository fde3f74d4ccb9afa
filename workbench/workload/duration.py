"""How long an item takes, in any of the forms that a workload's file may have.

{constant_ms: 250}                     {uniform_ms: [0, 1000]}
{p50_ms: 800, p99_ms: 6000}            {mean_ms: 900, sd_ms: 700}     a lognormal
{quantiles: "0:120 50:800 100:6000"}   percent:ms, linear between
{file: durations.csv}                  {logs: export.csv}             measured
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench import border
from workbench.errors import BadInput, shown
from workbench.workload.durations import ALL, MS_MAX, Durations
from workbench.workload.fitting import fit_moments, fit_percentiles, fit_samples
from workbench.workload.logs import read_logs
from workbench.workload.samples import Samples, read_csv

SHARES = {"min": 0.0, "p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


@dataclass(frozen=True)
class Duration:
    """Durations of items: in words, as a table (None: uniform, of whole ms from 0), and in figures.

    `measured` has the figures of the samples themselves, where there are any: ms by name.
    """

    told: str
    table: Durations | None
    longest_ms: int
    measured: dict[str, float] | None = None

    @property
    def drawn(self) -> Durations:
        """The table, also of what is uniform."""
        return self.table or Durations(((0, 0), (ALL, self.longest_ms)))

    @property
    def figures(self) -> dict[str, float]:
        """What the table makes of it: ms by name."""
        figures = {name: self.drawn.quantile_ms(share) for name, share in SHARES.items()}
        return figures | {"mean": self.drawn.mean_ms}


def read_duration(content: Any, folder: Path) -> Duration:
    """The durations that a mapping of one form describes; files lie relative to the folder."""
    given = content if isinstance(content, dict) else {}
    for keys, read in FORMS.items():
        if set(given) == set(keys):
            return read(folder, *(given[key] for key in keys))
    forms = "; ".join(", ".join(keys) for keys in FORMS)
    raise BadInput(f"duration={shown(content)}: must have the keys of one form: {forms}")


def _constant(_folder: Path, value: Any) -> Duration:
    ms = _whole_ms("duration.constant_ms", value)
    return _uniform_between(ms, ms, f"always {ms:,} ms")


def _uniform(_folder: Path, value: Any) -> Duration:
    if not isinstance(value, list) or len(value) != 2:
        raise BadInput(
            f"duration.uniform_ms={shown(value)}: must be the least and the most, such as [0, 1000]"
        )
    low, high = (_whole_ms("duration.uniform_ms", one) for one in value)
    if low > high:
        raise BadInput(f"duration.uniform_ms=[{low}, {high}]: the least must come first")
    return _uniform_between(low, high, f"uniform, {low:,} to {high:,} ms")


def _uniform_between(low: int, high: int, told: str) -> Duration:
    return Duration(told, Durations(((0, low), (ALL, high))) if low else None, high)


def _percentiles(_folder: Path, p50: Any, p99: Any) -> Duration:
    p50_ms, p99_ms = _ms("duration.p50_ms", p50), _ms("duration.p99_ms", p99)
    table = _fitted(fit_percentiles, p50_ms, p99_ms)
    told = f"lognormal, its median {p50_ms:g} ms, its 99th percentile {p99_ms:g} ms"
    return Duration(told, table, table.longest_ms)


def _moments(_folder: Path, mean: Any, deviation: Any) -> Duration:
    mean_ms, sd_ms = _ms("duration.mean_ms", mean), _ms("duration.sd_ms", deviation)
    table = _fitted(fit_moments, mean_ms, sd_ms)
    told = f"lognormal, its mean {mean_ms:g} ms, its standard deviation {sd_ms:g} ms"
    return Duration(told, table, table.longest_ms)


def _quantiles(_folder: Path, value: Any) -> Duration:
    try:
        table = Durations.read(border.text("quantiles", value))
    except BadInput as error:
        raise BadInput(f"duration.quantiles: {error}") from None
    return Duration("quantiles as they are given", table, table.longest_ms)


def _measured(key: str, read: Callable[[Path], Samples]) -> Callable[[Path, Any], Duration]:
    """The form of a file under a key."""

    def measured(folder: Path, value: Any) -> Duration:
        samples = read(folder / border.text(f"duration.{key}", value))
        table = fit_samples(samples.times_ms)
        places = np.quantile(samples.times_ms, list(SHARES.values()), method="hazen")
        figures = dict(zip(SHARES, map(float, places), strict=True))
        figures["mean"] = float(samples.times_ms.mean())
        return Duration(samples.told, table, table.longest_ms, figures)

    return measured


def _fitted(fit: Callable[[float, float], Durations], one: float, other: float) -> Durations:
    try:
        return fit(one, other)
    except BadInput as error:
        raise BadInput(f"duration: {error}") from None


def _ms(key: str, value: Any) -> float:
    """A time above 0, within the longest that an item may take."""
    ms = border.positive(key, value)
    if ms > MS_MAX:
        raise BadInput(f"{key}={ms:f}: an item takes {MS_MAX:,} ms at most")
    return float(ms)


def _whole_ms(key: str, value: Any) -> int:
    return border.whole_number(key, value, 0, MS_MAX)


FORMS: dict[tuple[str, ...], Callable[..., Duration]] = {
    ("p50_ms", "p99_ms"): _percentiles,
    ("mean_ms", "sd_ms"): _moments,
    ("constant_ms",): _constant,
    ("uniform_ms",): _uniform,
    ("quantiles",): _quantiles,
    ("file",): _measured("file", read_csv),
    ("logs",): _measured("logs", read_logs),
}

"""The platform profile: every constant of AWS that `local` and `model` stand on, in one dated file.

An entry holds `value`, or `p50` and `p99` of a log-normal spread, with its unit, its source and how
sure it is: A (AWS's own text), B (third party, or measured by one), C (arithmetic from those),
M (a working value that wants calibrating). `low` and `high` are where it is no longer believed, and
`range` says why: what was published lies well within them, the value itself between them. What AWS
refuses to the last unit (messages of a call) is no entry; it stands in `services` and `units`.
"""

from dataclasses import dataclass
from importlib.resources import files
from math import exp, inf, log
from pathlib import Path
from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from workbench.border import read_json
from workbench.errors import BadInput, shown

if TYPE_CHECKING:
    import numpy as np

DEFAULT = "2026-11-29"
# By unit, of what may be nothing: a function's time, a queue's; what one thing is billed as.
FROM_0_MAX = {"ms": 900_000, "s": 1_209_600, "ms/MB": 900_000, "billed": 100}
COUNT_MAX = 10_000_000  # of every other unit, from 1 on: places, rates, sizes
Z99 = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True)
class Spread:
    """A log-normal spread by its median and 99th percentile, in the entry's unit."""

    p50: float
    p99: float

    @property
    def sigma(self) -> float:
        """The standard deviation of the logarithm."""
        return log(self.p99 / self.p50) / Z99

    @property
    def mean(self) -> float:
        """The mean, which the tail draws above the median."""
        return self.p50 * exp(self.sigma**2 / 2)

    def draw(self, dice: Random) -> float:
        """One value."""
        return self.p50 * exp(self.sigma * dice.gauss(0.0, 1.0))


@dataclass(frozen=True)
class Fitted:
    """What a calibration leaves open of the constants that it fitted.

    `covariance` is of their natural logarithms, in the order of `names`; `left` is how much of a
    range's deviation is left of the middle one of them.
    """

    runs: list[str]
    names: list[str]
    covariance: list[list[float]]
    left: float

    def lower(self) -> "np.ndarray":
        """The covariance's lower triangle (Cholesky), which turns independent draws into ours.

        ValueError if it is no covariance.
        """
        import numpy as np  # slower to import than a command line is to complete

        return np.linalg.cholesky(np.array(self.covariance, float))


@dataclass(frozen=True)
class Profile:
    """A dated set of constants, read by name; `fitted` where a calibration made it."""

    date: str
    entries: dict[str, dict[str, Any]]
    fitted: Fitted | None = None

    def value(self, name: str) -> float:
        """The value of a constant."""
        return self._entry(name)["value"]

    def spread(self, name: str) -> Spread:
        """The spread of a latency."""
        entry = self._entry(name)
        return Spread(entry["p50"], entry["p99"])

    def _entry(self, name: str) -> dict[str, Any]:
        if name not in self.entries:
            raise BadInput(f"the platform profile of {self.date} has no {name!r}")
        return self.entries[name]


def load_profile(name: str = DEFAULT) -> Profile:
    """The profile of that date, or the one in that file."""
    path = (
        Path(name)
        if name.endswith(".json")
        else files("workbench.platform") / f"profiles/{name}.json"
    )
    if not path.is_file():
        raise BadInput(f"no platform profile {name!r}: give a date that exists or a file")
    content = read_json(path, f"the platform profile {name!r}", BadInput)
    try:
        fitted = Fitted(**content["fitted"]) if "fitted" in content else None
        profile = Profile(content["date"], content["entries"], fitted)
        for key, entry in profile.entries.items():
            _check(key, entry)
        if fitted is not None:
            _check_fitted(profile)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"the platform profile {name!r} cannot be read: {error!r}") from None
    return profile


def _check_fitted(profile: Profile) -> None:
    """Refuse a covariance that is none, or of constants that are not there."""
    fitted = profile.fitted
    unknown = [name for name in fitted.names if name not in profile.entries]
    shape = (len(fitted.names),) * 2
    try:
        lower = fitted.lower()
        finite = bool((abs(lower) < inf).all()) and lower.shape == shape
        sound = not unknown and finite and _is_number(fitted.left)
    except ValueError:
        sound = False
    if not sound:
        raise BadInput(
            f"the platform profile of {profile.date} has a covariance that fits none of its "
            "constants: calibrate again, or take `fitted` out of the file"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check(key: str, entry: dict[str, Any]) -> None:
    """Refuse an entry that contradicts itself."""
    missing = {"unit", "source", "sure"} - set(entry)
    if missing:
        raise BadInput(f"profile entry {key!r} lacks {', '.join(sorted(missing))}")
    most = FROM_0_MAX.get(entry["unit"])
    least, most = (1, COUNT_MAX) if most is None else (0, most)
    for name in ("value", "low", "high", "p50", "p99"):
        number = entry.get(name, most)
        if not (_is_number(number) and least <= number <= most):
            limits = f"a number from {least:,} to {most:,} {entry['unit']}"
            raise BadInput(f"profile entry {key!r}: {name} {shown(number)} is not {limits}")
    if "value" in entry:
        low, value, high = entry.get("low"), entry["value"], entry.get("high")
        if low is not None and not low <= value <= high:
            raise BadInput(f"profile entry {key!r}: {value} is not within {low} to {high}")
        if value == 0 and low != 0:
            raise BadInput(f"profile entry {key!r}: it is 0, which is not in its range")
    elif not 0 < entry.get("p50", 0) <= entry.get("p99", 0):
        raise BadInput(f"profile entry {key!r} needs a value, or 0 < p50 <= p99")

"""What is least sure in an answer, and which run on AWS would tell it.

Each constant of the profile is put to both ends of its range, alone. What moves the dollars between
the two best designs most, and what moves the time of the best, is named.
"""

from dataclasses import dataclass, replace

from workbench.advice.answer import Answer, Choice
from workbench.agreement.tellers import OPEN, Teller
from workbench.platform.profile import Profile, load_profile
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import modelled, varied

ITEMS_MOST = 100_000  # of a probe
MIDDLE = 0.5


@dataclass(frozen=True)
class Unsure:
    """A constant, what it moves at the ends of its range, and a run that tells it, if one does."""

    constant: str
    low: float
    high: float
    source: str
    usd_percent: float  # of the best's batch
    time_percent: float
    teller: Teller | None

    @property
    def percent(self) -> float:
        """The larger of both."""
        return max(self.usd_percent, self.time_percent)


def least_sure(answer: Answer) -> list[Unsure]:
    """The constants that move the best's dollars or time, most first."""
    profile, best = load_profile(), answer.best
    usd, known_s = _told(best, answer, profile)
    found = []
    for name, entry in profile.entries.items():
        if "low" not in entry:
            continue
        ends = [_told(best, answer, _with(profile, name, chance)) for chance in (0.0, 1.0)]
        usd_percent = max(abs(one / usd - 1) for one, _ in ends) * 100
        time_percent = max(abs(one / known_s - 1) for _, one in ends) * 100
        source = str(entry.get("source", ""))
        shares = (usd_percent, time_percent)
        found.append(Unsure(name, entry["low"], entry["high"], source, *shares, OPEN.get(name)))
    return sorted((one for one in found if one.percent >= 0.05), key=lambda one: -one.percent)


def _told(one: Choice, answer: Answer, profile: Profile) -> tuple[float, float]:
    """Dollars, and seconds until completion is known, of a batch that is no larger than needed."""
    asked = answer.question
    batch = Batch(min(asked.items, ITEMS_MOST), 7, "unsure")
    found = modelled(one.design, batch, asked.terms.book(), profile)
    return float(found.usd), found.detected_s


def _with(profile: Profile, name: str, chance: float) -> Profile:
    """The profile with one constant at that chance of being less."""
    moved = varied(
        replace(profile, fitted=None), dict.fromkeys(profile.entries, MIDDLE) | {name: chance}
    )
    return replace(profile, entries=dict(profile.entries) | {name: moved.entries[name]})

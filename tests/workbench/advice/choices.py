"""Choices made up for the tests: what a month and the time of a design would be."""

from dataclasses import dataclass
from types import SimpleNamespace

from workbench.designs import DESIGNS
from workbench.targets.model.forecast import Range

SOON, LATE = (1.0, 2.0, 3.0), (9.0, 10.0, 11.0)


@dataclass(frozen=True)
class One:
    """What is asked of a choice: a month of a batch of `usd`, known after so many minutes."""

    name: str
    usd: float
    minutes: tuple[float, float, float] = LATE
    spread: float = 0.001
    standing_usd: float = 0.0

    @property
    def design(self):
        return DESIGNS[self.name]()

    @property
    def month_usd(self):
        return 30 * self.usd + self.standing_usd

    @property
    def known_s(self):
        return 60 * self.minutes[1]

    @property
    def known_high_s(self):
        return 60 * self.minutes[2]

    @property
    def forecast(self):
        usd = Range(self.usd * (1 - self.spread), self.usd, self.usd * (1 + self.spread))
        return SimpleNamespace(usd=usd, minutes=Range(*self.minutes), binding_limit="poll")

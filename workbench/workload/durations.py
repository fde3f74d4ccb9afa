"""How long items take: a table of quantiles, as the knob `durations` spells it."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from workbench.errors import BadKnob

WHOLE = 10**8  # all items, in the parts that a share is counted in
LONGEST_MS = 600_000
POINTS_MAX = 65


@dataclass(frozen=True)
class Durations:
    """Points of the quantile function, linear between them: (share in parts of 10**8, ms)."""

    points: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        shares, times = [share for share, _ in self.points], [ms for _, ms in self.points]
        fits = (
            2 <= len(self.points) <= POINTS_MAX
            and (shares[0], shares[-1]) == (0, WHOLE)
            and all(one < next_one for one, next_one in pairwise(shares))
            and times == sorted(times)
            and 0 <= times[0] <= times[-1] <= LONGEST_MS
        )
        if not fits:
            raise BadKnob("durations", self.text, "must be points such as 0:120 50:800 100:6000")

    @classmethod
    def read(cls, text: str) -> "Durations":
        """The table that a text spells. Raises BadKnob."""
        try:
            pairs = [one.split(":") for one in text.split(" ")]
            shares = [Decimal(percent) * (WHOLE // 100) for percent, _ in pairs]
            if any(share != int(share) for share in shares):
                raise ValueError("more than 6 digits")
            return cls(tuple((int(s), int(ms)) for s, (_, ms) in zip(shares, pairs, strict=True)))
        except (ValueError, InvalidOperation):
            raise BadKnob(
                "durations", text, "must be points such as 0:120 50:800 100:6000"
            ) from None

    @property
    def text(self) -> str:
        """The knob."""
        return " ".join(f"{_percent(share)}:{ms}" for share, ms in self.points)

    @property
    def mean_ms(self) -> float:
        """The mean of the table."""
        spans = pairwise(self.points)
        return sum((b - a) * (low + high) for (a, low), (b, high) in spans) / 2 / WHOLE

    @property
    def longest_ms(self) -> int:
        """The longest time."""
        return self.points[-1][1]

    def quantile_ms(self, share: float) -> float:
        """The time that a share of the items, 0 to 1, does not pass."""
        at = share * WHOLE
        for (a, low), (b, high) in pairwise(self.points):
            if at <= b:
                return low + (high - low) * max(0.0, at - a) / (b - a)
        return float(self.longest_ms)


def _percent(share: int) -> str:
    whole, part = divmod(share, WHOLE // 100)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")

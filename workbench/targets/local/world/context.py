"""What every part of a run shares: the clock, the constants, chance, the meter, the fault plan."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from workbench.engine.kernel import Kernel, stream
from workbench.platform.profile import Profile
from workbench.targets.local.cloudwatch.metrics import Metrics
from workbench.targets.local.metering import Meter
from workbench.targets.local.runtime.faults import Faults, MapFaults

# The trigger of a run falls on 2026-01-01T00:30:00Z, whatever the wall clock says: half an hour
# after one cron slot and five and a half before the next.
EPOCH_S = 1_767_227_400.0


@dataclass(frozen=True)
class RunContext:
    """One run's surroundings."""

    profile: Profile
    seed: int
    faults: Faults = field(default_factory=Faults)
    map_faults: MapFaults = field(default_factory=MapFaults)
    kernel: Kernel = field(default_factory=Kernel)
    meter: Meter = field(default_factory=Meter)
    metrics: Metrics = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", Metrics(self.kernel, EPOCH_S))

    def epoch_s(self) -> float:
        """The virtual time in seconds since 1970."""
        return EPOCH_S + self.kernel.now

    def dice(self, name: str) -> Random:
        """The named random stream of this run."""
        return stream(self.seed, f"local/{name}")

    def latency(self, entry: str, name: str = "") -> Callable[[], float]:
        """Draws of a profile's spread in milliseconds, given in seconds."""
        spread, dice = self.profile.spread(entry), self.dice(f"{entry}/{name}")
        return lambda: spread.draw(dice) / 1000

"""A stack that is used for one run: its settings changed, the schedule off, and all put back.

What the settings were is written to the ledger before anything is changed, so that a run whose
machine died, or whose credentials expired, is put right by the next one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workbench.designs import Design
from workbench.errors import WorkbenchError
from workbench.stacks.aws_clients import Aws
from workbench.stacks.deployed import Deployed
from workbench.stacks.ledger import Ledger
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.counters import CountersBatches
from workbench.targets.aws.settings import Settings, StackSettings, settings_of, with_schedule
from workbench.targets.aws.sfn import SfnBatches
from workbench.targets.aws.sqs import SqsBatches
from workbench.targets.aws.timeouts import Clock, Timeouts

# How the batches of each design are started, followed, stopped and metered, by its name.
CONTROLS: dict[str, type[Batches]] = {
    "sqs": SqsBatches,
    "sfn": SfnBatches,
    "counters": CountersBatches,
}


@dataclass
class StackSession:
    """A stack, how to reach it, the ledger, and the time."""

    aws: Aws
    deployed: Deployed
    ledger: Ledger
    clock: Clock
    timeouts: Timeouts
    stopped: bool = False  # a batch was: event sources and schedule stay off afterwards
    not_restored: str = ""  # what could not be put back, and why

    def batches(self) -> Batches:
        """The batches of the stack."""
        control = CONTROLS[self.deployed.design.name]
        return control(self.aws, self.deployed.outputs, self.clock)

    def settings(self, aws: Aws | None = None) -> StackSettings:
        """The settings of the stack."""
        return StackSettings(aws or self.aws, self.deployed, self.clock, self.timeouts)

    def kept(self) -> Settings | None:
        """The settings before a run that did not put them back; None after a new deployment."""
        kept = self.ledger.settings(self.deployed.key)
        if kept is None or kept.get("deployed") != self.deployed.design.knobs():
            return None
        return self.settings().check(kept.get("settings"))

    def keep(self, settings: Settings) -> None:
        """Keep the settings until they are put back."""
        kept = {"deployed": self.deployed.design.knobs(), "settings": settings}
        self.ledger.keep_settings(self.deployed.key, kept)

    @contextmanager
    def held(self, design: Design) -> Iterator[None]:
        """Set what the design wants, and put everything back however the block ends."""
        settings = self.settings()
        now = settings.read()
        before = self.kept() or now
        self.keep(before)
        try:
            settings.set(now, settings_of(design))
            yield
        finally:
            self._restore(before)

    def put_back(self) -> bool:
        """Put back what an earlier run left changed; whether there was anything."""
        kept = self.kept()
        if kept is not None:
            settings = self.settings()
            settings.set(settings.read(), kept)
        self.ledger.drop_settings(self.deployed.key)
        return kept is not None

    def _restore(self, before: Settings) -> None:
        """Put the settings back; with a new session if the old one is refused by now."""
        goal = with_schedule(before, on=False) if self.stopped else before
        for settings in (self.settings(), self.settings(self.aws.renewed())):
            try:
                settings.set(settings.read(), goal)
            except WorkbenchError as error:
                self.not_restored = str(error)
                continue
            self.not_restored = ""
            if not self.stopped:  # else a resume or a purge switches the schedule on again
                self.ledger.drop_settings(self.deployed.key)
            return

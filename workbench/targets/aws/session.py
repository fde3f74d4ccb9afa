"""Holding a stack for one run: its settings changed, the schedule off, and all of it put back.

What the settings were is written to the ledger before anything is changed, so that a run whose
machine died, or whose credentials expired, is put right by the next one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from workbench.designs import Design
from workbench.errors import WorkbenchError
from workbench.stacks.aws_clients import Aws
from workbench.stacks.deployed import Deployed
from workbench.stacks.ledger import Ledger
from workbench.targets.aws.settings import Settings, StackSettings, wanted
from workbench.targets.aws.timeouts import Clock, Timeouts


@dataclass
class Hold:
    """A stack that is held; `stopped` keeps its event sources and its schedule off afterwards."""

    stopped: bool = False
    trouble: list[str] = field(default_factory=list)  # what could not be put back, and why


@dataclass(frozen=True)
class StackSession:
    """Where a run happens: a stack, how to reach it, the ledger, and the time."""

    aws: Aws
    deployed: Deployed
    ledger: Ledger
    clock: Clock
    timeouts: Timeouts

    def kept(self) -> Settings | None:
        """The settings before a run that did not put them back; None after a new deployment."""
        kept = self.ledger.settings(self.deployed.key)
        if kept is None or kept.get("deployed") != self.deployed.design.knobs():
            return None
        return Settings.from_json(kept)

    def keep(self, settings: Settings) -> None:
        """Keep the settings until they are put back."""
        deployed = {"deployed": self.deployed.design.knobs()}
        self.ledger.keep_settings(self.deployed.key, settings.as_json() | deployed)

    def settings(self, aws: Aws | None = None) -> StackSettings:
        """The settings of the stack."""
        return StackSettings(aws or self.aws, self.deployed, self.clock, self.timeouts)


@contextmanager
def held(session: StackSession, design: Design, hold: Hold) -> Iterator[None]:
    """Set what the design wants, and put everything back however the block ends."""
    board = session.settings()
    now = board.read()
    before = session.kept() or now
    session.keep(before)
    try:
        board.set(now, wanted(now, design))
        yield
    finally:
        _put_back(session, before, hold)


def put_back(session: StackSession) -> bool:
    """Put back what an earlier run left changed; whether there was anything."""
    kept = session.kept()
    if kept is not None:
        board = session.settings()
        board.set(board.read(), kept)
    session.ledger.drop_settings(session.deployed.key)
    return kept is not None


def _put_back(session: StackSession, before: Settings, hold: Hold) -> None:
    """Put the settings back; with a new session if the old one is refused by now."""
    goal = replace(before, cron=False) if hold.stopped else before
    for board in (session.settings(), session.settings(session.aws.renewed())):
        try:
            board.set(board.read(), goal)
        except WorkbenchError as error:
            hold.trouble = [str(error)]
            continue
        hold.trouble = []
        if not hold.stopped:  # else a resume or a purge switches the schedule on again
            session.ledger.drop_settings(session.deployed.key)
        return

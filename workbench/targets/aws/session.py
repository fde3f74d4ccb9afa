"""A stack that is used for one run: its settings changed, the schedule off, and all put back.

What is put back is what the stack was deployed with, whatever happens to be there: a run that was
killed may have left its own. Only whether the schedule was on is not among the knobs; the ledger
keeps it before anything is changed, and by it knows that something is to be put back. A batch that
has a record is stopped by its status, which every function honours, and by switching off the event
sources; both stay so until it is resumed or purged.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.designs import Design
from workbench.errors import BadInput, BadRecord, NotDeployed, WorkbenchError
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed
from workbench.stacks.deployed import Deployed, find_stack
from workbench.stacks.ledger import Entry, Ledger
from workbench.targets.aws.batches import Batches, OpenBatch
from workbench.targets.aws.counters import CountersBatches
from workbench.targets.aws.durable.batches import DurableBatches
from workbench.targets.aws.settings import (
    SCHEDULE,
    SCHEDULES,
    Settings,
    StackSettings,
    settings_of,
    with_schedule,
)
from workbench.targets.aws.sfn import SfnBatches
from workbench.targets.aws.sqs import SqsBatches
from workbench.targets.aws.timeouts import Clock, Timeouts

# How the batches of each design are started, followed, stopped and metered, by its name.
CONTROLS: dict[str, type[Batches]] = {
    "sqs": SqsBatches,
    "sfn": SfnBatches,
    "counters": CountersBatches,
    "durable": DurableBatches,
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

    def others(self, batches: Batches, batch_id: str) -> list[OpenBatch]:
        """Batches that hold the stack besides this one: open ones, and those that were stopped.

        An execution that was stopped is open no more; that it can be resumed the ledger knows.
        """
        found = batches.others(batch_id)
        names = [batch_id, *(one.batch_id for one in found)]
        return found + [
            OpenBatch(one.batch_id, "CANCELLED")
            for one in self.ledger.live(self.deployed.key)
            if one.batch_id not in names and is_stopped(one, batches)
        ]

    def settings(self, aws: Aws | None = None) -> StackSettings:
        """The settings of the stack."""
        return StackSettings(aws or self.aws, self.deployed, self.clock, self.timeouts)

    def at_rest(self, now: Settings) -> Settings:
        """The settings of the stack when nobody runs anything; `now` says whether it is scheduled,
        unless a run that did not put it back has kept that. BadRecord if what is kept is damaged.
        """
        kept = self.ledger.settings(self.deployed.key)
        schedule = now[SCHEDULE] if kept is None else kept.get(SCHEDULE)
        if schedule not in SCHEDULES:
            raise BadRecord(
                f"the ledger's settings of {self.deployed.design.stack} do not fit. Look at the "
                f"file settings-{self.deployed.key}.json in results/ledger, then move it away."
            )
        return settings_of(self.deployed.design) | {SCHEDULE: schedule}

    @contextmanager
    def held(self, design: Design, deadline_s: int | None = None) -> Iterator[None]:
        """Set what the design wants, and put everything back however the block ends."""
        settings = self.settings()
        now = settings.read()
        before = self.at_rest(now)
        self.ledger.keep_settings(self.deployed.key, {SCHEDULE: before[SCHEDULE]})
        try:
            settings.set(now, settings_of(design, deadline_s))
            yield
        finally:
            self._restore(before)

    def put_back(self) -> bool:
        """Put back what an earlier run left changed; whether there was anything."""
        if self.ledger.settings(self.deployed.key) is None:
            return False
        settings = self.settings()
        now = settings.read()
        settings.set(now, self.at_rest(now))
        self.ledger.drop_settings(self.deployed.key)
        return True

    def stop(self, batches: Batches, batch_id: str) -> str:
        """Stop a batch; what is left of it, in words. AwsFailed if it had ended by then."""
        settings = self.settings()
        settings.switch_sources(False)
        try:
            until = self.clock.now() + self.timeouts.notification_s
            while not batches.known(batch_id) and self.clock.now() < until:
                self.clock.sleep(1)  # triggered and not there yet: what is not there cannot stop
            left = batches.stop(batch_id)
        except AwsFailed:
            settings.switch_sources(True)
            raise
        self.stopped = True
        return left

    def release(self, entry: Entry) -> None:
        """Give the stack back after a stop: its event sources on, its settings as they were."""
        self.settings().switch_sources(True)
        self.put_back()
        self.ledger.write(entry)

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


def is_stopped(entry: Entry, batches: Batches) -> bool:
    """Whether a batch was stopped: by the workbench, or at its deadline as nobody followed it."""
    began = entry.phase == "triggered"
    return entry.phase == "stopped" or (began and batches.is_cancelled(entry.batch_id))


def put_back(designs: Iterable[str], results: Path, say: Callable[[str], None]) -> None:
    """Put back what runs left changed on these designs' stacks, before they are deployed anew.

    CloudFormation compares templates: what a run changed through the API, and the new template does
    not, would stay as the run left it. The stack of a stopped batch waits for its resume or purge.
    """
    aws, ledger = Aws(), Ledger(results)
    aws.account()
    for name in designs:
        try:
            deployed = find_stack(aws, name)
        except NotDeployed:
            continue
        session = StackSession(aws, deployed, ledger, Clock(), Timeouts())
        batches = session.batches()
        stopped = any(is_stopped(one, batches) for one in ledger.live(deployed.key))
        if not stopped and session.put_back():
            say(f"{deployed.design.stack}: the settings that a run had left are put back")


def resume(
    batch_id: str, results: Path, clock: Clock | None = None, timeouts: Timeouts | None = None
) -> str:
    """Let a stopped batch go on; what happens now, in words."""
    session, entry = _found(batch_id, results, clock, timeouts)
    how = session.batches().resume(batch_id)
    session.release(entry.at("triggered", reason=""))
    return f"batch {batch_id} goes on, and has its time anew until its deadline.{how}"


def purge(
    batch_id: str, results: Path, clock: Clock | None = None, timeouts: Timeouts | None = None
) -> str:
    """Give up a stopped batch; what was thrown away, in words."""
    session, entry = _found(batch_id, results, clock, timeouts)
    deleted = session.batches().purge(batch_id)
    session.release(entry.at("purged"))
    return f"batch {batch_id} is given up: {deleted}. The stack is free for other batches."


def _found(
    batch_id: str, results: Path, clock: Clock | None, timeouts: Timeouts | None
) -> tuple[StackSession, Entry]:
    """A stopped batch of the ledger, with its stack."""
    ledger = Ledger(results)
    entry = ledger.read(batch_id)
    if entry is None:
        known = [one.batch_id for one in ledger.entries() if one.phase == "stopped"]
        there = f"Stopped are: {', '.join(known)}." if known else "No batch there is stopped."
        raise BadInput(f"batch {batch_id!r} is not in the ledger under {results}. {there}")
    aws = Aws(entry.region)
    aws.account()
    deployed = find_stack(aws, entry.design)
    if deployed.key != entry.stack:
        raise BadInput(
            f"batch {batch_id} ran on a stack that is gone; the {deployed.design.stack} deployed "
            "now is another one, and knows nothing of it."
        )
    session = StackSession(aws, deployed, ledger, clock or Clock(), timeouts or Timeouts())
    if not is_stopped(entry, session.batches()):
        raise BadInput(f"batch {batch_id} is {entry.phase}; only a stopped one can be dealt with.")
    return session, entry

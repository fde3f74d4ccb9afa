"""Stopping a batch on AWS, letting it go on, or giving it up for good.

A batch that has a record is stopped by its status, which every function honours, and by switching
off the event sources; both stay so until it is resumed or purged.
"""

from pathlib import Path

from workbench.errors import BadInput
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed
from workbench.stacks.deployed import find_stack
from workbench.stacks.ledger import Entry, Ledger
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.timeouts import Clock, Timeouts


def stop_batch(session: StackSession, batches: Batches, batch_id: str) -> str:
    """Stop a batch; what is left of it, in words. AwsFailed if it had ended by then."""
    settings = session.settings()
    settings.switch_sources(False)
    try:
        until = session.clock.now() + session.timeouts.notice_s
        while not batches.known(batch_id) and session.clock.now() < until:
            session.clock.sleep(1)  # triggered and not there yet: what is not there cannot stop
        return batches.stop(batch_id)
    except AwsFailed:
        settings.switch_sources(True)
        raise


def resume(
    batch_id: str, results: Path, clock: Clock | None = None, timeouts: Timeouts | None = None
) -> str:
    """Let a stopped batch go on; what happens now, in words."""
    session, entry = _found(batch_id, results, clock, timeouts)
    session.batches().resume(batch_id)
    _release(session, entry.at("triggered", reason=""))
    return f"batch {batch_id} goes on. Run its order again to follow and collect it."


def purge(
    batch_id: str, results: Path, clock: Clock | None = None, timeouts: Timeouts | None = None
) -> str:
    """Give up a stopped batch; what was thrown away, in words."""
    session, entry = _found(batch_id, results, clock, timeouts)
    deleted = session.batches().purge(batch_id)
    _release(session, entry.at("purged"))
    return f"batch {batch_id} is given up: {deleted}. The stack is free for other batches."


def _release(session: StackSession, entry: Entry) -> None:
    """Give the stack back: its event sources on, its settings as they were."""
    session.settings().switch_sources(True)
    session.put_back()
    session.ledger.write(entry)


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
    if entry.phase != "stopped":
        raise BadInput(f"batch {batch_id} is {entry.phase}; only a stopped one can be dealt with.")
    aws = Aws(entry.region)
    aws.account()
    deployed = find_stack(aws, entry.design)
    if deployed.key != entry.stack:
        raise BadInput(
            f"batch {batch_id} ran on a stack that is gone; the {deployed.design.stack} deployed "
            "now is another one, and knows nothing of it."
        )
    return StackSession(aws, deployed, ledger, clock or Clock(), timeouts or Timeouts()), entry

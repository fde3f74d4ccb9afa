"""Stopping a batch on AWS, letting it go on, or giving it up for good.

A batch that has a record is stopped by its status, which every function honours, and by switching
off the event sources; both stay so until it is resumed or purged.
"""

from pathlib import Path

from workbench.errors import BadInput
from workbench.stacks.aws_clients import Aws, AwsFailed
from workbench.stacks.ledger import Entry, Ledger
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.clock import Clock, Patience
from workbench.targets.aws.controls import batches_of
from workbench.targets.aws.hold import Place, put_back
from workbench.targets.aws.stack import find_stack


def stop_batch(place: Place, batches: Batches, batch_id: str) -> str:
    """Stop a batch; what is left of it, in words. AwsFailed if it had ended by then."""
    board = place.switchboard()
    board.switch_sources(False)
    try:
        _await_open(place, batches, batch_id)
        return batches.stop(batch_id)
    except AwsFailed:
        board.switch_sources(True)
        raise


def _await_open(place: Place, batches: Batches, batch_id: str) -> None:
    """Wait for a batch that was triggered and is not there yet: what is not there cannot stop."""
    until = place.clock.now() + place.patience.notice_s
    while not batches.known(batch_id) and place.clock.now() < until:
        place.clock.sleep(1)


def resume(
    batch_id: str, results: Path, clock: Clock | None = None, patience: Patience | None = None
) -> str:
    """Let a stopped batch go on; what happens now, in words."""
    place, entry, batches = _found(batch_id, results, clock, patience)
    batches.resume(batch_id)
    place.switchboard().switch_sources(True)
    put_back(place)
    place.ledger.write(entry.at("triggered", reason=""))
    return f"batch {batch_id} goes on. Run its order again to follow and collect it."


def purge(
    batch_id: str, results: Path, clock: Clock | None = None, patience: Patience | None = None
) -> str:
    """Give up a stopped batch; what was thrown away, in words."""
    place, entry, batches = _found(batch_id, results, clock, patience)
    gone = batches.purge(batch_id)
    place.switchboard().switch_sources(True)
    put_back(place)
    place.ledger.write(entry.at("purged"))
    return f"batch {batch_id} is given up: {gone}. The stack is free for other batches."


def _found(
    batch_id: str, results: Path, clock: Clock | None, patience: Patience | None
) -> tuple[Place, Entry, Batches]:
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
    clock = clock or Clock()
    place = Place(aws, deployed, ledger, clock, patience or Patience())
    return place, entry, batches_of(aws, deployed, clock)

"""The batches that a case asks for, by what it starts and by whose trigger opened each."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lambdas.trigger import Trigger, read_trigger
from workbench.swarm.cases import FaultCase, Start
from workbench.swarm.fault_record import Expected
from workbench.swarm.noted import Record
from workbench.targets.local.world.context import EPOCH_S

Knobs = dict[str, Any]
OfOpener = Callable[[str], Knobs | None]  # by batch; none if nothing says whose it is


def expected(
    case: FaultCase, started: Sequence[tuple[Start, float]], of_opener: OfOpener
) -> Iterator[Expected]:
    """The batches that were asked for: the cron's by its slot, with the knobs of the template.

    Of several triggers the one counts that opened the batch.
    """
    asked: dict[str, tuple[Trigger, list[float]]] = {}
    for start, at_s in started:
        if start.kind == "refused":
            continue
        given = start.trigger()
        if start.kind == "cron":
            moment = datetime.fromtimestamp(round(EPOCH_S + at_s), UTC)
            given = {"time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "items": case.cron_items}
            given["knobs"] = case.design.batch_knobs()
        trigger = read_trigger(given)
        _, times_s = asked.get(trigger.batch, (trigger, []))
        asked[trigger.batch] = trigger, [*times_s, at_s]
    for trigger, times_s in asked.values():
        opener = of_opener(trigger.batch)
        yield Expected(*(trigger._replace(knobs=opener) if opener else trigger), tuple(times_s))


def knobs_of_opener(
    records: Mapping[tuple[str, str], Record],
    objects: Mapping[str, bytes],
    durable: Mapping[str, Any],
) -> OfOpener:
    """The knobs with which a batch was opened: in its record, or of the durable execution that
    claimed it.
    """

    def found(batch: str) -> Knobs | None:
        meta = records.get((f"batch#{batch}", "META"), {})
        if "knobs" in meta:
            return json.loads(meta["knobs"])
        owner = durable.get(objects.get(f"batches/{batch}/start", b"").decode())
        return json.loads(owner.started.input)["knobs"] if owner else None

    return found

"""Completion is never declared before the last item is done or failed."""

from collections.abc import Iterator

from workbench.swarm.evidence import Evidence, Expected

MARGIN_S = 0.002  # notices carry times that were rounded to the millisecond


def check_not_too_early(evidence: Evidence) -> Iterator[str]:
    """Items that were not over when their batch was declared complete, and work that went on."""
    for batch in evidence.batches:
        complete = evidence.notices(batch, "complete")
        if not complete:
            continue
        moments = [evidence.detected_s(batch), complete[0].t_s]
        declared_s = min(moments) + MARGIN_S
        over_s = evidence.over_s(batch)
        late = [item for item in batch.ids if over_s.get(item, float("inf")) > declared_s]
        if late:
            yield (
                f"{batch.batch_id} was declared complete at {declared_s:.3f} s with {len(late)} "
                f"of {batch.items} items not over, such as {late[0]}"
            )
        if evidence.protocol.ends_at_once(evidence, batch):
            yield from _going_on(evidence, batch, declared_s)


def _going_on(evidence: Evidence, batch: Expected, declared_s: float) -> Iterator[str]:
    for item in batch.ids:
        for one in evidence.by_item.get(item, ()):
            if one.ended_s > declared_s:
                yield (
                    f"item {item} is still worked by {one.request_id} until {one.ended_s:.3f} s; "
                    f"{batch.batch_id} was declared complete at {declared_s:.3f} s"
                )
                return

"""Items put together into the inputs of a map run's children."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.targets.local.stepfunctions.failures import DATA_LIMIT, StateFailed
from workbench.targets.local.stepfunctions.payload import PAYLOAD_MAX_BYTES, as_json, size_bytes
from workbench.targets.local.stepfunctions.settings import BatchSettings

Item = tuple[float, Any]  # when it has been read, in virtual seconds, and what it is


@dataclass(frozen=True)
class ChildInput:
    """What a child is given, how many items that is, and when they have been read."""

    ready_s: float
    items: int
    data: Any
    text: str


def child_inputs(
    items: Iterator[Item], batch: BatchSettings | None, select: Callable[[int, Any], Any]
) -> Iterator[ChildInput]:
    """The inputs in the order of the items, each of at most 256 KiB; drawn only as asked for."""
    chosen = ((ready_s, select(i, item)) for i, (ready_s, item) in enumerate(items))
    return _singles(chosen) if batch is None else _batches(chosen, batch)


def _singles(items: Iterator[Item]) -> Iterator[ChildInput]:
    for ready_s, item in items:
        text = as_json(item)
        _hold(len(text.encode()), PAYLOAD_MAX_BYTES)
        yield ChildInput(ready_s, 1, item, text)


def _batches(items: Iterator[Item], batch: BatchSettings) -> Iterator[ChildInput]:
    fixed = {} if batch.fixed is None else {"BatchInput": batch.fixed}
    bare = as_json({**fixed, "Items": []})
    bare_bytes = size_bytes({**fixed, "Items": []})
    values: list[Any] = []
    texts: list[str] = []
    size = last_s = 0

    def close() -> ChildInput:
        text = f"{bare[:-2]}{','.join(texts)}]}}"
        return ChildInput(last_s, len(values), {**fixed, "Items": values}, text)

    for ready_s, item in items:
        text = as_json(item)
        item_bytes = len(text.encode()) + 1  # and a comma
        _hold(bare_bytes + item_bytes - 1, batch.bytes_max)
        full = bare_bytes + size + item_bytes - 1 > batch.bytes_max
        if values and (full or len(values) >= batch.items_max):
            yield close()
            values, texts, size = [], [], 0
        values.append(item)
        texts.append(text)
        size, last_s = size + item_bytes, ready_s
    if values:
        yield close()


def _hold(size: int, limit: int) -> None:
    if size > limit:
        raise StateFailed(
            DATA_LIMIT, f"one item makes a child's input of {size} bytes; {limit} are allowed"
        )

"""What holds a batch back at an instant, and which of it held it longest."""

import numpy as np

(
    NONE,
    RAMP,
    MAX_CONCURRENCY,
    ACCOUNT,
    TABLE_WRITES,
    KEY_WRITES,
    BATCHER,
    LAST_ITEMS,
    POLL,
    ENVIRONMENTS,
    CHILD_STARTS,
    MAP_OVERHEAD,
) = range(12)
NAMES = {
    NONE: "start",
    RAMP: "event source ramp",
    MAX_CONCURRENCY: "max_concurrency",
    ACCOUNT: "account concurrency",
    TABLE_WRITES: "table writes",
    KEY_WRITES: "key shard writes",
    BATCHER: "batcher",
    LAST_ITEMS: "longest invocation",
    POLL: "poll",
    ENVIRONMENTS: "new environments",
    CHILD_STARTS: "child starts",
    MAP_OVERHEAD: "map start and end",
}
SEGMENT_TIME = "segment time"  # a batcher invocation passes 15 minutes: the batch fails


def held_s(limit_s: np.ndarray) -> dict[str, float]:
    """Seconds by limit, longest first."""
    pairs = ((NAMES[code], float(limit_s[code])) for code in NAMES if limit_s[code] > 0)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def binding_limit(limit_s: np.ndarray, late: int = 0) -> str:
    """The limit that held the batch longest."""
    if late:
        return SEGMENT_TIME
    return next(iter(held_s(limit_s)), NAMES[NONE])

"""What executions and chunks of `durable` have in common: places, events, environments."""

from math import inf

import numpy as np

from workbench.targets.model.durable.settings import DurableSettings
from workbench.targets.model.engine import draws, timeline
from workbench.targets.model.engine.draws import hashed, latency
from workbench.targets.model.engine.events import compiled, push

ADMIT, ANSWER, RESUME, SUSPEND = range(4)  # what happens to a chunk, and to an execution
IDLE, CALLED, AT_WORK, OVER = range(4)  # an execution
PROCESSOR, BATCHER = range(2)  # functions with environments of their own
BACKOFF_MAX_S = 300.0


@compiled
def later(s: np.void, time_s: float, place: int, what: int) -> None:
    """Something will happen to a chunk or an execution."""
    assert s.now <= time_s < inf
    s.events = push(s.end_times, s.end_loads, s.events, time_s, place << 2 | what)


@compiled
def begin_execution(s: np.void, time_s: float, first: int, children: int) -> int:
    """An execution starts, over so many children from a chunk on; its place."""
    x = s.free[BATCHER]
    if x >= 0:
        s.free[BATCHER] = s.x_again[x]
    else:
        x = s.executions_used
        s.executions_used += 1
    s.x_began[x] = time_s
    s.x_first[x] = first
    s.x_children[x] = children
    s.x_started[x] = s.x_in_flight[x] = s.x_arrived[x] = s.x_throttles[x] = 0
    s.x_again[x] = -1
    s.x_operations[x] = 1
    s.operations += 1
    return x


@compiled
def call_for(p: DurableSettings, s: np.void, x: int, time_s: float) -> None:
    """Let the handler of an execution be invoked."""
    s.x_phase[x] = CALLED
    s.x_call[x] = s.calls
    s.calls += 1
    draw = hashed(p.key_call, s.x_call[x])
    later(s, time_s + latency(s, draws.CHAINED, draw, 0), x, RESUME)


@compiled
def wake(p: DurableSettings, s: np.void, x: int) -> None:
    """Something that an execution waits for is over."""
    s.x_answered[x] = s.now
    if s.x_phase[x] == IDLE:
        call_for(p, s, x, s.now)


@compiled
def environment(p: DurableSettings, s: np.void, which: int, idle: int) -> int:
    """Where a function may run: 0 in an idle environment, 1 in a new one, -1 nowhere now."""
    if s.running + s.orchestrators >= p.account:
        s.short = timeline.ACCOUNT
        return -1
    if idle > 0:
        return 0
    tokens = s.tokens[which] + (s.now - s.tokens_at[which]) * p.environments_per_s
    s.tokens[which] = min(p.environments_burst, tokens)
    s.tokens_at[which] = s.now
    if s.tokens[which] < 1.0:
        s.short = timeline.ENVIRONMENTS
        return -1
    s.tokens[which] -= 1.0
    return 1

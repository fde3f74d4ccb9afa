"""The pollers of the event sources of `sqs`: who may take a batch, and how many there are."""

from math import inf

import numpy as np

from workbench.targets.model.engine.events import chunks, compiled, push
from workbench.targets.model.sqs.batcher import start_segments
from workbench.targets.model.sqs.settings import SqsSettings
from workbench.targets.model.sqs.work import begin_invocation

FIRST_S = 60.0  # of a ramp after a rest, in which it may be slower
BACK_OFF_S = 1.0  # in which a mapping that is throttled is lowered once


@compiled
def can_start(p: SqsSettings, s: np.void) -> bool:
    """Whether a poller is free, has a batch, and Lambda has a place for it."""
    if s.running >= min(s.target, p.pollers.most):
        return False
    waiting = s.visible + s.ready
    if waiting == 0:
        s.flushing = 0
        return False
    if p.window_s > 0.0 and waiting < p.messages_per_take and s.flushing == 0:
        s.held_polls += chunks(waiting - s.held, p.poller_messages)  # each receives what has come
        s.held = waiting
        if s.flush_at == inf:
            s.flush_at = s.now + p.window_s
            s.other = min(s.other, s.flush_at)
        return False
    if s.polls_free_at > s.now:
        s.poll_at = s.polls_free_at
        s.other = min(s.other, s.poll_at)
        return False
    return s.running + s.batchers < p.account


@compiled
def fill(p: SqsSettings, s: np.void) -> None:
    """Every free poller that can takes a batch."""
    while can_start(p, s):
        size = s.running
        at, load = begin_invocation(p, s, s.now)
        push(s.end_times, s.end_loads, size, at, load)


@compiled
def first_arrival(p: SqsSettings, s: np.void) -> None:
    """The mapping starts with the pollers it has, and ramps after a while if it was idle."""
    if s.target == 0:
        s.target = p.pollers.start
        if s.target < p.pollers.most:
            grow_from(p, s, s.now + p.pollers.idle_s)


@compiled
def grow_from(p: SqsSettings, s: np.void, time_s: float) -> None:
    """The ramp begins: a while after the first message, or with the first batch that is done."""
    s.grows_at = time_s
    s.ramp_at = time_s + p.pollers.first_step_s
    s.other = min(s.other, s.ramp_at)


@compiled
def ramp(p: SqsSettings, s: np.void) -> None:
    """One more poller, if all are busy or out of polls, and messages are left."""
    if (s.running >= s.target or s.polls_free_at > s.now) and s.visible + s.ready > 0:
        if s.running + s.batchers >= p.account:
            s.throttles += 1
            back_off(p, s)
        else:
            s.target += p.pollers.places
            s.grown_poller_s -= s.now
            fill(p, s)
    first = s.now < s.grows_at + FIRST_S
    step_s = p.pollers.first_step_s if first else p.pollers.step_s
    s.ramp_at = s.now + step_s if s.target < p.pollers.most else inf


@compiled
def back_off(p: SqsSettings, s: np.void) -> None:
    """A throttle lowers what the mapping may run, once a second; it comes back by the ramp."""
    if s.now >= s.backs_off_at:
        s.backs_off_at = s.now + BACK_OFF_S
        s.target = max(p.pollers.start, int(s.target * (1.0 - p.pollers.back_off)))


@compiled
def ramp_plan(p: SqsSettings, s: np.void) -> None:
    """The same for the batcher."""
    if s.batchers >= s.plan_target and s.segments_visible > 0:
        s.plan_target += 1
        start_segments(p, s, s.now)
    more = s.plan_target < p.plan_pollers.most and s.segments_begun < p.segments
    first = s.now < s.plan_grows_at + FIRST_S
    step_s = p.plan_pollers.first_step_s if first else p.plan_pollers.step_s
    s.plan_ramp_at = s.now + step_s if more else inf

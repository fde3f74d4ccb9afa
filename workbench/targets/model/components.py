"""The kernels on their own, for replaying what others have measured: a queue without a batcher, a
map without one, with functions that take as long as their authors say."""

from dataclasses import dataclass

import numpy as np

from workbench.designs import Sfn, Sqs
from workbench.platform.profile import Profile
from workbench.runs.batch import Batch
from workbench.targets.model.engine.settings import Cpu
from workbench.targets.model.models import Outcome, play
from workbench.targets.model.sfn.settings import sfn_settings
from workbench.targets.model.sqs.settings import NO_POLLS, sqs_settings

NO_CPU = Cpu(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Queue:
    """Messages for a function behind an SQS event source."""

    messages: int
    work_ms: float  # of one message
    batch_size: int = 1
    window_s: int = 0
    arrival_s: float = 0.0  # over how long they are sent, evenly; 0: there when it was enabled
    max_concurrency: int | None = None

    @property
    def idle(self) -> bool:
        """Whether the mapping was enabled before the messages came, and has settled idle."""
        return self.arrival_s > 0


def run_queue(queue: Queue, profile: Profile, seed: int = 7) -> Outcome:
    """Drain a queue; the outcome's `processed_s` is when the last message is done."""
    design = Sqs(
        items_per_message=1,
        messages_per_invocation=queue.batch_size,
        batch_window_s=queue.window_s,
        max_concurrency=queue.max_concurrency,
        value_max=0,
    )
    settings = sqs_settings(design, Batch(queue.messages, seed, "queue"), profile, seed)
    start = int(profile.value("esm_start_concurrency"))
    pollers = settings.pollers
    if not queue.idle:
        pollers = pollers._replace(
            start=min(start, pollers.most), idle_s=0.0, first_step_s=pollers.step_s
        )
    settings = settings._replace(
        arrivals=queue.messages,
        arrival_s=float(queue.arrival_s),
        values=settings.values._replace(fixed_ms=float(queue.work_ms)),
        poll_s=NO_POLLS,
        pollers=pollers,
        processor=NO_CPU,
    )
    return play(design, settings, profile)


def run_map(
    children: int,
    work_ms: float,
    profile: Profile,
    *,
    express: bool = True,
    memory_mb: int = 512,
    seed: int = 7,
) -> Outcome:
    """A distributed map of one task a child."""
    design = Sfn(
        items_per_child=1,
        max_concurrency=None,
        child_type="EXPRESS" if express else "STANDARD",
        value_max=0,
        memory_mb=memory_mb,
    )
    settings = sfn_settings(design, Batch(children, seed, "map"), profile, seed)
    values = settings.values._replace(fixed_ms=float(work_ms))
    return play(design, settings._replace(values=values, processor=NO_CPU), profile)


def map_s(outcome: Outcome) -> float:
    """Seconds from a map's start to its end."""
    return float(outcome.state["detected_s"] - outcome.state["created_s"])


def concurrency_at(outcome: Outcome, time_s: float) -> float:
    """Concurrent invocations at a time."""
    samples = _samples(outcome)
    return float(np.interp(time_s, samples[:, 0], samples[:, 1]))


def done_at(outcome: Outcome, time_s: float) -> float:
    """Messages done by a time."""
    samples = _samples(outcome)
    return float(np.interp(time_s, samples[:, 0], samples[:, 3]))


def mean_wait_s(outcome: Outcome) -> float:
    """The mean time at which a message is done, seconds after the start."""
    samples, items = _samples(outcome), outcome.settings.items
    step_s = float(outcome.state["sample_step"])
    return float(np.sum(items - samples[:, 3]) * step_s / items)


def _samples(outcome: Outcome) -> np.ndarray:
    """The rows of the timeline: time, concurrency, backlog, done, throttles."""
    return outcome.state["samples"][: int(outcome.state["samples_kept"])]

"""The timeline while a kernel runs: at most `POINTS` samples, thinned by half when full."""

import numpy as np

from workbench.targets.model.engine.compiled import compiled


@compiled
def keep_sample(
    s: np.void, samples: np.ndarray, concurrency: int, backlog: int, done: int, throttles: int
) -> None:
    """One row (time, concurrency, backlog, items done, throttles), and when the next is due."""
    row = samples[s.samples_kept]
    row[0], row[1], row[2] = s.sample_at, concurrency, backlog
    row[3], row[4] = done, throttles
    s.samples_kept += 1
    if s.samples_kept == samples.shape[0]:
        half = samples.shape[0] // 2
        for i in range(half):
            samples[i] = samples[2 * i]
        s.samples_kept = half
        s.sample_step *= 2.0
    s.sample_at += s.sample_step

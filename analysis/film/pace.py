"""How the film's seconds follow the run's: one clock for all designs, at three rates.

It begins after a moment. While designs work it is fast. While one is done and nobody knows it is
slow, and at that design's last item it stands still for a moment. Every rate is said in the
picture.
"""

from itertools import pairwise

import numpy as np
import pandas as pd

FPS = 30
# Seconds of film: before the trigger, all the work, all that is not known yet, a stop at each last
# item, and the end.
START_S, WORK_S, UNKNOWN_S, STOP_S, HOLD_S = 1.0, 11.0, 7.5, 0.8, 1.0


def clock(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a frame: `t_s` of every run, `rate` in seconds of the run a second of film, and the
    designs `unknown` then: their batch is done, and nobody knows.
    """
    film_s, run_s = _knots(runs)
    at_s = np.arange(round(film_s[-1] * FPS) + 1) / FPS
    rates = np.diff(run_s) / np.diff(film_s)
    which = np.clip(np.searchsorted(film_s, at_s, side="right") - 1, 0, len(rates) - 1)
    t_s = np.interp(at_s, film_s, run_s)
    unknown = [_unknown(runs, moment) for moment in t_s]
    return pd.DataFrame({"t_s": t_s, "rate": rates[which], "unknown": unknown})


def _knots(runs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of film and of the run where the rate changes, from the trigger to the last hold."""
    lagging = runs[runs["detected_s"] > runs["processed_s"]]
    edges = sorted({0.0, *runs["processed_s"].astype(float), *runs["detected_s"].astype(float)})
    pieces = [(start, stop, bool(_unknown(runs, start))) for start, stop in pairwise(edges)]
    total = {slow: sum(b - a for a, b, own in pieces if own == slow) for slow in (False, True)}
    film_s, run_s, now = [0.0, START_S], [0.0, 0.0], START_S
    for start, stop, slow in pieces:
        if start in set(lagging["processed_s"]):
            now += STOP_S
            film_s.append(now)
            run_s.append(start)
        now += (UNKNOWN_S if slow else WORK_S) * (stop - start) / total[slow]
        film_s.append(now)
        run_s.append(stop)
    return np.array([*film_s, now + HOLD_S]), np.array([*run_s, run_s[-1]])


def _unknown(runs: pd.DataFrame, t_s: float) -> tuple[str, ...]:
    """The designs whose batch is done at a moment, and nobody knows."""
    there = (runs["processed_s"] <= t_s) & (t_s < runs["detected_s"])
    return tuple(runs["design"][there])

"""Runs as a film sees them: every metric at evenly spaced moments, dollars included.

Dollars so far are the bill spread over the run: what is labelled `work` by the invocations at work,
all else by the items done. They end at the bill's total. A target that keeps `cost_usd` over time
is taken at its word.
"""

import numpy as np
import pandas as pd

from analysis.needs import NothingToShow

METRICS = ("backlog", "concurrency", "items_done", "cost_usd")
FINE = 2_000  # steps over which invocations at work are summed up


def replay(
    run: pd.Series, samples: pd.DataFrame, bill: pd.DataFrame, moments_s: np.ndarray
) -> pd.DataFrame:
    """One row a moment with `t_s` and each metric of one run; after its end nothing changes."""
    series = dict(list(samples.groupby("metric")))
    missing = {"backlog", "concurrency", "items_done"} - set(series)
    if missing:
        raise NothingToShow(
            f"{run['run_id']} keeps no {', '.join(sorted(missing))} over time. Run it again."
        )
    frame = pd.DataFrame({"t_s": moments_s})
    for name in METRICS[:3]:
        frame[name] = held(series[name], moments_s)
    if "cost_usd" in series:
        return frame.assign(cost_usd=held(series["cost_usd"], moments_s))
    return frame.assign(cost_usd=dollars_so_far(run, series, bill, moments_s))


def held(samples: pd.DataFrame, moments_s: np.ndarray) -> np.ndarray:
    """A metric at these moments: each sample holds until the next, zero before the first."""
    ordered = samples.sort_values("t_s", kind="stable")
    values = np.concatenate([[0.0], ordered["value"].to_numpy(dtype=float)])
    return values[np.searchsorted(ordered["t_s"].to_numpy(), moments_s, side="right")]


def dollars_so_far(
    run: pd.Series, series: dict[str, pd.DataFrame], bill: pd.DataFrame, moments_s: np.ndarray
) -> np.ndarray:
    """The bill spread over the run: work by invocations at work, the rest by items done."""
    lines = bill[bill["label"] != "measuring"]
    usd = lines["cost_usd"].astype(float).groupby(lines["label"]).sum()
    work = usd.get("work", 0.0)
    fine_s = np.linspace(0, float(run["detected_s"]), FINE)
    busy = np.cumsum(held(series["concurrency"], fine_s))
    by_work = np.interp(moments_s, fine_s, busy / busy[-1]) if busy[-1] else moments_s * 0
    done = held(series["items_done"], moments_s) / float(run["items"])
    return work * by_work + (usd.sum() - work) * done

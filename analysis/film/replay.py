"""What each moment of the film shows of one run, all of it from its timeline, bill and knobs.

Done is what the timeline says, which counts items that failed too; from the run's last item on it
is everything. At work are the invocations at work times the items that one takes at the run's
knobs, never more than is not done, and what has begun stays begun. All else waits. That is exact
where invocations are full and their items are done together, as the model's are; where items are
counted as each is done, up to an invocation's items count as begun too early.

Dollars so far are the bill spread over the run: what is labelled `work` by the invocations at
work, all else by the items done. They end at the bill's total. A target that keeps `cost_usd` over
time is taken at its word.
"""

import numpy as np
import pandas as pd

from analysis.needs import NothingToShow
from workbench.designs import DESIGNS

METRICS = ("concurrency", "items_done")  # that a run must have kept
FINE = 2_000  # steps over which invocations at work are summed up
# Why items wait, as far as a timeline tells.
NOTHING, UNTOLD, START, RAMP, CAP, THROTTLE, POLL = range(7)
FULL = 0.99  # of the most invocations at a time: as many as there will be
NEARLY = 0.9  # of them, or of what the knobs allow: full but for what ends and begins
MOMENT = 0.01  # of a run: throttles so recent count as now
BRIEF = 0.05  # of the time that items wait: a peak no longer than that is the end of the ramp


def replay(
    run: pd.Series, samples: pd.DataFrame, bill: pd.DataFrame, moments_s: np.ndarray
) -> pd.DataFrame:
    """One row a moment: what of the run's items is where, why they wait, and dollars so far.

    Columns `t_s`, `concurrency`, `items_done`, `waiting`, `at_work`, `why`, `throttles`,
    `cost_usd`; moments go up. After the run's end nothing changes.
    """
    series = dict(list(samples.groupby("metric")))
    missing = set(METRICS) - set(series)
    if missing:
        raise NothingToShow(
            f"{run['run_id']} keeps no {', '.join(sorted(missing))} over time. Run it again."
        )
    frame = pd.DataFrame({"t_s": moments_s})
    for name in METRICS:
        frame[name] = held(series[name], moments_s)
    items = float(run["items"])
    frame["items_done"] = np.where(moments_s >= run["processed_s"], items, frame["items_done"])
    each = DESIGNS[run["design"]](**run["knobs"]).items_per_invocation
    begun = np.minimum(frame["items_done"] + frame["concurrency"] * each, items).cummax()
    frame["at_work"] = begun - frame["items_done"]
    frame["waiting"] = items - begun
    frame["throttles"] = held(series["throttles"], moments_s) if "throttles" in series else 0.0
    frame["why"] = why_waiting(run, series, frame)
    if "cost_usd" in series:
        return frame.assign(cost_usd=held(series["cost_usd"], moments_s))
    return frame.assign(cost_usd=dollars_so_far(run, series, bill, moments_s))


def why_waiting(
    run: pd.Series, series: dict[str, pd.DataFrame], moments: pd.DataFrame
) -> np.ndarray:
    """Why items wait at each moment, or why nobody knows yet; NOTHING where nothing waits.

    Nothing works yet: START. More work at a time later on: RAMP. As many as ever: CAP. Fewer again:
    UNTOLD. Throttles just now come before these. Everything is done, and not known: POLL.
    """
    t_s, working = moments["t_s"].to_numpy(), moments["concurrency"].to_numpy()
    waits = moments["waiting"].to_numpy() > 0
    why = np.full(len(t_s), NOTHING)
    if waits.any():
        most = working[waits].max()
        first = np.argmax((working >= FULL * most) & waits)
        last = np.flatnonzero(waits)[-1]
        brief = t_s[last] - t_s[first] < BRIEF * t_s[last]
        later = np.where(working >= NEARLY * most, CAP, UNTOLD)
        why[waits] = np.where((t_s < t_s[first]) | brief, RAMP, later)[waits]
        why[waits & (np.maximum.accumulate(working) == 0)] = START
        why[waits & throttled(run, series, t_s)] = THROTTLE
    why[(t_s >= run["processed_s"]) & (t_s < run["detected_s"])] = POLL
    return why


def throttled(run: pd.Series, series: dict[str, pd.DataFrame], t_s: np.ndarray) -> np.ndarray:
    """Whether calls were throttled just now; `aws` keeps throttles by the minute, others in all."""
    if "throttles" not in series:
        return np.zeros(len(t_s), dtype=bool)
    now = held(series["throttles"], t_s)
    if run["target"] == "aws":
        return now > 0
    return now > held(series["throttles"], t_s - MOMENT * float(run["processed_s"]))


def held(samples: pd.DataFrame, moments_s: np.ndarray) -> np.ndarray:
    """A metric at these moments: each sample holds until the next, zero before the first."""
    ordered = samples.sort_values("t_s", kind="stable")
    values = np.concatenate([[0.0], ordered["value"].to_numpy(dtype=float)])
    return values[np.searchsorted(ordered["t_s"].to_numpy(), moments_s, side="right")]


def dollars_so_far(
    run: pd.Series, series: dict[str, pd.DataFrame], bill: pd.DataFrame, moments_s: np.ndarray
) -> np.ndarray:
    """The bill spread over the run: work by invocations at work, the rest by items done.

    Not known at any moment where there is no bill.
    """
    lines = bill[bill["label"] != "measuring"]
    if lines.empty:
        return np.full(len(moments_s), np.nan)
    usd = lines["cost_usd"].astype(float).groupby(lines["label"]).sum()
    work = usd.get("work", 0.0)
    fine_s = np.linspace(0, float(run["detected_s"]), FINE)
    busy = np.cumsum(held(series["concurrency"], fine_s))
    by_work = np.interp(moments_s, fine_s, busy / busy[-1]) if busy[-1] else moments_s * 0
    done = held(series["items_done"], moments_s) / float(run["items"])
    return work * by_work + (usd.sum() - work) * done

"""Sentences about what the study's own tables say: savings, predictions, tuned designs."""

import pandas as pd

from analysis.charts.binding_limits import share_of_time
from analysis.frames import Frames
from analysis.needs import NothingToShow, columns, in_order
from analysis.words import count, dollars, duration


def saved(frames: Frames) -> str:
    """From which dollars to which, by what factor, and by which changes most."""
    table = columns(frames.table("savings"), "table of savings", "Run `make study`.", "step")
    parts = []
    for design, own in in_order(table):
        steps = own.sort_values("step", ignore_index=True)
        usd = steps["usd_per_million"]
        later = steps[steps["change"].str.contains("item_concurrency").cumsum() > 0]
        tuned = steps.drop(later.index).iloc[-1]
        most = (usd.shift() - usd).drop(0).idxmax()
        ratio = tuned["usd_per_million"] / tuned["floor_usd_per_million"]
        names = ("with several items at a time", "without the claim")
        last = ", ".join(
            f"{dollars(usd)} {name}"
            for usd, name in zip(later["usd_per_million"], names, strict=False)
        )
        last = f" ({last})" if last else ""
        parts.append(
            f"{design} falls from {dollars(usd[0])} per million items as published to "
            f"{dollars(tuned['usd_per_million'])} tuned, {usd[0] / tuned['usd_per_million']:.3g} "
            f"times less and {ratio:.3f} times the floor{last}; "
            f"most by {steps['change'][most]}"
        )
    return f"{'. '.join(parts)}."


def predicted(frames: Frames) -> str:
    """How far off the predictions of dollars and time were."""
    table = columns(
        frames.table("predictions"), "table of predictions", "Run `make study`.", "error_percent"
    )
    parts = []
    for line, what in (("cost_usd", "dollars"), ("detected_s", "time until known")):
        own = table[(table["line"] == line) & table["error_percent"].notna()]
        if own.empty:
            raise NothingToShow("no predicted run has come true yet. Run `make study`.")
        errors = own["error_percent"].abs()
        parts.append(f"{what}: {errors.median():.2g}% in the median, {errors.max():.2g}% at worst")
    runs = table["run_id"].nunique()
    return f"Of {runs} runs predicted before they began, the error was, in {'; in '.join(parts)}."


def limits_by_size(limits: pd.DataFrame) -> pd.DataFrame:
    """One row a number of items: the limit that binds each design, with its share of the time."""
    columns(limits, "table of limits", "Run `make study`.", "design", "items", "limit", "held_s")
    shares = share_of_time(limits)
    bound = shares[shares["binds"]].drop_duplicates(["design", "items"])
    told = bound["limit"] + " (" + (100 * bound["share"]).map("{:.0f}%".format) + ")"
    wide = bound.assign(told=told).pivot(index="items", columns="design", values="told")
    return wide.reset_index()


def medians(runs: pd.DataFrame, settings: list[str]) -> pd.DataFrame:
    """One row a design, setting and size: dollars per million, of it knowing, time and lag."""
    own = runs[runs["setting"].isin(settings) & (runs["target"] == "model")]
    if own.empty:
        raise NothingToShow("no run of the model at these knobs. Run `make study`.")
    groups = own.groupby(["items", "design", "setting"], sort=True)
    rows = []
    for (items, design, setting), runs_of in groups:
        usd, seconds = runs_of["per_million_usd"], runs_of["detected_s"]
        rows.append(
            {
                "items": count(items),
                "design": design,
                "knobs": setting,
                "$ per million": f"{usd.median():,.4g} ({usd.min():,.4g} to {usd.max():,.4g})",
                "of it knowing": dollars(runs_of["knowing_per_million_usd"].median()),
                "known after": duration(seconds.median()),
                "lag": duration(runs_of["detection_lag_s"].median()),
                "runs": len(runs_of),
            }
        )
    return pd.DataFrame(rows)

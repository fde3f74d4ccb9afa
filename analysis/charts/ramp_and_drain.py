"""How does a batch ramp up and drain?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.axes import panels, time_axis
from analysis.caption import sign
from analysis.frames import Frames
from analysis.lines import counts_axis, over_time, rows_of_bars
from analysis.needs import Chosen, NothingToShow, usable
from analysis.placing import name_lines
from analysis.theme import colour, few, marker, text_pt
from analysis.words import count, duration

HEIGHT_IN = 7.0  # of the panels together
KNOWN = (0, (1, 1.5))  # dotted
PANELS = (
    ("concurrency", "Working at a time", "processor invocations"),
    ("left", "Not yet done", "items"),
)


def select(frames: Frames) -> Chosen:
    """One batch on every design, with its samples over time."""
    chosen = usable(frames.batch).beside(frames.batch_timelines)
    for run_id in chosen.run_ids:
        own = chosen.table[chosen.table["run_id"] == run_id]
        if not {"concurrency", "items_done"} <= set(own["metric"]):
            raise NothingToShow(f"{run_id} keeps no concurrency over time. Run it again.")
    return chosen.beside(pd.concat([chosen.table, _left(chosen)], ignore_index=True))


def find(chosen: Chosen) -> str:
    """When the first design is known to be done, and when the last."""
    runs = chosen.runs.sort_values("detected_s", kind="stable")
    first, last = runs.iloc[0], runs.iloc[-1]
    return (
        f"{count(chosen.items)} items are known to be done after {duration(first['detected_s'])} "
        f"with {first['design']}, {duration(last['detected_s'])} with {last['design']}"
    )


def draw(chosen: Chosen, figure: Figure) -> None:
    """Invocations and what is left over time, the last item and when it is known; and why then.

    Not what waits in the queue: that counts messages, and in a map run items that no child has.
    """
    samples = chosen.table
    sign(figure, chosen, "a mark is the last item done, the dotted line is when that is known")
    shown_panels = PANELS[-1:] if few(figure) else PANELS
    over = panels(figure, len(shown_panels) + (not few(figure)))
    for axes, (metric, title, unit) in zip(over, shown_panels, strict=False):
        axes.set_title(title)
        shown = samples[samples["metric"] == metric]
        for (design, target), own in shown.groupby(["design", "target"], sort=False):
            over_time(axes, own.sort_values("t_s", kind="stable"), design, target, design)
        for run in chosen.runs.itertuples():
            axes.axvline(run.detected_s, color=colour(run.design), linestyle=KNOWN, linewidth=1.4)
            at = {"color": colour(run.design), "zorder": 4, "clip_on": False}
            axes.plot(run.processed_s, 0, marker(run.design), label="_last item", **at)
        counts_axis(axes, shown["value"].max(), unit)
        time_axis(axes, chosen.runs["detected_s"].max())
    over = over[: len(shown_panels)]
    if not few(figure):
        _lags(figure.axes[-1], chosen)
    _annotate(over[-1], chosen)
    name_lines(over, near=0.6)
    figure.align_ylabels(over)


def _lags(axes: Axes, chosen: Chosen) -> None:
    """How long after the last item each design knows, and why."""
    lags, shades = chosen.runs["detection_lag_s"], map(colour, chosen.runs["design"])
    labels = [f"{run.design}: {_why(run)}" for run in chosen.runs.itertuples()]
    axes.set_title("From the last item to knowing")
    rows_of_bars(axes, labels, list(lags), list(shades), duration)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("seconds after the last item")


def _annotate(axes: Axes, chosen: Chosen) -> None:
    """Say of the design that is known latest which moment is which, above all lines."""
    run = chosen.runs.loc[chosen.runs["detected_s"].idxmax()]
    axes.annotate(
        f"last item, known {duration(run['detection_lag_s'])} later",
        (run["processed_s"], 0),
        xytext=(0.98, 0.93),
        textcoords="axes fraction",
        ha="right",
        va="center",
        color=colour(run["design"]),
        fontsize=text_pt(0.85),
        arrowprops={"arrowstyle": "-", "color": colour(run["design"]), "lw": 0.8, "shrinkB": 5},
        bbox={"color": axes.get_facecolor(), "pad": 1.0},
    )


def _why(run: tuple) -> str:
    """How a design gets to know, by its knobs: it looks every so often, or is told."""
    poll_s = run.knobs.get("poll_s")
    return f"a look every {poll_s:g} s" if poll_s else "is told, no looks"


def _left(chosen: Chosen) -> pd.DataFrame:
    """What was not done or failed yet, as samples of a metric of its own."""
    done = chosen.table[chosen.table["metric"] == "items_done"]
    start = done.drop_duplicates("run_id").assign(t_s=0.0, value=0.0)
    both = pd.concat([start, done], ignore_index=True)
    return both.assign(metric="left", value=chosen.items - both["value"])


def say(chosen: Chosen) -> str:
    """When each design reaches its peak, and when it is known to be done."""
    samples = chosen.table[chosen.table["metric"] == "concurrency"]
    parts = []
    for run in chosen.runs.itertuples():
        own = samples[samples["run_id"] == run.run_id]
        top = own.loc[own["value"].idxmax()]
        parts.append(
            f"{run.design} peaks at {top['value']:,.0f} invocations after {duration(top['t_s'])} "
            f"and is known to be done after {duration(run.detected_s)}"
        )
    return f"Of the same {count(chosen.items)} items, {'; '.join(parts)}."

"""One run as a notebook shows it: verdict first, figures in words, charts in its design's colour.

What a target does not have is left out with a sentence.
"""

import base64
from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis import theme
from analysis.axes import time_axis
from analysis.lines import counts_axis, over_time
from analysis.pictures import Html, cell, html_table, plain, usd_in_words
from analysis.theme import colour, text_pt, tint
from analysis.words import dollars, duration, outcome
from workbench.pull.collect import Collected
from workbench.runs.records import LABELS, RunData

SMALL = theme.Canvas("small", 7.0, 10.0, 110, height_in=2.3)
WIDE = theme.Canvas("wide", 8.0, 10.0, 110, height_in=3.0)
SHADES = dict(zip(LABELS, (1.0, 0.7, 0.42, 0.2, 0.1), strict=True))  # of the design's colour
OTHER = "other"
LINES = 5  # of the bill's chart; what is less is summed up
ABOVE_PT = 22  # of a title, with the key below it: inside, it would lie on what is drawn
ROWS = 12  # of what a cloud said
NAMES = {  # of a run's quantities, as people call them
    "created_s": "all items created after",
    "processed_s": "all items done after",
    "detected_s": "known to be done after",
    "detection_lag_s": "so late",
    "invocations": "processor invocations",
    "cold_starts": "of them cold",
    "peak_concurrency": "most at a time",
    "cost_usd": "dollars of the batch",
    "coordination_usd": "of it for coordination",
    "knowing_usd": "of that for knowing",
}


def verdict(folder: RunData) -> Html:
    """How the batch went, how long, what it cost, and what of that is for knowing."""
    first, *rest = outcome(folder.run).splitlines()
    text = "".join(f"<p>{escape(line)}</p>" for line in rest)
    return Html(f'<p style="font-size:1.2em"><b>{escape(first)}</b></p>{text}{_traits(folder)}')


def bill_chart(folder: RunData) -> Html:
    """The dollars by usage, the largest first, shaded by what they are for."""
    if folder.bill is None or not len(folder.bill):
        return _left_out("This run has no bill.")
    lines = folder.bill.assign(usd=folder.bill["cost_usd"].astype(float))
    wide = lines.pivot_table(index="usage_type", columns="label", values="usd", aggfunc="sum")
    wide = wide.fillna(0.0).reindex(columns=[x for x in LABELS if x in wide]).astype(float)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False).index]
    if len(wide) > LINES + 1:
        wide = pd.concat([wide[:LINES], wide[LINES:].sum().to_frame(OTHER).T])

    def draw(axes: Axes) -> None:
        start = pd.Series(0.0, wide.index)
        for label in wide:
            shade = tint(folder.run.design, SHADES[label])
            axes.barh(range(len(wide)), wide[label], left=start, color=shade, label=label)
            start = start + wide[label]
        for row, usd in enumerate(start):
            place = {"textcoords": "offset points", "va": "center", "fontsize": text_pt(0.9)}
            axes.annotate(usd_in_words(usd), (usd, row), (4, 0), **place)
        axes.set_yticks(range(len(wide)), list(wide.index))
        axes.set(ylim=(len(wide) - 0.5, -0.5), xlim=(0, 1.2 * start.max() or 1.0))
        axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
        axes.locator_params(axis="x", nbins=5)
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right", frameon=False, fontsize=text_pt(0.9))
        axes.set_title("Dollars of the batch, by what they are for")

    return _picture(draw, SMALL, "the bill of the batch by usage and purpose")


def concurrency(folder: RunData) -> Html:
    """Processor invocations over time, with the moments at which all is done and is known."""
    run = folder.run
    samples = folder.timeline[folder.timeline["metric"] == "concurrency"]
    if samples.empty:
        return _left_out(f"A run on {run.target} keeps no concurrency over time.")

    def draw(axes: Axes) -> None:
        over_time(axes, samples, run.design, run.target, run.design)
        counts_axis(axes, samples["value"].max(), "processor invocations")
        moments = {"done": (run.processed_s, ":"), "known": (run.detected_s, "--")}
        told = {name: at for name, at in moments.items() if at[0] is not None}
        for name, (at_s, style) in told.items():
            axes.axvline(
                at_s, color=colour(run.design), linestyle=style, label=f"{name}, {duration(at_s)}"
            )
        time_axis(axes, max([samples["t_s"].max(), *(at_s for at_s, _ in told.values())]) or 1.0)
        axes.set_title("At work over time", pad=ABOVE_PT)
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
        axes.legend(**place, frameon=False, fontsize=text_pt(0.9), ncols=3)

    return _picture(draw, WIDE, "processor invocations over time, done and known marked")


def predictions(folder: RunData, checked: pd.DataFrame) -> Html:
    """What was predicted beside what came; a run of the model has no prediction."""
    if checked.empty:
        return _left_out("A run of the model is a prediction: it has none of its own.")
    own = checked[checked["run_id"] == folder.run.run_id].set_index("line", drop=False)
    order = [name for name in NAMES if name in own.index]
    order += [name for name in own.index if name not in NAMES]
    rows = {
        NAMES.get(line.line, line.line): {
            "predicted": _quantity(line.predicted, line.unit),
            "low to high": f"{_quantity(line.low, line.unit)} to {_quantity(line.high, line.unit)}",
            "came": _quantity(line.actual, line.unit),
            "off": "" if pd.isna(line.error_percent) else f"{line.error_percent:+,.1f} %",
        }
        for line in own.loc[order].itertuples()
    }
    return Html(html_table(pd.DataFrame(rows).T))


def bill_lines(folder: RunData) -> Html:
    """The bill line by line, the dearest first."""
    if folder.bill is None or not len(folder.bill):
        return _left_out("This run has no bill.")
    lines = folder.bill.sort_values("cost_usd", ascending=False)
    rows = {
        "service": lines["service"],
        "usage": lines["usage_type"],
        "for": lines["label"],
        "quantity": [plain(float(value)) for value in lines["quantity"]],
        "unit": lines["unit"],
        "dollars": [usd_in_words(float(value)) for value in lines["cost_usd"]],
    }
    return Html(html_table(pd.DataFrame(rows).set_index("usage")))


def evidence(folder: RunData, collected: Collected) -> Html:
    """What the cloud itself says of the run, and why the rest is missing."""
    parts = []
    for pull in collected.pulls:
        shown = pull.frame.head(ROWS).map(cell)
        more = f", the first {ROWS} of {len(pull.frame):,} rows" if len(pull.frame) > ROWS else ""
        parts.append(f"<h4>{escape(pull.kind)}{more}</h4>{html_table(shown)}")
    run = folder.run
    missing = [f"Not pulled: {escape(why)}." for why in collected.failed if why]
    if not (parts or missing):
        missing = [f"The {run.target} target has no cloud that could be asked."]
    return Html("".join(parts) + "".join(f"<p>{text}</p>" for text in missing))


def _traits(folder: RunData) -> str:
    """The figures of the run, each in words."""
    run = folder.run
    values = {name: getattr(run, name) for name in NAMES if not name.endswith("usd")}
    told = {
        NAMES[name]: _quantity(value, "s" if name.endswith("_s") else "")
        for name, value in values.items()
        if value is not None
    }
    return html_table(pd.DataFrame({run.design: told}))


def _quantity(value: Any, unit: str) -> str:
    """A number in words, by its unit."""
    if pd.isna(value):
        return ""
    return {"$": usd_in_words, "s": duration}.get(unit, plain)(float(value))


def _left_out(why: str) -> Html:
    return Html(f'<p class="refused">{escape(why)}</p>')


def _picture(draw: Callable[[Axes], None], canvas: theme.Canvas, alt: str) -> Html:
    """One panel, in light and in dark, whichever the reader's browser asks for."""
    held = {}
    for look in theme.THEMES:
        with theme.use(look, canvas):
            figure = theme.blank(canvas)
            draw(figure.subplots())
            theme.freeze(figure)
            held[look.name] = base64.b64encode(theme.encoded(figure, "svg")).decode()
    light, dark = (f"data:image/svg+xml;base64,{held[look.name]}" for look in theme.THEMES)
    return Html(
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(alt)}" style="max-width:100%"></picture>'
    )

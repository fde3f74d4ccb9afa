"""`findings.md`, made from a set of runs: its answers, tables, charts and sentences.

`make reference` writes the project's own into `docs/`. The same runs and tables give the same page.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis import gallery, own_pollers
from analysis.charts import binding_limits, invocation_durations, savings, who_wins
from analysis.frames import BESIDE, Frames, in_words, own_beside_reference, which_runs
from analysis.gallery import sentence
from analysis.needs import (
    DEFAULT,
    Chosen,
    NothingToShow,
    promised,
    same_knobs,
    usable,
    usual_length,
)
from analysis.unsure import otherwise
from analysis.verdicts import Verdicts, by_size_in_words, verdicts
from analysis.words import count, dollars, duration, percent, short_count
from workbench.designs import DESIGNS
from workbench.engine.statistics import cold_and_warm
from workbench.temporary import written_whole

CHEAPER, SOONER = ("cheaper", "cheapest"), ("sooner known to be done", "soonest known to be done")
KNOBS = ("default", "tuned")  # whose answers the page gives
SETTINGS = ("published", "default", "tuned", "tuned-concurrent")
TABLE_SIZES = (100, 10_000, 1_000_000, 100_000_000)
HEAD = """# Findings

*Made by code, not edited by hand.* {which}

A large and variable set of items is processed by AWS Lambda. How do we know when all of them are
done, and what does knowing cost? `sqs` keeps a record of each item (or message) in DynamoDB and
looks until none is left; `sfn` lets a Distributed Map of Step Functions know; `counters` counts the
messages that are done in DynamoDB; `durable` is a durable Lambda function that invokes a processor
for each chunk, and goes on when all have answered. Every verdict compares runs of the same items,
with an interval over the seeds; where the interval holds both answers, or they lie within 2 %, it
says so.
"""


def write_findings(results: Path, docs: Path) -> Path:
    """Write `findings.md` into `docs`, whole. Raises NothingToShow if there are no runs."""
    text = findings(Frames(results), docs)
    path = docs / "findings.md"
    with written_whole(path) as written:
        written.write_text(text, encoding="utf-8")
    return path


def findings(frames: Frames, docs: Path) -> str:
    """The page as Markdown; links are relative to `docs`."""
    chosen = usable(frames.runs, in_dollars=True)
    parts = [
        HEAD.format(which=which_runs(frames)),
        "## Which design to take",
        *(_or_why(lambda k=knobs: _answer(frames, chosen, k)) for knobs in KNOBS),
        "## What a batch costs and how long it takes",
        _or_why(lambda: markdown(_costs(usual_length(chosen).runs))),
        "## Longer and shorter items",
        _or_why(lambda: _map(who_wins.select(frames))),
        "## What breaks first",
        _or_why(lambda: markdown(_limits(binding_limits.select(frames)), {"items": count})),
        "## Cold and warm",
        _or_why(lambda: _cold_and_warm(frames)),
        "## From published to tuned",
        _or_why(lambda: _savings(frames)),
        "## How much time own pollers buy",
        _or_why(lambda: _own_pollers(frames)),
        *_beside(frames),
        "## The charts, and what each says",
        *(_chart(chart, frames, docs) for chart in gallery.CHARTS),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _own_pollers(frames: Frames) -> str:
    """What pollers of one's own cost, and the table of what they buy."""
    priced = own_pollers.price_in_words(frames.book)
    return f"{priced}\n\n{markdown(own_pollers.table(frames))}"


def markdown(frame: pd.DataFrame, forms: dict[str, Callable] | None = None) -> str:
    """A frame as a Markdown table; `forms` says how a column's values are written."""
    shown = frame.copy().astype(object)
    for column, form in (forms or {}).items():
        shown[column] = frame[column].map(form)
    shown = shown.where(frame.notna(), "")
    rows = [list(shown.columns), ["---"] * len(shown.columns), *shown.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)


def _answer(frames: Frames, chosen: Chosen, knobs: str) -> str:
    """Cheaper and sooner by size, at one set of knobs, with factor and interval."""
    if knobs == DEFAULT:
        own = same_knobs(chosen).runs  # which the charts show
    else:
        own = usual_length(chosen).runs.query("setting == @knobs")
    measures = {"batch_usd": CHEAPER, "detected_s": SOONER}
    found = {column: verdicts(own, column) for column in measures}
    said = [by_size_in_words(found[column], *words) for column, words in measures.items()]
    seeds = f"({min(one.batches.min() for one in found.values())} seeds or more at each size.)"
    tables = [
        markdown(_compared(found[column], f"{words[1]}: factor to the next", form))
        for (column, words), form in zip(measures.items(), (dollars, duration), strict=True)
    ]
    text = f"### At {knobs} knobs\n\n{f' {promised(own)} '.join(said)} {seeds}"
    parts = [text, otherwise(frames, own, CHEAPER), *tables]
    return "\n\n".join(part for part in parts if part)


def _compared(found: Verdicts, head: str, form: Callable) -> pd.DataFrame:
    """One row a number of items: the mean of each design, and by how much the best one leads."""
    table = found.table()
    shown = pd.DataFrame({"items": table["items"].map(count)})
    for design in found.designs:
        shown[design] = table[design].map(form)
    leads = [
        f"{row.first if len(row.best) == 1 else 'cannot tell'}, "
        f"{row.ratio:.2f} ({row.low:.2f} to {row.high:.2f}) to {row.second}"
        for row in table.itertuples()
    ]
    return shown.assign(**{head: leads})


def _costs(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a design, named knobs and size: dollars, of them coordination, time and lag."""
    named = runs["setting"].isin(SETTINGS) & runs["items"].isin(TABLE_SIZES)
    own = runs[named & (runs["target"] == "model")]
    if own.empty:
        raise NothingToShow("no run of the model at these knobs. Run `make study`.")
    rows = []
    for (items, design, setting), of in own.groupby(["items", "design", "setting"], sort=True):
        usd, own_design = of["per_million_usd"], DESIGNS[design](**of["knobs"].iloc[0])
        rows.append(
            {
                "items": count(items),
                "design": design,
                "knobs": setting,
                "tracks": own_design.tracks,
                "an item twice at a time": "never" if own_design.claims else "may be",
                "$ per million": f"{usd.median():,.4g} ({usd.min():,.4g} to {usd.max():,.4g})",
                "of it coordination": dollars(of["coordination_per_million_usd"].median()),
                "of that knowing": dollars(of["knowing_per_million_usd"].median()),
                "known after": duration(of["detected_s"].median()),
                "lag": duration(of["detection_lag_s"].median()),
                "runs": len(of),
            }
        )
    return pd.DataFrame(rows)


def _limits(chosen: Chosen) -> pd.DataFrame:
    """One row a number of items: the limit that binds each design, with its share of the time."""
    bound = chosen.table.query("binds").drop_duplicates(["design", "items"])
    texts = bound["limit"] + " (" + bound["share"].map(percent) + ")"
    wide = bound.assign(texts=texts).pivot(index="items", columns="design", values="texts")
    return wide[chosen.designs].reset_index()


def _map(chosen: Chosen) -> str:
    """Who wins over size and time per item: a table each for dollars and time."""
    parts = []
    for column, name in who_wins.PANELS:
        found = who_wins.factors(chosen.runs, column)
        texts = [who_wins.cell(row, " ") for row in found.itertuples()]
        wide = found.assign(texts=texts).pivot(index="mean_ms", columns="items", values="texts")
        wide.columns = [short_count(items) for items in wide.columns]
        wide = wide.rename_axis("mean time per item").reset_index()
        shown = markdown(wide, {"mean time per item": lambda ms: duration(ms / 1000)})
        parts.append(f"{name}, by batch size:\n\n{shown}")
    return "\n\n".join([*parts, f"`=`: too close to call. {promised(chosen.runs)}"])


def _cold_and_warm(frames: Frames) -> str:
    """How long an invocation of the processor takes, cold and warm apart."""
    chosen = invocation_durations.select(frames)
    calls = chosen.table.assign(took_ms=chosen.table["total_s"] * 1000)
    found = cold_and_warm(calls, "took_ms")
    shown = found[["design", "kind"]].assign(
        ms=[f"{r.middle:,.0f} ({r.low:,.0f} to {r.high:,.0f})" for r in found.itertuples()],
        invocations=found["repetitions"].map("{:,}".format),
    )
    return (
        f"The mean invocation of the processor with its initialisation, in batches of "
        f"{count(chosen.items)} items:\n\n{markdown(shown)}"
    )


def _savings(frames: Frames) -> str:
    chosen = savings.select(frames)
    table = chosen.table
    shown = pd.DataFrame(
        {
            "design": table["design"],
            "change": table["change"],
            "$ per million": [
                f"{r.usd_per_million:,.4g} ({r.usd_low:,.4g} to {r.usd_high:,.4g})"
                for r in table.itertuples()
            ],
            "of it coordination": table["coordination_usd_per_million"].map(dollars),
            "minutes": table["minutes"].map("{:,.1f}".format),
            "floors": (table["usd_per_million"] / table["floor_usd_per_million"]).map(
                "{:.3f}".format
            ),
        }
    )
    return f"{savings.say(chosen)}\n\n{markdown(shown)}"


def _beside(frames: Frames) -> list[str]:
    """One's own runs beside the reference set, where both have the same."""
    beside = own_beside_reference(frames)
    if beside.empty:
        return []
    return [f"## Yours beside the reference\n\n{BESIDE}", markdown(in_words(beside))]


def _chart(chart: gallery.Chart, frames: Frames, docs: Path) -> str:
    """A chart's question, its sentence, and its picture where there is one."""
    picture = frames.results / "published" / f"{chart.name}-light.png"
    link = os.path.relpath(picture, docs) if picture.exists() else ""
    image = f"\n\n![{chart.question}]({link})" if link else ""
    return f"### {chart.question}\n\n{sentence(chart.name, frames)}{image}"


def _or_why(make: Callable[[], str]) -> str:
    """A part of the page, or why there is none."""
    try:
        return make()
    except NothingToShow as reason:
        return f"Not shown: {reason}"

"""`findings.md`, made from a set of runs: its answers, tables, charts and sentences.

`make reference` writes the project's own into `docs/`. The same runs and tables give the same page.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis import gallery, own_pollers
from analysis.charts import (
    binding_limits,
    invocation_durations,
    savings,
    who_wins,
    who_wins_default,
    who_wins_tail,
)
from analysis.frames import BESIDE, Frames, in_words, own_beside_reference, which_runs
from analysis.gallery import sentence
from analysis.maps import Maps, cell, factors, unable
from analysis.measures import common_size, tuned_knobs
from analysis.needs import (
    Chosen,
    NothingToShow,
    in_order,
    promised,
    same_knobs,
    usable,
    usual_length,
)
from analysis.unsure import otherwise
from analysis.verdicts import Verdicts, by_size_in_words, verdicts
from analysis.words import count, dollars, duration, percent, short_count
from workbench.bill.pricing import MILLION
from workbench.designs import DESIGNS
from workbench.engine.statistics import cold_and_warm
from workbench.temporary import written_whole

CHEAPER, SOONER = ("cheaper", "cheapest"), ("sooner known to be done", "soonest known to be done")
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
        _or_why(lambda: _at_best(frames, chosen)),
        _or_why(lambda: _at_default(frames, chosen)),
        "## What a batch costs and how long it takes",
        _or_why(lambda: markdown(_costs(usual_length(chosen).runs))),
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


def _at_best(frames: Frames, chosen: Chosen) -> str:
    """Best against best: at the usual items by size, and the maps over their length."""
    own = usual_length(chosen).runs
    of_aim = {panel.column: panel.of(own) for panel in who_wins.BEST}
    runs = {"batch_usd": of_aim["per_million_usd"], "detected_s": of_aim["detected_s"]}
    parts = [
        "### Best against best",
        f"Each design at {who_wins.KNOBS}: in dollars the cheapest, however long it takes, in time "
        "the first, whatever it costs.",
        _answers(frames, runs),
        _knobs(pd.concat(runs.values())),
        _map(who_wins.MAPS, frames),
        f"The same with a heavy tail ({who_wins_tail.TAIL}):",
        _or_why(lambda: _map(who_wins_tail.MAPS, frames)),
    ]
    return "\n\n".join(parts)


def _at_default(frames: Frames, chosen: Chosen) -> str:
    """What nobody has tuned: the runs that the charts by size show."""
    own = same_knobs(chosen).runs
    parts = [
        "### At default knobs",
        _answers(frames, {"batch_usd": own, "detected_s": own}),
        _or_why(lambda: _map(who_wins_default.MAPS, frames)),
    ]
    return "\n\n".join(parts)


def _answers(frames: Frames, runs: dict[str, pd.DataFrame]) -> str:
    """Cheaper and sooner by size, with factor and interval; the runs by what is compared."""
    measures = {"batch_usd": CHEAPER, "detected_s": SOONER}
    found = {column: verdicts(runs[column], column) for column in measures}
    said = [by_size_in_words(found[column], *words) for column, words in measures.items()]
    seeds = f"({min(one.batches.min() for one in found.values())} seeds or more at each size.)"
    tables = [
        markdown(_compared(found[column], f"{words[1]}: factor to the next", form))
        for (column, words), form in zip(measures.items(), (dollars, duration), strict=True)
    ]
    text = f"{f' {promised(pd.concat(runs.values()))} '.join(said)} {seeds}"
    parts = [text, otherwise(frames, runs["batch_usd"], CHEAPER), *tables]
    return "\n\n".join(part for part in parts if part)


def _knobs(runs: pd.DataFrame) -> str:
    """Which knobs are the best at the size nearest a million items, where they are not default."""
    size = common_size(runs, MILLION)
    own = runs[runs["items"] == size].drop_duplicates(["design", "best_in"])
    texts = [tuned_knobs(run.design, run.knobs) for run in own.itertuples()]
    wide = own.assign(texts=texts).pivot(index="design", columns="best_in", values="texts")
    wide = wide.loc[[name for name, _ in in_order(own)]].add_prefix("best in ").reset_index()
    return f"The knobs of {count(size)} items, where they are not default:\n\n{markdown(wide)}"


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


def _map(maps: Maps, frames: Frames) -> str:
    """Who wins over size and time per item: a table each for dollars and time."""
    chosen, parts, tables = maps.select(frames), [], []
    for panel in maps.panels:
        found = factors(chosen.runs, panel)
        tables.append(found)
        texts = [cell(row, " ") for row in found.itertuples()]
        wide = found.assign(texts=texts).pivot(index="mean_ms", columns="items", values="texts")
        wide.columns = [short_count(items) for items in wide.columns]
        wide = wide.rename_axis("mean time per item").reset_index()
        shown = markdown(wide, {"mean time per item": lambda ms: duration(ms / 1000)})
        parts.append(f"{panel.title}, by batch size:\n\n{shown}")
    marks = ". ".join(part for part in ("`=`: too close to call", unable(tables)) if part)
    return "\n\n".join([*parts, f"{marks}. {promised(chosen.runs)}"])


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

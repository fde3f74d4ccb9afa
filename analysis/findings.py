"""`docs/findings.md`, made from the study: its answers, tables, charts and sentences.

A pure function of `results/`: the same runs and tables give the same page.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis import gallery
from analysis.charts.who_wins import chosen_lengths, factors
from analysis.frames import Frames
from analysis.needs import NothingToShow, columns, usable
from analysis.sentences import sentence, told_by_size
from analysis.study_claims import limits_by_size, medians
from analysis.verdicts import CLOSE_CALL, verdicts
from analysis.words import count, dollars, duration, short_count
from workbench.engine.statistics import cold_and_warm

KNOBS = ("default", "tuned")  # whose answers the page gives
SETTINGS = ("published", "default", "tuned", "tuned-concurrent")
TABLE_SIZES = (100, 10_000, 1_000_000, 100_000_000)
HEAD = """# Findings

*Made by `make study` from the runs under `results/`; not edited by hand.* {provenance}

A large and variable set of items is processed by AWS Lambda. How do we know when all of them are
done, and what does knowing cost? `sqs` keeps a record of each item (or message) in DynamoDB and
looks until none is left; `sfn` lets a Distributed Map of Step Functions know. Every verdict is made
of pairs of runs of the same items, with an interval over the seeds; where the interval holds both
answers, or they lie within 2 %, it says so.
"""


def write_findings(results: Path, docs: Path) -> Path:
    """Write `findings.md` into `docs`, whole. Raises NothingToShow if there are no runs."""
    path = docs / "findings.md"
    temporary = path.with_name(f".tmp-findings-{os.getpid()}.md")
    temporary.write_text(findings(Frames(results), docs))
    temporary.replace(path)
    return path


def findings(frames: Frames, docs: Path) -> str:
    """The page as Markdown; links are relative to `docs`."""
    runs = usable(frames.runs, in_dollars=True).runs
    parts = [
        HEAD.format(provenance=_provenance(runs)),
        "## Which design to take",
        *(_or_why(lambda k=knobs: _answer(runs, k)) for knobs in KNOBS),
        "## What a batch costs and how long it takes",
        _or_why(lambda: markdown(_costs(runs))),
        "## Longer and shorter items",
        _or_why(lambda: _map(runs)),
        "## What breaks first",
        _or_why(lambda: markdown(limits_by_size(frames.table("limits")), {"items": count})),
        "## Cold and warm",
        _or_why(lambda: _cold_and_warm(frames)),
        "## From published to tuned",
        _or_why(lambda: _savings(frames)),
        "## The charts, and what each says",
        *(_chart(chart, frames, docs) for chart in gallery.CHARTS),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def markdown(frame: pd.DataFrame, forms: dict[str, Callable] | None = None) -> str:
    """A frame as a Markdown table; `forms` says how a column's values are written."""
    shown = frame.copy().astype(object)
    for column, form in (forms or {}).items():
        shown[column] = frame[column].map(form)
    shown = shown.where(frame.notna(), "")
    rows = [list(shown.columns), ["---"] * len(shown.columns), *shown.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)


def _answer(runs: pd.DataFrame, knobs: str) -> str:
    """Cheaper and sooner by size, at one set of knobs, with factor and interval."""
    own = runs[(runs["setting"] == knobs) & (runs["value_max_ms"] == _usual(runs))]
    measures = {"cheaper": "batch_usd", "sooner known": "detected_s"}
    table, told = pd.DataFrame(), []
    for name, column in measures.items():
        found = verdicts(own, column)
        told.append(told_by_size(found, "sooner known to be done" if told else name))
        table["items"] = found["items"].map(count)
        table[name] = found["winner"].replace(CLOSE_CALL, "cannot tell")
        table[f"{name}: sqs / sfn"] = [
            f"{row.ratio:.2f} ({row.low:.2f} to {row.high:.2f})" for row in found.itertuples()
        ]
    pairs = f"({found['pairs'].min()} pairs of runs or more at each size.)"
    return f"### At {knobs} knobs\n\n{' '.join(told)} {pairs}\n\n{markdown(table)}"


def _costs(runs: pd.DataFrame) -> pd.DataFrame:
    """Dollars, knowing, time and lag at a few sizes, for every set of knobs that has a name."""
    own = runs[runs["items"].isin(TABLE_SIZES) & (runs["value_max_ms"] == _usual(runs))]
    return medians(own, list(SETTINGS))


def _map(runs: pd.DataFrame) -> str:
    """Who wins over size and time per item: a table each for dollars and time."""
    chosen = chosen_lengths(usable(runs, in_dollars=True)).runs
    lengths = chosen.groupby("items")["value_max_ms"].transform("nunique")
    chosen = chosen[lengths > 1]  # a size with items of one length says nothing here
    if chosen["value_max_ms"].nunique() < 2:
        raise NothingToShow("all items are of one length. Run `workbench sweep who_wins`.")
    parts = []
    for name, column in (("Cheaper", "batch_usd"), ("Sooner known to be done", "detected_s")):
        found = factors(chosen, column)
        told = [_won(row.ratio, row.winner) for row in found.itertuples()]
        wide = found.assign(told=told).pivot(index="mean_ms", columns="items", values="told")
        wide.columns = [short_count(items) for items in wide.columns]
        wide = wide.rename_axis("mean time per item").reset_index()
        shown = markdown(wide, {"mean time per item": lambda ms: duration(ms / 1000)})
        parts.append(f"{name}, by batch size:\n\n{shown}")
    return "\n\n".join(parts)


def _cold_and_warm(frames: Frames) -> str:
    """How long an invocation of the processor takes, cold and warm apart."""
    calls = columns(frames.invocations, "table of invocations", "Local runs keep it.", "cold")
    found = cold_and_warm(calls.assign(took_ms=calls["init_ms"] + calls["duration_ms"]), "took_ms")
    shown = found[["design", "kind"]].assign(
        ms=[f"{r.middle:,.0f} ({r.low:,.0f} to {r.high:,.0f})" for r in found.itertuples()],
        invocations=found["repetitions"].map("{:,}".format),
    )
    return f"The mean invocation of the processor with its initialisation:\n\n{markdown(shown)}"


def _savings(frames: Frames) -> str:
    table = frames.table("savings")
    if table.empty:
        raise NothingToShow("there is no table of savings. Run `make study`.")
    shown = pd.DataFrame(
        {
            "design": table["design"],
            "change": table["change"],
            "$ per million": [
                f"{r.usd_per_million:,.4g} ({r.usd_low:,.4g} to {r.usd_high:,.4g})"
                for r in table.itertuples()
            ],
            "of it knowing": table["knowing_usd_per_million"].map(dollars),
            "minutes": table["minutes"].map("{:,.1f}".format),
            "floors": (table["usd_per_million"] / table["floor_usd_per_million"]).map(
                "{:.3f}".format
            ),
        }
    )
    return f"{sentence('savings', frames)}\n\n{markdown(shown)}"


def _chart(chart: gallery.Chart, frames: Frames, docs: Path) -> str:
    """A chart's question, its sentence, and its picture where there is one."""
    picture = frames.results / "published" / f"{chart.name}-light.png"
    link = os.path.relpath(picture, docs) if picture.exists() else ""
    image = f"\n\n![{chart.question}]({link})" if link else ""
    return f"### {chart.question}\n\n{sentence(chart.name, frames)}{image}"


def _won(ratio: float, winner: str) -> str:
    if winner == CLOSE_CALL:
        return "cannot tell"
    return f"{winner} {max(ratio, 1 / ratio):.2f}×"


def _or_why(make: Callable[[], str]) -> str:
    """A part of the page, or why there is none."""
    try:
        return make()
    except NothingToShow as reason:
        return f"Not told: {reason}"


def _usual(runs: pd.DataFrame) -> int:
    """The range of the items' values that most runs have at a named set of knobs."""
    return int(runs[runs["setting"] == "default"]["value_max_ms"].mode().iloc[0])


def _provenance(runs: pd.DataFrame) -> str:
    """How many runs of which commits, seeds, prices and targets."""
    commits = ", ".join(sorted(set(runs["commit"]) - {""})) or "unknown"
    targets = ", ".join(f"{n:,} on {t}" for t, n in runs["target"].value_counts().items())
    return (
        f"{len(runs):,} runs ({targets}), {runs['seed'].nunique()} seeds, prices of "
        f"{', '.join(sorted(set(runs['price_date'])))}, commit {commits}."
    )

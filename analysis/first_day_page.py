"""The page of a first day on AWS: what the model said, what came, and what comes tomorrow.

One file that opens offline. All of it is made from the day's own runs and predictions.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.html_page import whole_page
from analysis.reconcile import reason, reconcile
from analysis.words import listed
from workbench.bill import bill, total_usd
from workbench.platform.services import HOME_REGION
from workbench.prices import PriceBook, load_book
from workbench.pull.collect import measured
from workbench.pull.store import newest_pull
from workbench.runs.records import read_folder, read_run

SHOWN = {"cost_usd": "dollars", "detected_s": "known after, s"}
COLUMNS = {"predicted": "predicted", "actual": "measured", "error_percent": "error, %"}
FIELDS = ("cost_usd", "measuring_usd")
TITLE = "A first day on AWS"
TOMORROW = (
    "Cost Explorer has the first figures some 24 hours after a run, by the day; by the hour only "
    "where that is switched on.",
    "The tags must be active as cost allocation tags: activate them in the Billing console of the "
    "account that pays, if <code>workbench doctor --target aws</code> says that they are not.",
    "<code>workbench first-day --settle</code> then sets AWS's bill beside the meter's, and renews "
    "this page.",
)
BILL_COLUMNS = [
    *("metered, $", "Cost Explorer, $", "at list prices, $", "the stack standing, $"),
    *("explained, %", "by", "settled"),
]
BILLS = (
    "Cost Explorer: what it has of the run under the design's tag. Beside it is what the stack "
    "cost while it stood in the same hours or days. What several runs share of an hour or day is "
    "shared out by their own meters, so their sum says most."
)
NOT_AWS = (
    "<p class='refused'>This day ran on an AWS-compatible server, not on AWS: its times and its "
    "calibrated constants say nothing about AWS.</p>"
)


def page(day: dict[str, Any], errors: pd.DataFrame, results: Path) -> str:
    """A day as a page: `errors` are checked predictions; its runs and their pulls are read."""
    own = errors[errors["run_id"].isin(day["runs"].values())]
    return whole_page(TITLE, "\n".join(_sections(day, own, results)))


def _sections(day: dict[str, Any], own: pd.DataFrame, results: Path) -> Iterator[str]:
    steps = day["steps"]
    yield f"<h1>{TITLE}</h1><p>{escape(_headline(own))}</p>"
    if any("not AWS itself" in finding for finding in steps["doctor"]):
        yield NOT_AWS
    yield "<h2>Predicted and measured</h2>" + _html(_by_run(day, own, results))
    yield "<p>Predicted: the model, before the run. Measured: metrics and logs of the account.</p>"
    worst = own.reindex(own["error_percent"].abs().sort_values(ascending=False).index)
    columns = ["run_id", "line", "unit", "predicted", "low", "high", "actual", "error_percent"]
    yield f"<details><summary>Every line, the largest error first</summary>{_html(worst[columns])}"
    yield "</details>"
    yield "<h2>The model's constants</h2>" + _constants(steps["calibrate"])
    yield "<h2>Dollars</h2>" + _dollars(day, results)
    yield "<h2>What is left on AWS</h2>" + _left(steps["destroy"])
    lacking = dict.fromkeys(why.partition(": ")[2] for why in steps["collect"])  # by run: once
    missing = [f"Not there yet: {escape(why)}" for why in lacking]
    yield "<h2>Tomorrow</h2><ul>" + "".join(f"<li>{one}</li>" for one in (*TOMORROW, *missing))
    yield "</ul>"


def _headline(own: pd.DataFrame) -> str:
    """One sentence: how far off the model was."""
    parts = []
    for line in SHOWN:
        errors = own[own["line"] == line]["error_percent"].dropna().abs()
        if len(errors):
            name = "the dollars" if line == "cost_usd" else "the time until known"
            parts.append(f"{name} by {errors.median():.1f} % (at worst {errors.max():.1f} %)")
    runs = own["run_id"].nunique()
    return f"Over {runs} runs the model missed, in the median, {listed(parts)}."


def _by_run(day: dict[str, Any], own: pd.DataFrame, results: Path) -> pd.DataFrame:
    """One row a run, by its name: the main figures, predicted and measured."""
    rows = {}
    for name, run_id in day["runs"].items():
        run, lines = read_run(results / "runs" / run_id), own[own["run_id"] == run_id]
        row: dict[tuple[str, str], Any] = {
            ("items", "in all"): run.items,
            ("items", "failed"): run.items_failed,
        }
        for line, title in SHOWN.items():
            found = lines[lines["line"] == line]
            for column, head in COLUMNS.items():
                row[title, head] = found[column].iloc[0] if len(found) else None
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(columns=(None, None))


def _constants(calibrated: dict[str, Any]) -> str:
    """The open constants before and after the fit, and those that it could not tell."""
    moved, untold = calibrated["constants"], calibrated.get("untold", {})
    rows = [(was, now, unit, 100 * (now / was - 1)) for was, now, unit in moved.values()]
    columns = ["shipped", "calibrated", "unit", "change, %"]
    page = (
        "<p><code>workbench estimate --profile</code> takes the file profile.json beside this.</p>"
    )
    lacking = [f"<li>{escape(name)}, by {escape(by)}</li>" for name, by in untold.items()]
    if lacking:
        page += f"<p>Not told by these runs, but by another:</p><ul>{''.join(lacking)}</ul>"
    return _html(pd.DataFrame(rows, index=list(moved), columns=columns)) + page


def _dollars(day: dict[str, Any], results: Path) -> str:
    """The forecast, the meters, and Cost Explorer where it was asked."""
    folders = {name: results / "runs" / one for name, one in day["runs"].items()}
    runs = [read_run(path) for path in folders.values()]
    spent, looked = (sum(getattr(run, name) or 0 for run in runs) for name in FIELDS)
    book = load_book(day["plan"].get("region", HOME_REGION))
    pulls = sum(total_usd(bill(measured(path), book)) for path in folders.values())
    text = (
        f"<p>Forecast ${day['forecast_usd']}; metered ${spent:.4f} over {len(runs)} runs, "
        f"${looked:.4f} for looking at them, and ${pulls:.4f} for the pulls beside them.</p>"
    )
    bills = _bills(folders, book)
    if not len(bills):
        return text + "<p>Cost Explorer was not asked yet.</p>"
    return text + _html(bills) + f"<p>{BILLS}</p>"


def _bills(folders: dict[str, Path], book: PriceBook) -> pd.DataFrame:
    """Each run that Cost Explorer was asked about: the meter's bill, AWS's, how far they fit."""
    rows = {}
    for name, path in folders.items():
        pull = newest_pull(path, "costs")
        if pull is None:
            continue
        table = reconcile(read_folder(path).bill, billed=pull.frame, book=book)
        sums = table.drop_duplicates("kind").set_index("kind")
        run, stood = sums.loc["subtotal"], sums["billed_usd"].get("standing subtotal", 0)
        share, by = run["share_explained"], "dollars"
        if share is None:
            why = reason(table, pull.facts["record_types"])
            share, by = run["share_of_quantity"], f"quantity: {why}"
        figures = (run["metered_usd"], run["billed_usd"], run["listed_usd"], stood)
        percent = None if share is None else 100 * share
        rows[name] = (*map(float, figures), percent, by, "yes" if pull.facts["settled"] else "no")
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=BILL_COLUMNS)
    if len(frame) > 1:
        frame.loc["together", BILL_COLUMNS[:4]] = frame[BILL_COLUMNS[:4]].sum()
    return frame


def _left(destroyed: dict[str, Any]) -> str:
    if destroyed["kept"]:
        return "<p>The stacks stand. <code>workbench destroy</code> removes them, with proof.</p>"
    things = "".join(f"<li>{escape(one)}</li>" for one in destroyed["removed"])
    count = len(destroyed["removed"])
    return (
        f"<p>Nothing: {count} things were there before, none after.</p>"
        f"<details><summary>The {count} things</summary><ul>{things}</ul></details>"
    )


def _html(frame: pd.DataFrame) -> str:
    by_name = not pd.api.types.is_numeric_dtype(frame.index)
    table = frame.to_html(
        index=by_name, border=0, na_rep="", float_format=lambda value: f"{value:,.4g}"
    )
    return f"<div>{table}</div>"

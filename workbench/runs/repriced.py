"""Runs billed anew from their stored usage: at prices of another day, with an account's terms.

Of one run that is a new bill. Of a set it is a packed set beside it, for reports that read sets:

    results/at-2026-11-23/               of a results folder
    results/reference-at-2026-11-23/     of a packed set, results/reference

with `note.txt`, which says whose runs these are and at what terms. Side tables without dollars come
along; what a run's own folder has stays as it is.
"""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.bill import by_label, exact_sum
from workbench.bill.terms import Terms
from workbench.errors import BadInput
from workbench.platform.services import HOME_REGION
from workbench.prices import PriceBook
from workbench.runs.exact_tables import write_table
from workbench.runs.records import BILL_COLUMNS, COORDINATION, TABLES, Run
from workbench.runs.results_folder import is_packed, refuse_unwritable
from workbench.runs.sets import NOTE, pack, read_runs, read_tables, write_runs
from workbench.temporary import temporary

UNPRICED = ("simplicity", "limits", "agreement")  # side tables without a dollar


def bill_again(
    run: Run, usage: pd.DataFrame, terms: Terms, book: PriceBook
) -> tuple[Run, pd.DataFrame]:
    """A run's record and bill on these terms, at the book that they gave."""
    table = terms.bill(usage, book, source_of(run))
    return with_dollars(run, by_label(table), book), table


def with_dollars(run: Run, usd: Mapping[str, Decimal], book: PriceBook) -> Run:
    """A run's record with the dollars of its bill, by label, at a book's prices."""
    return replace(
        run,
        cost_usd=float(exact_sum(usd.values()) - usd["measuring"]),
        measuring_usd=float(usd["measuring"]),
        knowing_usd=float(usd["knowing"]),
        coordination_usd=float(exact_sum(usd[label] for label in COORDINATION)),
        price_date=book.date,
        region=book.region,
    )


def source_of(run: Run) -> str:
    """Where the usage on a run's bill comes from."""
    return "modelled" if run.target == "model" else "metered"


def reprice(results: Path, terms: Terms) -> Path:
    """The set's runs that have usage, each on these terms in its own region, as a packed set.

    Raises BadInput where a region has no book of that date, or no run has usage.
    """
    runs = read_runs(results)
    regions = {run.region or HOME_REGION for run in runs}
    books = {region: replace(terms, region=region).book() for region in sorted(regions)}
    usage = dict(iter(read_tables(results, "usage").groupby("run_id")))
    priced = [run for run in runs if run.run_id in usage]
    if not priced:
        raise BadInput(f"no run of {results} has kept its usage, so none can be billed anew.")
    records, bills = [], []
    for run in priced:
        own = usage[run.run_id].drop(columns="run_id").reset_index(drop=True)
        record, table = bill_again(run, own, terms, books[run.region or HOME_REGION])
        records.append(record)
        bills.append(table.assign(run_id=run.run_id)[["run_id", *BILL_COLUMNS]])
    dates = ", ".join(sorted({book.date for book in books.values()}))
    note = f"The runs of {results.name} billed anew from their usage, prices of {dates}{terms.text}"
    place = _place(results, dates, terms)
    with temporary(place.parent) as made:
        _copy(results, made)
        write_runs(made, records)
        write_table(made / "bill.parquet", pd.concat(bills), ["run_id", *BILL_COLUMNS])
        (made / NOTE).write_text(f"{note}\n{terms.text}\n", encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        os.rename(made, place)
    return place


def _place(results: Path, dates: str, terms: Terms) -> Path:
    """Where the set goes: within a results folder, and beside a packed set."""
    results = results.resolve()
    name = re.sub(r"[^a-z0-9.-]+", "-", f"at-{dates}{terms.text}".lower()).strip("-")
    if is_packed(results):
        return refuse_unwritable(results.parent) / f"{results.name}-{name}"
    return refuse_unwritable(results) / name


def _copy(results: Path, made: Path) -> None:
    """All tables of a set, and the side tables that have no dollars."""
    made.mkdir(exist_ok=True)
    if is_packed(results):
        for name in TABLES:
            if (file := results / f"{name}.parquet").exists():
                shutil.copy(file, made)
    else:
        pack(results, made)
    timeline = made / "timeline.parquet"
    table = pq.read_table(timeline)  # its dollars are of the prices that a run was made at
    pq.write_table(table.filter(pc.not_equal(table["metric"], "cost_usd")), timeline)
    (made / "tables").mkdir()
    for name in UNPRICED:
        if (file := results / "tables" / f"{name}.csv").exists():
            shutil.copy(file, made / "tables")

"""Stored runs as frames for pandas, and the charts of them.

A folder is a results folder (runs, and the parts of sweeps) or a packed set such as
results/reference; without one it is the project's own results. BadInput if there is no such folder;
of a folder without runs a frame has its columns and no row. Names are categories, dollars and
quantities floats: exact decimals stay in the files.
"""

from collections.abc import Collection
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.measures import RUN_COLUMNS, run_tables, runs_with_knobs
from workbench.border import text
from workbench.designs import DESIGNS, PRESETS
from workbench.errors import BadInput
from workbench.project import RESULTS
from workbench.runs.records import BILL_COLUMNS, LABELS, METRICS
from workbench.runs.run import KNOWN, Run
from workbench.runs.sets import read_runs, read_tables

if TYPE_CHECKING:
    from analysis.gallery import Figure

LEFT_OUT = ("knobs", "versions", "schema_version")  # fields of a run that are no column
FIRST = (  # columns; the others follow
    "run_id design target preset items seed status reason created_s processed_s detected_s "
    "detection_lag_s cost_usd coordination_usd knowing_usd measuring_usd"
).split()
NAMES = {
    **{name: pd.CategoricalDtype(list(filter(None, known))) for name, known in KNOWN.items()},
    "preset": pd.CategoricalDtype(list(dict.fromkeys(p for own in PRESETS.values() for p in own))),
    "label": pd.CategoricalDtype(LABELS),
    **dict.fromkeys(("region", "commit", "service", "usage_type", "unit", "source"), "category"),
}
AMOUNTS = ("quantity", "unit_price_usd", "cost_usd")


def load_runs(folder: str | Path = RESULTS) -> pd.DataFrame:
    """One row a run, in order of `run_id`; a column a knob, missing where a design lacks it.

    Times are seconds since the trigger (`detected_s`: completion is known; `detection_lag_s`: so
    long after the last item), dollars are of the batch (`cost_usd`, of it `coordination_usd`, of
    that `knowing_usd`). `preset` is missing where the knobs are those of none; it says nothing of
    the items, whose knobs are `value_max`, `durations`, `cpu_ms` …

    Examples:
        >>> runs = load_runs("results/reference")
        >>> million = runs.query("items == 1e6 and preset == 'tuned' and target == 'model'")
        >>> million.groupby("design")["cost_usd"].median().round(2).to_dict()
        {'sqs': 0.85, 'sfn': 0.9, 'counters': 0.84, 'durable': 0.85}
    """
    found = runs_with_knobs(_read_from(folder))
    columns = [name for name in _run_types() if name not in ("preset", *_knob_types())]
    if found.empty:
        return pd.DataFrame(columns=list(_run_types())).astype(_run_types())
    knobs = pd.DataFrame(list(found["knobs"]), index=found.index).reindex(columns=[*_knob_types()])
    named = found["setting"].where(found["setting"].isin(NAMES["preset"].categories))
    frame = found[columns].assign(preset=named).join(knobs)
    return frame[list(_run_types())].astype(_run_types())


def load_bills(
    folder: str | Path = RESULTS, run_ids: Collection[str] | None = None
) -> pd.DataFrame:
    """One row a line of a bill, of these runs or of all: what was used, for what, at what price.

    `label` says what a line is for: work, dispatch, knowing, telemetry or measuring.

    Examples:
        >>> runs = load_runs("results/reference")
        >>> runs = runs.query("items == 1e6 and preset == 'default' and value_max == 1000")
        >>> bills = load_bills("results/reference", runs["run_id"])
        >>> usd = bills.groupby(["design", "service"])["cost_usd"].sum() / 3  # three seeds
        >>> usd["sfn"].nlargest(2).round(2).to_dict()
        {'AWS Lambda': 0.84, 'AWS Step Functions': 0.78}
    """
    lines = run_tables(_read_from(folder), "bill", _ids(run_ids))
    return in_floats(lines, [*RUN_COLUMNS, *BILL_COLUMNS])


def load_timelines(
    folder: str | Path = RESULTS, run_ids: Collection[str] | None = None
) -> pd.DataFrame:
    """One row a stored moment of these runs or of all: `t_s` seconds since the trigger, and then
    invocations at a time, items waiting, items done, throttles, dollars so far.

    A figure that was not stored at that moment is missing.

    Examples:
        >>> runs = load_runs("results/reference")
        >>> runs = runs.query("items == 1e6 and preset == 'default' and value_max == 1000")
        >>> lines = load_timelines("results/reference", runs["run_id"])
        >>> lines.groupby("design")["concurrency"].max().astype(int).to_dict()
        {'sqs': 900, 'sfn': 900, 'counters': 900, 'durable': 900}
    """
    place = _read_from(folder)
    table = read_tables(place, "timeline", _ids(run_ids)).astype({"run_id": "category"})
    table = table.drop_duplicates(["run_id", "t_s", "metric"], keep="last")
    wide = table.pivot(index=["run_id", "t_s"], columns="metric", values="value")
    wide = wide.reindex(columns=list(METRICS)).rename_axis(columns=None).astype(float).reset_index()
    runs = read_runs(place, set(wide["run_id"].cat.categories))
    for name in RUN_COLUMNS:  # by category, as there may be millions of rows
        wide[name] = wide["run_id"].map({run.run_id: getattr(run, name) for run in runs})
    return _typed(wide[[*RUN_COLUMNS, "t_s", *METRICS]])


def plot(name: str, folder: str | Path = RESULTS, theme: str = "light") -> "Figure":
    """A chart of the gallery, such as "cost_against_items", drawn from the runs of a folder.

    Loads matplotlib and the gallery, as nothing else here does. BadInput for an unknown name or
    theme, and if the runs at hand cannot carry the chart: what is missing, what to do.

    Examples:
        >>> plot("completion_time", "results/reference").savefig("completion_time.png")
    """
    from analysis import gallery
    from analysis.frames import Frames
    from analysis.theme import THEMES

    looks = {one.name: one for one in THEMES}
    for kind, given, known in (("name", name, gallery.NAMES), ("theme", theme, looks)):
        if text(kind, given) not in known:
            raise BadInput(f"{kind}={given!r} is not known. Take one of {', '.join(known)}.")
    return gallery.figure(name, Frames(_read_from(folder)), looks[theme])


def in_floats(bill: pd.DataFrame, columns: Collection[str] = BILL_COLUMNS) -> pd.DataFrame:
    """Lines of a bill with their amounts as floats and their names as categories."""
    return _typed(bill[list(columns)].astype(dict.fromkeys(AMOUNTS, float)))


def _run_types() -> dict[str, Any]:
    """The columns of `load_runs` with their types."""
    kinds = {str: "str", int: "int64"}
    own = {one.name: kinds.get(one.type, "float64") for one in fields(Run)}
    own |= {"started_at": "datetime64[s, UTC]", "price_date": "datetime64[s]"}
    own |= {"detection_lag_s": "float64", "preset": None}
    own |= {name: kind for name, kind in NAMES.items() if name in own}
    kept = {name: own[name] for name in (*FIRST, *own) if name not in LEFT_OUT}
    return kept | _knob_types()


def _knob_types() -> dict[str, Any]:
    """Every knob of every design, with the type of its column."""
    owners: dict[str, list[Field]] = {}
    for design in DESIGNS.values():
        for one in fields(design):
            owners.setdefault(one.name, []).append(one)
    return {name: _knob_type(own) for name, own in owners.items()}


def _knob_type(own: list[Field]) -> Any:
    """Whole numbers and yes or no where they are that, missing values allowed; else names."""
    types = {one.type for one in own}
    if types == {bool}:
        return "boolean"
    if types <= {int, int | None}:
        return "int64" if types == {int} and len(own) == len(DESIGNS) else "Int64"
    values = dict.fromkeys(value for one in own for value in one.metadata["of"])
    return pd.CategoricalDtype(list(values)) if values else "category"


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with each column's type, also where it has no row to tell it."""
    types = {"run_id": "str", "items": "int64", "t_s": "float64"} | NAMES
    return frame.astype({name: types[name] for name in frame if name in types})


def _ids(given: Collection[str] | None) -> set[str] | None:
    """The ids as a set: a column of a frame is asked for its index, not its values."""
    return None if given is None else set(given)


def _read_from(folder: str | Path) -> Path:
    """A folder that is there."""
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise BadInput(
            f"folder={str(folder)!r}: there is no such folder. Name a results folder, or "
            "results/reference of the project."
        )
    return place

"""The tab of the workload: how many items, how long they take, in any form that is known."""

from typing import Any

import ipywidgets as widgets

from analysis.explore import controls
from analysis.explore.scenario import USUAL, Scenario, workload_of
from workbench.border import positive
from workbench.designs import ITEMS_MAX
from workbench.errors import BadKnob, WorkbenchError
from workbench.project import ROOT, WORKLOADS
from workbench.workload.durations import MS_MAX

UNIFORM, PERCENTILES, CSV, FILE = (
    *("uniform", "p50 and p99", "a CSV file of durations", "a workload's YAML file"),
)
OTHER = "as in the scenario"  # durations in a form that has no fields here
KEYS = {UNIFORM: {"uniform_ms"}, PERCENTILES: {"p50_ms", "p99_ms"}, CSV: {"file"}}
WIDE = widgets.Layout(width="40em")


class WorkloadTab:
    """The controls of the batch and its items; `content` is what a scenario keeps."""

    def __init__(self) -> None:
        number = controls.number
        self.items = number("items in the batch", 100, ITEMS_MAX, 1, "1 to 100,000,000 items")
        self.form = widgets.ToggleButtons(
            options=[UNIFORM, PERCENTILES, CSV, FILE], style={"button_width": "14em"}
        )
        self.longest = number("longest item, ms", 1, MS_MAX, 1, "items take 0 to so many ms")
        self.p50 = number("p50, ms", 1, MS_MAX, 800, "half of the items take less; lognormal")
        self.p99 = number("p99, ms", 1, MS_MAX, 6_000, "99 of 100 items take less; lognormal")
        self.csv = _path("durations.csv", [], "one column of milliseconds")
        files = [path.relative_to(ROOT).as_posix() for path in sorted(WORKLOADS.glob("*.yaml"))]
        self.file = _path(files[0] if files else "", files, "as `workbench workload` reads it")
        self.cpu = number("cpu_ms", 0, MS_MAX, 0, "of an item's time computing, ms on a whole CPU")
        tip = "batches like this one, for the bill of a month"
        self.per_day = number("batches a day", 1, 1_000, 4, tip)
        self.within = number("deadline, s", 60, 86_400, 3_600, "within which tuning has it known")
        self._kept: dict[str, Any] = dict(USUAL)
        self.form.observe(self._fold, names="value")
        self.file.observe(self._take_batch, names="value")
        self._fold(None)

    @property
    def all(self) -> list[widgets.Widget]:
        """Every control."""
        durations = [self.longest, self.p50, self.p99, self.csv, self.file, self.cpu]
        return [self.items, self.form, *durations, self.per_day, self.within]

    @property
    def content(self) -> dict[str, Any]:
        """The workload as it stands."""
        form = self.form.value
        if form == FILE:
            return {"file": self.file.value}
        duration = {
            UNIFORM: lambda: {"uniform_ms": [0, _read(self.longest.value)]},
            PERCENTILES: lambda: {"p50_ms": _read(self.p50.value), "p99_ms": _read(self.p99.value)},
            CSV: lambda: {"file": self.csv.value},
            OTHER: lambda: self._kept["duration"],
        }[form]()
        return {"duration": duration, "cpu_ms": _read(self.cpu.value)}

    def show(self, scenario: Scenario) -> None:
        """Put the controls to a scenario's batch and workload."""
        self._show_items(dict(scenario.workload))
        self.items.value = controls.written(scenario.items)
        self.per_day.value = f"{scenario.batches_per_day.normalize():f}"
        self.within.value = controls.written(scenario.within_s)

    def _show_items(self, content: dict[str, Any]) -> None:
        """Put the controls to a workload."""
        self._kept = content
        duration = content.get("duration", {})
        form = next((form for form, keys in KEYS.items() if set(duration) == keys), OTHER)
        if form == UNIFORM and duration["uniform_ms"][0] != 0:
            form = OTHER
        form = FILE if "file" in content else form
        if form == OTHER and OTHER not in self.form.options:
            self.form.options = [*self.form.options, OTHER]
        if form == UNIFORM:
            self.longest.value = controls.written(duration["uniform_ms"][1])
        elif form == PERCENTILES:
            self.p50.value, self.p99.value = map(
                controls.written, map(duration.get, ("p50_ms", "p99_ms"))
            )
        elif form == CSV:
            self.csv.value = duration["file"]
        self.cpu.value = controls.written(content.get("cpu_ms", 0))
        if form == FILE:
            self.file.value = content["file"]
        self.form.value = form

    def panel(self) -> widgets.Widget:
        """All of it."""
        batch = widgets.Box([self.items, self.per_day, self.within], layout=controls.ROWS)
        fields = [self.longest, self.p50, self.p99, self.csv, self.file, self.cpu]
        items = widgets.Box(fields, layout=controls.ROWS)
        return widgets.VBox([batch, self.form, items])

    def _fold(self, _change: Any) -> None:
        """Show the fields of the chosen form alone."""
        form = self.form.value
        own = {UNIFORM: [self.longest], PERCENTILES: [self.p50, self.p99], CSV: [self.csv]}
        shown = own.get(form, [self.file] if form == FILE else [])
        for one in (self.longest, self.p50, self.p99, self.csv, self.file):
            one.layout.display = "" if one in shown else "none"
        self.cpu.layout.display = "none" if form == FILE else ""
        if form == FILE:
            self._take_batch(None)

    def _take_batch(self, _change: Any) -> None:
        """Of a workload's file its own number of items and batches too."""
        if self.form.value != FILE:
            return
        try:
            work = workload_of({"file": self.file.value})
        except WorkbenchError:
            return  # the simulation says why
        self.items.value = controls.written(work.items[0])
        self.per_day.value = f"{work.batches.per_month * 12 / 365:.6g}"
        if work.deadline_s:
            self.within.value = controls.written(work.deadline_s)


def _path(value: str, options: list[str], tip: str) -> widgets.Combobox:
    """A field for a path, relative to the project's folder."""
    return widgets.Combobox(
        value=value,
        options=options,
        description="path",
        tooltip=f"{tip}; relative to the project's folder",
        continuous_update=False,
        style=controls.STYLE,
        layout=WIDE,
    )


def _read(text: str) -> Any:
    """The number that a text spells, else the text, which its reader refuses in its own words."""
    try:
        found = positive("", text)
    except BadKnob:
        return 0 if text.strip() == "0" else text
    return int(found) if found == int(found) else float(found)

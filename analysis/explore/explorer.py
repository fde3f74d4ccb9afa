"""The explorer: controls for a scenario; each change simulates every design again and redraws.

It is given the simulation and the tuning, so that it knows no target:
`Explorer(modelled, tuned_design).panel()`.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import ipywidgets as widgets
import pandas as pd

from analysis.explore.answer import Simulate, simulated
from analysis.explore.controls import Knobs, preset_buttons
from analysis.explore.keep_tab import KeepTab
from analysis.explore.newest import History, Newest
from analysis.explore.prices_tab import PricesTab
from analysis.explore.scenario import Scenario, read_scenario, workload_of, write_scenario
from analysis.explore.view import View
from analysis.explore.workload_tab import WorkloadTab
from workbench.bill.terms import Terms
from workbench.border import whole_number
from workbench.designs import COMPARED, DESIGNS, PRESETS, Design, fit_design
from workbench.errors import WorkbenchError
from workbench.project import RESULTS
from workbench.workload.workload import Workload

NO_UPKEEP = pd.DataFrame(columns=["design", "measure", "value"])
BUSY = "Simulating …"
STEP_S = 1.0  # changes of one control that follow each other so soon are one step to undo


class Tune(Protocol):
    """Gives a design's cheapest knobs for a workload, known within that time."""

    def __call__(
        self,
        design: str,
        items: int,
        work: Workload,
        within_s: float,
        terms: Terms,
        item_concurrency: int,
    ) -> Design: ...


class Explorer:
    """The controls, the answer and the picture of one scenario after the other."""

    def __init__(
        self,
        simulate: Simulate,
        tune: Tune | None = None,
        start: Scenario | None = None,
        simplicity: pd.DataFrame = NO_UPKEEP,
        place: Path = RESULTS / "scenarios",
    ) -> None:
        self._simulate, self._tune, self._simplicity = simulate, tune, simplicity
        self._history = History(start or Scenario())
        self._step: tuple[Any, float] = (None, 0.0)
        self._quiet = False
        self.view, self.keep = View(), KeepTab(place)
        self.work, self.prices = WorkloadTab(), PricesTab()
        self.knobs = {name: Knobs(DESIGNS[name]) for name in COMPARED}
        presets = dict.fromkeys(name for design in COMPARED for name in PRESETS[design])
        self.presets = preset_buttons(presets)
        self.tune = widgets.Button(
            description="tune it for me",
            tooltip="search every design's cheapest knobs in time, on the model: a minute or two",
            button_style="primary",
        )
        self.undo = widgets.Button(description="undo", tooltip="back to the scenario before")
        self.reset = widgets.Button(description="reset", tooltip="back to where it all began")
        self._newest = Newest(self.redraw)
        self._put(self._history.first)
        self._listen()
        self._newest.ask()

    def panel(self) -> widgets.Widget:
        """Everything, to be shown in a notebook."""
        tabs = {
            "workload": self.work,
            **self.knobs,
            "prices": self.prices,
            "keep": self.keep,
        }
        tab = widgets.Tab([one.panel() for one in tabs.values()], titles=tuple(tabs))
        all_designs = [widgets.Label("all designs:"), *self.presets.values(), self.tune]
        steps = [self.view.pin, self.undo, self.reset]
        return widgets.VBox(
            [widgets.HBox(all_designs), widgets.HBox(steps), self.view.top, tab, self.view.table]
        )

    @property
    def scenario(self) -> Scenario:
        """What the controls say. Raises BadInput for what cannot be."""
        return Scenario(
            items=self.work.items.value,
            seed=self._history.now.seed,
            workload=self.work.content,
            batches_per_day=self.work.per_day.value,
            within_s=self.work.within.value,
            usd_per_hour=self.prices.rate.value,
            terms=self.prices.terms,
            factors=self.prices.changed_factors,
            knobs={name: own.values for name, own in self.knobs.items()},
        )

    def redraw(self) -> None:
        """Simulate and draw; what cannot work greys the older picture out and says why."""
        began = perf_counter()
        try:
            scenario = self.scenario
            shown = simulated(scenario, self._simulate, self._simplicity)
        except WorkbenchError as error:
            self.view.refuse(error)
            return
        self._history.came(scenario, self._step[0])
        self.keep.show(scenario)
        self.undo.disabled = self._history.is_empty
        self.view.draw(shown, began)

    def show(self, scenario: Scenario) -> None:
        """Put every control to a scenario, and draw it."""
        self._history.end_step()
        self._step = (None, 0.0)
        self._put(scenario)
        self.view.grey(BUSY)
        self._newest.do()

    def to_preset(self, preset: str, names: tuple[str, ...] = COMPARED) -> None:
        """Put designs to a preset, those that have it, lots as large as the items allow."""
        having = [name for name in names if preset in PRESETS[name]]
        try:
            items = workload_of(self.work.content).knobs()
            found = {name: fit_design(name, preset, items).design for name in having}
        except WorkbenchError as error:
            self.view.refuse(error)
            return
        self._turn(found, object())
        if without := [name for name in names if name not in having]:
            self.view.add(f"No preset {preset}: {', '.join(without)} stays as it is.")

    async def tune_designs(self, names: tuple[str, ...] = COMPARED) -> None:
        """Search the cheapest knobs of designs, one after the other, and put them in place."""
        assert self._tune is not None
        self._history.end_step()
        refused, buttons = [], [self.tune, *(own.tune for own in self.knobs.values())]
        for button in buttons:
            button.disabled = True
        try:
            asked = self._asked()
            for number, name in enumerate(names, start=1):
                self.view.grey(f"Tuning {name} on the model, {number} of {len(names)} …")
                try:
                    found = await asyncio.to_thread(self._tune, name, *asked, self._at_once(name))
                except WorkbenchError as error:
                    refused.append(f"{name}: {error}")
                    continue
                if asked != self._asked():
                    refused.append("the batch was changed meanwhile: tune it again.")
                    break
                self._turn({name: found}, names)
            self._newest.do()
            if refused:
                self.view.add(f"Not tuned: {' '.join(refused)}")
        except WorkbenchError as error:
            self.view.refuse(error)
        finally:
            for button in buttons:
                button.disabled = False

    def _asked(self) -> tuple[int, Workload, int, Terms]:
        """What a tuning is for."""
        items = whole_number("items", self.work.items.value, 1)
        within_s = whole_number("within_s", self.work.within.value, 1)
        return items, workload_of(self.work.content), within_s, self.prices.terms

    def _at_once(self, name: str) -> int:
        """Items at a time inside one invocation that a tuning may take: as many as there are."""
        value = self.knobs[name].controls["item_concurrency"].value
        return whole_number("item_concurrency", value, 1)

    def _turn(self, found: dict[str, Design], step: object) -> None:
        """Put designs' controls to their knobs, and draw; of one step to undo may be several."""
        self._quiet = True
        for name, design in found.items():
            self.knobs[name].show(design.knobs())
        self._quiet = False
        self._step = (step, 0.0)
        self.view.grey(BUSY)
        self._newest.do()

    def _put(self, scenario: Scenario) -> None:
        """Put every control to a scenario."""
        self._quiet = True
        self.work.show(scenario)
        self.prices.show(scenario)
        for name, own in self.knobs.items():
            own.show(dict(scenario.knobs.get(name, {})))
        self._quiet = False

    def _changed(self, change: Any) -> None:
        """A control was moved: what is shown is older until it is drawn again."""
        if self._quiet:
            return
        now = perf_counter()
        same = change["owner"] is self._step[0] and now - self._step[1] < STEP_S
        if not same:
            self._history.end_step()
        self._step = (change["owner"], now)
        self.view.grey(BUSY)
        self._newest.ask()

    def _undo(self, _button: Any) -> None:
        """Back to the scenario before; what cannot be is left for the last that could."""
        self.show(self._history.now if self.view.is_older else self._history.back())

    def _save(self, _button: Any) -> None:
        try:
            write_scenario(self.keep.file, self.scenario)
            self.keep.say(f"written: {self.keep.file}")
        except WorkbenchError as error:
            self.keep.say(str(error))

    def _load(self, _button: Any) -> None:
        try:
            scenario = read_scenario(self.keep.file)
        except WorkbenchError as error:
            self.keep.say(str(error))
            return
        self.keep.say(f"read: {self.keep.file}")
        self.show(scenario)

    def _tuned(self, names: tuple[str, ...]) -> None:
        """Tune while the page stays alive; without an event loop at once."""
        job = self.tune_designs(names)
        try:
            self._task = asyncio.get_running_loop().create_task(job)
        except RuntimeError:
            asyncio.run(job)

    def _listen(self) -> None:
        """Have each control and button do what it is for."""
        knobs = [control for own in self.knobs.values() for control in own.controls.values()]
        for control in (*self.work.all, *self.prices.all, *knobs):
            control.observe(self._changed, names="value")
        self.keep.look.observe(self._look, names="value")
        whose = {name: (own, (name,)) for name, own in self.knobs.items()}
        for own, names in ((self, COMPARED), *whose.values()):
            for preset, button in own.presets.items():
                button.on_click(partial(_pressed, self.to_preset, preset, names))
            own.tune.on_click(partial(_pressed, self._tuned, names))
            own.tune.layout.display = "" if self._tune else "none"
        for button, work in (
            *((self.undo, self._undo), (self.keep.save, self._save), (self.keep.load, self._load)),
            (self.reset, lambda _: self.show(self._history.first)),
        ):
            button.on_click(work)
        for kind, button in self.keep.export.items():
            button.on_click(partial(_pressed, self._offer, kind))

    def _offer(self, kind: str) -> None:
        self.keep.offer(self.view.encoded(kind), kind)

    def _look(self, _change: Any) -> None:
        self.view.look = self.keep.theme
        self.view.redraw()


def _pressed(work: Callable[..., None], *arguments: Any) -> None:
    """What a button does: the button itself, the last argument, is not asked about."""
    work(*arguments[:-1])

"""Running one batch on one target, from the knobs to a whole run folder.

Nothing here asks which target it has.
"""

import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import border
from workbench.bill import bill, total_usd
from workbench.bill.terms import LIST_PRICES
from workbench.designs import DESIGNS, Design, Fitted, fit_design
from workbench.errors import BadInput, NotDeployed, NotKept
from workbench.platform.services import HOME_REGION
from workbench.prices import PriceBook, load_book
from workbench.project import commit, versions
from workbench.runs.batch import Batch
from workbench.runs.records import (
    TIMELINE_COLUMNS,
    USAGE_COLUMNS,
    Run,
    RunData,
    refuse_run_id,
    write_folder,
)
from workbench.runs.repriced import bill_again
from workbench.runs.results_folder import nothing_left, refuse_unwritable
from workbench.targets import FILLED, TARGETS
from workbench.targets.base import Forecast, OnProgress, Progress, RunOptions, Target

if TYPE_CHECKING:
    from workbench.targets.model.forecast import Modelled

PRICED = 20  # times that a running batch is priced by its own meter


@dataclass(frozen=True)
class RunRequest:
    """What a user asks for: one batch of a design on a target."""

    design: str
    target: str
    items: int
    seed: int = 7
    preset: str = "default"
    settings: dict[str, Any] = field(default_factory=dict)
    region: str = HOME_REGION
    max_usd: Decimal = Decimal(1)  # where a run costs real money, it is refused or stopped above
    fill: str | Path = ""  # a Python file that fills the simulated cloud of `local` first
    price_date: str | None = None  # of which day the prices are; None: the newest
    best_in: str | None = None  # what the settings were tuned for, which its record keeps

    def __post_init__(self) -> None:
        """Every spelling of a value becomes the value itself; what is none is refused."""
        read = {
            "items": border.whole_number("items", self.items),
            "seed": border.whole_number("seed", self.seed),
            "settings": border.settings(self.settings),
            "max_usd": border.positive("max_usd", self.max_usd),
        }
        names = ("design", "target", "preset", "region")
        read |= {name: border.text(name, getattr(self, name)) for name in names}
        for name, value in read.items():
            object.__setattr__(self, name, value)

    def options(self, results: Path) -> RunOptions:
        """Money and place for a target."""
        fill = Path(self.fill) if self.fill else None
        forecast = partial(forecast_of, region=self.region, price_date=self.price_date)
        return RunOptions(results, self.region, self.max_usd, forecast, fill)

    @property
    def design_key(self) -> str:
        """What its design is made of: equal for requests of equal knobs."""
        return f"{self.design} {self.preset} {self.settings}"

    def book(self) -> PriceBook:
        """The prices that it is billed at."""
        return load_book(self.region, self.price_date)

    @property
    def expected_s(self) -> float:
        """About how long a run takes here, in seconds of the wall clock, as `make bench` measured.

        On aws it is no guide: a batch goes at AWS's pace.
        """
        if self.target == "model":
            return 0.002 + 5e-9 * self.items
        design = DESIGNS[self.design]
        return design.local_start_s + design.local_thousand_s * self.items / 1_000

    def make_design(self) -> Design:
        """The design with its knobs, checked against the batch, and the target's name."""
        return self.fitted().design

    def fitted(self) -> Fitted:
        """The same, with the knobs that were changed since nobody set them."""
        refuse_unknown_target(self.target)
        self._refuse_fill()
        found = fit_design(self.design, self.preset, self.settings)
        found.design.refuse_items(self.items)
        Batch(self.items, self.seed, "checked")
        return found

    def _refuse_fill(self) -> None:
        """Only a simulated cloud can be filled, and only by a file that is there."""
        if not self.fill:
            return
        if self.target not in FILLED:
            raise BadInput(
                f"fill={str(self.fill)!r} fills the simulated cloud of {' or '.join(FILLED)}: on "
                f"target {self.target} leave it out."
            )
        if not Path(self.fill).is_file():
            raise BadInput(f"fill={str(self.fill)!r}: there is no such file.")


def run_request(
    request: RunRequest,
    results: Path,
    on_progress: OnProgress,
    run_id: str | None = None,
    target: Target | None = None,
) -> Path:
    """Run a request and write its run folder; give the folder's path.

    Everything that can be refused is refused before the target is made. A stack that is not there
    as it should be leaves a run folder that says `incomplete` and why, and raises NotDeployed.
    """
    if line := request.fitted().line:
        print(line, file=sys.stderr)
    run_id = run_id or new_run_id(request)
    refuse_run_id(run_id, results)
    refuse_unwritable(results)
    with nothing_left(results, run_id) as beginning:
        return _run(request, results, beginning.listening(on_progress), run_id, target)


def _run(
    request: RunRequest, results: Path, on_progress: OnProgress, run_id: str, target: Target | None
) -> Path:
    """Run what was checked."""
    design, book = request.make_design(), request.book()
    batch = Batch(request.items, request.seed, run_id)
    own = make_target(request.target, request.options(results)) if target is None else None
    ran_on = target or own
    try:
        folder = priced(ran_on.run(design, batch, _in_dollars(on_progress, book)), book)
        ran_on.publish_bill(folder.bill)
        on_progress(_last_progress(folder.run))
    except NotDeployed as error:
        write_folder(priced(_not_begun(request, design, run_id, error), book), results)
        raise
    finally:
        if own is not None:
            own.close()
    try:
        return write_folder(folder, results)
    except OSError as error:
        raise NotKept(
            f"the run has ended, and its folder under {results} cannot be written: {error}. Make "
            "room there, then give the same order again: a batch on aws is found by its order, "
            "and is collected without running twice."
        ) from error


def _last_progress(run: Run) -> Progress:
    """How far a run came, with the dollars of its bill."""
    done = run.items_processed + run.items_failed
    return Progress(done, run.items, run.detected_s or 0.0, cost_usd=run.cost_usd)


def _not_begun(request: RunRequest, design: Design, run_id: str, why: NotDeployed) -> RunData:
    """The folder of a run that found no stack to run on."""
    run = Run(
        run_id=run_id,
        design=request.design,
        target=request.target,
        items=request.items,
        seed=request.seed,
        knobs=design.knobs(),
        batch_id=run_id,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        status="incomplete",
        reason=str(why),
    )
    return RunData(run, pd.DataFrame(columns=TIMELINE_COLUMNS), pd.DataFrame(columns=USAGE_COLUMNS))


def _in_dollars(on_progress: OnProgress, book: PriceBook) -> OnProgress:
    """An OnProgress that is given the dollars so far, priced now and then."""
    last = [float("-inf"), 0.0]  # items done, dollars

    def priced_watch(now: Progress) -> None:
        if now.usage is not None and now.cost_usd is None:
            if now.items_done >= last[0] + now.items / PRICED:
                last[:] = now.items_done, float(total_usd(bill(now.usage(), book)))
            now = replace(now, cost_usd=last[1])
        on_progress(now)

    return priced_watch


def make_target(name: str, options: RunOptions | None = None) -> Target:
    """The target called `name`, on these terms."""
    refuse_unknown_target(name)
    module, attribute = TARGETS[name].split(":")
    return getattr(import_module(module), attribute).create(options or RunOptions())


def region_of(target: str, region: str | None) -> str:
    """Whose prices a run has: on aws those of where it runs, which the session then has."""
    if target != "aws":
        return region or HOME_REGION
    from workbench.stacks.aws_clients import session_region  # loads boto3

    return session_region(region)


def refuse_unknown_target(target: str) -> None:
    """Refuse a target that is none, with those that are."""
    if target not in TARGETS:
        raise BadInput(f"target={target!r} is not known. Take one of {', '.join(TARGETS)}.")


def forecast_of(
    design: Design, items: int, region: str = HOME_REGION, price_date: str | None = None
) -> Forecast:
    """What a batch is modelled to cost at a region's prices, and to take."""
    found = forecast(design, items, load_book(region, price_date))
    return Forecast(found.usd, found.detected_s)


def forecast(design: Design, items: int, book: PriceBook, batch_id: str = "forecast") -> "Modelled":
    """One run of the model as its profile stands, billed; for those that may know no target."""
    from workbench.targets.model.forecast import modelled  # loads the compiled kernels

    return modelled(design, Batch(items, 7, batch_id), book)


def priced(folder: RunData, book: PriceBook) -> RunData:
    """The folder with its bill, the dollars of its run, and where it comes from."""
    run, table = bill_again(folder.run, folder.usage, LIST_PRICES, book)
    return replace(folder, run=replace(run, commit=commit(), versions=versions()), bill=table)


def new_run_id(request: RunRequest) -> str:
    """A run's name, which is also its batch's: letters, digits and hyphens, at most 64."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    return f"{request.design}-{request.target}-{request.items}-{request.seed}-{stamp}"[:64]

"""What a first day on AWS does: its runs, what they show and cost, and how far a day has come.

After the runs that each design gets come those that tell a constant which calibrate would leave
open (`workbench.agreement.tellers`), the cheapest first, while they fit into what may be spent.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.agreement.tellers import LARGE, OPEN, Teller
from workbench.border import read_json
from workbench.designs import COMPARED, DESIGNS, make_design
from workbench.errors import BadRecord, BudgetExceeded
from workbench.platform.services import HOME_REGION
from workbench.runs.runner import RunRequest, forecast_of
from workbench.stacks.cdk import QUALIFIER

STEPS = ("doctor", "deploy", "runs", "collect", "calibrate", "destroy")
POISON_PER_MILLION = 50_000  # of the run whose items fail: one in twenty
PLACES = 5  # of a throttled function: fewer than the children that ask for one
DOCTOR_USD = Decimal("0.03")  # three questions to Cost Explorer, aws.amazon.com/aws-cost-management


@dataclass(frozen=True)
class Plan:
    """What a first day does; the sizes are numbers of items."""

    designs: tuple[str, ...] = COMPARED
    region: str = HOME_REGION
    max_usd: Decimal = Decimal(2)
    keep: bool = False  # leave the stacks standing at the end
    small: int = 200
    large: int = LARGE
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)  # knobs by design
    bootstrap: bool = False  # the region, if CDK never saw it
    qualifier: str = QUALIFIER  # of the CDK bootstrap that the account has
    tell: bool = True  # runs besides that tell what these leave open


@dataclass(frozen=True)
class PlannedRun:
    """One run: what it shows, and how many places its function has (None: the account's own)."""

    name: str
    request: RunRequest
    shows: str
    places: int | None = None
    tells: tuple[str, ...] = ()  # constants

    @cached_property
    def forecast_usd(self) -> Decimal:
        """The modelled dollars."""
        request = self.request
        return forecast_of(request.make_design(), request.items, request.region).usd


@dataclass
class Day:
    """A first day as its file has it."""

    name: str
    plan: dict[str, Any]
    forecast_usd: str
    steps: dict[str, Any] = field(default_factory=dict)  # by name: what came of it
    runs: dict[str, str] = field(default_factory=dict)  # run id by planned run

    @property
    def is_over(self) -> bool:
        """Whether every step has ended."""
        return all(step in self.steps for step in STEPS)


def planned_runs(plan: Plan) -> list[PlannedRun]:
    """The runs of a day, in their order: small ones first, so that a fault is met cheaply."""
    usual = [run for design in plan.designs for run in _usual_runs(plan, design)]
    left_usd = plan.max_usd - sum((run.forecast_usd for run in usual), DOCTOR_USD)
    telling = []
    for run in sorted(_telling_runs(plan) if plan.tell else (), key=_usd):
        if run.forecast_usd <= left_usd:
            left_usd -= run.forecast_usd
            telling.append(run)
    return usual + telling


def _usd(run: PlannedRun) -> Decimal:
    return run.forecast_usd


def untold(plan: Plan, planned: list[PlannedRun]) -> dict[str, str]:
    """The constants that none of a day's runs tells, each with the run that would."""
    plain = {name for name, by in OPEN.items() if not by.settings and by.design in plan.designs}
    told = plain.union(*(run.tells for run in planned))
    return {name: str(by) for name, by in OPEN.items() if name not in told}


def _usual_runs(plan: Plan, design: str) -> list[PlannedRun]:
    """What each design runs: its large run tells the constants that a plain one can."""
    small = _asked(plan, design, plan.small)
    large = _asked(plan, design, plan.large)
    failing = _asked(plan, design, plan.small, poison_per_million=POISON_PER_MILLION)
    found = [
        PlannedRun(f"{design}-cold", small, "first starts, init times"),
        PlannedRun(f"{design}-warm", small, "the same again, with environments that are warm"),
        PlannedRun(f"{design}-large", large, "ramp, dispatch, writes, peak"),
        PlannedRun(f"{design}-failing", failing, "tries, backoff, the list of failures"),
    ]
    if make_design(design).parts.machine:  # its retries meet a throttle within seconds
        lot = {DESIGNS[design].search.lot: max(1, plan.small // (10 * PLACES))}
        throttled = _asked(plan, design, plan.small, max_concurrency=4 * PLACES, **lot)
        shows = f"throttles (429) with {PLACES} places"
        found.append(PlannedRun(f"{design}-throttled", throttled, shows, PLACES))
    return found


def _telling_runs(plan: Plan) -> Iterator[PlannedRun]:
    """A run for each kind that tells constants, of the designs that the day has."""
    by_run: dict[str, tuple[Teller, list[str]]] = {}
    for name, by in OPEN.items():
        if by.settings:
            by_run.setdefault(str(by), (by, []))[1].append(name)
    for number, (by, names) in enumerate(by_run.values(), 1):  # one that is left out keeps its own
        if by.design in plan.designs:
            request = _asked(plan, by.design, by.items, **by.settings)
            name, shows = f"{by.design}-tells-{number}", f"tells {', '.join(names)}"
            yield PlannedRun(name, request, shows, tells=tuple(names))


def _asked(plan: Plan, design: str, items: int, **knobs: Any) -> RunRequest:
    own = plan.settings.get(design, {}) | knobs
    return RunRequest(design, "aws", items, settings=own, region=plan.region)


def total_forecast_usd(plan: Plan) -> Decimal:
    """The modelled dollars of a day's runs and questions; refused above the limit."""
    usd = sum((run.forecast_usd for run in planned_runs(plan)), DOCTOR_USD)
    if usd > plan.max_usd:
        raise BudgetExceeded(
            f"the day is forecast at ${usd:.4f} and --max-usd is ${plan.max_usd.normalize():f}: "
            "nothing was started. Raise --max-usd, or name fewer designs."
        )
    return usd


def newest_day(results: Path) -> Day:
    """The last day whose runs were made; BadRecord if there is none."""
    for path in sorted((results / "first-day").glob("*/state.json"), reverse=True):
        if "runs" in (day := read_day(path)).steps:
            return day
    raise BadRecord(f"no first day was run into {results}: `workbench first-day` makes one")


def read_day(path: Path) -> Day:
    """A day's file; BadRecord if it is damaged."""
    try:
        return Day(**read_json(path))
    except TypeError as error:
        raise BadRecord(f"{path} is no first day: {error}. Move it away.") from None


def open_day(plan: Plan, results: Path) -> Day:
    """The day that did not end, or a new one; a plan that is another than its own is refused."""
    asked = _plain(plan)
    for path in sorted((results / "first-day").glob("*/state.json"), reverse=True):
        day = read_day(path)
        if not day.is_over:
            if day.plan != asked:
                different = [name for name in asked if day.plan.get(name) != asked[name]]
                raise BadRecord(
                    f"{day.name} did not end and has other options ({', '.join(different)}). Give "
                    f"the same, or delete {path.parent} (`workbench destroy` removes its stacks)."
                )
            return day
    name = datetime.now(UTC).strftime("day-%Y%m%dT%H%M%S")
    return Day(name, asked, f"{total_forecast_usd(plan):.4f}")


def _plain(plan: Plan) -> dict[str, Any]:
    """A plan as JSON has it; how much may be spent, the bootstrap, and the end may change."""
    found = json.loads(json.dumps(asdict(plan), default=str))
    return {
        name: value for name, value in found.items() if name not in ("max_usd", "keep", "bootstrap")
    }

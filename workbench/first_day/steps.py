"""`workbench first-day`: from an empty account to the model's constants, for a dollar or so.

    doctor -> deploy -> runs -> collect -> calibrate -> destroy with proof

The runs are few and chosen to show the constants that the model leaves open: each design small and
cold, small and warm, large, with failing items, and one whose function is throttled; then runs of
the kinds that tell what these do not, as far as `--max-usd` goes. Every step is written down in
`results/first-day/<day>/state.json` as it ends; the same command goes on where it was. Dollars are
checked before each run: what is spent and what the next one is forecast to cost.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from workbench.bill import bill, total_usd
from workbench.designs import make_design
from workbench.errors import BadRecord, BudgetExceeded, Incomplete, PullFailed, WorkbenchError
from workbench.first_day.plan import DOCTOR_USD, STEPS, Day, Plan, PlannedRun, planned_runs, untold
from workbench.prices import load_book
from workbench.runs.predictions import predict
from workbench.runs.records import read_run
from workbench.runs.runner import RunRequest, make_target, run_request
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import plainly
from workbench.stacks.deployed import find_stack

Say = Callable[[str], None]
TRIES_MAX = 20  # names that one run may have used up, each for an attempt that did not complete


class FirstDay:
    """One first day: its steps, each of which is done once."""

    def __init__(self, plan: Plan, day: Day, results: Path) -> None:
        self.plan, self.day, self.results = plan, day, results

    @property
    def folder(self) -> Path:
        """Where the day's own files are."""
        return self.results / "first-day" / self.day.name

    def spent_usd(self) -> Decimal:
        """Dollars of the runs so far by their meters, of their pulls, of what the doctor asked."""
        from workbench.pull.collect import measured

        paths = [self._run(name) for name in self.day.runs.values()]
        pulls = (total_usd(bill(measured(path), load_book(self.plan.region))) for path in paths)
        asked = DOCTOR_USD if "doctor" in self.day.steps else Decimal(0)
        return sum((Decimal(str(read_run(path).spent_usd)) for path in paths), asked) + sum(pulls)

    def go(self, say: Say, on_progress: Callable[[str], AbstractContextManager]) -> None:
        """Every step that has not ended yet; each says how far it is and what is spent.

        `on_progress(design)` is a context that gives what watches a run.
        """
        for number, step in enumerate(STEPS, 1):
            if step in self.day.steps:
                continue
            limit = f"${self.plan.max_usd.normalize():f}"
            spent = f"spent ${self.spent_usd():.4f} of {limit}, forecast ${self.day.forecast_usd}"
            say(f"[{number}/{len(STEPS)}] {step} ({spent})")
            done = getattr(self, f"_{step}")
            came = done(say, on_progress) if step == "runs" else done(say)
            self.day.steps[step] = came
            self._write()

    def _write(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / ".state.json"
        text = json.dumps(asdict(self.day), indent=1)
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(self.folder / "state.json")

    def _doctor(self, say: Say) -> list[str]:
        """What is missing ends the day before anything is spent."""
        from workbench.targets.aws.doctor import aws_findings

        designs = [make_design(n, settings=self.plan.settings.get(n)) for n in self.plan.designs]
        found = aws_findings(designs, self.results, self.plan.region)
        for finding in found:
            say(f"  {finding}")
        stacks = {design.stack for design in designs}  # not there yet: the next step deploys them
        fatal = [one.name for one in found if one.fatal and one.name not in stacks]
        if fatal:
            raise WorkbenchError(f"the first day cannot begin: {', '.join(fatal)} (see above)")
        return [str(finding) for finding in found]

    def _deploy(self, say: Say) -> list[str]:
        """No schedule: the day's own batches are the only ones."""
        from workbench.stacks.deploy import Deployment, deploy
        from workbench.targets.aws import put_back

        put_back(self.plan.designs, self.results, say)
        own = {"bootstrap": self.plan.bootstrap, "qualifier": self.plan.qualifier}
        plan = Deployment(self.plan.designs, self.plan.settings, cron=False, **own)
        return list(deploy(plan, say))

    def _runs(self, say: Say, on_progress: Callable[[str], AbstractContextManager]) -> list[str]:
        """Each run once; one that did not complete is tried again under another name."""
        planned = planned_runs(self.plan)
        for name, by in untold(self.plan, planned).items():
            say(f"  no run of this day tells {name}; one that would: {by}")
        for number, one in enumerate(planned, 1):
            if one.name in self.day.runs:
                continue
            left = self.plan.max_usd - self.spent_usd()
            if one.forecast_usd > left:
                raise BudgetExceeded(
                    f"{one.name} is forecast at ${one.forecast_usd:.4f} and ${left:.4f} is left of "
                    "--max-usd: the stacks stand. `workbench destroy` removes them."
                )
            say(f"  run {number} of {len(planned)}: {one.name}, {one.request.items:,} items: "
                f"{one.shows}")  # fmt: skip
            request = replace(one.request, max_usd=left)
            with _places(one, self.plan.region), on_progress(one.request.design) as watch:
                path = self._attempt(one.name, request, watch)
            run = read_run(path)
            if run.status != "complete":
                raise Incomplete(f"{one.name}: {run.reason} Run the same command again to go on.")
            self.day.runs[one.name] = path.name
            self._write()
        return list(self.day.runs.values())

    def _attempt(self, name: str, request: RunRequest, watch: Any) -> Path:
        """Predict a run, then make it, under the first name that is free."""
        names = (f"{self.day.name}-{name}-{number}" for number in range(1, TRIES_MAX))
        for run_id in names:
            path = self.results / "runs" / run_id
            if not path.exists():
                predict(request, run_id, self.results)
                return run_request(request, self.results, watch, run_id)
            if read_run(path).status == "complete":  # it ended as this process was killed
                return path
        raise BadRecord(f"{name} did not complete in {TRIES_MAX - 1} attempts: see {path.parent}")

    def _collect(self, say: Say) -> list[str]:
        """CloudWatch and REPORT lines of every run; what is missing is said and comes later."""
        from workbench.pull.collect import collect

        lacking = []
        for name, run_id in self.day.runs.items():
            request = RunRequest(read_run(self._run(run_id)).design, "aws", 1)
            options = replace(request.options(self.results), region=self.plan.region)
            found = collect(self._run(run_id), make_target("aws", options))
            say(f"  {name}: {sum(len(pull.frame) for pull in found.pulls):,} rows")
            lacking += [f"{name}: {why}" for why in found.failed]
        for why in lacking:
            say(f"  {why}")
        return lacking

    def _calibrate(self, say: Say) -> dict[str, Any]:
        """The open constants fitted to the runs, but for the throttled one: no estimate has one."""
        from workbench.agreement.calibrate import calibrate, write_profile
        from workbench.platform.profile import load_profile

        throttled = {one.name for one in planned_runs(self.plan) if one.places}
        paths = [self._run(r) for name, r in self.day.runs.items() if name not in throttled]
        found = calibrate(paths)
        write_profile(found.profile, self.folder / "profile.json")
        before, moved = load_profile().entries, {}
        open_still = found.constants[~found.constants["told"]]
        for name, value in found.fitted().items():
            was = before[name].get("value", before[name].get("p50"))
            moved[name] = [was, value, before[name]["unit"]]
        say(f"  {self.folder / 'profile.json'}: `workbench estimate --profile` takes it")
        lacking = dict(zip(open_still["constant"], open_still["tell_by"], strict=True))
        for name, by in lacking.items():
            say(f"  the runs do not tell {name}; one that would: {by}")
        errors = found.errors.to_dict("records")
        return {"constants": moved, "untold": lacking, "errors": errors}

    def _destroy(self, say: Say) -> dict[str, Any]:
        """Everything removed, and proven to be; with `keep` the stacks stay."""
        from workbench.stacks.destroy import destroy

        if self.plan.keep:
            say("  the stacks stay: `workbench destroy` removes them")
            return {"kept": True, "removed": []}
        removed = destroy(self.results, say, self.plan.designs)
        return {"kept": False, "removed": [str(thing) for thing in removed]}

    def _run(self, run_id: str) -> Path:
        return self.results / "runs" / run_id


def settle(day: Day, results: Path, say: Say) -> list[str]:
    """What Cost Explorer has of a day's runs, kept beside them; what it has not yet, by run.

    Nothing is asked of a run that has not been over for a day: each question costs a cent.
    """
    from workbench.pull.collect import collect_costs
    from workbench.pull.cost_explorer import Remembering, TagInactive
    from workbench.pull.window import CloudAccess, window_of
    from workbench.targets.aws.target import COSTS_LATE_S

    aws = Aws(day.plan["region"])
    aws.account()
    # The stacks are gone by now: costs are found by their tags alone.
    costs = Remembering(aws.client("ce"))

    def client(service: str) -> Any:
        return costs if service == "ce" else aws.client(service)

    cloud = CloudAccess(client, {}, None, False, 0, COSTS_LATE_S, aws.region)
    lacking = []
    for name, run_id in day.runs.items():
        path = results / "runs" / run_id
        try:
            pull = collect_costs(path, cloud, window_of(read_run(path)))
        except WorkbenchError as error:
            lacking.append(f"{name}: {error}")
            if isinstance(error, TagInactive) or not isinstance(error, PullFailed):
                break  # of the other runs AWS would say the same, for money
            continue
        settled = "" if pull.facts["settled"] else ", not settled yet"
        say(f"{name}: {len(pull.frame):,} lines of Cost Explorer{settled}")
    return lacking


@contextmanager
def _places(one: PlannedRun, region: str) -> Iterator[None]:
    """Give the run's processor so many places, and take the limit away whatever happens."""
    if one.places is None:
        yield
        return
    aws, design = Aws(region), make_design(one.request.design)
    outputs = find_stack(aws, design.name).outputs
    limits, name = aws.client("lambda"), design.parts.function_names(outputs)["processor"]
    with plainly():
        limits.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=one.places)
    try:
        yield
    finally:
        with plainly():
            limits.delete_function_concurrency(FunctionName=name)

"""The target `aws`: one batch on a deployed stack, from its settings to its run folder.

Refused before anything happens: NotDeployed, BadInput, BudgetExceeded. Whatever goes wrong from
then on ends in a run folder that says `incomplete` and why, with the stack's settings put back.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Self

import pandas as pd

from workbench.designs import Design, make_design
from workbench.errors import BadInput, BudgetExceeded, NotDeployed
from workbench.pull.window import CloudAccess
from workbench.runs.batch import Batch
from workbench.runs.records import RunData
from workbench.stacks.aws_clients import Aws, supports
from workbench.stacks.deployed import find_stack, refuse_design
from workbench.stacks.ledger import Entry, Ledger, order_of
from workbench.targets.aws.again import again
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.limits import places, refuse_short
from workbench.targets.aws.measurements import Collector
from workbench.targets.aws.run import AwsRun
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.timeouts import SERVER_TIMEOUTS, AwsOptions, Timeouts
from workbench.targets.base import Forecast, OnProgress, RunOptions

COSTS_LATE_S = 86_400  # Cost Explorer has data about a day later (its user guide)
SERVER_LATE_S = 10  # what an AWS-compatible server measures does not come late


class AwsTarget:
    """Runs batches on the deployed stacks; AWS_ENDPOINT_URL may name an AWS-compatible server."""

    name = "aws"

    def __init__(self, options: AwsOptions | None = None) -> None:
        self._options = options or AwsOptions()

    @classmethod
    def create(cls, options: RunOptions) -> Self:
        """The target with these limits on money."""
        return cls(AwsOptions(**vars(options)))

    def close(self) -> None:
        """Nothing is held: a batch that goes on is in the ledger."""

    def run(self, design: Design, batch: Batch, on_progress: OnProgress) -> RunData:
        """Run a batch, or go on with the one of the same order that did not end.

        The run keeps the name that was asked for; its `batch_id` says which batch it was.
        """
        session = self._session(design)
        refuse_short(design, places(session.aws))
        forecast = self._forecast(design, batch)
        order = order_of(design, batch, session.deployed.key)
        entry = session.ledger.find(order) or _entry(order, design, batch, session)
        run_id, batch = batch.batch_id, replace(batch, batch_id=entry.batch_id)
        batches = session.batches()
        _refuse_busy(session, entry, batches)
        whole = entry.phase in ("planned", "notified")
        collector = Collector(session, design, batch, batches, whole=whole)
        if entry.phase != "planned":
            self._options.say(f"going on with batch {entry.batch_id}, which was {entry.phase}")
        attempt = AwsRun(self._options, collector, session.ledger.write(entry), forecast)
        return attempt.go(run_id, on_progress)

    def bill_again(self, folder: RunData) -> RunData:
        """A complete run as AWS has it by now, with no bill yet: see `again`."""
        design = make_design(folder.run.design, settings=folder.run.knobs)
        return again(self._session(design), design, folder)

    def publish_bill(self, bill: pd.DataFrame) -> None:
        """AWS keeps its own bill, which comes a day later: nothing is to be learnt here."""

    def cloud(self, design: str) -> CloudAccess:
        """What can be asked about the runs of a design: the deployed stack."""
        aws = Aws()
        aws.account()
        full = supports("insights")
        return CloudAccess(
            client=aws.client,
            outputs=find_stack(aws, design).outputs,
            triggered_at=None,
            has_insights=full,
            late_s=Timeouts().late_s if full else SERVER_LATE_S,
            costs_late_s=COSTS_LATE_S,
            region=aws.region,
        )

    def _session(self, design: Design) -> StackSession:
        """The deployed stack, checked."""
        options = self._options
        aws = Aws()
        aws.account()
        if aws.region != options.region:
            raise NotDeployed(
                f"the session is in {aws.region} and the prices are of {options.region}. Set "
                f"AWS_REGION={options.region}, or ask for the prices of {aws.region}."
            )
        deployed = find_stack(aws, design.name)
        refuse_design(deployed, design)
        timeouts = options.timeouts or (Timeouts() if supports("insights") else SERVER_TIMEOUTS)
        return StackSession(aws, deployed, Ledger(options.results), options.clock, timeouts)

    def _forecast(self, design: Design, batch: Batch) -> Forecast:
        """The forecast, refused if it passes the limit; nothing where nobody forecasts."""
        if self._options.forecast is None:
            return Forecast(Decimal(0), 0.0)
        forecast = self._options.forecast(design, batch.items)
        max_usd = self._options.max_usd
        if forecast.usd > max_usd:
            raise BudgetExceeded(
                f"the forecast is ${forecast.usd:.4f} and --max-usd is ${max_usd.normalize():f}: "
                "nothing was started. Raise --max-usd, or take fewer items."
            )
        return forecast


def _entry(order: str, design: Design, batch: Batch, session: StackSession) -> Entry:
    """A new batch's entry."""
    return Entry(
        batch_id=batch.batch_id,
        order=order,
        design=design.name,
        items=batch.items,
        seed=batch.seed,
        stack=session.deployed.key,
        region=session.deployed.region,
        knobs=design.knobs(),
    )


def _refuse_busy(session: StackSession, entry: Entry, batches: Batches) -> None:
    """Refuse a run while another batch is open, or one was stopped and not dealt with."""
    if entry.phase == "stopped":
        name = entry.batch_id
        raise BadInput(
            f"batch {name} of this order was stopped. `workbench resume {name}` lets it go on, "
            f"`workbench purge {name}` gives it up; then run the order again."
        )
    stack = session.deployed.design.stack
    for other in session.others(batches, entry.batch_id):
        name = other.batch_id
        if other.status == "CANCELLED":
            advice = f"`workbench resume {name}` or `workbench purge {name}` first"
        else:
            advice = "wait for its end, or go on with it by running its order again"
        raise BadInput(
            f"batch {name} is {other.status} on {stack}, whose functions two batches must not "
            f"share while they are measured: {advice}."
        )
    if not session.settings().sources_on():
        raise BadInput(
            f"the event sources of {stack} are off, and no stopped batch is known. Switch them on "
            "in the Lambda console, or run `make deploy`."
        )

"""What a run on AWS needs, looked at before anything is spent; each finding says what to do.

Asking Cost Explorer costs $0.01 a question, three of them; all else is free.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.designs import Design
from workbench.designs.tags import DESIGN_TAG
from workbench.errors import NotDeployed, WorkbenchError
from workbench.prices import load_book
from workbench.pull.cost_explorer import ACTIVATE
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import plainly, scrub
from workbench.stacks.deployed import Deployed, find_stack
from workbench.stacks.doctor import Finding
from workbench.stacks.ledger import Ledger
from workbench.targets.aws.limits import advice, is_short, places
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.timeouts import Clock, Timeouts

IN_FLIGHT_MAX = 120_000  # messages of one queue (SQS quotas)


def aws_findings(
    designs: Sequence[Design], results: Path = Path("results"), region: str | None = None
) -> list[Finding]:
    """What the target `aws` stands on, for these designs with these knobs, in a region or the
    session's."""
    aws = Aws(region)
    first = _try("AWS credentials", lambda: _credentials(aws), fatal=True)
    return [first, *_Doctor(aws, designs, results).findings()] if first.ok else [first]


def _credentials(aws: Aws) -> Finding:
    aws.account()
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    where = f"at {endpoint}, which is not AWS itself" if endpoint else f"in {aws.region}"
    return Finding("AWS credentials", True, f"valid {where}")


@dataclass(frozen=True)
class _Doctor:
    """The questions, once it is known who asks."""

    aws: Aws
    designs: Sequence[Design]
    results: Path

    def findings(self) -> Iterator[Finding]:
        """One finding a question; a call that fails is a finding too."""
        yield _try("region", self._prices, fatal=True)
        for design in self.designs:
            yield from self._stack(design)
        yield _try("Lambda concurrency", self._concurrency)
        yield _try("DynamoDB write limit", self._writes)
        yield from self._in_flight()
        yield _try("cost allocation tag", self._tag)
        yield _try("Cost Explorer", lambda: self._costs("DAILY"))
        yield _try("Cost Explorer by the hour", lambda: self._costs("HOURLY"))

    def _prices(self) -> Finding:
        """A region without a price book can be given no bill, and no limit on dollars."""
        book = load_book(self.aws.region)
        return Finding("region", True, f"{book.region}, with prices of {book.date}")

    def _stack(self, design: Design) -> Iterator[Finding]:
        """The stack, and its open and stopped batches: a run is refused meanwhile."""
        name, batches = design.stack, f"{design.stack} batches"
        try:
            deployed = find_stack(self.aws, design.name)
        except WorkbenchError as error:
            advice = "`make deploy`" if isinstance(error, NotDeployed) else ""
            yield Finding(name, False, scrub(str(error)), advice, fatal=True)
            yield Finding(batches, True, "none is known of a stack that is not found")
            return
        changed = Ledger(self.results).settings(deployed.key) is not None
        detail = "deployed, with settings that a run has not put back" if changed else "deployed"
        yield Finding(name, not changed, detail, "the next run puts them back")
        yield _try(batches, lambda: self._batches(batches, deployed))

    def _batches(self, name: str, deployed: Deployed) -> Finding:
        session = StackSession(self.aws, deployed, Ledger(self.results), Clock(), Timeouts())
        found = session.others(session.batches(), "")
        detail = ", ".join(f"{one.batch_id} is {one.status}" for one in found) or "none is open"
        advice = "wait for its end; one that is CANCELLED needs `workbench resume` or `purge`"
        return Finding(name, not found, detail, advice)

    def _concurrency(self) -> Finding:
        free = places(self.aws)
        short = [one for one in self.designs if is_short(one, free)]
        most = max(short or self.designs, key=lambda one: one.concurrency_max)
        wanted, what = (
            most.concurrency_max,
            ", ".join(f"{one.name}: {advice(one, free)}" for one in short),
        )
        detail = f"the account has {free:,} left, {most.name} may want {wanted:,}"
        return Finding(
            "Lambda concurrency", free >= wanted, detail, what or advice(most, free), bool(short)
        )

    def _writes(self) -> Finding:
        with plainly():
            limits = self.aws.client("dynamodb").describe_limits()
        limit = limits["TableMaxWriteCapacityUnits"]
        wanted = max((one.writes_per_s for one in self.designs), default=0)
        detail = f"a table may take {limit:,} a second, warm_write_units is {wanted:,}"
        advice = "lower warm_write_units, or ask for more: Service Quotas, Amazon DynamoDB"
        return Finding("DynamoDB write limit", limit >= wanted, detail, advice)

    def _in_flight(self) -> Iterator[Finding]:
        """A queue gives out no more messages than this, whatever the concurrency."""
        for design in self.designs:
            if at_once := design.in_flight_max:
                detail = f"up to {at_once:,} of {IN_FLIGHT_MAX:,} messages in flight"
                advice = "lower messages_per_invocation or max_concurrency"
                yield Finding("SQS in flight", at_once <= IN_FLIGHT_MAX, detail, advice)

    def _tag(self) -> Finding:
        with plainly():
            answer = self.aws.client("ce").list_cost_allocation_tags(TagKeys=[DESIGN_TAG])
        status = [one["Status"] for one in answer["CostAllocationTags"]]
        found = f"is {status[0]}" if status else "is not known to billing"
        detail, advice = f"`{DESIGN_TAG}` {found}", f"activate it {ACTIVATE}"
        return Finding("cost allocation tag", status == ["Active"], detail, advice)

    def _costs(self, granularity: str) -> Finding:
        """Whether a question is answered; two days for DAILY, two hours for HOURLY."""
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        hourly = granularity == "HOURLY"
        start = now - (timedelta(hours=50) if hourly else timedelta(days=3))
        form = "%Y-%m-%dT%H:%M:%SZ" if hourly else "%Y-%m-%d"
        end = start + (timedelta(hours=2) if hourly else timedelta(days=1))
        name = "Cost Explorer by the hour" if hourly else "Cost Explorer"
        period = {"Start": start.strftime(form), "End": end.strftime(form)}
        try:
            with plainly():
                self.aws.client("ce").get_cost_and_usage(
                    TimePeriod=period, Granularity=granularity, Metrics=["UnblendedCost"]
                )
        except WorkbenchError as error:
            advice = "allow ce:GetCostAndUsage and enable Cost Explorer in the payer account"
            if hourly:
                advice = "enable hourly data under Cost Explorer's preferences (payer account)"
            return Finding(name, False, str(error), advice)
        return Finding(name, True, "answers")


def _try(name: str, look: Callable[[], Finding], fatal: bool = False) -> Finding:
    """A finding; an error of AWS's is one too, with its own advice in it."""
    try:
        return look()
    except WorkbenchError as error:
        return Finding(name, False, scrub(str(error)), fatal=fatal)

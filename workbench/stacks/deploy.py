"""Deploying the stacks: what will change and what it costs a month first, then the CDK's work."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from workbench.bill import bill, total_usd
from workbench.bill.monthly_cost import Upkeep, monthly_usage
from workbench.designs import COMPARED, DESIGNS, Design, make_design
from workbench.designs.tags import DESIGN_TAG, EXPORT_REGION, EXPORT_STACK
from workbench.errors import BadInput, BudgetExceeded, NotDeployed
from workbench.prices import PriceBook, load_book
from workbench.pull.cost_explorer import ACTIVATE
from workbench.runs.runner import forecast
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import code_of, plainly, scrub
from workbench.stacks.cdk import QUALIFIER, Say, assembly, cdk, install
from workbench.stacks.deployed import Deployed, describe, find_stack

BATCHES_PER_DAY = 4  # infra/stack.py
SECRET_OUTPUTS = ("DesignKnobs",)  # long, and known anyway


@dataclass(frozen=True)
class Deployment:
    """What is to be deployed: designs with their knobs, the schedule, who gets mail."""

    designs: tuple[str, ...] = COMPARED
    knobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cron: bool = True
    cron_items: int = 100
    notify: str | None = None
    max_monthly_usd: Decimal = Decimal(50)
    yes: bool = False  # also above the limit, and where there is no price
    bootstrap: bool = False  # the region, if CDK never saw it
    qualifier: str = QUALIFIER  # of a bootstrap that the account has
    bill_export: bool = False  # the stack that exports AWS's bills, too

    def __post_init__(self) -> None:
        for name in (*self.designs, *self.knobs):
            if name not in DESIGNS:
                raise BadInput(f"design={name!r} is not known. Take one of {', '.join(DESIGNS)}.")
        if not self.designs:
            raise BadInput(f"no design is named. Take one of {', '.join(DESIGNS)}, or all.")
        if self.notify is not None and "@" not in self.notify:
            raise BadInput(f"NOTIFY={self.notify!r} is no mail address.")
        if not re.fullmatch("[a-z0-9]{1,10}", self.qualifier):
            raise BadInput(
                f"qualifier={self.qualifier!r} is none of CDK's: 1 to 10 lower-case letters and "
                "digits."
            )

    def design(self, name: str) -> Design:
        """A design with its knobs, checked."""
        design = make_design(name, settings=dict(self.knobs.get(name, {})))
        design.refuse_items(self.cron_items)
        return design

    def context(self) -> dict[str, str]:
        """What the CDK app reads."""
        knobs = {name: json.dumps(self.design(name).knobs()) for name in DESIGNS}
        return knobs | {
            "cron": "on" if self.cron else "off",
            "cron_items": str(self.cron_items),
            "bill_export": "on" if self.bill_export else "off",
            "@aws-cdk/core:bootstrapQualifier": self.qualifier,
        }


def deploy(
    plan: Deployment, say: Say, monthly_usd: Callable[[Design, Deployment], Decimal] | None = None
) -> dict[str, dict[str, str]]:
    """Deploy, and give each stack's outputs without account ids, by its name.

    Shows the differences and the cost of a month first. NoCredentials (exit 2) says what is
    missing; CdkFailed has the CDK's last lines.
    """
    context = plan.context()
    aws = Aws()
    account = aws.account()
    book = load_book(aws.region)  # a region without prices would be deployed to, and never run in
    stacks = [DESIGNS[name].stack for name in plan.designs]
    if plan.bill_export:
        stacks.append(_export_stack(aws))
    install(say)
    _bootstrap(aws, account, plan, say)
    with assembly(context) as folder:
        app = ["--app", str(folder)]
        cdk(aws.region, ["diff", *app, *stacks], say)
        costs = {
            name: monthly_usd(plan.design(name), plan)
            if monthly_usd
            else monthly_cost_usd(plan.design(name), plan, book)
            for name in plan.designs
        }
        for name, usd in costs.items():
            say(f"{DESIGNS[name].stack} will cost about ${usd:.2f} a month while it stands")
        _refuse_dear(plan, sum(costs.values(), Decimal(0)))
        cdk(aws.region, ["deploy", *app, *stacks, "--require-approval", "never"], say)
    found = [find_stack(aws, name) for name in plan.designs]
    for deployed in found:
        if plan.notify:
            _subscribe(aws, deployed, plan.notify, say)
    say(f"to see the bill by design: activate the tag `{DESIGN_TAG}` {ACTIVATE}")
    shown = {deployed.design.stack: _shown(deployed.outputs) for deployed in found}
    if plan.bill_export:
        shown[EXPORT_STACK] = _shown(_outputs(aws, EXPORT_STACK))
        say(f"{EXPORT_STACK}: AWS writes the first bills within a day; its bucket costs cents")
    return shown


def _export_stack(aws: Aws) -> str:
    """The stack that exports AWS's bills, refused where it cannot be."""
    if aws.region != EXPORT_REGION:
        raise BadInput(
            f"--bill-export in {aws.region}: CloudFormation makes data exports in {EXPORT_REGION} "
            "alone, of all regions. Deploy it there, with any design."
        )
    return EXPORT_STACK


def _outputs(aws: Aws, stack: str) -> dict[str, str]:
    """The outputs of a stack that is no design's."""
    described = describe(aws, stack) or {}
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}


def _refuse_dear(plan: Deployment, usd: Decimal) -> None:
    """Refuse more dollars a month than are allowed, or what has no price, without a `yes`."""
    if plan.yes:
        return
    if usd > plan.max_monthly_usd:
        raise BudgetExceeded(
            f"${usd:.2f} a month is above --max-monthly-usd ${plan.max_monthly_usd.normalize():f}: "
            "nothing was deployed. Lower --cron-items, take --no-cron, raise the limit, or add "
            "--yes."
        )
    for name in plan.designs:
        if unpriced := plan.design(name).unpriced:
            raise BadInput(
                f"{name}: {unpriced}, and no price list has its price: nothing was deployed. Leave "
                "it out, or look it up and add --yes."
            )


def monthly_cost_usd(design: Design, plan: Deployment, book: PriceBook) -> Decimal:
    """Dollars of a month in which nobody runs anything: the schedule's batches, and the waiting.

    BadInput if a day does not hold its batches: such a month has no bill.
    """
    found = forecast(design, plan.cron_items, book, "scheduled")
    upkeep = Upkeep(batches_per_day=BATCHES_PER_DAY if plan.cron else 0)
    if not upkeep.holds(found.detected_s):
        raise BadInput(
            f"{design.name}: a scheduled batch of {plan.cron_items:,} items takes "
            f"{found.detected_s / 3_600:.1f} hours, and a day has {BATCHES_PER_DAY} of them: "
            "nothing was deployed. Lower --cron-items, or take --no-cron."
        )
    usage = found.outcome.usage
    return total_usd(bill(monthly_usage(design, usage, upkeep), book, source="modelled"))


def _bootstrap(aws: Aws, account: str, plan: Deployment, say: Say) -> None:
    """Give the account's region what CDK needs, once, if that is asked for; else NotDeployed."""
    with plainly():
        try:
            aws.client("ssm").get_parameter(Name=f"/cdk-bootstrap/{plan.qualifier}/version")
            return
        except ClientError as error:
            if code_of(error) != "ParameterNotFound":
                raise
    if not plan.bootstrap:
        raise NotDeployed(
            f"{aws.region} has no CDK bootstrap {plan.qualifier}: nothing was deployed. Add "
            "--bootstrap to let CDK set up its stack there (a bucket, a registry, roles), "
            "or name the --qualifier of the one that there is."
        )
    say(f"{aws.region} has no CDK bootstrap {plan.qualifier}: making it")
    own = ["--qualifier", plan.qualifier, "--toolkit-stack-name", f"CDKToolkit-{plan.qualifier}"]
    words = ["bootstrap", f"aws://{account}/{aws.region}"]
    cdk(aws.region, words + (own if plan.qualifier != QUALIFIER else []), say)


def _subscribe(aws: Aws, deployed: Deployed, address: str, say: Say) -> None:
    """Subscribe a mail address to a stack's topic, once; its owner must confirm by a link."""
    topic = deployed.outputs["TopicArn"]
    with plainly():
        pages = aws.client("sns").get_paginator("list_subscriptions_by_topic")
        there = [one for page in pages.paginate(TopicArn=topic) for one in page["Subscriptions"]]
        if any(one["Endpoint"] == address for one in there):
            say(f"{deployed.design.stack}: {address} is subscribed already")
            return
        aws.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    say(f"{deployed.design.stack}: {address} must confirm by the link that AWS mails now")


def _shown(outputs: Mapping[str, str]) -> dict[str, str]:
    """A stack's outputs as they may be printed."""
    return {
        name: scrub(value) for name, value in sorted(outputs.items()) if name not in SECRET_OUTPUTS
    }

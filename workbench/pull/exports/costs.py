"""What a run cost by a data export: by usage type, resource, label and hour.

The stack's resources are known by their names, so no tag is needed; a bill by resource is one by
label too, since each part of a design has its purpose. What one resource has for several purposes
(a machine's transitions, a bucket's requests) is shared out as the run's own meter has it. Credits,
refunds and tax are on no side. Usage under a savings plan costs nothing here, whether its negation
is a row of its own (CUR 2.0) or not (FOCUS), as in Cost Explorer's sum.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_DOWN, Context, Decimal

import pandas as pd

from workbench.bill import exact_sum
from workbench.designs import Design
from workbench.designs.parts import DISPATCH
from workbench.errors import PullFailed
from workbench.platform.services import CLOUDWATCH, COST_EXPLORER
from workbench.prices.refresh import SERVICE_CODES
from workbench.pull.cost_explorer import CostLine
from workbench.pull.costs import STEP, UNTAGGED, CostQuestion, Shares, line_of
from workbench.pull.exports.resources import ALARM, MACHINES, NOTICES, Resource, Stack
from workbench.pull.exports.tables import Line
from workbench.pull.standing import POLLS, IdlePolls, standing_part
from workbench.pull.store import tidy
from workbench.pull.window import Window
from workbench.runs.records import RunData

DAY = timedelta(days=1)
WIDE = Context(prec=60)
ZERO = Decimal(0)
SERVICES = {code: service for service, code in SERVICE_CODES.items()}
SERVICES |= {"Amazon CloudWatch": CLOUDWATCH}  # as FOCUS may call it
ACCOUNT_WIDE = {CLOUDWATCH, COST_EXPLORER}  # whose lines may belong to no resource
USED = ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage")  # kinds of rows that have quantities
COVERED, NEGATION = "SavingsPlanCoveredUsage", "SavingsPlanNegation"
BESIDES = {"Credit": "Credit", "Refund": "Refund", "Tax": "Tax", "Adjustment": "Refund"}
SAVINGS_PLAN = "savingsplan"  # in the ARN of one

Key = tuple[str, str, str, str, Window]  # service, usage type, unit, role of the resource, hour
Amounts = dict[Key, tuple[Decimal, Decimal]]  # quantity and dollars


@dataclass
class Found:
    """What of an export is the stack's, and what is its account's and belongs to no resource."""

    own: list[tuple[str, Line]] = field(default_factory=list)  # each with its resource's role
    account_wide: list[Line] = field(default_factory=list)


def find(lines: Iterable[Line], stack: Stack, region: str | None) -> Found:
    """The lines of the stack's resources in this region (None: wherever it is).

    Raises PullFailed where the stack is in several accounts or regions, or a machine may be one of
    several: the names in a CloudWatch pull tell them apart.
    """
    own, rest, machines, sure = [], [], set(), set()
    for line in lines:
        resource = Resource(line.resource)
        role = stack.role(resource) if line.resource else ""
        where = resource.region or line.region
        if not line.resource and _service(line) in ACCOUNT_WIDE and line.kind in USED:
            rest.append(line)
        if not role or (region and where not in ("", region)):
            continue
        if role == stack.machine and resource.service == MACHINES:
            machines.add(resource.name)
        if stack.known(resource):
            sure.add(line.account)
        own.append((role, line))
    own = [(role, line) for role, line in own if not sure or line.account in sure]
    accounts = {line.account for _, line in own}
    regions = {Resource(line.resource).region for _, line in own} - {""}
    for many, what in ((accounts, "accounts"), (regions, "regions"), (machines, "state machines")):
        if len(many) > 1:
            raise PullFailed(
                f"resources named as those of {stack.design.stack} are in {len(many)} {what} of "
                "the export. `workbench collect` without --export pulls CloudWatch, whose names "
                "tell them apart; or export one account alone."
            )
    return Found(own, [one for one in rest if one.account in accounts])


def export_frame(
    found: Found, folder: RunData, question: CostQuestion, polls: IdlePolls
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The costs of a run, tidy (`COST_COLUMNS`), and its dollars by record type, as text.

    Raises PullFailed for other money than dollars, and for rows of more than a day.
    """
    _refuse_money_and_months([*(line for _, line in found.own), *found.account_wide])
    records: dict[str, Decimal] = {}
    own: Amounts = {}
    for role, line in found.own:
        _add(own, _key(role, line), _counted(line, records))
    rest: Amounts = {}
    for line in found.account_wide:
        if line_of(_service(line), line.usage_type, question.book) in UNTAGGED:
            _add(rest, _key("", line), (line.quantity, line.usd))
    rows = list(_own_rows(own, folder, question, polls))
    for (service, kind, unit, _, bucket), (quantity, usd) in rest.items():
        label = UNTAGGED[line_of(service, kind, question.book)]
        amounts = (quantity, ZERO, usd)
        rows.append(_row((service, kind, unit), amounts, bucket, False, False, question, "", label))
    rows.sort(key=lambda row: (not row[8], row[0], row[1], row[6], row[11], row[12]))
    return tidy("costs", rows), {name: f"{usd:f}" for name, usd in sorted(records.items())}


def _own_rows(
    own: Amounts, folder: RunData, question: CostQuestion, polls: IdlePolls
) -> Iterator[tuple]:
    """The rows of the stack's resources: the run's share of each, by label."""
    shares = Shares(folder, question.window, question.others, question.book)
    design, standing = polls.design, _standing(own, question, polls)
    for key, (quantity, usd) in own.items():
        service, kind, unit, role, bucket = key
        amounts = (quantity, standing[key], usd)
        prorated = shares.is_shared(bucket)
        if prorated:
            line = CostLine(service, kind, unit, quantity, usd, bucket)
            amounts = tuple(one * shares.share(line, role) for one in amounts)
        name = line_of(service, kind, question.book)
        labels = _labels(folder, role, name, question) or {_label(design, role, service): 1}
        for label, parts in _split(amounts, labels):
            yield _row((service, kind, unit), parts, bucket, True, prorated, question, role, label)


def _row(
    line: tuple[str, str, str],
    amounts: tuple[Decimal, ...],
    bucket: Window,
    is_own: bool,
    prorated: bool,
    question: CostQuestion,
    role: str,
    label: str,
) -> tuple:
    """A row of `COST_COLUMNS`; doubles have no more places than a quantity of ours."""
    exact = (one.quantize(STEP, context=WIDE) for one in amounts)
    ends = (bucket.start, bucket.end)
    return (*line, *exact, *ends, is_own, prorated, question.settled, role, label)


def _counted(line: Line, records: dict[str, Decimal]) -> tuple[Decimal, Decimal]:
    """The quantity and dollars of a line that are on our side, its record types noted."""

    def note(kind: str, usd: Decimal) -> None:
        records[kind] = records.get(kind, ZERO) + usd

    if line.kind == NEGATION:  # often of no resource: the usage that it takes back tells it
        return ZERO, ZERO
    if line.kind in BESIDES:
        note(BESIDES[line.kind], line.usd)
        return ZERO, ZERO
    if line.kind == COVERED:
        note(COVERED, line.usd)
        note(NEGATION, -line.usd)
        return line.quantity, ZERO
    if line.kind not in USED:  # a discount of CUR 2.0, on usage that has its own row
        note(line.kind, line.usd)
        return ZERO, line.usd
    if SAVINGS_PLAN in line.commitment.lower():
        note(COVERED, line.listed_usd)
        note(NEGATION, -line.listed_usd)
    elif line.commitment:
        note("DiscountedUsage", line.usd)
    else:
        taken = exact_sum(abs(usd) for usd in line.discounts.values())
        note(line.kind, line.usd + taken)
        for name, usd in line.discounts.items():
            note(name, -abs(usd))
    return line.quantity, line.usd


def _standing(own: Amounts, question: CostQuestion, polls: IdlePolls) -> dict[Key, Decimal]:
    """How much of each amount may be the stack's standing: idle polls by what a queue is for."""
    names = {key: line_of(key[0], key[1], question.book) for key in own}
    polled: dict[tuple[str, Window], Decimal] = {}
    for key, (quantity, _) in own.items():
        if names[key] == POLLS and key[3] != NOTICES:
            group = (polls.design.parts.purpose_of(key[3]), key[4])
            polled[group] = polled.get(group, ZERO) + quantity
    found = {}
    for key, (quantity, _) in own.items():
        group = (polls.design.parts.purpose_of(key[3]), key[4])
        whole, part = polled.get(group, ZERO), ZERO
        if whole and key[3] != NOTICES:
            part = polls.within(key[4], group[0]) * quantity / whole
        found[key] = standing_part(names[key], quantity, part)
    return found


def _labels(
    folder: RunData, role: str, name: tuple[str, str], question: CostQuestion
) -> dict[str, Decimal]:
    """What a resource's line is for, by the run's own meter; nothing where that has no such."""
    if folder.resources is None:
        return {}
    told = folder.resources[folder.resources["resource"] == role]
    columns = (told[one] for one in ("service", "usage_type", "label", "quantity"))
    found: dict[str, Decimal] = {}
    for service, kind, label, quantity in zip(*columns, strict=True):
        if line_of(service, kind, question.book) == name and quantity > 0:
            found[label] = found.get(label, ZERO) + quantity
    return found


def _label(design: type[Design] | Design, role: str, service: str) -> str:
    """What a part's cost is for, where the meter has none of it."""
    parts = design.parts
    if service == CLOUDWATCH or role == ALARM:
        return "telemetry"
    if role == NOTICES:
        return "measuring"
    if role in [one.role for one in (parts.machine, parts.bucket) if one]:
        return DISPATCH
    return parts.purpose_of(role)


def _split(
    amounts: tuple[Decimal, ...], labels: dict[str, Decimal]
) -> Iterator[tuple[str, tuple[Decimal, ...]]]:
    """Amounts by label, in proportion; the last label has the rest."""
    whole, left = sum(labels.values()), list(amounts)
    *first, last = labels
    for label in first:
        parts = [(one * labels[label] / whole).quantize(STEP, ROUND_DOWN, WIDE) for one in amounts]
        left = [one - part for one, part in zip(left, parts, strict=True)]
        yield label, tuple(parts)
    yield last, tuple(left)


def _key(role: str, line: Line) -> Key:
    return _service(line), line.usage_type, line.unit, role, line.bucket


def _service(line: Line) -> str:
    return SERVICES.get(line.service, line.service)


def _add(sums: Amounts, key: Key, amounts: tuple[Decimal, Decimal]) -> None:
    before = sums.get(key, (ZERO, ZERO))
    sums[key] = (before[0] + amounts[0], before[1] + amounts[1])


def _refuse_money_and_months(lines: list[Line]) -> None:
    """Refuse other money than dollars, and rows that cannot be laid into a run's hours."""
    money = sorted({line.currency for line in lines})
    if money not in ([], ["USD"]):
        raise PullFailed(f"the export bills in {' and '.join(money)}, not in USD alone.")
    if any(line.end - line.start > DAY for line in lines):
        raise PullFailed(
            "the export has rows of more than a day: make it with TIME_GRANULARITY HOURLY."
        )

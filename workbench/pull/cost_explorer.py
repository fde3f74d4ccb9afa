"""Asking Cost Explorer: one question, all its pages, each of them a cent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from workbench.errors import PullFailed
from workbench.pull.window import MeasuringCost, Window
from workbench.stacks.aws_errors import AwsFailed, plainly

# ce:StartCostAllocationTagBackfill (Cost Explorer API reference): from the first of a month.
ACTIVATE = (
    "in the payer account, under Billing, Cost allocation tags; it takes up to 24 hours. A "
    "backfill there (ce:StartCostAllocationTagBackfill, once in 24 hours, up to 12 months back) "
    "covers what carried the tag before"
)
STEPS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1)}
FORMATS = {"HOURLY": "%Y-%m-%dT%H:%M:%SZ", "DAILY": "%Y-%m-%d"}
GROUPS = [{"Type": "DIMENSION", "Key": key} for key in ("SERVICE", "USAGE_TYPE")]
BY_RECORD = [{"Type": "DIMENSION", "Key": key} for key in ("RECORD_TYPE", "SERVICE")]
# No costs of a run. CHARGE_TYPE, as the console calls it, is refused.
BESIDES = ("Credit", "Refund", "Tax")
NOT_BESIDES = {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(BESIDES)}}}


class TagInactive(PullFailed):
    """No run of the account can be asked about: its cost allocation tag is off."""


class Remembering:
    """A client of Cost Explorer that asks no question twice: runs share their hours and days."""

    def __init__(self, client: Any) -> None:
        self._client, self._answers = client, {}

    def knows(self, operation: str, request: dict[str, Any]) -> bool:
        """Whether it has the answer, which then costs nothing."""
        return (operation, repr(request)) in self._answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def ask(**request: Any) -> Any:
            key = operation, repr(request)
            if key not in self._answers:
                self._answers[key] = getattr(self._client, operation)(**request)
            return self._answers[key]

        return ask


@dataclass(frozen=True)
class CostLine:
    """What Cost Explorer says of one usage type in one hour or day, as it says it.

    Of a question by record type, `service` is that type and `usage_type` the service.
    """

    service: str
    usage_type: str
    unit: str
    quantity: Decimal
    cost_usd: Decimal
    bucket: Window


def cost_lines(
    client: Any,
    window: Window,
    granularity: str,
    conditions: list[dict],
    cost: MeasuringCost,
    groups: list[dict] = GROUPS,
) -> list[CostLine]:
    """The costs under these conditions, by service and usage type, in whole hours or days."""
    request = {
        "TimePeriod": period(window, granularity),
        "Granularity": granularity,
        "Metrics": ["UnblendedCost", "UsageQuantity"],
        "GroupBy": groups,
        "Filter": {"And": conditions} if len(conditions) > 1 else conditions[0],
    }
    lines: list[CostLine] = []
    while True:
        answer = _ask(client, cost, "get_cost_and_usage", request)
        for result in answer["ResultsByTime"]:
            lines += _lines(result)
        token = answer.get("NextPageToken")
        if not token:
            return lines
        if token == request.get("NextPageToken"):
            raise PullFailed("ce:GetCostAndUsage gives the same page again. Collect again.")
        request["NextPageToken"] = token


def record_types(
    client: Any, window: Window, granularity: str, condition: dict, cost: MeasuringCost
) -> dict[str, Decimal]:
    """Dollars by record type (`Usage`, `SavingsPlanNegation`, `Credit`, `Tax` and others)."""
    sums: dict[str, Decimal] = {}
    for line in cost_lines(client, window, granularity, [condition], cost, BY_RECORD):
        sums[line.service] = sums.get(line.service, Decimal(0)) + line.cost_usd
    return sums


def tagged(key: str, value: str) -> dict[str, Any]:
    """The condition that a resource carries this tag."""
    return {"Tags": {"Key": key, "Values": [value], "MatchOptions": ["EQUALS"]}}


def without_tag(key: str) -> dict[str, Any]:
    """The condition that a line carries no such tag."""
    return {"Tags": {"Key": key, "MatchOptions": ["ABSENT"]}}


def of_services(*services: str) -> dict[str, Any]:
    """The condition that a line is of one of these services."""
    return {"Dimensions": {"Key": "SERVICE", "Values": list(services)}}


def period(window: Window, granularity: str) -> dict[str, str]:
    """The window in whole hours or days, as Cost Explorer takes it: the end is not part of it."""
    whole = window.widened(STEPS[granularity])
    form = FORMATS[granularity]
    return {"Start": whole.start.strftime(form), "End": whole.end.strftime(form)}


def refuses_hours(error: AwsFailed) -> bool:
    """Whether a refusal is about hours, which an account must switch on and which end at 14 days.

    AWS documents no error code for it, so its words count.
    """
    words = ("hour", "granularity", "opt-in")
    return error.code == "ValidationException" or any(one in error.said.lower() for one in words)


def explain_nothing(
    client: Any, window: Window, tag_key: str, tag_value: str, cost: MeasuringCost
) -> PullFailed:
    """Why there is nothing under a tag: a filter that fits nothing is no error to Cost Explorer."""
    try:
        answer = _ask(client, cost, "list_cost_allocation_tags", {"TagKeys": [tag_key]})
        active = {tag["Status"] for tag in answer["CostAllocationTags"]} == {"Active"}
        if not active:
            return _inactive(tag_key)
    except AwsFailed:  # only the payer's account may list them; values in use show it too
        active = False
    asked = {"TimePeriod": period(window, "DAILY"), "TagKey": tag_key}
    values = _ask(client, cost, "get_tags", asked)["Tags"]
    if not active and not any(values):
        return _inactive(tag_key)
    seen = ", ".join(sorted(filter(None, values))) or "none"
    return PullFailed(
        f"Cost Explorer has no costs of {tag_key}={tag_value} from {window.start:%Y-%m-%d %H:%M} "
        f"to {window.end:%Y-%m-%d %H:%M} UTC (values of the tag then: {seen}). "
        "They come about 24 hours after the run, and are settled after 48. Collect again then."
    )


def _ask(client: Any, cost: MeasuringCost, operation: str, request: dict[str, Any]) -> Any:
    """The answer to one question, counted before it is asked."""
    if not (isinstance(client, Remembering) and client.knows(operation, request)):
        cost.cost_pages += 1
    with plainly():
        return getattr(client, operation)(**request)


def _inactive(tag_key: str) -> TagInactive:
    return TagInactive(
        f"the cost allocation tag {tag_key!r} is not active, so Cost Explorer cannot tell the runs "
        f"from the rest. Activate it {ACTIVATE}."
    )


def _lines(result: dict[str, Any]) -> Iterator[CostLine]:
    """The lines of one hour or day."""
    bucket = Window(_time(result["TimePeriod"]["Start"]), _time(result["TimePeriod"]["End"]))
    for group in result["Groups"]:
        service, usage_type = group["Keys"]
        cost, usage = group["Metrics"]["UnblendedCost"], group["Metrics"]["UsageQuantity"]
        if cost["Unit"] != "USD":
            raise PullFailed(f"{service} {usage_type} is billed in {cost['Unit']}, not in USD.")
        yield CostLine(
            service,
            usage_type,
            usage["Unit"],
            Decimal(usage["Amount"]),
            Decimal(cost["Amount"]),
            bucket,
        )


def _time(text: str) -> datetime:
    """A date or a time as Cost Explorer writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=UTC)

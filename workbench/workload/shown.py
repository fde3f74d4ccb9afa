"""What was read of a workload, for people and for programs."""

from dataclasses import dataclass
from typing import Any

from workbench.workload.clock import told_minute
from workbench.workload.duration import Duration
from workbench.workload.workload import Workload


@dataclass(frozen=True)
class Row:
    """Figures of durations by name: ms, or percent."""

    name: str
    values: dict[str, float | None]
    is_percent: bool = False

    def written(self, name: str) -> str:
        """A figure as it is printed; empty where there is none."""
        value = self.values[name]
        if value is None:
            return ""
        return f"{value:+.2f} %" if self.is_percent else f"{value:,.1f}".removesuffix(".0")


def duration_rows(duration: Duration) -> tuple[Row, ...]:
    """Figures of what the items will take; of measured ones the samples', and the difference."""
    made = Row("what items take", dict(duration.figures))
    if duration.measured is None:
        return (made,)
    return (
        Row("the samples", dict(duration.measured)),
        made,
        Row("difference", differences_percent(duration), is_percent=True),
    )


def differences_percent(duration: Duration) -> dict[str, float | None]:
    """By how much the table's figures are off the samples'; None beside a sample of 0 ms."""
    measured = duration.measured or {}
    return {
        name: 100 * (duration.figures[name] / value - 1) if value else None
        for name, value in measured.items()
    }


def other_lines(workload: Workload) -> tuple[tuple[str, str], ...]:
    """What else the file says, each a name and a value; of optional fields those that are given."""
    budget = workload.budget_usd_per_month
    lines = {
        "items": ", ".join(f"{size:,}" for size in workload.items),
        "duration": workload.duration.told,
        "computing": f"{workload.cpu_ms:,} ms an item" if workload.cpu_ms else "",
        "size": f"{workload.item_bytes:,} bytes an item" if workload.item_bytes else "",
        "failing": f"{workload.fails_per_million:,} of a million tries, "
        f"{workload.poison_per_million:,} of a million items every time",
        "memory": f"{workload.memory_mb:,} MB or more",
        "batches": f"{workload.batches.per_month:,.2f} a month".replace(".00 ", " "),
        "region": workload.region,
        "deadline": f"{workload.deadline_s:,} s" if workload.deadline_s else "",
        "done by": f"{workload.done_by} {workload.timezone}" if workload.done_by else "",
        "budget": f"${budget:,} a month" if budget else "",
        "promise": workload.promise.replace("_", " "),
    }
    return tuple((name, value) for name, value in lines.items() if value)


def told_workload(workload: Workload) -> dict[str, Any]:
    """All of it, by the names of the fields, as JSON can hold it."""
    plain = workload.model_dump(exclude={"duration", "batches"})
    duration = workload.duration
    return plain | {
        "batches_per_month": workload.batches.per_month,
        "starts_utc": [told_minute(one) for one in workload.batches.starts],
        "duration": {
            "told": duration.told,
            "measured_ms": duration.measured,
            "made_ms": duration.figures,
            "difference_percent": differences_percent(duration) or None,
        },
        "knobs": workload.knobs(),
    }

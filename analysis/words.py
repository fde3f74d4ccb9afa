"""Numbers in words, each with the digits that its size asks for, and what came of a batch."""

from workbench.runs.records import Run
from workbench.targets import FIGURES

# A knob at a value in words, or at any; what has none is said as the knob itself.
KNOBS = {
    "telemetry=emf": "metrics in log lines",
    "telemetry=put_metric_data": "a metrics call an item",
    "track=message": "one record a message",
    "track=item": "one record an item",
    "cpu=arm64": "Arm, not x86",
    "cpu=x86_64": "x86, not Arm",
    "logs=metrics": "no log line an item",
    "logs=all": "a log line an item",
    "child_type=STANDARD": "Standard children",
    "child_type=EXPRESS": "Express children",
    "messages_per_invocation=1": "one message an invocation",
    "messages_per_invocation": "{} messages an invocation",
    "claim=False": "no claim",
    "claim=True": "each item claimed",
    "items_per_message": "{} items a message",
    "items_per_child": "{} items a child",
    "items_per_chunk": "{} items a chunk",
    "chunks_per_segment": "{} chunks a segment",
    "item_concurrency": "{} items at a time",
    "max_concurrency=None": "any number of invocations at a time",
    "max_concurrency": "up to {} invocations at a time",
    "pollers_max": "{} pollers of its own",
    "poll_s": "a look every {} s",
    "state_shards": "state in {} shards",
    "memory_mb": "{} MB of memory",
    "batcher_memory_mb": "{} MB for the batcher",
    "send_batch_size": "{} messages a send",
    "write_batch_size": "{} records a write",
    "tuned-concurrent": "tuned, several items at a time",
    "default": "default settings",
    "published": "as published",
}
# What holds a batch back, as the model calls it, in words.
LIMITS = {
    "max_concurrency": "concurrency limit",
    "event source ramp": "ramp of the queue",
    "table writes": "table writes",
    "longest invocation": "longest invocation",
    "orchestrator": "orchestrator",
    "poll": "next look",
}


def short_count(value: float) -> str:
    """A number of items: 100, 1k, 10k, 1M."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            return f"{value / size:.3g}{sign}"
    return f"{value:.3g}"


def count(value: float) -> str:
    """A number of items in words: 1,000, 250,000, 3.2 million."""
    rounded = float(f"{value:.2g}")
    if rounded >= 1e6:
        return f"{rounded / 1e6:,.3g} million"
    return f"{rounded:,.0f}"


def dollars(value: float) -> str:
    """Dollars with as many decimals as their size asks for."""
    if value == 0:
        return "$0"
    if abs(value) >= 1_000:
        return f"${value:,.0f}"
    if abs(value) >= 0.0995:
        return f"${value:.0f}" if value == round(value) else f"${value:.2f}"
    text = f"{float(f'{value:.2g}'):.10f}".rstrip("0")
    return f"${text}0" if len(text) == 3 else f"${text}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it, with two or three digits."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 59.5:
        return f"{seconds:.2g} s"
    if seconds < 3_570:
        return f"{seconds / 60:.2g} min"
    return f"{seconds / 3_600:.3g} h"


def duration_range(low: float, high: float) -> str:
    """From one time to another; once where they read alike."""
    ends = duration(low), duration(high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def listed(words: list[str]) -> str:
    """Words with commas, and `and` before the last."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def percent(share: float) -> str:
    """A share in whole percent; what is there never reads as nothing."""
    return "under 1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"


def setting_in_words(setting: str) -> str:
    """A set of knobs as one would say it who has never turned one; a preset by its name."""
    parts = []
    for knob in setting.split(", "):
        name, _, value = knob.partition("=")
        said = KNOBS.get(knob) or KNOBS.get(name) or f"{name.replace('_', ' ')} {{}}"
        parts.append(said.format(value).strip())
    return ", ".join(parts)


def outcome(run: Run) -> str:
    """Sentences about a batch, whatever became of it, a line each for how it went and its cost."""
    figures = FIGURES[run.target]
    head = f"{run.design} on {run.target}, {figures}: {_items(run)}{_times(run)}."
    if run.status != "complete":
        head += f" The batch did not complete: {run.reason}."
    return f"{head}\n{_cost(run, figures)}"


def _items(run: Run) -> str:
    """How many were processed, and what else became of some."""
    others = {"failed": run.items_failed, "processed more than once": run.items_duplicated}
    texts = [f"{number:,} {how}" for how, number in others.items() if number]
    return listed([f"{run.items_processed:,} of {run.items:,} items processed", *texts])


def _times(run: Run) -> str:
    """When the last item was done, and how late that was known, as far as either came."""
    if run.processed_s is None:
        return ""
    known = ", which nobody was told"
    if run.detection_lag_s is not None:
        known = f", known {duration(run.detection_lag_s)} later"
    return f", the last after {duration(run.processed_s)}{known}"


def _cost(run: Run, figures: str) -> str:
    """The dollars of the batch; only on aws are they spent."""
    if run.cost_usd is None:
        return "Its cost is not known."
    total = dollars(run.cost_usd)
    if run.target == "aws":
        text = f"{total} spent, by its own meter"
    else:
        text = f"{total} {figures}, $0 spent"
    if run.status != "complete":
        return f"{text}."
    million = dollars(run.cost_usd * 1e6 / run.items)
    if run.coordination_usd is None:  # a run of before
        return f"{text}; that is {million} for a million items."
    coordination = dollars(run.coordination_usd * 1e6 / run.items)
    knowing = dollars((run.knowing_usd or 0.0) * 1e6 / run.items)
    return (
        f"{text}; that is {million} for a million items, {coordination} of it for coordination "
        f"(knowing alone {knowing})."
    )

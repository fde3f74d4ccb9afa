"""What was measured of an item's work, as the model is told it: its items take 0 to `value_max`."""

from math import sqrt

from workbench.runs.records import Run

UNIFORM_ERROR = 1 / sqrt(3)  # of one item's time beside the mean, where all times are as likely
CLOSE = 0.1  # no hint: the model is about right


def work_hint(run: Run) -> str:
    """How to tell the model what an item took, where its knob says something else by far."""
    mean_ms, told_ms = run.work_mean_ms, run.knobs.get("value_max", 0) / 2
    if mean_ms is None:
        return ""
    chance = 3 * UNIFORM_ERROR / sqrt(run.items_processed)
    if abs(mean_ms - told_ms) <= (CLOSE + chance) * told_ms:
        return ""
    return measured_work(run)


def measured_work(run: Run) -> str:
    """What an item took on average, and the knob that makes the model's items take as long."""
    mean_ms = run.work_mean_ms
    if mean_ms is None:
        return ""
    knob = max(1, round(2 * mean_ms))
    return f"measured {mean_ms:,.1f} ms an item on average: --set value_max={knob} tells the model"

"""What a run says of its items' time, so that the model can be told."""

import pytest

from workbench.runs.measured_work import measured_work, work_hint
from workbench.runs.records import Run


def run(work_ms, items=10_000, value_max=1_000):
    knobs = {"value_max": value_max}
    return Run(
        "r", "sqs", "local", items, 7, knobs, "r", "", items_processed=items, work_ms=work_ms
    )


def test_the_model_is_told_twice_the_mean():
    told = "measured 34.9 ms an item on average: --set value_max=70 tells the model"
    assert (measured_work(run(349_000)), work_hint(run(349_000))) == (told, told)


@pytest.mark.parametrize(
    ("work_ms", "items"),
    [(5_030_000, 10_000), (None, 10_000), (3_000, 10), (0, 0)],
    ids=["as the knob says", "not measured", "by chance, of few items", "nothing was done"],
)
def test_there_is_no_hint_where_the_model_is_about_right_or_nothing_is_known(work_ms, items):
    assert work_hint(run(work_ms, items)) == ""

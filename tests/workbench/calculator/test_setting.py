"""A point of a curve is the mean of model runs."""

import pytest

from workbench.calculator.curve import Rates
from workbench.calculator.setting import MEANS_MS, Setting, play, settings
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import modelled
from workbench.targets.model.target import ModelTarget

TUNED = Setting("counters", "tuned", "long", 200)


def test_every_setting_is_there_once_and_the_usual_items_are_among_them():
    names = [one.name for one in settings()]
    assert len(set(names)) == len(names) == 4 * 2 * 2 * len(MEANS_MS)
    assert "sqs default none 500" in names


@pytest.mark.parametrize("tail", ["none", "long"])
def test_items_take_their_mean(tail):
    for mean_ms in MEANS_MS:
        assert Setting("sqs", "default", tail, mean_ms).item_ms.mean_ms == pytest.approx(
            mean_ms, rel=0.01
        )


@pytest.mark.parametrize(
    ("items", "seeds"), [(150, (1, 2, 3, 4)), (400_000, (1, 2)), (700_000, (1,))]
)
def test_a_point_is_the_mean_of_its_batches(items, seeds):
    point, book = play(ModelTarget(), TUNED, items), load_book()
    runs = [modelled(TUNED.made, Batch(items, seed, "calculator"), book) for seed in seeds]
    times = [run.outcome.times() for run in runs]
    assert point.done_s == pytest.approx(sum(t["processed_s"] for t in times) / len(seeds))
    assert point.lags_s == pytest.approx([t["detected_s"] - t["processed_s"] for t in times])
    assert Rates(book).usd(point.usage) == pytest.approx(
        sum(float(run.usd) for run in runs) / len(seeds)
    )
    of_it = {column: own for column, own in point.usage.items() if column[2]}
    coordination = sum(float(run.coordination_usd) for run in runs) / len(seeds)
    assert Rates(book).usd(of_it) == pytest.approx(coordination)
    assert not point.late

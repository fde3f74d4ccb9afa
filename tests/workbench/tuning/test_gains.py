"""What each knob bought adds up from start to end, the largest saving first."""

from itertools import pairwise

from analysis.frames import COLUMNS
from workbench.designs import make_design
from workbench.tuning.gains import savings, steps_between
from workbench.tuning.search import confirm, fitting_items


def test_the_steps_lead_from_start_to_end_and_each_changes_what_it_says():
    start = make_design("sqs", "published", {"value_max": 1_000})
    end = make_design("sqs", "tuned")
    steps = steps_between(start, end, 10_000, seeds=(1, 2))
    assert steps[0].score.design == start
    assert steps[-1].score.design == end
    changed = [name for step in steps for name in step.change]
    assert sorted(changed) == sorted(n for n, v in end.knobs().items() if start.knobs()[n] != v)
    for before, after in pairwise(steps):
        expected = before.score.design.knobs() | after.change
        assert after.score.design.knobs() == expected
    assert steps[1].change == {"telemetry": "emf"}


def test_the_savings_of_both_designs_fall_to_the_floor_and_fit_their_table():
    table = savings(items=20_000)
    assert list(table.columns) == COLUMNS["savings"]
    for _, own in table.groupby("design"):
        usd = own.sort_values("step")["usd_per_million"].to_list()
        assert usd[0] > 10  # one PutMetricData an item alone costs as much
        assert usd[-1] < usd[-2] < usd[0] / 5
        assert own["step"].to_list() == list(range(len(own)))
        assert (own["usd_low"] <= own["usd_per_million"]).all()
        assert (own["usd_per_million"] <= own["usd_high"]).all()


def test_a_choice_is_confirmed_on_local_beside_its_prediction(tmp_path):
    design = make_design("sqs", "tuned", {"items_per_message": 50})
    done = confirm(design, 300, tmp_path)
    assert (done.run.target, done.run.items, done.run.items_processed) == ("local", 300, 300)
    assert done.run.knobs == design.knobs()
    assert abs(done.error_percent("cost_usd")) < 5
    again = confirm(design, 300, tmp_path)
    assert again.run == done.run


def test_a_confirmation_is_no_larger_than_local_can_take():
    tuned = make_design("sqs", "tuned")
    assert [fitting_items(tuned, items) for items in (100, 10**6)] == [100, 10_000]
    assert fitting_items(make_design("sfn"), 10**6) == 2_000
    assert fitting_items(make_design("sfn", "tuned", {"value_max": 1}), 10**6) == 17_780

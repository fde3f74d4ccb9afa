"""The explorer simulates again and redraws when a control moves, and can go back."""

import re
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from analysis.explore.explorer import Explorer
from analysis.explore.scenario import Scenario
from workbench.bill.terms import Terms
from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput
from workbench.runs.runner import priced


class MadeUp:
    """A simulation that answers with made-up folders at once."""

    def __init__(self, make):
        self.make, self.asked, self.months = make, [], []

    def __call__(self, design, batch, book, *, month):
        self.asked.append((design.name, batch.items, batch.seed))
        self.months.append(month)
        settings = {k: v for k, v in design.knobs().items() if v != type(design)().knobs()[k]}
        folder = self.make(design.name, "model", batch.items, batch.seed, **settings)
        return SimpleNamespace(run_data=lambda: priced(replace(folder, bill=None), book))


@pytest.fixture
def simulator(folder):
    return MadeUp(folder)


@pytest.fixture
def explorer(simulator, frames, tmp_path):
    start = Scenario(10_000, 3)
    return Explorer(simulator, tuned, start, frames.table("simplicity"), tmp_path)


def tuned(design, items, work, within_s, terms, item_concurrency):
    """A tuning that is known beforehand, and refused for one design."""
    assert (items, within_s, item_concurrency) == (10_000, 3_600, 1)
    if design == "sfn":
        raise BadInput("no knobs of sfn are fast enough")
    return make_design(design, "tuned", work.knobs())


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_no_month_is_billed_whose_days_do_not_hold_its_batches(explorer):
    explorer.work.per_day.value = "40000"
    told, cells = words(explorer.view.verdict.value), words(explorer.view.table.value)
    assert "which takes too long for 40,000 of them a day." in told
    assert "a month" not in told
    assert cells.count("too long for so many a day") == len(DESIGNS)


def test_it_begins_with_every_design_on_the_batch_it_was_given(simulator, explorer):
    assert simulator.asked == [(name, 10_000, 3) for name in DESIGNS]
    assert bytes(explorer.view.picture.value).startswith(b"\x89PNG")
    assert not explorer.view.is_older


def test_the_verdict_says_who_is_cheapest_by_how_much_a_batch_and_a_month(explorer):
    told = words(explorer.view.verdict.value)
    runs = {folder.run.design: folder.run for folder in explorer.view.shown.folders}
    best = min(runs.values(), key=lambda run: run.cost_usd)
    assert re.match(rf"(Cheapest: )?{best.design}\b", told)
    assert re.search(r": \$[\d.]+ a batch, \$[\d.]+ a month of 4 batches a day\.", told)
    ratio = runs["sqs"].cost_usd / best.cost_usd
    assert f"sqs {ratio:.2f} times as much, +$" in told
    assert "Done and known first:" in told
    assert told.endswith("Modelled.")


def test_moving_a_slider_simulates_and_draws_anew(simulator, explorer):
    before = explorer.view.picture.value
    explorer.work.items.slider.value = "1,000,000"
    assert simulator.asked[len(DESIGNS) :] == [(name, 1_000_000, 3) for name in DESIGNS]
    assert explorer.view.picture.value != before
    assert "Simulated and drawn" in explorer.view.message.value


@pytest.mark.parametrize(
    ("knob", "value"), [("items_per_message", "5"), ("poll_s", "5"), ("track", "message")]
)
def test_a_knob_changes_the_numbers(explorer, knob, value):
    before = explorer.view.table.value
    explorer.knobs["sqs"].controls[knob].value = value
    assert explorer.view.table.value != before


def test_prices_upkeep_terms_and_batches_change_the_dollars(simulator, explorer):
    seen = {explorer.view.table.value}
    explorer.prices.factors["Amazon DynamoDB", "WriteRequestUnits"].value = 0.0
    assert "1 of them changed" in explorer.view.message.value
    seen.add(explorer.view.table.value)
    explorer.prices.rate.value = "0"
    seen.add(explorer.view.table.value)
    explorer.work.per_day.value = "8"
    seen.add(explorer.view.table.value)
    explorer.prices.off.value = 50
    seen.add(explorer.view.table.value)
    assert len(seen) == 5
    explorer.prices.free.value = True
    assert simulator.months[-1] == {}


def test_terms_that_it_was_given_stay_and_the_message_says_so(simulator, frames):
    terms = Terms(discounts={"lambda": Decimal(17)}, month={"StateTransition": 5})
    explorer = Explorer(simulator, start=Scenario(10_000, 3, terms=terms))
    told = "us-east-1, 2026-11-23, inside the free tier after other usage, 17 % off lambda."
    assert told in explorer.view.message.value
    assert simulator.months == [{"StateTransition": 5}] * len(DESIGNS)
    explorer.prices.free.value = False
    explorer.prices.off.value = 50
    assert "2026-11-23, 17 % off lambda, 50 % off." in explorer.view.message.value


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("10000", "100000 items of up to 1000 ms in one invocation"),
        ("ten", "must be a whole number"),
    ],
)
def test_what_cannot_work_greys_the_picture_out_and_says_why(explorer, typed, why):
    before = explorer.view.picture.value
    explorer.knobs["sqs"].controls["items_per_message"].typed.value = typed
    assert explorer.view.picture.value == before
    assert explorer.view.is_older
    assert why in explorer.view.message.value
    explorer.undo.click()
    assert explorer.knobs["sqs"].controls["items_per_message"].value == "10"
    assert not explorer.view.is_older


def test_a_preset_turns_the_designs_that_have_it(explorer):
    explorer.presets["published"].click()
    designs = {one.name: one for one in explorer.scenario.designs}
    assert designs["sqs"] == make_design("sqs", "published", {"value_max": 1_000})
    assert designs["durable"] == make_design("durable")
    assert "No preset published: counters, durable" in explorer.view.message.value
    explorer.knobs["sqs"].presets["tuned"].click()
    assert explorer.scenario.designs[0] == make_design("sqs", "tuned")
    assert explorer.scenario.designs[1] == designs["sfn"]


def test_knobs_at_their_default_follow_long_items_and_the_message_says_so(explorer):
    explorer.work.longest.value = "20,000"
    assert not explorer.view.is_older
    run = explorer.view.shown.folders[0].run
    assert run.knobs["items_per_message"] * run.knobs["messages_per_invocation"] < 100
    assert "Fitted: items_per_message=" in explorer.view.message.value
    explorer.presets["tuned"].click()
    assert not explorer.view.is_older
    assert 1 < explorer.scenario.designs[0].items_per_message < 500


def test_undo_goes_back_step_by_step_and_reset_to_the_beginning(explorer):
    assert explorer.undo.disabled
    start = explorer.scenario
    explorer.presets["tuned"].click()
    explorer.work.items.value = "2,000"
    explorer.work.form.value = "p50 and p99"
    explorer.undo.click()
    assert explorer.scenario == replace(start, items=2_000, knobs=explorer.scenario.knobs)
    explorer.undo.click()
    assert explorer.scenario.items == 10_000
    explorer.undo.click()
    assert explorer.scenario == start
    assert explorer.undo.disabled
    explorer.presets["tuned"].click()
    explorer.reset.click()
    assert explorer.scenario == start


def test_a_pinned_scenario_stays_behind_with_the_differences(explorer):
    plain = explorer.view.table.value
    assert "%)" not in plain
    explorer.view.pin.value = True
    assert explorer.view.table.value == plain
    explorer.work.longest.value = "500"
    assert re.search(r"dollars a batch \$[\d.]+ \(-\d+ %\)", words(explorer.view.table.value))
    explorer.view.pin.value = False
    assert "%)" not in explorer.view.table.value


def test_tuning_turns_the_knobs_and_says_which_design_it_could_not(explorer):
    explorer.tune.click()
    designs = {one.name: one for one in explorer.scenario.designs}
    assert designs["sqs"] == make_design("sqs", "tuned")
    assert designs["sfn"] == make_design("sfn")
    assert "Not tuned: sfn: no knobs of sfn are fast enough" in explorer.view.message.value
    assert not explorer.tune.disabled
    assert not explorer.view.is_older
    explorer.undo.click()
    assert explorer.scenario.knobs == {}


@pytest.mark.parametrize(
    "form", ["p50 and p99", "a CSV file of durations", "a workload's YAML file"]
)
def test_the_workload_is_told_in_any_form(explorer, form, tmp_path):
    (tmp_path / "ms.csv").write_text("\n".join(str(10 + n % 90) for n in range(200)))
    explorer.work.csv.value = str(tmp_path / "ms.csv")
    explorer.work.file.value = "workloads/seed.yaml"
    explorer.work.form.value = form
    assert not explorer.view.is_older, explorer.view.message.value
    run = explorer.view.shown.folders[0].run
    expected = {
        "p50 and p99": (10_000, True),
        "a CSV file of durations": (10_000, True),
        "a workload's YAML file": (1_000_000, False),
    }
    assert (run.items, run.knobs["durations"] is not None) == expected[form]


def test_a_scenario_is_saved_and_loaded_and_shown_as_text(explorer):
    explorer.presets["tuned"].click()
    kept = explorer.scenario
    explorer.keep.save.click()
    assert "written:" in explorer.keep.told.value
    explorer.reset.click()
    explorer.keep.load.click()
    assert explorer.scenario == kept
    assert explorer.keep.text.value.startswith("workbench estimate --items 10000 --seed 3")
    explorer.keep.kind.value = "YAML"
    assert explorer.keep.text.value == kept.text()
    explorer.keep.path.value = "nowhere.yaml"
    explorer.keep.load.click()
    assert "nowhere.yaml cannot be read" in explorer.keep.told.value


def test_the_picture_is_offered_as_png_and_svg_in_the_look_that_is_chosen(explorer):
    light = explorer.view.picture.value
    explorer.keep.look.value = "dark"
    assert explorer.view.picture.value != light
    for kind, button in explorer.keep.export.items():
        button.click()
        assert f'download="explore.{kind}"' in explorer.keep.told.value
    assert explorer.view.encoded("svg").startswith(b"<?xml")


def test_the_panel_shows_every_control(explorer):
    *_, tab, table = explorer.panel().children
    assert list(tab.titles) == ["workload", *DESIGNS, "prices", "keep"]
    assert table is explorer.view.table

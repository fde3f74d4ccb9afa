"""The explorer simulates again and redraws when a control moves."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from analysis.explorer import Explorer, live_view
from workbench.bill.terms import Terms
from workbench.designs import DESIGNS
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
def explorer(simulator, frames):
    return Explorer(simulator, 10_000, 3, frames.table("simplicity"))


def test_it_begins_with_every_design_on_the_batch_it_was_given(simulator, explorer):
    assert simulator.asked == [(name, 10_000, 3) for name in DESIGNS]
    assert bytes(explorer.picture.value).startswith(b"\x89PNG")
    assert "$" in explorer.table.value


def test_moving_a_slider_simulates_and_draws_anew(simulator, explorer):
    before = explorer.picture.value
    explorer.items.value = 1_000_000
    assert simulator.asked[len(DESIGNS) :] == [(name, 1_000_000, 3) for name in DESIGNS]
    assert explorer.picture.value != before
    assert "Simulated and drawn" in explorer.message.value


@pytest.mark.parametrize("knob", ["items_per_message", "poll_s", "track"])
def test_a_knob_changes_the_numbers(explorer, knob):
    before = explorer.table.value
    control = explorer.knobs["sqs"][knob]
    control.value = "message" if knob == "track" else 5
    assert explorer.table.value != before


def test_a_price_changes_the_dollars_and_a_rate_the_upkeep(explorer):
    before = explorer.table.value
    explorer.prices["Amazon DynamoDB", "WriteRequestUnits"].value = 0.0
    free = explorer.table.value
    explorer.rate.value = 0
    assert len({before, free, explorer.table.value}) == 3


def test_knobs_that_cannot_work_leave_the_picture_and_say_why(explorer):
    before = explorer.picture.value
    explorer.knobs["sqs"]["items_per_message"].value = 10_000
    assert explorer.picture.value == before
    assert "Lambda stops at 900 s" in explorer.message.value
    explorer.knobs["sqs"]["items_per_message"].value = 10
    assert "Simulated and drawn" in explorer.message.value


def test_the_look_can_be_dark(explorer):
    before = explorer.picture.value
    explorer.look.value = "dark"
    assert explorer.picture.value != before


def test_the_panel_shows_every_control(explorer):
    tab = explorer.panel().children[0]
    assert list(tab.titles) == ["Batch", *DESIGNS, "Prices"]
    assert sum(len(column.children) for column in tab.children) == len(explorer._all_controls())


def test_lines_and_bars_show_what_was_simulated(folder, picture):
    folders = [folder("sqs", "model", 1_000_000), folder("sfn", "model", 1_000_000)]
    figure = picture(lambda figure: live_view(folders, figure))
    time, usd = figure.axes
    named = {x.get_label(): x for x in time.get_lines() if not x.get_label().startswith("_")}
    assert set(named) == {"sqs", "sfn"}
    known = [x.get_xdata()[0] for x in time.get_lines() if x.get_label() == "_known"]
    assert known == [one.run.detected_s for one in folders]
    tops = [text.get_text() for text in usd.texts]
    assert f"${folders[0].run.cost_usd:.2f}  sqs" in tops


def test_the_free_tier_and_a_discount_are_controls_and_the_answer_says_so(simulator, frames):
    terms = Terms(discounts={"lambda": Decimal(17)}, month={"StateTransition": 5})
    explorer = Explorer(simulator, 10_000, 3, frames.table("simplicity"), terms)
    told = (
        "prices of us-east-1, 2026-11-23, inside the free tier after other usage, 17 % off lambda"
    )
    assert told in explorer.message.value
    assert simulator.months == [{"StateTransition": 5}] * len(DESIGNS)
    before = explorer.table.value
    explorer.free.value = False
    assert simulator.months[-1] is None
    explorer.off.value = 50
    assert "2026-11-23, 17 % off lambda, 50 % off." in explorer.message.value
    assert explorer.table.value != before

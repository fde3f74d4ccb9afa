"""Knobs that nobody set follow long items; those that were set, and defaults that work, do not."""

import pytest

from workbench.designs import DESIGNS, PRESETS, fit_design, make_design, refit_design
from workbench.errors import BadKnob
from workbench.runs.records import read_run
from workbench.runs.runner import RunRequest, run_request


def unwatched(_progress):
    """Nobody looks."""


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("value_max", [0, 1, 1_000, 1_200, 2_400, 20_000, 99_999, 100_000])
def test_default_knobs_fit_any_items_of_up_to_a_hundred_seconds(name, value_max):
    found = fit_design(name, settings={"value_max": value_max})
    lowered = {knob: now for knob, (_, now) in found.changed.items()}
    assert found.design == make_design(name, settings={"value_max": value_max} | lowered)
    assert bool(found.line) == bool(lowered)
    for knob, now in lowered.items():  # and each is as large as can be
        if now > 1:
            with pytest.raises(BadKnob):
                make_design(name, settings={"value_max": value_max} | lowered | {knob: now + 1})


@pytest.mark.parametrize(("name", "preset"), [(n, p) for n in PRESETS for p in PRESETS[n]])
def test_what_works_stays_as_it_is(name, preset):
    assert fit_design(name, preset).design == make_design(name, preset)
    assert (fit_design(name, preset).line, fit_design(name, preset).changed) == ("", {})


@pytest.mark.parametrize(("name", "lots"), [("sqs", 3), ("counters", 3), ("sfn", 1)])
def test_lots_follow_what_items_carry(name, lots):
    size = 260_000 if name == "sfn" else 300_000
    found = fit_design(name, settings={"item_bytes": size})
    assert getattr(found.design, DESIGNS[name].search.lot) == lots
    assert found.line.endswith(f"{name} can work items of up to 1,000 ms and {size:,} bytes")
    assert refit_design(make_design(name), {"item_bytes": size}) == found.design


def test_a_preset_is_fitted_and_said():
    found = fit_design("sfn", "tuned", {"value_max": 2_000})
    assert found.changed == {"items_per_child": (889, 444)}
    assert found.line == (
        "fitted: items_per_child=444 (was 889), so that sfn can work items of up to 2,000 ms"
    )


@pytest.mark.parametrize(
    ("name", "settings", "most"),
    [
        ("sfn", {"value_max": 2_400, "items_per_child": 100}, "up to 1,328 ms"),
        ("sfn", {"value_max": 200_000}, "up to 132,850 ms"),
        ("sqs", {"value_max": 20_000, "items_per_message": 100}, "up to 8,744 ms"),
    ],
)
def test_knobs_that_are_set_stay_and_the_refusal_says_what_is_possible(name, settings, most):
    with pytest.raises(BadKnob, match=most):
        fit_design(name, settings=settings)


def test_a_run_says_on_one_line_what_was_fitted_and_its_record_has_it(tmp_path, capsys):
    request = RunRequest("sfn", "model", 100, settings={"value_max": 2_400})
    path = run_request(request, tmp_path, unwatched)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("fitted: ")]
    assert lines == [request.fitted().line]
    assert request.fitted().changed["items_per_child"][1] < 100
    assert read_run(path).knobs == request.make_design().knobs()


def test_a_tuned_design_for_longer_items_keeps_its_knobs_and_as_large_lots_as_can_be():
    tuned = make_design("sqs", "tuned")
    same = refit_design(tuned, {"value_max": tuned.value_max})
    longer = refit_design(tuned, {"value_max": 20 * tuned.value_max})
    other = {n for n, v in longer.knobs().items() if v != tuned.knobs()[n]}
    assert same == tuned
    assert other == {"value_max", "items_per_message"}
    assert 1 < longer.items_per_message < tuned.items_per_message
    with pytest.raises(BadKnob):
        make_design(
            "sqs", settings=longer.knobs() | {"items_per_message": longer.items_per_message + 1}
        )
    with pytest.raises(BadKnob):
        refit_design(make_design("sfn"), {"value_max": 600_000})

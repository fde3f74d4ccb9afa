"""Templates filled in."""

from workbench.targets.local.stepfunctions.templates import fill


def test_a_template_is_filled_at_every_depth():
    template = {
        "fixed": 1,
        "whole.$": "$",
        "list": [{"n.$": "$.n"}, "$.n"],
        "text.$": "States.Format('{}!', $$.State.Name)",
    }
    filled = fill(template, {"n": 2}, {"State": {"Name": "S"}})
    assert filled == {"fixed": 1, "whole": {"n": 2}, "list": [{"n": 2}, "$.n"], "text": "S!"}

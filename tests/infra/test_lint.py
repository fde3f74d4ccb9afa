"""What cfn-lint, which holds AWS's own resource schemas, says of the templates."""

import json

import pytest
from cfnlint import lint
from cfnlint.config import ManualArgs
from moto.core import DEFAULT_ACCOUNT_ID

REDUNDANT_DEPENDENCY = "W3005"  # the CDK names a function's role among what it waits for
SETTINGS = ManualArgs(regions=["us-east-1"], ignore_checks=[REDUNDANT_DEPENDENCY])


def findings(raw):
    return [f"{one.rule.id} {one.message}" for one in lint(json.dumps(raw), config=SETTINGS)]


def test_no_template_has_a_finding(template):
    assert findings(template.raw) == []


@pytest.mark.parametrize("presets", ["default", "published"])
def test_the_machine_holds_to_the_states_language(presets, request):
    """Written out, since the schema of the language is not held against a text that is joined."""
    assert findings(_machine(request.getfixturevalue(presets).sfn.definition)) == []


def test_a_machine_with_an_unknown_field_has_a_finding(sfn):
    definition = sfn.definition
    definition["States"]["Process"]["MaxConcurency"] = 5
    assert any("MaxConcurency" in finding for finding in findings(_machine(definition)))


def _machine(definition):
    written = json.dumps(definition).replace("<AWS::Partition>", "aws")
    properties = {
        "DefinitionString": written,
        "RoleArn": f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/r",
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return {"Resources": {"Machine": machine}}
